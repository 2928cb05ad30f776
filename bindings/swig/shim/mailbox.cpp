#include "mailbox.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <vector>

namespace {

struct Note {
  std::int64_t what = 0;
  std::int64_t token = 0;
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t c = 0;
  const void* first = nullptr;
  const void* second = nullptr;
};
static_assert(sizeof(Note) == 56, "the form that mailbox.hpp promises");

// Notes wait as long as nobody takes them. Their number is bounded by what is under way: one for each call, stream and message.
class Mailbox final : public CallHandler, public MiddlewareHandler, public LogHandler {
 public:
  void put(const Note& note) {
    std::unique_lock lock(mutex_);
    notes_.push_back(note);
    const bool tell = waiting_;
    lock.unlock();
    if (tell) changed_.notify_one();
  }

  std::int64_t take(std::uint8_t* buffer, std::size_t capacity, std::int64_t timeout_ms) {
    std::unique_lock lock(mutex_);
    const auto is_there = [&] { return taken_ < notes_.size() || woken_; };
    if (timeout_ms != 0 && !is_there()) {
      waiting_ = true;
      if (timeout_ms < 0) {
        changed_.wait(lock, is_there);
      } else {
        changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), is_there);
      }
      waiting_ = false;
    }
    woken_ = false;
    const std::size_t count = std::min(capacity / sizeof(Note), notes_.size() - taken_);
    if (count != 0) std::memcpy(buffer, notes_.data() + taken_, count * sizeof(Note));
    taken_ += count;
    if (taken_ == notes_.size()) {
      notes_.clear();
      taken_ = 0;
    }
    return static_cast<std::int64_t>(count * sizeof(Note));
  }

  void wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_one();
  }

  void on_complete(std::int64_t token, std::int64_t index, std::int32_t status, ppn_response* response,
                   ppn_error* error) override {
    put({PPNB_NOTE_CALL_COMPLETE, token, index, status, 0, response, error});
  }
  void on_step(std::int64_t token, std::int32_t step, ppn_middleware_context* context) override {
    put({PPNB_NOTE_MIDDLEWARE_STEP, token, 0, step, 0, context, nullptr});
  }
  void on_refresh(std::int64_t token, ppn_middleware* middleware) override {
    put({PPNB_NOTE_MIDDLEWARE_REFRESH, token, 0, 0, 0, middleware, nullptr});
  }
  void on_released(std::int64_t token) override { put({.what = PPNB_NOTE_MIDDLEWARE_RELEASED, .token = token}); }
  void on_ready() override { put({.what = PPNB_NOTE_LOG_READY}); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Note> notes_;
  std::size_t taken_ = 0;
  bool waiting_ = false;
  bool woken_ = false;
};

// Never destroyed: an I/O thread may be inside of it while the process ends.
Mailbox& mailbox() {
  static auto* const one = new Mailbox;
  return *one;
}

class StreamNotes final : public StreamHandler {
 public:
  void on_ready(std::int64_t token) override { mailbox().put({.what = PPNB_NOTE_STREAM_READY, .token = token}); }
  void on_writable(std::int64_t token, std::int64_t generation) override {
    mailbox().put({.what = PPNB_NOTE_STREAM_WRITABLE, .token = token, .a = generation});
  }
};

class WebSocketNotes final : public WebSocketHandler {
 public:
  void on_ready(std::int64_t token) override { mailbox().put({.what = PPNB_NOTE_WEBSOCKET_READY, .token = token}); }
  void on_open(std::int64_t token, ppn_response* handshake) override {
    mailbox().put({PPNB_NOTE_WEBSOCKET_OPEN, token, 0, 0, 0, handshake, nullptr});
  }
  void on_close(std::int64_t token, std::int32_t code, ppn_buffer* reason, ppn_error* error) override {
    mailbox().put({PPNB_NOTE_WEBSOCKET_CLOSE, token, 0, code, 0, reason, error});
  }
  void on_reconnecting(std::int64_t token, std::int64_t attempt, std::int64_t delay_ms, std::int32_t code,
                       ppn_error* error) override {
    mailbox().put({PPNB_NOTE_WEBSOCKET_RECONNECTING, token, attempt, code, delay_ms, nullptr, error});
  }
  void on_terminated(std::int64_t token, ppn_error* error) override {
    mailbox().put({PPNB_NOTE_WEBSOCKET_TERMINATED, token, 0, 0, 0, nullptr, error});
  }
  void on_sent(std::int64_t token, std::int32_t status) override {
    mailbox().put({.what = PPNB_NOTE_WEBSOCKET_SENT, .token = token, .b = status});
  }
};

class EventNotes final : public EventHandler {
 public:
  void on_ready(std::int64_t token) override { mailbox().put({.what = PPNB_NOTE_EVENT_READY, .token = token}); }
  void on_released(std::int64_t token) override { mailbox().put({.what = PPNB_NOTE_EVENT_RELEASED, .token = token}); }
};

}  // namespace

void ppnb_mailbox_open() {
  static auto* const streams = new StreamNotes;
  static auto* const websockets = new WebSocketNotes;
  static auto* const events = new EventNotes;
  ppnb_set_call_handler(&mailbox());
  ppnb_set_middleware_handler(&mailbox());
  ppnb_set_log_handler(&mailbox());
  ppnb_set_stream_handler(streams);
  ppnb_set_websocket_handler(websockets);
  ppnb_set_event_handler(events);
}

std::int64_t ppnb_mailbox_take(std::uint8_t* buffer, std::size_t capacity, std::int64_t timeout_ms) {
  return mailbox().take(buffer, capacity, timeout_ms);
}

void ppnb_mailbox_wake() {
  mailbox().wake();
}
