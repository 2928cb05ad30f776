// The threads of the library, shared by all clients: one I/O loop and a few resolver threads.
// Nothing runs before the first call of loop(). Ended by shutdown() or at exit of the process.
#pragma once

#include <memory>

#include "base/result.hpp"

namespace ppn {

class EventLoop;
class Resolver;

class Runtime {
 public:
  // The runtime of the process, started when it is not running. Error: forked.
  static Result<std::shared_ptr<Runtime>> acquire();

  // Whether the calling thread runs callbacks of the library, so that waiting would wait for itself.
  static bool in_callback_thread() noexcept;

  // Cancels all calls, closes all connections, joins all threads. Error: would_deadlock.
  static Status shutdown();

  ~Runtime();
  EventLoop& loop() noexcept;
  Resolver& resolver() noexcept;

 private:
  struct Threads;
  Runtime();
  std::unique_ptr<Threads> threads_;
};

}  // namespace ppn
