// What other threads, and callbacks, ask of a running call.
#include <utility>

#include "client/running_call.hpp"

namespace ppn {

void RunningCall::resume_on_loop() noexcept {
  if (paused_) return resumed_.notify();
  if (!body_paused()) return;
  source_->resume();
  lease_.connection()->transport->event().notify();
}

bool RunningCall::resume_before_pause() noexcept {
  if (paused_ || body_paused()) return false;
  body_.request_resume();
  if (source_) source_->resume();
  return true;
}

bool RunningCall::Notice::post() noexcept {
  if (posted_.exchange(true, std::memory_order_acquire)) return true;
  keep_ = call_.shared_from_this();
  if (call_.loop_.post(*this)) return true;
  discard();
  return false;
}

// Also without post(), when the caller drives the loop.
void RunningCall::Notice::run() noexcept {
  const std::shared_ptr<RunningCall> call = keep_ ? std::move(keep_) : call_.shared_from_this();
  posted_.store(false, std::memory_order_release);
  (call_.*action_)();
}

// The last reference may go with it, and this notice with the call.
void RunningCall::Notice::discard() noexcept {
  const std::shared_ptr<RunningCall> call = std::move(keep_);
  posted_.store(false, std::memory_order_release);
}

}  // namespace ppn
