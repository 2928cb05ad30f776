// The rate limit that a fleet shares, asked from Redis (SEMANTICS 3.2.6). Many loops ask; one thread of the gate sends
// what has gathered as one pipeline over one connection.
//
// Lifecycle of the thread:
//
//     idle --(first question)--> up --(any error, or timeout_ms without an answer)--> down
//                                 ^                                                    |
//                                 +-----------(a probe every second succeeds)----------+
//
// While down, every question is answered `unavailable` at once, also during a probe. In a cluster the URL has to lead to
// a proxy, or to the node of the scope: MOVED is an error like any other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fleet_gate.hpp"
#include "base/result.hpp"

namespace ppn {

class RedisGate final : public FleetGate {
 public:
  struct Counts {
    std::uint64_t asked = 0;
    std::uint64_t granted = 0;
    std::uint64_t refused = 0;  // `wait` and `never`
    std::uint64_t unavailable = 0;
    std::uint64_t reconnects = 0;  // connections after the first one
  };

  static constexpr std::int64_t kProbeIntervalMs = 1'000;
  // Questions that wait for the thread; the next ones are `unavailable`.
  static constexpr std::size_t kMaxQueued = 10'000;

  // `url` as RedisPlace::parse reads it. `timeout_ms` bounds connecting, and then each exchange; 1 to 60,000. Nothing
  // is opened and no thread started before the first question. Error: config_error.
  static Result<std::shared_ptr<RedisGate>> create(std::string_view url, std::int64_t timeout_ms,
                                                   std::int64_t probe_interval_ms = kProbeIntervalMs);
  // Questions under way are answered `unavailable`; returns when the thread has ended, but for one that called `done`
  // and destroys the gate there.
  ~RedisGate() override;
  RedisGate(const RedisGate&) = delete;
  RedisGate& operator=(const RedisGate&) = delete;

  // The first question throws std::system_error when the system has no thread or descriptor to give; then `done` never
  // runs. In a child of fork a gate that its parent used answers `unavailable`.
  void ask(std::string scope, std::int64_t cost, Nanos emission_interval, std::int64_t burst,
           std::function<void(Answer)> done) override;

  // The same with the time of the decision in microseconds, by the clock of Redis; 0 when Redis was not asked.
  using DatedDone = std::function<void(Answer, std::int64_t decided_at_us)>;
  void ask_dated(std::string scope, std::int64_t cost, Nanos emission_interval, std::int64_t burst, DatedDone done);

  // False while Redis is known to be down.
  bool available() const noexcept;
  Counts counts() const noexcept;
  // Probes at once when Redis is down. `done` runs on the thread of the gate, with what available() is then; it does
  // not run when there was no question yet. For tests.
  void probe_now(std::function<void(bool)> done);

 private:
  struct Shared;
  class Worker;

  explicit RedisGate(std::shared_ptr<Shared> shared);

  const std::shared_ptr<Shared> shared_;
};

}  // namespace ppn
