#include "policy/retry_after.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

namespace ppn {
namespace {

constexpr std::int64_t kWallNow = 1'792'915'200'000;  // Sun, 25 Oct 2026 08:00:00 GMT
constexpr std::int64_t kMaxMs = std::numeric_limits<std::int64_t>::max();

std::optional<ServerDelay> delay_of(std::string_view retry_after) {
  return server_delay({.retry_after_ms = {}, .retry_after = retry_after, .date = {}}, kWallNow);
}

std::optional<ServerDelay> delay_of_milliseconds(std::string_view retry_after_ms) {
  return server_delay({.retry_after_ms = retry_after_ms, .retry_after = {}, .date = {}}, kWallNow);
}

void check(const std::optional<ServerDelay>& delay, Nanos expected, DelaySource source) {
  BOOST_REQUIRE(delay.has_value());
  BOOST_TEST(delay->delay == expected);
  BOOST_TEST((delay->source == source));
}

// What no field may hold. "0" and dates of the past are no garbage, but mean "at once".
constexpr auto kGarbage = std::to_array<std::string_view>({
    "",
    " ",
    "-1",
    "-0",
    "+1",
    "1.",
    ".5",
    "1.5.5",
    "1e3",
    "1e400",
    "1E2",
    "1,5",
    "0x10",
    "nan",
    "NaN",
    "inf",
    "Infinity",
    "-inf",
    "5 s",
    "5s",
    "5;",
    "1 2",
    "5, 7",
    "99999999999999999999999999",
    "9223372036854775808000",
    "1.5x",
    "\xd9\xa3",
    std::string_view("5\0", 2),
    "\n5",
    "tomorrow",
    "null",
    "true",
    "[5]",
    "\"5\"",
});

}  // namespace

BOOST_AUTO_TEST_SUITE(retry_after)

BOOST_AUTO_TEST_CASE(seconds_are_read_whole_and_decimal) {
  struct Row {
    const char* text;
    Nanos delay;
  };
  for (const Row& row : {Row{"0", 0}, Row{"1", kSecond}, Row{"120", 120 * kSecond}, Row{"007", 7 * kSecond},
                         Row{" 5\t", 5 * kSecond}, Row{"1.5", 1'500 * kMillisecond}, Row{"0.25", 250 * kMillisecond},
                         Row{"0.001", kMillisecond}, Row{"0.0009", 900'000}, Row{"2.123456789", 2'123'456'789},
                         Row{"0.00000000001", 0}, Row{"0.0", 0}, Row{"172800", 172'800 * kSecond},
                         Row{"302539", 302'539 * kSecond}, Row{"9223372036", 9'223'372'036 * kSecond}}) {
    BOOST_TEST_CONTEXT(row.text) {
      check(delay_of(row.text), row.delay, DelaySource::retry_after);
    }
  }
}

BOOST_AUTO_TEST_CASE(milliseconds_are_read_whole_and_decimal) {
  struct Row {
    const char* text;
    Nanos delay;
  };
  for (const Row& row :
       {Row{"0", 0}, Row{"1", kMillisecond}, Row{"1500", 1'500 * kMillisecond}, Row{"12.5", 12'500'000},
        Row{"0.000001", 1}, Row{"302539000", 302'539 * kSecond}, Row{"172800000", 172'800 * kSecond}}) {
    BOOST_TEST_CONTEXT(row.text) {
      check(delay_of_milliseconds(row.text), row.delay, DelaySource::retry_after_ms);
    }
  }
}

BOOST_AUTO_TEST_CASE(garbage_is_no_delay) {
  for (const std::string_view text : kGarbage) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!delay_of(text).has_value());
      BOOST_TEST(!delay_of_milliseconds(text).has_value());
    }
  }
  BOOST_TEST(!server_delay({}, kWallNow).has_value());
}

BOOST_AUTO_TEST_CASE(milliseconds_that_64_bits_hold_saturate_and_more_is_garbage) {
  const std::string largest = std::to_string(kMaxMs);
  check(delay_of_milliseconds(largest), kNever, DelaySource::retry_after_ms);
  BOOST_TEST(!delay_of_milliseconds("9223372036854775808").has_value());
  check(delay_of("9223372036854775"), kNever, DelaySource::retry_after);
  BOOST_TEST(!delay_of("9223372036854776").has_value());
  check(delay_of("9223372037"), kNever, DelaySource::retry_after);  // 292 years
}

BOOST_AUTO_TEST_CASE(form_in_milliseconds_comes_first) {
  check(server_delay({.retry_after_ms = "250", .retry_after = "9", .date = {}}, kWallNow), 250 * kMillisecond,
        DelaySource::retry_after_ms);
  check(server_delay({.retry_after_ms = "0", .retry_after = "9", .date = {}}, kWallNow), 0,
        DelaySource::retry_after_ms);
}

BOOST_AUTO_TEST_CASE(next_form_is_tried_after_garbage) {
  for (const std::string_view text : kGarbage) {
    BOOST_TEST_CONTEXT(text) {
      check(server_delay({.retry_after_ms = text, .retry_after = "9", .date = {}}, kWallNow), 9 * kSecond,
            DelaySource::retry_after);
    }
  }
}

BOOST_AUTO_TEST_CASE(each_form_of_a_date_counts_from_the_wall_clock) {
  for (const char* text :
       {"Sun, 25 Oct 2026 08:01:30 GMT", "Sunday, 25-Oct-26 08:01:30 GMT", "Sun Oct 25 08:01:30 2026"}) {
    BOOST_TEST_CONTEXT(text) {
      check(delay_of(text), 90 * kSecond, DelaySource::retry_after);
    }
  }
  check(delay_of("Tue, 27 Oct 2026 08:00:00 GMT"), 172'800 * kSecond, DelaySource::retry_after);
}

BOOST_AUTO_TEST_CASE(each_form_of_a_date_counts_from_the_date_of_the_response) {
  // The server's clock is three hours ahead, then five behind, then it was never set; only the difference counts.
  struct Row {
    const char* date;
    const char* retry_after;
  };
  for (const Row& row : {Row{"Sun, 25 Oct 2026 11:00:00 GMT", "Sun, 25 Oct 2026 11:01:30 GMT"},
                         Row{"Sunday, 25-Oct-26 11:00:00 GMT", "Sunday, 25-Oct-26 11:01:30 GMT"},
                         Row{"Sun Oct 25 03:00:00 2026", "Sun Oct 25 03:01:30 2026"},
                         Row{"Sun, 25 Oct 2026 03:00:00 GMT", "Sunday, 25-Oct-26 03:01:30 GMT"},
                         Row{"Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:01:30 GMT"},
                         Row{" Thu, 01 Jan 1970 23:59:00 GMT ", "Friday, 02-Jan-70 00:00:30 GMT"}}) {
    BOOST_TEST_CONTEXT(row.date << " / " << row.retry_after) {
      check(server_delay({.retry_after_ms = {}, .retry_after = row.retry_after, .date = row.date}, kWallNow),
            90 * kSecond, DelaySource::retry_after);
    }
  }
}

BOOST_AUTO_TEST_CASE(date_of_the_response_that_is_none_leaves_the_wall_clock) {
  for (const char* date : {"", "now", "Sun, 25 Oct 2026 11:00:00", "Sun, 32 Oct 2026 11:00:00 GMT", "1792915200"}) {
    BOOST_TEST_CONTEXT(date) {
      check(
          server_delay({.retry_after_ms = {}, .retry_after = "Sun, 25 Oct 2026 08:00:07 GMT", .date = date}, kWallNow),
          7 * kSecond, DelaySource::retry_after);
    }
  }
}

BOOST_AUTO_TEST_CASE(date_of_the_past_means_at_once) {
  for (const char* text :
       {"Sun, 25 Oct 2026 08:00:00 GMT", "Sun, 25 Oct 2026 07:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    BOOST_TEST_CONTEXT(text) {
      check(delay_of(text), 0, DelaySource::retry_after);
    }
  }
}

BOOST_AUTO_TEST_CASE(clock_at_the_end_of_its_range_is_survived) {
  const RetryAfterFields fields{.retry_after_ms = {}, .retry_after = "Fri, 31 Dec 9999 23:59:59 GMT", .date = {}};
  check(server_delay(fields, kMaxMs), 0, DelaySource::retry_after);
  check(server_delay(fields, -kMaxMs), kNever, DelaySource::retry_after);
  check(server_delay(fields, kWallNow), kNever, DelaySource::retry_after);
}

BOOST_AUTO_TEST_CASE(milliseconds_for_the_user_are_rounded_up) {
  BOOST_TEST(whole_milliseconds(0) == 0);
  BOOST_TEST(whole_milliseconds(1) == 1);
  BOOST_TEST(whole_milliseconds(kMillisecond) == 1);
  BOOST_TEST(whole_milliseconds(kMillisecond + 1) == 2);
  BOOST_TEST(whole_milliseconds(172'800 * kSecond) == 172'800'000);
  BOOST_TEST(whole_milliseconds(kNever) == 9'223'372'036'855);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
