#include "io/wait.hpp"

#include <algorithm>
#include <utility>

namespace ppn {

ErrorCode Token::interruption() noexcept {
  if (interruption_ == ErrorCode::ok && loop_.now() >= deadline_) interruption_ = ErrorCode::timeout;
  return interruption_;
}

void Token::interrupt(ErrorCode reason) noexcept {
  if (interruption_ != ErrorCode::ok) return;
  interruption_ = reason;
  if (current_ != nullptr) current_->finish(Wake::interrupted);
}

void Token::begin_wait(WaitAwaiter& awaiter) {
  const Nanos wake_at = std::min(awaiter.deadline, deadline_);
  // Most waits end long before their deadline, and the next one has a later deadline: a timer that is armed early is
  // left alone and looks at the real deadline when it fires.
  if (wake_at != kNever && (!armed() || when() > wake_at)) loop_.arm(*this, wake_at);
  current_ = &awaiter;
}

void Token::on_timer() noexcept {
  if (current_ == nullptr) return;
  const Nanos now = loop_.now();
  if (now >= deadline_) return interrupt(ErrorCode::timeout);
  if (now >= current_->deadline) return current_->finish(Wake::timeout);
  const Nanos wake_at = std::min(current_->deadline, deadline_);
  if (wake_at != kNever) loop_.arm(*this, wake_at);
}

bool WaitAwaiter::await_ready() noexcept {
  if (token.interruption() != ErrorCode::ok) {
    result = Wake::interrupted;
    return true;
  }
  return std::exchange(wait.notified_, false);
}

void WaitAwaiter::await_suspend(std::coroutine_handle<> waiting) {
  handle = waiting;
  token.begin_wait(*this);  // may throw, so it comes first
  wait.waiting_ = this;
}

void WaitAwaiter::finish(Wake how) noexcept {
  wait.waiting_ = nullptr;
  token.current_ = nullptr;
  result = how;
  handle.resume();
}

void Wait::notify() noexcept {
  if (waiting_ == nullptr) {
    notified_ = true;
    return;
  }
  waiting_->finish(Wake::ready);
}

}  // namespace ppn
