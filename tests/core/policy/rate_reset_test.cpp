#include "policy/rate_reset.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ppn {
namespace {

constexpr std::int64_t kWallNow = 1'764'000'000'000;

Nanos duration(std::string_view text) {
  return parse_go_duration(text).value_or(-1);
}
std::int64_t date(std::string_view text) {
  return parse_rfc3339_ms(text).value_or(-1);
}
Nanos reset(std::string_view text) {
  return parse_rate_reset(text, kWallNow).value_or(-1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_reset)

BOOST_AUTO_TEST_CASE(durations_are_read_as_go_prints_them) {
  BOOST_TEST(duration("6m0s") == 360 * kSecond);
  BOOST_TEST(duration("12ms") == 12 * kMillisecond);
  BOOST_TEST(duration("1h2m3.5s") == 3'723 * kSecond + 500 * kMillisecond);
  BOOST_TEST(duration("7.66s") == 7'660 * kMillisecond);
  BOOST_TEST(duration("2m59.56s") == 179'560 * kMillisecond);
  BOOST_TEST(duration("1.5h") == 5'400 * kSecond);
  BOOST_TEST(duration("17.5us") == 17'500);
  BOOST_TEST(duration("3\xc2\xb5s") == 3'000);
  BOOST_TEST(duration("3\xce\xbcs") == 3'000);
  BOOST_TEST(duration("999ns") == 999);
  BOOST_TEST(duration(".5s") == 500 * kMillisecond);
  BOOST_TEST(duration("5.s") == 5 * kSecond);
  BOOST_TEST(duration("0s") == 0);
  BOOST_TEST(duration("0") == 0);
}

BOOST_AUTO_TEST_CASE(no_other_text_is_a_duration) {
  for (const char* text : {"", "s", "5", "-6m0s", "+1s", "6m0", "6 m", "1d", "1hour", ".s", "1..5s", "1s ", " 1s", "6M",
                           "1e3s", "1234567890123456s", "9999999h", "inf", "nan"}) {
    BOOST_TEST_CONTEXT(text) BOOST_TEST(duration(text) == -1);
  }
}

BOOST_AUTO_TEST_CASE(dates_are_read_as_rfc_3339_writes_them) {
  BOOST_TEST(date("1970-01-01T00:00:00Z") == 0);
  BOOST_TEST(date("2000-02-29T12:30:15Z") == 951'827'415'000);
  BOOST_TEST(date("2025-11-24T16:00:00Z") == kWallNow);
  BOOST_TEST(date("2025-11-24t16:00:00z") == kWallNow);
  BOOST_TEST(date("2025-11-24T16:00:00.25Z") == kWallNow + 250);
  BOOST_TEST(date("2025-11-24T16:00:00.0000001Z") == kWallNow + 1);
  BOOST_TEST(date("2025-11-24T18:30:00+02:30") == kWallNow);
  BOOST_TEST(date("2025-11-24T08:00:00-08:00") == kWallNow);
  BOOST_TEST(date("2016-12-31T23:59:60Z") == 1'483'228'800'000);
  BOOST_TEST(date("9999-12-31T23:59:59Z") == 253'402'300'799'000);
}

BOOST_AUTO_TEST_CASE(no_other_text_is_a_date) {
  for (const char* text : {"",
                           "2025-11-24",
                           "2025-11-24T16:00Z",
                           "2025-11-24T16:00:00",
                           "2025-11-24 16:00:00Z",
                           "2025-13-24T16:00:00Z",
                           "2025-00-24T16:00:00Z",
                           "2025-02-29T16:00:00Z",
                           "2025-04-31T16:00:00Z",
                           "2025-11-00T16:00:00Z",
                           "2025-11-24T24:00:00Z",
                           "2025-11-24T16:60:00Z",
                           "2025-11-24T16:00:61Z",
                           "2025-11-24T16:00:00.Z",
                           "2025-11-24T16:00:00Zx",
                           "0000-01-01T00:00:00Z",
                           "2025-11-24T16:00:00+2:30",
                           "2025-11-24T16:00:00+24:00",
                           "2025-11-24T16:00:00+02:60",
                           "-025-11-24T16:00:00Z"}) {
    BOOST_TEST_CONTEXT(text) BOOST_TEST(date(text) == -1);
  }
}

BOOST_AUTO_TEST_CASE(plain_number_is_seconds_or_a_time_since_1970_by_its_size) {
  BOOST_TEST(reset("30") == 30 * kSecond);
  BOOST_TEST(reset("0") == 0);
  BOOST_TEST(reset("2.5") == 2'500 * kMillisecond);
  BOOST_TEST(reset("999999999") == 999'999'999 * kSecond);
  BOOST_TEST(reset("1764000012") == 12 * kSecond);
  BOOST_TEST(reset("1764000012.5") == 12'500 * kMillisecond);
  BOOST_TEST(reset("1764000012345") == 12'345 * kMillisecond);
  BOOST_TEST(reset("1000000000") == 0);     // in 2001
  BOOST_TEST(reset("1000000000000") == 0);  // the same in milliseconds
  BOOST_TEST(reset("999999999999999") == -1);
}

BOOST_AUTO_TEST_CASE(durations_and_dates_are_resets_too) {
  BOOST_TEST(reset("6m0s") == 360 * kSecond);
  BOOST_TEST(reset("2025-11-24T16:00:42Z") == 42 * kSecond);
  BOOST_TEST(reset("2025-11-24T15:00:00Z") == 0);
  BOOST_TEST(reset("9999-12-31T23:59:59Z") == -1);
  for (const char* text : {"", "-1", "soon", "1 s", "Mon, 24 Nov 2025 16:00:00 GMT"}) {
    BOOST_TEST_CONTEXT(text) BOOST_TEST(reset(text) == -1);
  }
}

BOOST_AUTO_TEST_CASE(counts_are_integers_and_nothing_else) {
  BOOST_TEST(parse_rate_count("100").value() == 100);
  BOOST_TEST(parse_rate_count("-1").value() == -1);
  for (const char* text : {"", "1.0", "1e3", " 1", "1 ", "+1", "0x10", "99999999999999999999", "100, 100;w=60"}) {
    BOOST_TEST_CONTEXT(text) BOOST_TEST(!parse_rate_count(text).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
