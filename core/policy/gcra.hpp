// The generic cell rate algorithm (SEMANTICS 3.2.1): so many per time, so many at once, one number of state.
//
// The state is the theoretical arrival time: when everything that was charged so far is paid off. Times are kept in units
// of 1/count of a nanosecond, in which a cost of one is exactly one period: no rounding adds up, however many are charged.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "policy/rate_limit_options.hpp"
#include "policy/wide.hpp"

namespace ppn {

class Gcra {
 public:
  // No limit.
  Gcra() = default;
  // `rate.count` 0 = no limit; `burst` is at least 1.
  Gcra(const Rate& rate, std::int64_t burst) noexcept;

  bool limited() const noexcept { return count_ > 0; }
  std::int64_t burst() const noexcept { return burst_; }
  // The time of one, rounded up.
  Nanos interval() const noexcept;

  // Whether the cost can be granted at all.
  bool fits(std::int64_t cost) const noexcept { return !limited() || cost <= burst_; }
  bool allows(std::int64_t cost, Nanos now) const noexcept { return !limited() || allowed(cost, now) <= scaled(now); }
  // The first time at which the cost is allowed, not before `now`. A cost that does not fit waits for an empty bucket.
  Nanos allowed_at(std::int64_t cost, Nanos now) const noexcept;
  // Takes the cost whether it is allowed or not. What is owed never exceeds kLongestDebt beyond `now`.
  void charge(std::int64_t cost, Nanos now) noexcept;
  // Gives back what was charged at `charged_at`; only as much of it as time has not paid off.
  void give_back(std::int64_t cost, Nanos charged_at, Nanos now) noexcept;
  // Gives back what was charged too much at `charged_at`: all of it, unless the bucket was full since.
  void refund(std::int64_t cost, Nanos charged_at, Nanos now) noexcept;

  // Whole units that are allowed at once.
  std::int64_t remaining(Nanos now) const noexcept;
  // When everything is paid off; `now` when it is.
  Nanos reset_at(Nanos now) const noexcept;

  // Goes on with another rate: what is owed stays the same number of units.
  void change_rate(const Rate& rate, std::int64_t burst, Nanos now) noexcept;

  // One step of the algorithm as a whole.
  struct Outcome {
    enum class Kind : std::uint8_t { granted, wait, never };
    Kind kind = Kind::granted;
    Nanos wait = 0;              // of `wait`: not less than this from now
    std::int64_t remaining = 0;  // of `granted`
    Nanos reset = 0;             // of `granted`: from now
  };
  Outcome acquire(std::int64_t cost, Nanos now) noexcept;

 private:
  static constexpr Nanos kLongestDebt = 3'600 * kSecond;

  Wide scaled(Nanos time) const noexcept { return static_cast<Wide>(time) * count_; }
  Wide period_of(std::int64_t cost) const noexcept { return static_cast<Wide>(cost) * period_; }
  Wide owed_until(Nanos now) const noexcept { return tat_ > scaled(now) ? tat_ : scaled(now); }
  // In scaled time; not later than tat_ when the cost does not fit.
  Wide allowed(std::int64_t cost, Nanos now) const noexcept {
    const Wide spare = cost < burst_ ? period_of(burst_ - cost) : 0;
    return owed_until(now) - spare;
  }
  Nanos rounded_up(Wide scaled_time) const noexcept;

  std::int64_t count_ = 0;
  Nanos period_ = 0;
  std::int64_t burst_ = 0;
  Wide tat_ = 0;
  Nanos busy_since_ = 0;  // the bucket was full before this charge and never since
};

// A rate that need not be whole: up to 10^9 and at least 1/1000 a minute, to the thousandth. Nothing for another number;
// 0 and less is no limit.
std::optional<Rate> rate_per_minute(double count) noexcept;

// The burst of a rate that names none.
std::int64_t burst_of_requests(const Rate& rate) noexcept;  // what comes in a tenth of a minute
std::int64_t burst_of_tokens(const Rate& rate) noexcept;    // what comes in a minute: one call may need so many

}  // namespace ppn
