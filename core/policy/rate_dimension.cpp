#include "policy/rate_dimension.hpp"

namespace ppn {
namespace {

// Whether `a` lets less pass than `b`.
bool slower(const Rate& a, const Rate& b) noexcept {
  return static_cast<Wide>(a.count) * b.period_ms < static_cast<Wide>(b.count) * a.period_ms;
}

constexpr std::int64_t kLongestWindowMs = 86'400'000;
constexpr int kMostParts = 1'000'000;

}  // namespace

void RateDimension::count_down(std::int64_t cost, std::int64_t waiting, Nanos now) noexcept {
  const std::int64_t left = remaining_;
  remaining_ = std::max<std::int64_t>(0, left - cost);
  if (remaining_ == 0) {
    next_ = reset_at_;
  } else if (waiting > left) {
    const Wide step = static_cast<Wide>(reset_at_ - now) * cost / left;
    next_ = now + static_cast<Nanos>(std::min<Wide>(step, reset_at_ - now));
  } else {
    next_ = now;
  }
}

void RateDimension::give_back(std::int64_t cost, Nanos charged_at, Nanos now) noexcept {
  gcra_.give_back(cost, charged_at, now);
  if (now < reset_at_ && cost > 0 && remaining_ < kNever - cost) {
    remaining_ += cost;
    next_ = std::min(next_, now);
  }
}

void RateDimension::settle(std::int64_t charged, std::int64_t actual, Nanos charged_at, Nanos now) noexcept {
  if (actual < charged) {
    gcra_.refund(charged - std::max<std::int64_t>(actual, 0), charged_at, now);
  } else {
    gcra_.charge(actual - charged, now);
  }
}

bool RateDimension::observe(const RateObservation::Dimension& seen, Nanos now, Nanos longest_hold) noexcept {
  bool changed = false;
  if (seen.limit > 0 && seen.window > 0 && configured_.count > 0) {
    const std::int64_t window_ms = std::clamp<std::int64_t>(seen.window / kMillisecond, 1, kLongestWindowMs);
    const Rate said{.count = seen.limit, .period_ms = window_ms};
    const Rate before = std::exchange(server_, slower(said, configured_) ? said : Rate{});
    limit_until_ = server_.count > 0 ? now + 2 * window_ms * kMillisecond : kNever;
    if (!(before == server_)) {
      adjust(now);
      changed = true;
    }
  }
  // A limit of zero or less (Azure) stands beside numbers without meaning, and those are not in `seen`.
  if (seen.remaining >= 0 && seen.reset >= 0 && longest_hold > 0) {
    const bool was_empty = now < reset_at_ && remaining_ == 0;
    remaining_ = seen.remaining;
    reset_at_ = now + std::min(seen.reset, longest_hold);
    if (remaining_ == 0) {
      next_ = reset_at_;
    } else if (was_empty) {
      next_ = now;
    } else {
      next_ = std::min(next_, reset_at_);
    }
    changed = true;
  }
  return changed;
}

void RateDimension::share(int parts, Nanos now) noexcept {
  parts = std::clamp(parts, 1, kMostParts);
  if (parts_ == parts) return;
  parts_ = parts;
  adjust(now);
}

Gcra RateDimension::undivided() const noexcept {
  return Gcra(rate(), whole_burst());
}

void RateDimension::adjust(Nanos now) noexcept {
  Rate part = rate();
  part.period_ms *= parts_;
  gcra_.change_rate(part, std::max<std::int64_t>(1, whole_burst() / parts_), now);
}

}  // namespace ppn
