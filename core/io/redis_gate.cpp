#include "io/redis_gate.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "io/redis_worker.hpp"
#include "io/thread.hpp"

namespace ppn {
namespace {

constexpr std::int64_t kMaxTimeoutMs = 60'000;
// For user code that the thread is inside of; the thread by itself needs none of it.
constexpr std::chrono::seconds kPatience{5};

}  // namespace

Result<std::shared_ptr<RedisGate>> RedisGate::create(std::string_view url, std::int64_t timeout_ms,
                                                     std::int64_t probe_interval_ms) {
  if (timeout_ms < 1 || timeout_ms > kMaxTimeoutMs || probe_interval_ms < 1) {
    return Failure(ErrorCode::config_error, Phase::config, "the timeout for Redis must be 1 to 60000 ms");
  }
  Result<RedisPlace> place = RedisPlace::parse(url);
  if (!place) return std::move(place).failure();
  auto shared = std::make_shared<Shared>();
  shared->place = std::move(*place);
  shared->timeout = timeout_ms * kMillisecond;
  shared->probe_interval = probe_interval_ms * kMillisecond;
  return std::shared_ptr<RedisGate>(new RedisGate(std::move(shared)));
}

RedisGate::RedisGate(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

RedisGate::~RedisGate() {
  // In a child of fork the thread is not there, and the lock may be held by one that is not there either.
  if (!shared_->started.load(std::memory_order_acquire) || !shared_->made.here()) return;
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->wake->set();
  if (Worker::is_on(*shared_)) return;
  shared_->thread_ended.wait_for(lock, kPatience, [&] { return shared_->ended; });
}

void RedisGate::ask(std::string scope, std::int64_t cost, Nanos emission_interval, std::int64_t burst,
                    std::function<void(Answer)> done) {
  ask_dated(std::move(scope), cost, emission_interval, burst,
            [done = std::move(done)](Answer answer, std::int64_t) { done(answer); });
}

void RedisGate::ask_dated(std::string scope, std::int64_t cost, Nanos emission_interval, std::int64_t burst,
                          DatedDone done) {
  shared_->asked.fetch_add(1, std::memory_order_relaxed);
  if (shared_->started.load(std::memory_order_acquire) && !shared_->made.here()) {
    shared_->unavailable.fetch_add(1, std::memory_order_relaxed);
    if (!start_detached_thread("ppn-redis", [done = std::move(done)] { done({}, 0); })) {
      throw std::system_error(EAGAIN, std::generic_category(), "a thread for Redis");
    }
    return;
  }
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->started.load(std::memory_order_relaxed)) {
    shared_->wake = std::make_shared<WakeEvent>();
    shared_->made = MadeInProcess();
    const auto worker = std::make_shared<Worker>(shared_);
    if (!start_detached_thread("ppn-redis", [worker] { worker->run(); })) {
      throw std::system_error(EAGAIN, std::generic_category(), "a thread for Redis");
    }
    shared_->started.store(true, std::memory_order_release);
  }
  if (shared_->queue.size() < kMaxQueued) {
    shared_->queue.push_back({{std::move(scope), cost, emission_interval, burst}, std::move(done)});
  } else {
    shared_->beyond.push_back(std::move(done));
  }
  // The thread takes all there is, so only the first one has to wake it.
  if (shared_->queue.size() + shared_->beyond.size() == 1) shared_->wake->set();
}

bool RedisGate::available() const noexcept {
  return shared_->up.load(std::memory_order_relaxed);
}

RedisGate::Counts RedisGate::counts() const noexcept {
  const auto read = [](const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); };
  return {read(shared_->asked), read(shared_->granted), read(shared_->refused), read(shared_->unavailable),
          read(shared_->reconnects)};
}

void RedisGate::probe_now(std::function<void(bool)> done) {
  if (!shared_->started.load(std::memory_order_acquire) || !shared_->made.here()) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->probes.push_back(std::move(done));
  shared_->wake->set();
}

}  // namespace ppn
