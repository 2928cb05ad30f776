// The threads of the library, shared by all clients: one I/O loop and a few resolver threads.
//
// Lifecycle. Nothing runs before the first acquire(). shutdown() ends the runtime of that moment: its members close
// (calls get their terminal callback), its threads are joined; the next acquire() makes a new one. At exit of the
// process the loop is stopped without callbacks: what they would touch may be gone.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/resolver.hpp"
#include "io/thread.hpp"

namespace ppn {

// Something that lives on the loop and must be closed before the loop ends. Thread: the loop thread.
class LoopMember {
 public:
  virtual ~LoopMember() = default;
  virtual void close() noexcept = 0;
  // Nothing of it waits for the loop any more.
  virtual bool quiet() const noexcept = 0;
};

class Runtime : public std::enable_shared_from_this<Runtime> {
 public:
  // The runtime of the process, started when there is none. Errors: forked, internal (no thread or descriptor left).
  static Result<std::shared_ptr<Runtime>> acquire();

  // Whether this process is the child of one that had started a runtime: threads and sockets are the parent's.
  static bool forked() noexcept;

  // Whether the calling thread runs callbacks of the library, so that waiting would wait for itself.
  static bool in_callback_thread() noexcept { return EventLoop::in_any_loop_thread(); }

  // Cancels all calls, closes all connections, joins the I/O thread. Error: would_deadlock.
  static Status shutdown();

  EventLoop& loop() noexcept { return loop_; }
  Resolver& resolver() noexcept { return resolver_; }

  // False when the runtime is ending; then the member may not be used. Thread: any.
  bool add(std::weak_ptr<LoopMember> member);
  bool ending() const noexcept { return ending_.load(std::memory_order_acquire); }

 private:
  Runtime();
  void end();
  void stop_when_quiet();
  static void stop_at_exit() noexcept;

  EventLoop loop_;
  Resolver resolver_;
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::vector<std::weak_ptr<LoopMember>> members_;  // guarded by mutex_
  std::unique_ptr<JoinedThread> thread_;
};

}  // namespace ppn
