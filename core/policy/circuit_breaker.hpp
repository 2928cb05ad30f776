// Calls to a server that does not work fail at once instead of one by one after their timeouts (SEMANTICS 3.11).
//
// Closed: everyone passes, and results are counted. Open: nobody passes until a time. Half-open: one probe at a time;
// its lease ends by itself, so that a probe that never reports can not keep the breaker half-open for ever.
// One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "policy/breaker_options.hpp"
#include "policy/retry_policy.hpp"
#include "policy/scope_map.hpp"

namespace ppn {

enum class BreakerVerdict : std::uint8_t {
  success,          // the server works, though it may have refused the call
  failure,          // it does not
  connect_failure,  // it can not even be reached
  ignored,          // says nothing about the server: cancelled, a loser of a hedge, a failure of this side
};

// A 4xx is an answer of a server that works; 429 belongs to the rate limiter.
BreakerVerdict verdict_of(const AttemptOutcome& attempt) noexcept;

// What 503 and 529 ask for, as the argument of record(); nothing for others.
std::optional<Nanos> open_floor_of(const AttemptOutcome& attempt) noexcept;

class CircuitBreaker {
 public:
  enum class State : std::uint8_t { closed, open, half_open };

  struct Admission {
    bool admitted = false;
    bool is_probe = false;
    std::uint64_t permit = 0;  // for record()
    Nanos retry_after = 0;     // when it is refused: the time after which it is worth to come back
  };

  // For a call whose attempts have no timeout.
  static constexpr Nanos kDefaultProbeTimeout = 31 * kSecond;

  explicit CircuitBreaker(const BreakerOptions& options) noexcept : options_(options) {}

  // `random` in [0, 1) spreads the next opening. `probe_timeout`: the timeout of the attempt and a second.
  Admission admit(Nanos now, double random, Nanos probe_timeout = kDefaultProbeTimeout) noexcept;

  // Every admitted call reports once; `ignored` gives the lease of a probe back, and the next caller may probe. A permit
  // of an earlier state is not counted. `floor`: the breaker opens for at least that long, up to max_open_ms.
  void record(std::uint64_t permit, BreakerVerdict verdict, Nanos now, std::optional<Nanos> floor = {}) noexcept;

  State state(Nanos now) noexcept;
  // As it was when somebody asked or reported last: what it was before time has changed it.
  State last_state() const noexcept { return state_; }
  bool is_idle(Nanos now) noexcept;  // closed, and nothing counted

 private:
  static constexpr std::size_t kBuckets = 10;
  struct Bucket {
    std::int64_t calls = 0;
    std::int64_t failures = 0;
  };

  void advance(Nanos now) noexcept;
  void settle(Nanos now) noexcept;
  void count(BreakerVerdict verdict, Nanos now, std::optional<Nanos> floor) noexcept;
  void judge_probe(BreakerVerdict verdict, Nanos now, std::optional<Nanos> floor) noexcept;
  void open(Nanos now, Nanos floor) noexcept;
  void close(Nanos now) noexcept;
  std::uint64_t next_id(Nanos now) noexcept;

  BreakerOptions options_;
  State state_ = State::closed;
  std::array<Bucket, kBuckets> buckets_{};
  std::int64_t newest_ = 0;             // number of the newest bucket
  std::int64_t connect_failures_ = 0;   // in a row
  std::int64_t failed_probes_ = 0;      // since it was closed
  std::int64_t successful_probes_ = 0;  // since it was open
  double random_ = 0.5;
  Nanos open_until_ = 0;
  Nanos lease_until_ = 0;  // of the probe under way
  std::uint64_t last_id_ = 0;
  std::uint64_t closed_id_ = 0;  // the permit of all calls of this closed period
  std::uint64_t lease_ = 0;      // 0 = no probe is under way
};

// The breaker of each scope.
class CircuitBreakers {
 public:
  explicit CircuitBreakers(const BreakerOptions& options, std::size_t max_entries = 10'000)
      : options_(options), map_(max_entries) {}

  // Lives until the next call of this function. A breaker that was dropped meanwhile takes no permit but its own.
  CircuitBreaker& of(std::string_view scope, Nanos now) {
    return map_.find_or_add(scope, now, [&] { return CircuitBreaker(options_); });
  }
  std::size_t size() const noexcept { return map_.size(); }

 private:
  BreakerOptions options_;
  ScopeMap<CircuitBreaker> map_;
};

}  // namespace ppn
