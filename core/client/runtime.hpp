// The threads of the library, shared by all clients: I/O threads, one by default, and a few resolver threads.
//
// Lifecycle. Nothing runs before the first acquire(). shutdown() ends the runtime of that moment: its members close
// (calls get their terminal callback), its threads are joined; the next acquire() makes a new one. At exit of the
// process the loops are stopped without callbacks: what they would touch may be gone. A child of fork has no runtime
// until it acquires one of its own; what belonged to the parent's stays untouched (POCO 2.12).
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/io_thread.hpp"
#include "io/resolver.hpp"

namespace ppn {

// Something that lives on a loop and must be closed before the loop ends. Thread: the loop thread.
class LoopMember {
 public:
  virtual ~LoopMember() = default;
  virtual void close() noexcept = 0;
  // Nothing of it waits for the loop any more.
  virtual bool quiet() const noexcept = 0;
};

class Runtime : public std::enable_shared_from_this<Runtime> {
 public:
  static constexpr int kMaxIoThreads = 64;

  // The runtime of the process, started when there is none. Error: internal (no thread or descriptor left).
  static Result<std::shared_ptr<Runtime>> acquire();

  // Whether the calling thread runs callbacks of the library, so that waiting would wait for itself.
  static bool in_callback_thread() noexcept { return EventLoop::in_any_loop_thread(); }

  // For runtimes that start later. Errors: config_error (range), invalid_state (a runtime is running).
  static Status set_io_threads(int count);
  static Status set_thread_hooks(std::shared_ptr<const ThreadHooks> hooks);

  // Cancels all calls, closes all connections, joins the I/O threads. Error: would_deadlock.
  static Status shutdown();

  Resolver& resolver() noexcept { return resolver_; }

  // The thread for a new member: they take turns. Thread: any.
  IoThread& next_thread() noexcept;
  // False when the runtime is ending; then the member may not be used. Thread: any.
  bool add(const IoThread& thread, std::weak_ptr<LoopMember> member);
  bool ending() const noexcept { return ending_.load(std::memory_order_acquire); }

 private:
  struct Lane {
    explicit Lane(std::shared_ptr<const ThreadHooks> hooks) : thread(std::move(hooks)) {}
    std::vector<std::weak_ptr<LoopMember>> members;  // guarded by Runtime::mutex_
    IoThread thread;
  };

  Runtime(int io_threads, const std::shared_ptr<const ThreadHooks>& hooks);
  void start_ending();
  void end();
  static void stop_when_quiet(Lane& lane);
  static void install_process_hooks();
  static void stop_at_exit() noexcept;
  static void leave_to_parent() noexcept;

  std::atomic<bool> ending_{false};
  std::atomic<std::size_t> turn_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  Resolver resolver_;  // ends before the loops that it answers to
};

}  // namespace ppn
