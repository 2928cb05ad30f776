// What a circuit breaker and hedging are made of. The defaults are those of the option table.
#pragma once

#include <cstdint>

namespace ppn {

// SEMANTICS 3.11.
struct BreakerOptions {
  bool enabled = false;
  std::int64_t window_ms = 30'000;
  std::int64_t min_calls = 20;
  double failure_ratio = 0.5;
  std::int64_t connect_failures = 5;  // in a row
  std::int64_t open_ms = 5'000;       // doubled each time a probe fails, up to max_open_ms
  std::int64_t max_open_ms = 60'000;
  std::int64_t probe_successes = 2;
};

struct HedgeOptions {
  bool enabled = false;
  std::int64_t delay_ms = 2'000;  // 0 = the 95th percentile of the last successes, at least 50 ms
  bool unsafe = false;            // POST and others without an idempotency key too
};

}  // namespace ppn
