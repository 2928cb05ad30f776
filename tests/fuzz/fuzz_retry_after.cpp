// Retry-After and HTTP dates: whatever a server writes, a delay is not negative and says where it came from; a number
// is a number of the field, and a date that is read lies in its calendar.
#include <optional>
#include <string_view>

#include "base/http_date.hpp"
#include "fuzz/check.hpp"
#include "policy/retry_after.hpp"
#include "policy/retry_policy.hpp"

using namespace ppn;
using namespace ppn::fuzz;

namespace {

constexpr std::int64_t kWallNow = 1'792'915'200'000;  // 25 Oct 2026
constexpr std::int64_t kYearZero = -62'167'219'200'000;
constexpr std::int64_t kYear10000 = 253'402'300'800'000;

// The next line of `text`; nothing at its end.
std::optional<std::string_view> take_line(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

void check_delay(const RetryAfterFields& fields, std::int64_t now) {
  const auto delay = server_delay(fields, now);
  check(delay == server_delay(fields, now), "equal fields give equal delays");
  if (!delay) return;
  check(delay->delay >= 0, "a delay is not negative");
  check(whole_milliseconds(delay->delay) >= 0, "its milliseconds are not negative");
  check(
      delay->source == DelaySource::retry_after_ms ? fields.retry_after_ms.has_value() : fields.retry_after.has_value(),
      "a delay comes from a field that is there");
  const AttemptOutcome attempt{.method = "GET", .status = 503, .response_begun = true, .server_delay = delay};
  const RetryDecision decision = decide_retry({}, attempt, {.remaining = 60 * kSecond, .random = 0.75});
  check(!decision.retry || (decision.delay >= delay->delay && decision.delay < 60 * kSecond),
        "a retry comes neither too early nor after the deadline");
}

}  // namespace

// Three lines: Retry-After-Ms, Retry-After, Date. An empty line is an empty field, no line is none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto at = parse_http_date(text, kWallNow)) {
    check(*at >= kYearZero && *at < kYear10000 + 1'000, "a date has a year of four digits");
    check(*at % 1'000 == 0, "a date is whole seconds");
  }
  RetryAfterFields fields;
  fields.retry_after_ms = take_line(text);
  fields.retry_after = take_line(text);
  fields.date = take_line(text);
  for (const std::int64_t now : {kWallNow, std::int64_t{0}, INT64_MIN, INT64_MAX}) {
    check_delay(fields, now);
    check_delay({.retry_after_ms = {}, .retry_after = fields.retry_after_ms, .date = fields.retry_after}, now);
  }
  return 0;
}
