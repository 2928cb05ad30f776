// What a rate limiter is made of. The defaults are those of the option table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ppn {

// "100", "100/m", "10/s:5": so many per time, and so many at once.
struct Rate {
  std::int64_t count = 0;  // 0 = no limit
  std::int64_t period_ms = 60'000;
  std::int64_t burst = 0;  // 0 = a tenth of the count per minute, at least 1; of tokens all of it

  // Error: config_error.
  static Result<Rate> parse(std::string_view text);
  std::string to_text() const;
  bool operator==(const Rate&) const = default;
};

enum class LimitMode : std::uint8_t { wait, fail_fast };
std::optional<LimitMode> parse_limit_mode(std::string_view word) noexcept;
std::string_view name_of(LimitMode mode) noexcept;

// What happens while Redis can not be asked (SEMANTICS 3.2.6).
enum class FleetFallback : std::uint8_t { share, open, closed };
std::optional<FleetFallback> parse_fleet_fallback(std::string_view word) noexcept;
std::string_view name_of(FleetFallback fallback) noexcept;

struct RateLimitOptions {
  Rate requests;
  Rate tokens;  // of a model, not of the limiter
  LimitMode mode = LimitMode::wait;
  std::int64_t max_wait_ms = 60'000;
  std::int64_t max_waiters = 10'000;
  bool adaptive = true;  // follow the rate headers of responses
  std::int64_t max_freeze_ms = 120'000;
  std::int64_t max_in_flight = 0;  // for each scope; 0 = no limit
  Secret redis_url;                // "redis://[user:password@]host:port[/db]", "unix:///path"; empty = no fleet
  std::int64_t redis_timeout_ms = 50;
  FleetFallback redis_fallback = FleetFallback::share;

  bool any() const noexcept { return requests.count > 0 || tokens.count > 0 || max_in_flight > 0; }
};

}  // namespace ppn
