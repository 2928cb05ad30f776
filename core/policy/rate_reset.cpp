#include "policy/rate_reset.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"
#include "policy/wide.hpp"

namespace ppn {
namespace {

constexpr std::int64_t kMostSeconds = 1'000'000'000;  // more is no delay but a mistake
constexpr Nanos kLongest = kMostSeconds * kSecond;

// A number of decimal digits with at most one point: whole part and billionths, further digits are cut.
struct Decimal {
  std::int64_t whole = 0;
  std::int64_t billionths = 0;
};

// Takes the number off the front. At least one digit, and no more than 15 before the point.
std::optional<Decimal> take_decimal(std::string_view& text) noexcept {
  Decimal number;
  std::size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    if (i == 15) return std::nullopt;
    number.whole = number.whole * 10 + (text[i] - '0');
  }
  std::size_t digits = i;
  if (i < text.size() && text[i] == '.') {
    std::int64_t place = kSecond / 10;
    for (++i; i < text.size() && is_digit(text[i]); ++i, ++digits, place /= 10) {
      number.billionths += (text[i] - '0') * place;
    }
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(i);
  return number;
}

struct Unit {
  std::string_view name;
  Nanos length;
};

// Longer names first: "ms" is no "m".
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\xc2\xb5s", 1'000},
                                      {"\xce\xbcs", 1'000},
                                      {"ms", kMillisecond},
                                      {"s", kSecond},
                                      {"m", 60 * kSecond},
                                      {"h", 3'600 * kSecond}}};

std::optional<int> take_digits(std::string_view& text, std::size_t count) noexcept {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) noexcept {
  if (text.empty() || ascii_lower(text.front()) != expected) return false;
  text.remove_prefix(1);
  return true;
}

// Days from 1970-01-01 in the proleptic Gregorian calendar, for years from 1 on.
constexpr std::int64_t days_since_1970(int year, int month, int day) noexcept {
  constexpr std::int64_t days_to_1970 = 719'468;  // from 0000-03-01
  constexpr std::int64_t days_of_400_years = 146'097;
  const int from_march = month > 2 ? month - 3 : month + 9;
  const int shifted = month > 2 ? year : year - 1;
  const int cycle = shifted / 400;
  const int of_cycle = shifted % 400;
  const int of_year = (153 * from_march + 2) / 5 + day - 1;
  return cycle * days_of_400_years + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - days_to_1970;
}

constexpr int days_of_month(int year, int month) noexcept {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::optional<Nanos> from_now(std::int64_t at_ms, std::int64_t wall_now_ms) noexcept {
  if (at_ms <= wall_now_ms) return 0;
  const std::int64_t ms = at_ms - std::max<std::int64_t>(wall_now_ms, 0);
  if (ms > kMostSeconds * 1'000) return std::nullopt;
  return ms * kMillisecond;
}

}  // namespace

std::optional<std::int64_t> parse_rate_count(std::string_view text) noexcept {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<Nanos> parse_go_duration(std::string_view text) noexcept {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  Nanos sum = 0;
  while (!text.empty()) {
    const std::optional<Decimal> number = take_decimal(text);
    if (!number) return std::nullopt;
    const auto unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& known) { return text.starts_with(known.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    if (number->whole > kLongest / unit->length) return std::nullopt;
    const Wide part = static_cast<Wide>(number->billionths) * unit->length / kSecond;
    sum += number->whole * unit->length + static_cast<Nanos>(part);
    if (sum > kLongest) return std::nullopt;
  }
  return sum;
}

std::optional<std::int64_t> parse_rfc3339_ms(std::string_view text) noexcept {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, 't')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  const bool exists = *year >= 1 && *month >= 1 && *month <= 12 && *day >= 1 && *day <= days_of_month(*year, *month) &&
                      *hour <= 23 && *minute <= 59 && *second <= 60;
  if (!exists) return std::nullopt;
  std::int64_t fraction_ms = 0;
  if (!text.empty() && text.front() == '.') {
    if (text.size() < 2 || !is_digit(text[1])) return std::nullopt;
    const std::optional<Decimal> fraction = take_decimal(text);
    if (!fraction) return std::nullopt;
    fraction_ms = (fraction->billionths + kMillisecond - 1) / kMillisecond;
  }
  std::int64_t offset_minutes = 0;
  if (!take(text, 'z')) {
    const bool east = take(text, '+');
    if (!east && !take(text, '-')) return std::nullopt;
    const auto hours = take_digits(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    offset_minutes = (*hours * 60 + *minutes) * (east ? 1 : -1);
  }
  if (!text.empty()) return std::nullopt;
  const std::int64_t minutes = (days_since_1970(*year, *month, *day) * 24 + *hour) * 60 + *minute - offset_minutes;
  return (minutes * 60 + *second) * 1'000 + fraction_ms;
}

std::optional<Nanos> parse_rate_reset(std::string_view text, std::int64_t wall_now_ms) noexcept {
  std::string_view rest = text;
  if (const std::optional<Decimal> number = take_decimal(rest); number && rest.empty()) {
    if (number->whole >= 1'000'000'000'000) return from_now(number->whole, wall_now_ms);
    if (number->whole >= kMostSeconds) {
      return from_now(number->whole * 1'000 + number->billionths / kMillisecond, wall_now_ms);
    }
    return number->whole * kSecond + number->billionths;
  }
  if (const auto duration = parse_go_duration(text)) return duration;
  if (const auto at_ms = parse_rfc3339_ms(text)) return from_now(*at_ms, wall_now_ms);
  return std::nullopt;
}

}  // namespace ppn
