#include "policy/rate_limit_options.hpp"

#include <array>
#include <charconv>

#include "policy/words.hpp"

namespace ppn {
namespace {

constexpr std::array<std::string_view, 2> kModes{"wait", "fail_fast"};
constexpr std::array<std::string_view, 3> kFallbacks{"share", "open", "closed"};

// One grant in a nanosecond would be the shortest step of a limiter.
constexpr std::int64_t kMost = 1'000'000'000;
constexpr std::int64_t kMinute = 60'000;

Failure no_rate() {
  return Failure(ErrorCode::config_error, Phase::config,
                 "is no rate such as 100 (per minute), 10/s, 1000/h or 60/m:10, up to 1000000000; 0 = no limit");
}

// The decimals at the begin of `text`, which loses them.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t value = 0;
  const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || value < 0 || value > kMost || text.front() == '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return value;
}

std::optional<std::int64_t> period_of(char unit) noexcept {
  switch (unit) {
    case 's': return 1'000;
    case 'm': return kMinute;
    case 'h': return 3'600'000;
    default: return std::nullopt;
  }
}

}  // namespace

Result<Rate> Rate::parse(std::string_view text) {
  Rate rate;
  const auto number = take_number(text);
  if (!number) return no_rate();
  rate.count = *number;
  if (text.starts_with('/')) {
    const auto period = text.size() > 1 ? period_of(text[1]) : std::nullopt;
    if (!period) return no_rate();
    rate.period_ms = *period;
    text.remove_prefix(2);
  }
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    const auto burst = take_number(text);
    if (!burst || *burst == 0) return no_rate();
    rate.burst = *burst;
  }
  if (!text.empty()) return no_rate();
  return rate.count > 0 ? rate : Rate();
}

std::string Rate::to_text() const {
  std::string text = std::to_string(count);
  if (period_ms == 1'000) text += "/s";
  if (period_ms == 3'600'000) text += "/h";
  if (burst > 0) text.append(":").append(std::to_string(burst));
  return text;
}

std::optional<LimitMode> parse_limit_mode(std::string_view word) noexcept {
  return value_of_word<LimitMode>(kModes, word);
}

std::string_view name_of(LimitMode mode) noexcept {
  return kModes[static_cast<std::size_t>(mode)];
}

std::optional<FleetFallback> parse_fleet_fallback(std::string_view word) noexcept {
  return value_of_word<FleetFallback>(kFallbacks, word);
}

std::string_view name_of(FleetFallback fallback) noexcept {
  return kFallbacks[static_cast<std::size_t>(fallback)];
}

}  // namespace ppn
