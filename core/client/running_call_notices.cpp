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

void RunningCall::on_notice(std::uint8_t asked) noexcept {
  if ((asked & Notice::kBegin) != 0) begin();
  // What has ended can not be cancelled, though its connection may wait for the rest of the body.
  if ((asked & Notice::kCancel) != 0 && handler_) cancel_on_loop();
  if ((asked & Notice::kResume) != 0) resume_on_loop();
  if ((asked & Notice::kTurn) != 0) take_turn();
  if ((asked & Notice::kAdmission) != 0 && admission_) admission_->changed.notify();
}

}  // namespace ppn
