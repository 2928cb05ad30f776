#include "io/io_thread.hpp"

#include <chrono>

namespace ppn {
namespace {

// How long idle connections go without a watcher after the last blocking call, at most twice.
constexpr std::chrono::milliseconds kGrace{20};
// One lone call is no habit.
constexpr int kLoneCallsBeforeLeaving = 2;

}  // namespace

IoThread::IoThread(std::shared_ptr<const ThreadHooks> hooks) {
  loop_.set_sleeper(this);
  thread_ = std::make_unique<JoinedThread>("ppn-io", [this, hooks = std::move(hooks)] { run(hooks); });
}

void IoThread::run(const std::shared_ptr<const ThreadHooks>& hooks) {
  if (hooks && hooks->started) hooks->started();
  std::unique_lock lock(mutex_, std::defer_lock);
  for (;;) {
    loop_.attach();
    while (!loop_.stopping() && !only_lone_calls()) loop_.turn();
    if (loop_.stopping()) break;
    loop_.detach();
    leave_seat_empty();
    lock.lock();
    wait_for_the_seat(lock);
    lock.unlock();
    lone_calls_ = 0;  // the habit has ended
  }
  loop_.end();
  loop_.detach();
  if (hooks && hooks->stopping) hooks->stopping();
}

bool IoThread::only_lone_calls() const noexcept {
  return calls_ == 0 && lone_calls_ >= kLoneCallsBeforeLeaving;
}

// Work may have arrived between the last turn and the announcement; from there on wake() is called for it.
void IoThread::leave_seat_empty() {
  loop_.announce_sleep();
  {
    const std::lock_guard lock(mutex_);
    driver_ = Driver::nobody;
    seat_empty_.store(true, std::memory_order_seq_cst);
  }
  if (loop_.has_submitted()) wake();
}

void IoThread::wait_for_the_seat(std::unique_lock<std::mutex>& lock) {
  while (driver_ != Driver::thread) {
    const std::uint64_t seen = drives_;
    // A caller that leaves the seat tells nobody, which keeps its next call cheap.
    const bool woken = seat_.wait_for(lock, kGrace) == std::cv_status::no_timeout;
    if (!woken && driver_ == Driver::nobody && drives_ == seen) driver_ = Driver::thread;
  }
  seat_empty_.store(false, std::memory_order_relaxed);
}

void IoThread::wake() noexcept {
  if (!seat_empty_.load(std::memory_order_seq_cst)) return;
  const std::lock_guard lock(mutex_);
  if (driver_ != Driver::nobody) return;
  driver_ = Driver::thread;
  seat_.notify_one();
}

bool IoThread::drive(EventLoop::Work& begin, const Completion& complete) {
  if (!seat_empty_.load(std::memory_order_relaxed)) return false;
  {
    const std::lock_guard lock(mutex_);
    if (driver_ != Driver::nobody) return false;
    driver_ = Driver::caller;
    seat_empty_.store(false, std::memory_order_relaxed);
    ++drives_;
  }
  loop_.attach();
  loop_.poll_events();  // connections that were closed meanwhile leave the pool
  const bool begun = !loop_.has_submitted();
  if (begun) begin.run();
  while (begun && !complete.done() && !loop_.has_submitted()) loop_.turn_alone();
  const bool lone = calls_ == 0;
  loop_.detach();
  if (lone && !loop_.has_submitted()) {
    leave_seat_empty();
  } else {
    const std::lock_guard lock(mutex_);
    driver_ = Driver::thread;
    seat_.notify_one();
  }
  return begun;
}

void IoThread::call_begins(bool lone) noexcept {
  alone_ = lone && calls_ == 0;
  if (!alone_) lone_calls_ = 0;
  ++calls_;
}

void IoThread::call_ends() noexcept {
  --calls_;
  if (calls_ == 0 && alone_) ++lone_calls_;
}

}  // namespace ppn
