// Times counted in buckets: written by the threads of loops, read by anyone, without a lock.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace ppn {

class Histogram {
 public:
  // Upper bounds, inclusive: those that OpenTelemetry gives for http.client.request.duration.
  static constexpr std::array<Nanos, 14> kBounds = {
      5 * kMillisecond,     10 * kMillisecond,    25 * kMillisecond,    50 * kMillisecond,    75 * kMillisecond,
      100 * kMillisecond,   250 * kMillisecond,   500 * kMillisecond,   750 * kMillisecond,   1'000 * kMillisecond,
      2'500 * kMillisecond, 5'000 * kMillisecond, 7'500 * kMillisecond, 10'000 * kMillisecond};
  static constexpr std::size_t kBuckets = kBounds.size() + 1;  // the last one has no bound

  struct Snapshot {
    std::array<std::uint64_t, kBuckets> counts{};  // of each bucket alone
    std::uint64_t count = 0;
    Nanos sum = 0;
  };

  // A negative time is one that was not taken, and does not count.
  void record(Nanos time) noexcept {
    if (time < 0) return;
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && time > kBounds[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(time, std::memory_order_relaxed);
  }

  // Of a moment ago: times that are recorded meanwhile may be in the counts and not yet in the sum.
  Snapshot snapshot() const noexcept {
    Snapshot copy;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      copy.counts[i] = counts_[i].load(std::memory_order_relaxed);
      copy.count += copy.counts[i];
    }
    copy.sum = sum_.load(std::memory_order_relaxed);
    return copy;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<Nanos> sum_{0};
};

}  // namespace ppn
