#include "client/runtime.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <utility>

namespace ppn {
namespace {

constexpr long kExitJoinMilliseconds = 1'000;

// The runtime of the process. Never destroyed: threads may outlive static objects.
struct Process {
  std::mutex mutex;
  std::shared_ptr<Runtime> runtime;
  bool hooks_installed = false;
};

Process& process() {
  static Process* const made = new Process;
  return *made;
}

// A child of fork has the memory of its parent but not its threads.
std::atomic<bool> in_forked_child{false};

}  // namespace

Runtime::Runtime() = default;

bool Runtime::forked() noexcept {
  return in_forked_child.load(std::memory_order_relaxed);
}

Result<std::shared_ptr<Runtime>> Runtime::acquire() {
  if (forked()) {
    return Failure(ErrorCode::forked, Phase::none, "this process was forked after the library had started its threads");
  }
  Process& current = process();
  const std::lock_guard lock(current.mutex);
  if (current.runtime) return current.runtime;
  try {
    std::shared_ptr<Runtime> fresh(new Runtime);
    fresh->thread_ = std::make_unique<JoinedThread>("ppn-io", [loop = &fresh->loop_] { loop->run(); });
    current.runtime = std::move(fresh);
  } catch (const std::exception& problem) {
    return Failure(ErrorCode::internal, Phase::none,
                   std::string("the I/O thread could not be started: ") + problem.what());
  }
  if (!std::exchange(current.hooks_installed, true)) {
    ::pthread_atfork(nullptr, nullptr, [] { in_forked_child.store(true, std::memory_order_relaxed); });
    std::atexit([] { stop_at_exit(); });
  }
  return current.runtime;
}

bool Runtime::add(std::weak_ptr<LoopMember> member) {
  const std::lock_guard lock(mutex_);
  if (ending_) return false;
  std::erase_if(members_, [](const std::weak_ptr<LoopMember>& known) { return known.expired(); });
  members_.push_back(std::move(member));
  return true;
}

Status Runtime::shutdown() {
  if (in_callback_thread()) {
    return Failure(ErrorCode::would_deadlock, Phase::none, "the runtime can not be shut down inside a callback");
  }
  if (forked()) return {};
  std::shared_ptr<Runtime> ending;
  {
    Process& current = process();
    const std::lock_guard lock(current.mutex);
    ending = std::move(current.runtime);
  }
  if (ending) ending->end();
  return {};
}

void Runtime::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_.store(true, std::memory_order_release);
  }
  loop_.submit([this] {
    // No member is added any more, so the list needs no lock while user code runs.
    for (const auto& known : members_) {
      if (const auto member = known.lock()) member->close();
    }
    stop_when_quiet();
  });
  thread_->join();
}

// A call that gave its turn to others ends in a later turn.
void Runtime::stop_when_quiet() {
  for (const auto& known : members_) {
    const auto member = known.lock();
    if (member && !member->quiet()) {
      loop_.submit([this] { stop_when_quiet(); });
      return;
    }
  }
  loop_.stop();
}

void Runtime::stop_at_exit() noexcept {
  if (forked() || in_callback_thread()) return;
  Process& current = process();
  std::shared_ptr<Runtime> ending;
  {
    const std::lock_guard lock(current.mutex);
    ending = current.runtime;  // kept alive: what still refers to it may be used until the very end
  }
  if (!ending) return;
  EventLoop* const loop = &ending->loop_;
  loop->submit([loop] { loop->stop(); });
  ending->thread_->try_join(kExitJoinMilliseconds);
}

}  // namespace ppn
