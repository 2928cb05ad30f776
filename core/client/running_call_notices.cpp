// What other threads, and callbacks, ask of a running call.
#include <utility>

#include "client/running_call_admission.hpp"
#include "client/running_call_middleware.hpp"

namespace ppn {

void RunningCall::resume_on_loop() noexcept {
  if (around_ && around_->paused) return around_->resumed.notify();
  if (attempt_) attempt_->resume();
}

bool RunningCall::resume_before_pause() noexcept {
  if (around_ && around_->paused) return false;
  if (attempt_) return attempt_->resume_before_pause(body_);
  body_.request_resume();
  return true;
}

void RunningCall::take_turn() noexcept {
  if (attempt_) return attempt_->take_turn();
  if (hedge_) hedge_take_turn();
}

bool RunningCall::drive(const Completion& complete) {
  struct Begin final : EventLoop::Work {
    explicit Begin(RunningCall& begins) noexcept : call(begins) {}
    void run() noexcept override { call.begin(); }
    void discard() noexcept override {}
    RunningCall& call;
  } begin(*this);
  return client_loop_->thread().drive(begin, complete);
}

bool RunningCall::Notice::post(std::uint8_t what) noexcept {
  // Whoever finds nothing asked before sees to it that the loop looks.
  if (asked_.fetch_or(what, std::memory_order_acq_rel) != 0) return true;
  keep_ = call_.shared_from_this();
  if (call_.loop_.post(*this)) return true;
  discard();
  return false;
}

void RunningCall::Notice::run() noexcept {
  const std::shared_ptr<RunningCall> call = std::move(keep_);
  const std::uint8_t asked = asked_.exchange(0, std::memory_order_acq_rel);
  if ((asked & kBegin) != 0) call->begin();
  // What has ended can not be cancelled, though its connection may wait for the rest of the body.
  if ((asked & kCancel) != 0 && call->handler_) call->cancel_on_loop();
  if ((asked & kResume) != 0) call->resume_on_loop();
  if ((asked & kTurn) != 0) call->take_turn();
  if ((asked & kAdmission) != 0 && call->admission_) call->admission_->changed.notify();
}

// The last reference may go with it, and this notice with the call.
void RunningCall::Notice::discard() noexcept {
  const std::shared_ptr<RunningCall> call = std::move(keep_);
  asked_.store(0, std::memory_order_release);
}

}  // namespace ppn
