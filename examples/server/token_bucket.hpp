// A rate limit: `size` at once, and `per_minute` on average. No clock of its own: time is an argument.
#pragma once

#include <algorithm>
#include <chrono>

namespace ai_server {

class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Milliseconds = std::chrono::duration<double, std::milli>;

  // Starts full.
  TokenBucket(double per_minute, double size, Time now)
      : per_ms_(per_minute / 60'000), size_(size), level_(size), filled_at_(now) {}

  double level(Time now) const { return std::min(size_, level_ + per_ms_ * Milliseconds(now - filled_at_).count()); }
  // How long until there is `amount`, which is at most the size.
  Milliseconds until(double amount, Time now) const {
    return Milliseconds(std::max(0.0, (amount - level(now)) / per_ms_));
  }
  Milliseconds until_full(Time now) const { return until(size_, now); }

  void take(double amount, Time now) {
    level_ = level(now) - amount;
    filled_at_ = now;
  }

 private:
  double per_ms_;
  double size_;
  double level_;
  Time filled_at_;
};

}  // namespace ai_server
