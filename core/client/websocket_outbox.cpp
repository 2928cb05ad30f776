#include "client/websocket_outbox.hpp"

#include <cassert>
#include <chrono>
#include <new>
#include <utility>

namespace ppn {

Status WebSocketOutbox::add(WebSocketMessageType type, std::string_view data, WebSocketReceipt receipt,
                            std::int64_t timeout_ms) {
  const std::size_t cost = queue_cost(data.size());
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return shut_ || fits(cost); };
  if (!ready() && timeout_ms != 0) {
    ++waiting_;
    if (timeout_ms < 0) {
      room_.wait(lock, ready);
    } else {
      room_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready);
    }
    --waiting_;
  }
  if (shut_) return Failure(ErrorCode::ws_closed, Phase::send, "the WebSocket is closing or closed");
  if (!fits(cost)) {
    return Failure(ErrorCode::ws_queue_full, Phase::send,
                   std::to_string(queued_) + " bytes wait to be sent, of " + std::to_string(max_bytes_) +
                       " (websocket_send_queue_bytes)");
  }
  const std::size_t offset = batch_.bytes.size();
  batch_.bytes.append(data);
  try {
    batch_.messages.push_back({type, offset, data.size(), receipt});
  } catch (const std::bad_alloc&) {
    batch_.bytes.resize(offset);  // nothing is queued by half
    throw;
  }
  queued_ += cost;
  return {};
}

void WebSocketOutbox::shut() {
  const std::lock_guard lock(mutex_);
  shut_ = true;
  if (waiting_ > 0) room_.notify_all();
}

bool WebSocketOutbox::take(WebSocketBatch& batch) noexcept {
  const std::lock_guard lock(mutex_);
  WebSocketBatch& oldest = returned_.messages.empty() ? batch_ : returned_;
  if (oldest.messages.empty()) return false;
  std::swap(oldest, batch);
  return true;
}

void WebSocketOutbox::release(std::size_t bytes) noexcept {
  queued_ -= queue_cost(bytes);
  // Who waits has said so before it looked at queued_: either it saw this change, or it is seen here. The lock keeps it from
  // being told between its look and its sleep.
  if (waiting_ == 0) return;
  const std::lock_guard lock(mutex_);
  room_.notify_all();
}

// What is returned was taken last, so nothing older waits.
void WebSocketOutbox::put_back(WebSocketBatch batch) noexcept {
  if (batch.messages.empty()) return;
  const std::lock_guard lock(mutex_);
  assert(returned_.messages.empty());
  std::swap(returned_, batch);
}

void WebSocketOutbox::release_buffers() noexcept {
  const std::lock_guard lock(mutex_);
  if (returned_.messages.empty()) returned_.free();
  if (batch_.messages.empty()) batch_.free();
}

}  // namespace ppn
