// The delay that a response asks for (SEMANTICS 3.1.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/attempt_record.hpp"
#include "base/clock.hpp"

namespace ppn {

struct ServerDelay {
  Nanos delay = 0;  // 0 = at once: the caller's own backoff counts
  DelaySource source = DelaySource::none;

  bool operator==(const ServerDelay&) const = default;
};

// The fields of one response, as they stand there.
struct RetryAfterFields {
  std::optional<std::string_view> retry_after_ms;
  std::optional<std::string_view> retry_after;
  std::optional<std::string_view> date;
};

// The first field that can be read: Retry-After-Ms in decimal milliseconds, then Retry-After in decimal seconds or as
// an HTTP date (RFC 9110 10.2.3). A date counts from the Date of the response, so that a wrong clock on either side
// does no harm, and from `wall_now_ms` (since 1970) without one. What is negative, not finite, too large or anything
// else is no delay. A delay beyond 292 years is kNever.
std::optional<ServerDelay> server_delay(const RetryAfterFields& fields, std::int64_t wall_now_ms) noexcept;

// For Error::retry_after_ms: rounded up, since who comes back too early is refused again.
std::int64_t whole_milliseconds(Nanos delay) noexcept;

}  // namespace ppn
