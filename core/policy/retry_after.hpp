// The delay that a response asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ppn {

// Retry-After in seconds (RFC 9110 10.2.3), integer or decimal, not negative; its date forms are not read.
// Milliseconds, or nothing when the text is something else or out of range.
std::optional<std::int64_t> parse_retry_after_seconds(std::string_view text) noexcept;

}  // namespace ppn
