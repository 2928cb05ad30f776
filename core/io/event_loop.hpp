// The event loop: descriptors, timers, and work for a later turn. One thread at a time drives it.
//
// Vocabulary. A turn is one pass: wait for events, handle them, run timers, run work. A watcher is told of the events of
// one descriptor. Work is a function handed to the loop: submitted by another thread, or deferred by the loop thread
// itself. The loop thread is the thread that is attached to the loop; io_thread.hpp says which one that is.
//
// Descriptors are registered once, edge-triggered, for reading and writing together (core/decisions/0002): a watcher
// remembers what it may still do until the kernel says EAGAIN. So nothing is re-registered when a stream pauses, and a
// paused stream whose peer closes can not spin the loop.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace ppn {

// Told of events of a descriptor, on the loop thread. May remove itself and be destroyed inside the call.
class Watcher {
 public:
  virtual void on_events(std::uint32_t epoll_events) noexcept = 0;

 protected:
  ~Watcher() = default;
};

// A point in time at which the loop calls on_timer, on the loop thread. It must be disarmed before it is destroyed.
class Timer {
 public:
  virtual void on_timer() noexcept = 0;
  bool armed() const noexcept { return heap_index_ != kNotArmed; }
  Nanos when() const noexcept { return when_; }

 protected:
  ~Timer() = default;

 private:
  friend class TimerHeap;
  static constexpr std::size_t kNotArmed = static_cast<std::size_t>(-1);
  Nanos when_ = 0;
  std::size_t heap_index_ = kNotArmed;
};

// The armed timers, earliest first: a heap with four children per node, whose nodes know their place.
class TimerHeap {
 public:
  void arm(Timer& timer, Nanos when);
  void disarm(Timer& timer) noexcept;
  Timer* earliest() const noexcept { return heap_.empty() ? nullptr : heap_.front(); }
  std::size_t size() const noexcept { return heap_.size(); }

 private:
  void place(std::size_t index, Timer* timer) noexcept;
  void sift_up(std::size_t index) noexcept;
  void sift_down(std::size_t index) noexcept;

  std::vector<Timer*> heap_;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // attach(), turns until stop(), end(), detach().
  void run();
  // Ends run() after this turn. Thread: the loop thread, or inside submitted work.
  void stop() noexcept { stopping_ = true; }
  bool stopping() const noexcept { return stopping_; }

  // The calling thread becomes the loop thread, until detach(). The caller sees to it that there is one at a time.
  void attach() noexcept;
  void detach() noexcept;

  // Runs `function()` on the loop thread, in the order of submission of each thread, never inside this call. False when
  // the loop has ended: then `function` is destroyed. Thread: any.
  template <class Function>
  bool submit(Function function) {
    auto work = std::make_unique<FunctionWork<Function>>(std::move(function));
    if (!post(*work)) return false;
    static_cast<void>(work.release());
    return true;
  }

  // Work that was made before it is needed, so that handing it over takes no memory.
  class Work {
   public:
    // The loop does not touch the work any more, so it may end its own life.
    virtual void run() noexcept = 0;
    // The loop is destroyed and has not run it.
    virtual void discard() noexcept = 0;

   protected:
    ~Work() = default;

   private:
    friend class EventLoop;
    Work* next_ = nullptr;
  };

  // As submit(). The work must not be posted again before it runs. Thread: any.
  bool post(Work& work) noexcept;

  // Whether the calling thread is attached to any loop.
  static bool in_any_loop_thread() noexcept;

  // Told on the thread that posts, when work arrives while the loop may be asleep or while nobody drives it.
  class Sleeper {
   public:
    virtual void wake() noexcept = 0;

   protected:
    ~Sleeper() = default;
  };
  // To be set before the first turn.
  void set_sleeper(Sleeper* sleeper) noexcept { sleeper_ = sleeper; }

  // Whether other threads have submitted work that did not run yet. Thread: any.
  bool has_submitted() const noexcept { return submitted_.load(std::memory_order_seq_cst) != nullptr; }
  // Nobody drives the loop from here on: whoever posts next calls the sleeper. Thread: the loop thread.
  void announce_sleep() noexcept { asleep_.store(true, std::memory_order_seq_cst); }

  // The loop belongs to the parent of this process: work is refused from here on, nothing is woken. Thread: the only
  // one of a child of fork.
  void abandon() noexcept;

  // The rest belongs to the loop thread.

  // One turn with everything in it.
  void turn();
  // One turn without the work of other threads, which has_submitted() tells of.
  void turn_alone();
  // Handles the events that are there, without waiting.
  void poll_events();
  // Refuses work of any kind from here on, and runs what was taken in before.
  void end();

  // The time at the start of the turn.
  Nanos now() const noexcept { return now_; }
  bool in_loop_thread() const noexcept;

  // Names a registration; a number that was removed is never valid again.
  using WatchId = std::uint64_t;
  static constexpr WatchId kNoWatch = 0;
  // Returns kNoWatch and leaves errno when the kernel refuses.
  WatchId watch(int descriptor, Watcher& watcher);
  // Call it before the descriptor is closed. Events that are already collected are dropped.
  void unwatch(WatchId id, int descriptor) noexcept;

  void arm(Timer& timer, Nanos when) { timers_.arm(timer, when); }
  void disarm(Timer& timer) noexcept { timers_.disarm(timer); }

  // What the loop holds, and how often it woke: how tests see a leak or a spin.
  std::size_t watched() const noexcept { return slots_.size() - free_slots_.size(); }
  std::size_t timers() const noexcept { return timers_.size(); }
  std::uint64_t turns() const noexcept { return turns_; }

  // Memory that every connection of this loop reads into; its content is valid until the coroutine suspends.
  std::span<char> scratch() noexcept { return scratch_; }

 private:
  template <class Function>
  struct FunctionWork final : Work {
    explicit FunctionWork(Function work) : function(std::move(work)) {}
    void run() noexcept override {
      const std::unique_ptr<FunctionWork> self(this);
      function();
    }
    void discard() noexcept override { delete this; }
    Function function;
  };

  struct Slot {
    Watcher* watcher = nullptr;
    std::uint32_t generation = 1;
  };

  // The list of submitted work after the loop has ended.
  static Work* ended() noexcept { return reinterpret_cast<Work*>(std::uintptr_t{1}); }

  // Oldest first.
  class WorkQueue {
   public:
    void push(Work& work) noexcept;
    Work* take_all() noexcept;
    bool empty() const noexcept { return first_ == nullptr; }

   private:
    Work* first_ = nullptr;
    Work* last_ = nullptr;
  };

  void run_submitted(Work* left_behind);
  void run_deferred();
  void run_timers();
  void wait_for_events();
  void handle_events(int timeout_ms);
  int wait_timeout_ms() const noexcept;

  int epoll_ = -1;
  int wakeup_ = -1;
  Nanos now_ = 0;
  std::uint64_t turns_ = 0;
  bool stopping_ = false;
  bool refusing_ = false;  // end() was called
  WorkQueue deferred_;     // posted by the loop thread
  Sleeper* sleeper_ = nullptr;
  TimerHeap timers_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<char> scratch_;
  std::atomic<Work*> submitted_{nullptr};  // posted by other threads, newest first
  std::atomic<bool> asleep_{false};        // the loop may be inside epoll_wait: wake it
};

}  // namespace ppn
