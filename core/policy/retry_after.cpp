#include "policy/retry_after.hpp"

#include <limits>

#include "base/ascii.hpp"
#include "base/http_date.hpp"

namespace ppn {
namespace {

Nanos from_milliseconds(std::int64_t milliseconds) noexcept {
  if (milliseconds <= 0) return 0;
  return milliseconds < kNever / kMillisecond ? milliseconds * kMillisecond : kNever;
}

// "12", "0.25": digits, and a fraction if there is a point. Nothing when it has more milliseconds than 64 bits count.
std::optional<Nanos> parse_decimal(std::string_view text, Nanos unit) noexcept {
  text = trim_ows(text);
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t largest = unit == kSecond ? kMax / 1'000 : kMax;
  std::int64_t whole = 0;
  std::size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    const int digit = text[i] - '0';
    if (whole > (largest - digit) / 10) return std::nullopt;
    whole = whole * 10 + digit;
  }
  if (i == 0) return std::nullopt;
  Nanos fraction = 0;
  if (i < text.size()) {
    if (text[i] != '.' || i + 1 == text.size()) return std::nullopt;
    Nanos place = unit / 10;
    for (++i; i < text.size(); ++i, place /= 10) {
      if (!is_digit(text[i])) return std::nullopt;
      fraction += (text[i] - '0') * place;
    }
  }
  if (whole > (kNever - fraction) / unit) return kNever;
  return whole * unit + fraction;
}

std::optional<Nanos> parse_date(std::string_view text, const RetryAfterFields& fields, std::int64_t wall_now_ms) {
  // A clock that was never set must not decide over the century either.
  const auto sent = fields.date ? parse_http_date(trim_ows(*fields.date), wall_now_ms) : std::nullopt;
  const std::int64_t now = sent.value_or(wall_now_ms);
  const auto until = parse_http_date(trim_ows(text), now);
  if (!until) return std::nullopt;
  // Dates have four digits for the year; the clock may be anything.
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(*until, now, &difference)) difference = now < 0 ? kNever : 0;
  return from_milliseconds(difference);
}

}  // namespace

std::optional<ServerDelay> server_delay(const RetryAfterFields& fields, std::int64_t wall_now_ms) noexcept {
  if (fields.retry_after_ms) {
    if (const auto delay = parse_decimal(*fields.retry_after_ms, kMillisecond)) {
      return ServerDelay{*delay, DelaySource::retry_after_ms};
    }
  }
  if (!fields.retry_after) return std::nullopt;
  auto delay = parse_decimal(*fields.retry_after, kSecond);
  if (!delay) delay = parse_date(*fields.retry_after, fields, wall_now_ms);
  return delay ? std::optional(ServerDelay{*delay, DelaySource::retry_after}) : std::nullopt;
}

std::int64_t whole_milliseconds(Nanos delay) noexcept {
  return delay / kMillisecond + (delay % kMillisecond > 0 ? 1 : 0);
}

}  // namespace ppn
