#include "io/thread.hpp"

#include <Poco/Exception.h>
#include <Poco/Runnable.h>
#include <pthread.h>
#include <signal.h>

#include <stdexcept>
#include <utility>

namespace ppn {
namespace {

// A new thread inherits the mask of its creator.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

void* run_detached(void* argument) {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(argument));
  (*body)();
  return nullptr;
}

}  // namespace

// Poco::Thread must outlive its thread, so a thread that may outlive everybody is a plain one.
bool start_detached_thread(const std::string& name, std::function<void()> body) {
  const BlockedSignals blocked;
  auto argument = std::make_unique<std::function<void()>>(std::move(body));
  pthread_t thread{};
  if (::pthread_create(&thread, nullptr, run_detached, argument.get()) != 0) return false;
  static_cast<void>(argument.release());
  ::pthread_setname_np(thread, name.c_str());
  ::pthread_detach(thread);
  return true;
}

struct JoinedThread::Body final : Poco::Runnable {
  explicit Body(std::function<void()> work) : function(std::move(work)) {}
  void run() override {
    // Poco unblocks nothing, but it does block only some signals by itself.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    function();
  }
  std::function<void()> function;
};

JoinedThread::JoinedThread(const std::string& name, std::function<void()> body)
    : body_(std::make_shared<Body>(std::move(body))), thread_(name) {
  const BlockedSignals blocked;
  try {
    thread_.start(*body_);
  } catch (const Poco::Exception& problem) {
    throw std::runtime_error(problem.displayText());
  }
}

}  // namespace ppn
