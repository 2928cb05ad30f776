// Threads of the library: all signals blocked, so that they reach the threads of the host program only.
#pragma once

#include <Poco/Thread.h>

#include <functional>
#include <memory>
#include <string>

namespace ppn {

// Runs `body` on a thread of its own that nobody joins. False when the system has no thread to give.
bool start_detached_thread(const std::string& name, std::function<void()> body);

// A thread that is joined.
class JoinedThread {
 public:
  // Throws std::runtime_error when the system has no thread to give.
  JoinedThread(const std::string& name, std::function<void()> body);

  void join() { thread_.join(); }
  // False when the thread did not end within `milliseconds`.
  bool try_join(long milliseconds) { return thread_.tryJoin(milliseconds); }

 private:
  struct Body;
  std::shared_ptr<Body> body_;
  Poco::Thread thread_;
};

}  // namespace ppn
