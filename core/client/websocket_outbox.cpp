#include "client/websocket_outbox.hpp"

#include <chrono>
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
  batch_.messages.reserve(batch_.messages.size() + 1);  // nothing is queued by half when memory is out
  const std::size_t offset = batch_.bytes.size();
  batch_.bytes.append(data);
  batch_.messages.push_back({type, offset, data.size(), receipt});
  queued_ += cost;
  return {};
}

void WebSocketOutbox::shut() {
  const std::lock_guard lock(mutex_);
  shut_ = true;
  if (waiting_ > 0) room_.notify_all();
}

bool WebSocketOutbox::take(WebSocketBatch& batch) {
  const std::lock_guard lock(mutex_);
  if (batch_.messages.empty()) return false;
  std::swap(batch_, batch);
  return true;
}

void WebSocketOutbox::release(std::size_t bytes) {
  queued_ -= queue_cost(bytes);
  // Who waits looks at queued_ under the lock; without the lock it could be told between its look and its sleep.
  const std::lock_guard lock(mutex_);
  if (waiting_ > 0) room_.notify_all();
}

void WebSocketOutbox::put_back(std::vector<UnsentMessage> messages) {
  if (messages.empty()) return;
  const std::lock_guard lock(mutex_);
  WebSocketBatch joined;
  joined.messages.reserve(messages.size() + batch_.messages.size());
  const auto append = [&](WebSocketMessageType type, std::string_view data, WebSocketReceipt receipt) {
    joined.messages.push_back({type, joined.bytes.size(), data.size(), receipt});
    joined.bytes.append(data);
  };
  for (const UnsentMessage& message : messages) {
    append(message.type, message.data, message.receipt);
    queued_ += queue_cost(message.data.size());
  }
  for (const OutgoingMessage& message : batch_.messages) append(message.type, batch_.data(message), message.receipt);
  batch_ = std::move(joined);
}

void WebSocketOutbox::take_unsent(std::vector<UnsentMessage>& out) {
  const std::lock_guard lock(mutex_);
  for (const OutgoingMessage& message : batch_.messages) {
    out.push_back({message.type, std::string(batch_.data(message)), message.receipt});
    queued_ -= queue_cost(message.size);
  }
  batch_ = {};
  if (waiting_ > 0) room_.notify_all();
}

}  // namespace ppn
