// The forms in which servers say when a rate limit is over (SEMANTICS 3.2.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace ppn {

// A decimal integer with an optional minus, nothing else.
std::optional<std::int64_t> parse_rate_count(std::string_view text) noexcept;

// A duration as Go prints it: "6m0s", "12ms", "1h2m3.5s". Not negative, and at most 31 years.
std::optional<Nanos> parse_go_duration(std::string_view text) noexcept;

// RFC 3339: "2026-11-25T16:39:52Z", with a fraction and an offset. Milliseconds since 1970, fractions rounded up.
std::optional<std::int64_t> parse_rfc3339_ms(std::string_view text) noexcept;

// Any of the above, or a plain number: seconds from now; from 10^9 on seconds since 1970, from 10^12 on milliseconds.
// The time from now, 0 when it has passed.
std::optional<Nanos> parse_rate_reset(std::string_view text, std::int64_t wall_now_ms) noexcept;

}  // namespace ppn
