// One thing that a scope counts, requests or tokens: the configured rate, and what the server said about its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/clock.hpp"
#include "policy/gcra.hpp"
#include "policy/rate_limit_options.hpp"
#include "policy/rate_observation.hpp"

namespace ppn {

class RateDimension {
 public:
  RateDimension(const Rate& configured, std::int64_t burst) noexcept
      : configured_(configured), burst_(burst), gcra_(configured, burst) {}

  // Of the configured limit: a server's lower one passes.
  bool fits(std::int64_t cost) const noexcept { return configured_.count <= 0 || cost <= burst_; }
  // The first time, not before `now`, at which the cost is allowed; `waiting` is the cost of all that wait, this one
  // included. When that is more than the server has left, the rest of its window is divided evenly (SEMANTICS 3.2.5).
  Nanos allowed_at(std::int64_t cost, std::int64_t waiting, Nanos now) const noexcept {
    if (now < reset_at_ && waiting > remaining_ && cost > 0) return std::max(gcra_.allowed_at(cost, now), next_);
    return gcra_.allowed_at(cost, now);
  }
  bool allows(std::int64_t cost, std::int64_t waiting, Nanos now) const noexcept {
    if (now < reset_at_ && waiting > remaining_ && cost > 0 && now < next_) return false;
    return gcra_.allows(cost, now);
  }
  void charge(std::int64_t cost, std::int64_t waiting, Nanos now) noexcept {
    gcra_.charge(cost, now);
    if (now < reset_at_) count_down(cost, waiting, now);
  }
  void give_back(std::int64_t cost, Nanos charged_at, Nanos now) noexcept;
  // The difference between what was charged at `charged_at` and what it was.
  void settle(std::int64_t charged, std::int64_t actual, Nanos charged_at, Nanos now) noexcept;

  // True when the times of those who wait have changed. What blocks, blocks at most for `longest_hold`.
  bool observe(const RateObservation::Dimension& seen, Nanos now, Nanos longest_hold) noexcept;
  // A server's limit that it did not repeat for two windows is forgotten. True when that happened.
  bool forget(Nanos now) noexcept {
    if (now < limit_until_) return false;
    server_ = Rate{};
    adjust(std::exchange(limit_until_, kNever));  // as of when it ended
    return true;
  }
  // This process takes one of so many parts.
  void share(int parts, Nanos now) noexcept;

  // The rate without share(), as one that nothing was charged to.
  Gcra undivided() const noexcept;
  // Nothing is remembered that a new one would not know.
  bool idle(Nanos now) const noexcept {
    return gcra_.reset_at(now) <= now && reset_at_ <= now && limit_until_ == kNever;
  }

 private:
  void count_down(std::int64_t cost, std::int64_t waiting, Nanos now) noexcept;
  void adjust(Nanos now) noexcept;
  const Rate& rate() const noexcept { return server_.count > 0 ? server_ : configured_; }
  std::int64_t whole_burst() const noexcept { return server_.count > 0 ? std::min(burst_, server_.count) : burst_; }

  Rate configured_;
  std::int64_t burst_;
  Gcra gcra_;
  // The server's lower limit; count 0 = none.
  Rate server_{};
  Nanos limit_until_ = kNever;
  // The server's window: so many are left until it ends.
  std::int64_t remaining_ = 0;
  Nanos reset_at_ = 0;
  Nanos next_ = 0;  // of those who share what is left
  int parts_ = 1;
};

}  // namespace ppn
