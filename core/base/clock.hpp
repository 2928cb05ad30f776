// Monotonic time in nanoseconds. Codecs and policies never read a clock: time is an argument.
#pragma once

#include <time.h>

#include <cstdint>
#include <limits>

namespace ppn {

using Nanos = std::int64_t;

constexpr Nanos kNever = std::numeric_limits<Nanos>::max();
constexpr Nanos kMicrosecond = 1'000;
constexpr Nanos kMillisecond = 1'000 * kMicrosecond;
constexpr Nanos kSecond = 1'000 * kMillisecond;

inline Nanos monotonic_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Nanos>(now.tv_sec) * kSecond + now.tv_nsec;
}

// Milliseconds since 1970, for dates of HTTP alone.
inline std::int64_t wall_now_ms() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000 + now.tv_nsec / kMillisecond;
}

// `now` plus an option in milliseconds, in which 0 means "no limit".
constexpr Nanos deadline_after(Nanos now, std::int64_t timeout_ms) noexcept {
  if (timeout_ms <= 0 || timeout_ms > (kNever - now) / kMillisecond) return kNever;
  return now + timeout_ms * kMillisecond;
}

}  // namespace ppn
