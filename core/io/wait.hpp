// How a coroutine waits: for a Wait to be notified, until a deadline, unless its call is interrupted.
//
// Vocabulary. A Wait is something that happens once per notify: a socket became ready, a name was resolved, a
// connection of the pool is free, the consumer resumed. A Token belongs to one call and carries its total deadline and
// its cancellation into every wait of that call; a call waits for one thing at a time.
//
// Thread: everything here belongs to the loop thread.
#pragma once

#include <coroutine>
#include <cstdint>

#include "base/clock.hpp"
#include "base/error_code.hpp"
#include "io/event_loop.hpp"

namespace ppn {

enum class Wake : std::uint8_t {
  ready,        // notified
  timeout,      // the deadline of this wait passed
  interrupted,  // the call was cancelled or its total deadline passed: see Token::interruption
};

class Wait;

class Token final : private Timer {
 public:
  explicit Token(EventLoop& loop) noexcept : loop_(loop) {}
  ~Token() { stop(); }

  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  EventLoop& loop() const noexcept { return loop_; }

  // The point in time at which every wait of the call ends; kNever by default.
  void set_deadline(Nanos deadline) noexcept { deadline_ = deadline; }
  Nanos deadline() const noexcept { return deadline_; }

  // Nothing waits any more: the token may be destroyed on any thread afterwards.
  void stop() noexcept {
    if (armed()) loop_.disarm(*this);
  }

  // Ends the wait that is under way and all later ones. The first interruption stays.
  void cancel() noexcept { interrupt(ErrorCode::cancelled); }
  // The same for another reason: `cancelled` or `timeout`.
  void interrupt(ErrorCode reason) noexcept;

  // A deadline that was that of a part of the call has passed, and the call goes on.
  void forget_timeout() noexcept {
    if (interruption_ == ErrorCode::timeout) interruption_ = ErrorCode::ok;
  }

  // `ok` while the call may go on, else `cancelled` or `timeout`. Looks at the deadline, not only at the timer.
  ErrorCode interruption() noexcept;

 private:
  friend class Wait;
  friend struct WaitAwaiter;

  void begin_wait(struct WaitAwaiter& awaiter);
  void on_timer() noexcept override;

  EventLoop& loop_;
  Nanos deadline_ = kNever;
  ErrorCode interruption_ = ErrorCode::ok;
  struct WaitAwaiter* current_ = nullptr;
};

// One co_await on a Wait.
struct WaitAwaiter {
  Wait& wait;
  Token& token;
  Nanos deadline;
  Wake result = Wake::ready;
  std::coroutine_handle<> handle{};

  bool await_ready() noexcept;
  void await_suspend(std::coroutine_handle<> waiting);
  Wake await_resume() const noexcept { return result; }

  // Detaches from wait and token and resumes the coroutine; `this` is gone afterwards.
  void finish(Wake how) noexcept;
};

// At most one coroutine waits at a time. A notification without a waiting coroutine is kept for the next wait.
class Wait {
 public:
  Wait() = default;
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // Resumes the waiting coroutine inside this call: the caller must expect to be destroyed by it.
  void notify() noexcept;
  // Forgets a notification that was kept.
  void reset() noexcept { notified_ = false; }

  // co_await it. `deadline` is that of this wait alone, kNever for none.
  WaitAwaiter until(Token& token, Nanos deadline) noexcept { return WaitAwaiter{*this, token, deadline}; }

 private:
  friend struct WaitAwaiter;
  WaitAwaiter* waiting_ = nullptr;
  bool notified_ = false;
};

}  // namespace ppn
