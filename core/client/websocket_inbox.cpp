#include "client/websocket_inbox.hpp"

#include <chrono>
#include <utility>

namespace ppn {

Flow WebSocketInbox::add(WebSocketMessageType type, std::string_view data) {
  WebSocketMessage message{.type = type, .data = std::string(data), .index = 0};
  std::unique_lock lock(mutex_);
  if (discarded_) return Flow::abort;
  message.index = next_index_;
  messages_.push_back(std::move(message));
  ++next_index_;
  bytes_ += data.size();
  paused_ = messages_.size() >= max_messages_ || bytes_ >= max_bytes_;
  const Flow flow = paused_ ? Flow::pause : Flow::proceed;
  const bool tell = waiting_ > 0;
  const std::shared_ptr<ReadyHook> hook = ready_.ring();
  lock.unlock();
  if (tell) changed_.notify_all();
  if (hook) hook->on_ready();
  return flow;
}

void WebSocketInbox::end() {
  std::shared_ptr<ReadyHook> hook;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
    hook = ready_.ring();
  }
  if (hook) hook->on_ready();
}

void WebSocketInbox::discard() {
  const std::lock_guard lock(mutex_);
  discarded_ = true;
  messages_.clear();
  bytes_ = 0;
}

WebSocketInbox::Outcome WebSocketInbox::take(std::int64_t timeout_ms, WebSocketMessage& out, bool& resume) {
  resume = false;
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return !messages_.empty() || ended_; };
  ++waiting_;
  if (timeout_ms < 0) {
    changed_.wait(lock, ready);
  } else if (timeout_ms > 0) {
    changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready);
  }
  --waiting_;
  if (messages_.empty()) {
    if (ended_) return Outcome::end;
    ready_.arm();
    return Outcome::pending;
  }
  out = std::move(messages_.front());
  messages_.pop_front();
  bytes_ -= out.data.size();
  resume = paused_ && messages_.size() <= max_messages_ / 4 && bytes_ <= max_bytes_ / 4;
  if (resume) paused_ = false;
  return Outcome::message;
}

}  // namespace ppn
