#include "policy/gcra.hpp"

#include <algorithm>
#include <cmath>

namespace ppn {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

// Far above what makes sense, and products of three of them fit into 128 bits.
constexpr std::int64_t kMostUnits = 1'000'000'000'000'000;
constexpr std::int64_t kLongestPeriodMs = 100'000'000'000;

std::int64_t per_minute(const Rate& rate) noexcept {
  if (rate.count <= 0 || rate.period_ms <= 0) return 0;
  const Wide count = static_cast<Wide>(rate.count) * kMinuteMs / rate.period_ms;
  return static_cast<std::int64_t>(std::min<Wide>(count, kNever));
}

}  // namespace

std::optional<Rate> rate_per_minute(double count) noexcept {
  constexpr double most = 1e9;
  constexpr double least = 1e-3;
  constexpr std::int64_t thousand = 1'000;
  if (count <= 0) return Rate{};
  if (!(count >= least && count <= most)) return std::nullopt;  // NaN too
  if (count == std::floor(count)) return Rate{.count = static_cast<std::int64_t>(count)};
  return Rate{.count = std::llround(count * thousand), .period_ms = kMinuteMs * thousand};
}

std::int64_t burst_of_requests(const Rate& rate) noexcept {
  return rate.burst > 0 ? rate.burst : std::max<std::int64_t>(1, per_minute(rate) / 10);
}

std::int64_t burst_of_tokens(const Rate& rate) noexcept {
  return rate.burst > 0 ? rate.burst : std::max<std::int64_t>(1, per_minute(rate));
}

Gcra::Gcra(const Rate& rate, std::int64_t burst) noexcept
    : count_(std::clamp<std::int64_t>(rate.count, 0, kMostUnits)),
      period_(std::clamp<std::int64_t>(rate.period_ms, 1, kLongestPeriodMs) * kMillisecond),
      burst_(std::clamp<std::int64_t>(burst, 1, kMostUnits)) {}

Nanos Gcra::rounded_up(Wide scaled_time) const noexcept {
  const Wide whole = (scaled_time + count_ - 1) / count_;
  return whole >= kNever ? kNever - 1 : static_cast<Nanos>(whole);
}

Nanos Gcra::interval() const noexcept {
  return limited() ? rounded_up(period_) : 0;
}

Nanos Gcra::allowed_at(std::int64_t cost, Nanos now) const noexcept {
  if (!limited()) return now;
  const Wide at = allowed(cost, now);
  return at <= scaled(now) ? now : rounded_up(at);
}

void Gcra::charge(std::int64_t cost, Nanos now) noexcept {
  if (!limited() || cost <= 0) return;
  if (tat_ <= scaled(now)) busy_since_ = now;
  const Wide longest = scaled(now) + scaled(kLongestDebt) + period_of(burst_);
  // What one grant takes is at most a burst, so only a settlement that makes no sense is cut here.
  tat_ = std::min(owed_until(now) + period_of(cost), std::max(longest, tat_));
}

void Gcra::give_back(std::int64_t cost, Nanos charged_at, Nanos now) noexcept {
  if (!limited() || cost <= 0) return;
  const Wide left = period_of(cost) - (scaled(now) - scaled(charged_at));
  if (left > 0) tat_ -= std::min(left, period_of(cost));
}

void Gcra::refund(std::int64_t cost, Nanos charged_at, Nanos now) noexcept {
  if (charged_at < busy_since_ || tat_ <= scaled(now)) return give_back(cost, charged_at, now);
  if (limited() && cost > 0) tat_ -= period_of(cost);
}

std::int64_t Gcra::remaining(Nanos now) const noexcept {
  if (!limited()) return kNever;
  const Wide spare = scaled(now) + period_of(burst_) - owed_until(now);
  return spare > 0 ? static_cast<std::int64_t>(spare / period_) : 0;
}

Nanos Gcra::reset_at(Nanos now) const noexcept {
  return limited() ? rounded_up(owed_until(now)) : now;
}

void Gcra::change_rate(const Rate& rate, std::int64_t burst, Nanos now) noexcept {
  Gcra next(rate, burst);
  if (limited() && next.limited() && tat_ > scaled(now)) {
    const Wide owed = tat_ - scaled(now);
    // owed / period_ units, each of which takes next.period_ now. The whole units first, so that nothing overflows.
    next.tat_ =
        next.scaled(now) + owed / period_ * next.period_ + (owed % period_ * next.period_ + period_ - 1) / period_;
    next.busy_since_ = busy_since_;
  }
  *this = next;
}

Gcra::Outcome Gcra::acquire(std::int64_t cost, Nanos now) noexcept {
  if (!fits(cost)) return {.kind = Outcome::Kind::never};
  if (!allows(cost, now)) return {.kind = Outcome::Kind::wait, .wait = allowed_at(cost, now) - now};
  charge(cost, now);
  return {.remaining = remaining(now), .reset = reset_at(now) - now};
}

}  // namespace ppn
