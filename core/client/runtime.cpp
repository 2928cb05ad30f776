#include "client/runtime.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "base/process_generation.hpp"
#include "io/descriptors.hpp"

namespace ppn {
namespace {

constexpr long kExitJoinMilliseconds = 1'000;

// The runtime of the process and what the next one will be like. Never destroyed: threads may outlive static objects.
struct Process {
  std::mutex mutex;
  std::shared_ptr<Runtime> runtime;
  int io_threads = 1;
  std::shared_ptr<const ThreadHooks> hooks;
  bool hooks_installed = false;
};

Process& process() {
  static Process* const made = new Process;
  return *made;
}

Failure already_running(const char* what) {
  return Failure(ErrorCode::invalid_state, Phase::config,
                 std::string(what) + " can be set only while no thread of the library runs");
}

}  // namespace

Runtime::Runtime(int io_threads, const std::shared_ptr<const ThreadHooks>& hooks) {
  try {
    for (int i = 0; i < io_threads; ++i) lanes_.push_back(std::make_unique<Lane>(hooks));
  } catch (...) {
    end();
    throw;
  }
}

Result<std::shared_ptr<Runtime>> Runtime::acquire() {
  Process& current = process();
  const std::lock_guard lock(current.mutex);
  if (current.runtime) return current.runtime;
  try {
    current.runtime = std::shared_ptr<Runtime>(new Runtime(current.io_threads, current.hooks));
  } catch (const std::exception& problem) {
    return Failure(ErrorCode::internal, Phase::none,
                   std::string("the I/O thread could not be started: ") + problem.what());
  }
  if (!std::exchange(current.hooks_installed, true)) install_process_hooks();
  return current.runtime;
}

Status Runtime::set_io_threads(int count) {
  if (count < 1 || count > kMaxIoThreads) {
    return Failure(ErrorCode::config_error, Phase::config,
                   "the number of I/O threads is not from 1 to " + std::to_string(kMaxIoThreads));
  }
  Process& current = process();
  const std::lock_guard lock(current.mutex);
  if (current.runtime) return already_running("the number of I/O threads");
  current.io_threads = count;
  return {};
}

Status Runtime::set_thread_hooks(std::shared_ptr<const ThreadHooks> hooks) {
  Process& current = process();
  {
    const std::lock_guard lock(current.mutex);
    if (current.runtime) return already_running("thread hooks");
    current.hooks.swap(hooks);
  }
  return {};  // the hooks that were replaced end here, without the lock
}

IoThread& Runtime::next_thread() noexcept {
  return lanes_[turn_.fetch_add(1, std::memory_order_relaxed) % lanes_.size()]->thread;
}

bool Runtime::add(const IoThread& thread, std::weak_ptr<LoopMember> member) {
  const std::lock_guard lock(mutex_);
  if (ending_) return false;
  for (const auto& lane : lanes_) {
    if (&lane->thread != &thread) continue;
    std::erase_if(lane->members, [](const std::weak_ptr<LoopMember>& known) { return known.expired(); });
    lane->members.push_back(std::move(member));
  }
  return true;
}

Status Runtime::shutdown() {
  if (in_callback_thread()) {
    return Failure(ErrorCode::would_deadlock, Phase::none, "the runtime can not be shut down inside a callback");
  }
  std::shared_ptr<Runtime> ending;
  {
    Process& current = process();
    const std::lock_guard lock(current.mutex);
    ending = std::move(current.runtime);
  }
  if (!ending) return {};
  ending->start_ending();
  ending->end();
  return {};
}

void Runtime::start_ending() {
  const std::lock_guard lock(mutex_);
  ending_.store(true, std::memory_order_release);
}

void Runtime::end() {
  for (const auto& lane : lanes_) {
    lane->thread.loop().submit([lane = lane.get()] {
      // No member is added any more, so the list needs no lock while user code runs.
      for (const auto& known : lane->members) {
        if (const auto member = known.lock()) member->close();
      }
      stop_when_quiet(*lane);
    });
  }
  for (const auto& lane : lanes_) lane->thread.join();
}

// A call that gave its turn to others ends in a later turn.
void Runtime::stop_when_quiet(Lane& lane) {
  EventLoop& loop = lane.thread.loop();
  for (const auto& known : lane.members) {
    const auto member = known.lock();
    if (member && !member->quiet()) {
      loop.submit([&lane] { stop_when_quiet(lane); });
      return;
    }
  }
  loop.stop();
}

// A fork while another thread holds the lock would leave it locked in the child for ever.
void Runtime::install_process_hooks() {
  ::pthread_atfork([] { process().mutex.lock(); }, [] { process().mutex.unlock(); }, [] { leave_to_parent(); });
  std::atexit([] { stop_at_exit(); });
}

void Runtime::stop_at_exit() noexcept {
  if (in_callback_thread()) return;
  Process& current = process();
  std::shared_ptr<Runtime> ending;
  {
    const std::lock_guard lock(current.mutex);
    ending = current.runtime;  // kept alive: what still refers to it may be used until the very end
  }
  if (!ending) return;
  for (const auto& lane : ending->lanes_) {
    EventLoop* const loop = &lane->thread.loop();
    loop->submit([loop] { loop->stop(); });
  }
  for (const auto& lane : ending->lanes_) lane->thread.try_join(kExitJoinMilliseconds);
}

// In the child of fork, with the lock that the parent took. Nothing of the parent's is destroyed here: destructors would
// write to its connections and wait for its threads.
void Runtime::leave_to_parent() noexcept {
  process_generation().fetch_add(1, std::memory_order_relaxed);
  Process& current = process();
  if (current.runtime) {
    for (const auto& lane : current.runtime->lanes_) lane->thread.loop().abandon();
    alignas(std::shared_ptr<Runtime>) static std::byte kept[sizeof(std::shared_ptr<Runtime>)];
    ::new (static_cast<void*>(kept)) std::shared_ptr<Runtime>(std::move(current.runtime));
  }
  close_inherited_descriptors();
  current.mutex.unlock();
}

}  // namespace ppn
