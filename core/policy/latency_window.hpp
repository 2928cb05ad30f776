// How long the last successful calls took: when is a call slow enough to be hedged?
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/clock.hpp"

namespace ppn {

class LatencyWindow {
 public:
  static constexpr std::size_t kSize = 128;

  void add(Nanos duration) noexcept {
    samples_[next_] = duration;
    next_ = (next_ + 1) % kSize;
    count_ = std::min(count_ + 1, kSize);
  }

  // The 95th percentile by nearest rank; 0 as long as there is nothing to tell it from.
  Nanos p95() const noexcept {
    if (count_ == 0) return 0;
    std::array<Nanos, kSize> sorted = samples_;
    const auto rank = sorted.begin() + static_cast<std::ptrdiff_t>((count_ * 95 + 99) / 100 - 1);
    std::nth_element(sorted.begin(), rank, sorted.begin() + static_cast<std::ptrdiff_t>(count_));
    return *rank;
  }

  // What is forgotten with it is soon known again.
  bool is_idle(Nanos) const noexcept { return true; }

  std::size_t count() const noexcept { return count_; }

 private:
  std::array<Nanos, kSize> samples_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace ppn
