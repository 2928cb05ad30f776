#include "base/log.hpp"

#include <condition_variable>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "base/secret_registry.hpp"

namespace ppn {
namespace {

struct ActiveSink {
  std::unique_ptr<LogSink> sink;
  int running = 0;  // calls under way
};

struct Logging {
  std::mutex mutex;
  std::condition_variable call_returned;
  std::shared_ptr<ActiveSink> active;
};

// Never destroyed: threads may write lines while the process exits.
Logging& logging() {
  static Logging& state = *new Logging;
  return state;
}

std::atomic<int> enabled_level{static_cast<int>(LogLevel::off)};
thread_local bool inside_sink = false;

}  // namespace

// The mutex guards pointers and counters only. A lock held while the sink runs would order lines of different threads
// one behind the other and could keep a replacement waiting for ever.
Status set_log_sink(LogLevel level, std::unique_ptr<LogSink> sink) {
  if (inside_sink) {
    return Failure(ErrorCode::would_deadlock, Phase::validate, "a log sink can not replace itself");
  }
  Logging& state = logging();
  std::shared_ptr<ActiveSink> replacement;
  if (sink != nullptr) replacement = std::make_shared<ActiveSink>(ActiveSink{std::move(sink)});
  const LogLevel wanted = replacement != nullptr ? level : LogLevel::off;

  std::unique_lock lock(state.mutex);
  const std::shared_ptr<ActiveSink> old = std::exchange(state.active, std::move(replacement));
  enabled_level.store(static_cast<int>(wanted), std::memory_order_relaxed);
  if (old != nullptr) state.call_returned.wait(lock, [&] { return old->running == 0; });
  lock.unlock();
  if (old != nullptr) old->sink.reset();
  return {};
}

bool in_log_sink() noexcept {
  return inside_sink;
}

bool log_enabled(LogLevel level) noexcept {
  return level != LogLevel::off && static_cast<int>(level) <= enabled_level.load(std::memory_order_relaxed);
}

void log(LogLevel level, std::string_view line) noexcept {
  // A line that a sink causes would be the cause of the next one.
  if (!log_enabled(level) || inside_sink) return;
  std::string storage;
  try {
    line = scrub(line, storage);
  } catch (const std::bad_alloc&) {
    return;  // no line rather than one with a secret
  }
  Logging& state = logging();
  std::unique_lock lock(state.mutex);
  // The sink may have been replaced, and the level changed, since the look above.
  const std::shared_ptr<ActiveSink> active = state.active;
  if (active == nullptr || !log_enabled(level)) return;
  ++active->running;
  lock.unlock();
  inside_sink = true;
  active->sink->write(level, line);
  inside_sink = false;
  lock.lock();
  --active->running;
  lock.unlock();
  state.call_returned.notify_all();
}

}  // namespace ppn
