#include "response_status.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.hpp"

namespace ppn::capi {
namespace {

// delay-seconds of RFC 9110 10.2.3 in milliseconds, the largest number for what does not fit; -1 for anything else.
std::int64_t retry_after_ms(const HeaderList& headers) noexcept {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  const std::string_view text = trim_ows(headers.find("Retry-After").value_or(std::string_view()));
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return -1;
  std::int64_t seconds = 0;
  for (const char digit : text) {
    if (seconds > largest / 10'000) return largest;
    seconds = seconds * 10 + (digit - '0');
  }
  return seconds > largest / 1'000 ? largest : seconds * 1'000;
}

}  // namespace

Status check_status(const Response& response) {
  const ErrorCode code = error_code_of_status(response.status);
  if (code == ErrorCode::ok) return {};
  Error error(code, Phase::deliver, "the server answered with status " + std::to_string(response.status));
  error.sent = Sent::full;
  error.http_status = response.status;
  error.retry_after_ms = retry_after_ms(response.headers);
  error.received_bytes = response.body_bytes;
  error.attempts = response.attempts;
  return Failure(std::move(error));
}

}  // namespace ppn::capi
