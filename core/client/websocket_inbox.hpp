// Messages of a WebSocket that wait for the thread which reads them one by one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "client/handler.hpp"
#include "client/ready_bell.hpp"
#include "codec/websocket_reader.hpp"

namespace ppn {

struct WebSocketMessage {
  WebSocketMessageType type = WebSocketMessageType::text;
  std::string data;
  std::uint64_t index = 0;  // in its WebSocket, from 0
};

// Above its limits the connection pauses; when a quarter is left it goes on (SEMANTICS 3.5.7).
class WebSocketInbox {
 public:
  // `hook`: called when take() found nothing and there is something now, or the end; may be null.
  WebSocketInbox(std::size_t max_bytes, std::size_t max_messages, std::shared_ptr<ReadyHook> hook = nullptr)
      : max_bytes_(max_bytes), max_messages_(max_messages) {
    ready_.set_hook(std::move(hook));
  }

  // Thread: the loop thread. `pause`: full, somebody will be told by take() to resume.
  Flow add(WebSocketMessageType type, std::string_view data);
  // No message comes any more. Thread: any.
  void end();
  // What waits is dropped, and nothing more is taken. Thread: any.
  void discard();

  enum class Outcome : std::uint8_t { message, pending, end };
  // timeout_ms: 0 = look only, -1 = as long as it takes. `resume` becomes true when the connection is to go on. Thread: one
  // at a time.
  Outcome take(std::int64_t timeout_ms, WebSocketMessage& out, bool& resume);

 private:
  const std::size_t max_bytes_;
  const std::size_t max_messages_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;  // guarded by mutex_, as all below
  ReadyBell ready_;
  std::deque<WebSocketMessage> messages_;
  std::size_t bytes_ = 0;
  std::uint64_t next_index_ = 0;
  bool paused_ = false;
  bool ended_ = false;
  bool discarded_ = false;
};

}  // namespace ppn
