#include "base/http_date.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/ascii.hpp"

namespace ppn {
namespace {

constexpr auto kDays = std::to_array<std::string_view>({"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"});
constexpr auto kLongDays =
    std::to_array<std::string_view>({"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"});
constexpr auto kMonths = std::to_array<std::string_view>(
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});

// Takes a text apart from the front. After a part that does not fit, nothing fits.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : rest_(text) {}

  void literal(std::string_view text) noexcept {
    if (!ok_ || !rest_.starts_with(text)) return fail();
    rest_.remove_prefix(text.size());
  }
  // One of `names`, counted from 1. No name is the beginning of another one.
  template <std::size_t kCount>
  unsigned name(const std::array<std::string_view, kCount>& names) noexcept {
    const auto found = std::ranges::find_if(names, [&](std::string_view name) { return rest_.starts_with(name); });
    if (!ok_ || found == names.end()) return fail(), 0;
    rest_.remove_prefix(found->size());
    return static_cast<unsigned>(found - names.begin()) + 1;
  }
  // Exactly so many digits.
  unsigned number(std::size_t digits) noexcept {
    if (!ok_ || rest_.size() < digits || !std::ranges::all_of(rest_.substr(0, digits), is_digit)) return fail(), 0;
    unsigned value = 0;
    for (const char digit : rest_.substr(0, digits)) value = value * 10 + static_cast<unsigned>(digit - '0');
    rest_.remove_prefix(digits);
    return value;
  }
  // asctime pads a day of one digit with a space.
  unsigned padded_day() noexcept {
    if (!rest_.starts_with(' ')) return number(2);
    rest_.remove_prefix(1);
    return number(1);
  }
  bool at_end() const noexcept { return ok_ && rest_.empty(); }

 private:
  void fail() noexcept { ok_ = false; }

  std::string_view rest_;
  bool ok_ = true;
};

struct Date {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned seconds = 0;  // since midnight
  bool short_year = false;
};

// "08:49:37". A minute may have a 61st second (RFC 9110 5.6.7); it counts as the first one of the next minute.
void read_time(Scanner& scanner, Date& date, bool& in_range) noexcept {
  const unsigned hour = scanner.number(2);
  scanner.literal(":");
  const unsigned minute = scanner.number(2);
  scanner.literal(":");
  const unsigned second = scanner.number(2);
  in_range = hour < 24 && minute < 60 && second <= 60;
  date.seconds = (hour * 60 + minute) * 60 + second;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Date> read_imf_fixdate(std::string_view text) noexcept {
  Scanner scanner(text);
  Date date;
  bool in_range = false;
  scanner.name(kDays);
  scanner.literal(", ");
  date.day = scanner.number(2);
  scanner.literal(" ");
  date.month = scanner.name(kMonths);
  scanner.literal(" ");
  date.year = scanner.number(4);
  scanner.literal(" ");
  read_time(scanner, date, in_range);
  scanner.literal(" GMT");
  return scanner.at_end() && in_range ? std::optional(date) : std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<Date> read_rfc850(std::string_view text) noexcept {
  Scanner scanner(text);
  Date date;
  bool in_range = false;
  scanner.name(kLongDays);
  scanner.literal(", ");
  date.day = scanner.number(2);
  scanner.literal("-");
  date.month = scanner.name(kMonths);
  scanner.literal("-");
  date.year = scanner.number(2);
  date.short_year = true;
  scanner.literal(" ");
  read_time(scanner, date, in_range);
  scanner.literal(" GMT");
  return scanner.at_end() && in_range ? std::optional(date) : std::nullopt;
}

// "Sun Nov  6 08:49:37 1994"
std::optional<Date> read_asctime(std::string_view text) noexcept {
  Scanner scanner(text);
  Date date;
  bool in_range = false;
  scanner.name(kDays);
  scanner.literal(" ");
  date.month = scanner.name(kMonths);
  scanner.literal(" ");
  date.day = scanner.padded_day();
  scanner.literal(" ");
  read_time(scanner, date, in_range);
  scanner.literal(" ");
  date.year = scanner.number(4);
  return scanner.at_end() && in_range ? std::optional(date) : std::nullopt;
}

// Nothing for a day that the month does not have.
std::optional<std::int64_t> milliseconds_of(const Date& date, int year) noexcept {
  const std::chrono::year_month_day day{std::chrono::year(year), std::chrono::month(date.month),
                                        std::chrono::day(date.day)};
  if (!day.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return (days * 86'400 + date.seconds) * 1'000;
}

std::optional<std::int64_t> resolve_short_year(const Date& date, std::int64_t reference_ms) noexcept {
  constexpr std::int64_t kYear = 31'556'952'000;  // the mean of the calendar
  // Year 1 to 9800: later centuries would leave the range of the calendar.
  const std::int64_t reference = std::clamp(reference_ms, std::int64_t{-1969} * kYear, std::int64_t{7830} * kYear);
  const std::int64_t century = (1970 + reference / kYear) / 100 * 100;
  for (std::int64_t first = century + 100; first >= century - 100; first -= 100) {
    const auto at = milliseconds_of(date, static_cast<int>(first + date.year));
    if (at && *at <= reference + 50 * kYear) return at;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t reference_ms) noexcept {
  auto date = read_imf_fixdate(text);
  if (!date) date = read_rfc850(text);
  if (!date) date = read_asctime(text);
  if (!date) return std::nullopt;
  if (date->short_year) return resolve_short_year(*date, reference_ms);
  return milliseconds_of(*date, static_cast<int>(date->year));
}

}  // namespace ppn
