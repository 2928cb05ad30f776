// An event loop and who drives it: a thread of its own, or a caller that blocks.
//
// Requirements. A program that makes one blocking call after another should not pay for a second thread: waking it for
// each request and being woken by it costs more than the request. So a blocking caller drives the loop by itself as
// long as its call is the only one; user code of another call never runs on its thread.
//
// Lifecycle of the driving seat:
//
//     thread --(two lone blocking calls have ended)--> nobody --(a blocking call begins)--> caller
//       ^                                               |  ^                                  |
//       +-----(work of another thread, or 20 ms)--------+  +-------(its call has ended)-------+
//       +-----------------------(work of another thread arrives)------------------------------+
//
// While nobody drives, the thread sleeps and looks at intervals whether blocking calls still come; when none came it
// takes the seat, so idle connections are watched again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "base/completion.hpp"
#include "io/event_loop.hpp"
#include "io/thread.hpp"

namespace ppn {

// What the user wants to run on each thread that calls back, first and last.
struct ThreadHooks {
  std::function<void()> started;
  std::function<void()> stopping;
};

class IoThread final : private EventLoop::Sleeper {
 public:
  // Throws what EventLoop and JoinedThread throw. `hooks` may be null.
  explicit IoThread(std::shared_ptr<const ThreadHooks> hooks);

  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  EventLoop& loop() noexcept { return loop_; }
  // After EventLoop::stop. Thread: none that is attached to the loop.
  void join() { thread_->join(); }
  bool try_join(long milliseconds) { return thread_->try_join(milliseconds); }

  // Counts calls; `lone` says that nothing but its own caller waits for the call, and no user code runs in it. Thread:
  // the loop thread.
  void call_begins(bool lone) noexcept;
  void call_ends() noexcept;

  // The calling thread drives the loop until `complete` or until another thread has work for the loop, beginning with
  // `begin`. False when it may not: then `begin` did not run. Thread: one that is attached to no loop.
  bool drive(EventLoop::Work& begin, const Completion& complete);

 private:
  enum class Driver : std::uint8_t { thread, caller, nobody };

  void wake() noexcept override;
  void run(const std::shared_ptr<const ThreadHooks>& hooks);
  void wait_for_the_seat(std::unique_lock<std::mutex>& lock);
  bool only_lone_calls() const noexcept;
  void leave_seat_empty();

  EventLoop loop_;
  std::mutex mutex_;
  std::condition_variable seat_;
  Driver driver_ = Driver::thread;       // guarded by mutex_
  std::uint64_t drives_ = 0;             // guarded by mutex_: times that a caller took the seat
  std::atomic<bool> seat_empty_{false};  // driver_ is `nobody`, to be read without the mutex

  // Loop thread.
  int calls_ = 0;
  bool alone_ = false;  // the one call under way is lone and has met no other
  int lone_calls_ = 0;  // that ended one after another

  std::unique_ptr<JoinedThread> thread_;
};

}  // namespace ppn
