// The messages of a WebSocket that wait to be sent: any thread adds, the loop takes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_code.hpp"
#include "base/free_memory.hpp"
#include "base/result.hpp"
#include "codec/websocket_reader.hpp"

namespace ppn {

// Who is told, exactly once, what became of a message that was accepted; nobody when on_sent is null.
struct WebSocketReceipt {
  void (*on_sent)(void* user, std::int32_t error_code) = nullptr;
  void* user = nullptr;

  // `ok`: the kernel has taken the last byte.
  void settle(ErrorCode outcome) const noexcept {
    if (on_sent != nullptr) on_sent(user, static_cast<std::int32_t>(outcome));
  }
};

struct OutgoingMessage {
  WebSocketMessageType type = WebSocketMessageType::text;
  std::size_t offset = 0;  // in the bytes of its batch
  std::size_t size = 0;
  WebSocketReceipt receipt;
};

// Messages one behind the other in one string, so that a short message costs no allocation of its own.
struct WebSocketBatch {
  std::vector<OutgoingMessage> messages;
  std::string bytes;

  std::string_view data(const OutgoingMessage& message) const noexcept {
    return std::string_view(bytes).substr(message.offset, message.size);
  }
  void clear() noexcept {
    messages.clear();
    bytes.clear();
  }
  void free() noexcept {
    free_memory(messages);
    free_memory(bytes);
  }
};

class WebSocketOutbox {
 public:
  explicit WebSocketOutbox(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Queues a copy. A message that is larger than the whole queue fits when nothing else waits. Without room it waits for
  // up to `timeout_ms`; -1 = as long as it takes. Errors: ws_queue_full, ws_closed. Thread: any.
  Status add(WebSocketMessageType type, std::string_view data, WebSocketReceipt receipt, std::int64_t timeout_ms);
  // Refuses from here on. Thread: any.
  void shut();
  // Accepted and not written yet. Thread: any.
  std::size_t queued_bytes() const noexcept { return queued_.load(std::memory_order_relaxed); }

  // Thread, for the rest: the loop thread.
  // Swaps the oldest messages for `batch`, which is empty. False when nothing is there.
  bool take(WebSocketBatch& batch) noexcept;
  // A message that was taken has left, or will not be sent from here.
  void release(std::size_t bytes) noexcept;
  // The last messages that were taken, or the end of them, go first again.
  void put_back(WebSocketBatch batch) noexcept;
  // Frees memory that is not needed while nothing waits.
  void release_buffers() noexcept;

 private:
  bool fits(std::size_t cost) const noexcept { return queued_ == 0 || queued_ + cost <= max_bytes_; }

  const std::size_t max_bytes_;
  std::atomic<std::size_t> queued_{0};
  std::mutex mutex_;
  std::condition_variable room_;
  std::atomic<int> waiting_{0};  // written with mutex_
  bool shut_ = false;            // guarded by mutex_, as all below
  WebSocketBatch returned_;      // before batch_
  WebSocketBatch batch_;
};

// What a message counts against the limit: an empty one is not free.
constexpr std::size_t queue_cost(std::size_t bytes) noexcept {
  return bytes > 0 ? bytes : 1;
}

}  // namespace ppn
