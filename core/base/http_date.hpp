// HTTP dates (RFC 9110 5.6.7): numbers and names of English, whatever the locale and the time zone of the process are.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ppn {

// Milliseconds since 1970 of an IMF-fixdate, an RFC 850 date or an asctime date; nothing for any other text and for a
// day that does not exist. `reference_ms` is about now: a year of two digits is the latest one that lies no more than
// 50 years after it. The name of the day is read but not compared with the date.
std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t reference_ms) noexcept;

}  // namespace ppn
