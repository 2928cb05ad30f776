#include "base/http_date.hpp"

#include <time.h>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

namespace ppn {
namespace {

constexpr std::int64_t k1994 = 784'111'777'000;    // the date of RFC 9110 5.6.7
constexpr std::int64_t k2026 = 1'792'915'200'000;  // Sun, 25 Oct 2026 08:00:00 GMT
constexpr std::int64_t kYear = 31'556'952'000;

void check(std::string_view text, std::int64_t expected, std::int64_t reference = k2026) {
  BOOST_TEST_CONTEXT(text) {
    const auto at = parse_http_date(text, reference);
    BOOST_REQUIRE(at.has_value());
    BOOST_TEST(*at == expected);
  }
}

// Set back when the test ends.
class TimeZone {
 public:
  explicit TimeZone(const char* zone) : before_(::getenv("TZ") != nullptr ? ::getenv("TZ") : "") {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() {
    before_.empty() ? ::unsetenv("TZ") : ::setenv("TZ", before_.c_str(), 1);
    ::tzset();
  }

 private:
  std::string before_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_date)

BOOST_AUTO_TEST_CASE(three_forms_of_the_standard_name_the_same_moment) {
  check("Sun, 06 Nov 1994 08:49:37 GMT", k1994);
  check("Sunday, 06-Nov-94 08:49:37 GMT", k1994);
  check("Sun Nov  6 08:49:37 1994", k1994);
  check("Sun Nov 06 08:49:37 1994", k1994);
}

BOOST_AUTO_TEST_CASE(time_zone_of_the_process_does_not_matter) {
  const TimeZone zone("Asia/Tokyo");
  check("Sun, 06 Nov 1994 08:49:37 GMT", k1994);
  check("Sun Nov  6 08:49:37 1994", k1994);
}

BOOST_AUTO_TEST_CASE(ends_of_the_calendar_are_read) {
  check("Thu, 01 Jan 1970 00:00:00 GMT", 0);
  check("Wed, 31 Dec 1969 23:59:59 GMT", -1'000);
  check("Thu, 29 Feb 2024 12:00:00 GMT", 1'709'208'000'000);
  check("Tue, 29 Feb 2000 00:00:00 GMT", 951'782'400'000);
  check("Fri, 31 Dec 9999 23:59:59 GMT", 253'402'300'799'000);
  check("Sat, 01 Jan 0000 00:00:00 GMT", -62'167'219'200'000);
  check("Sat, 31 Dec 2016 23:59:60 GMT", 1'483'228'800'000);  // a leap second is the next one
}

BOOST_AUTO_TEST_CASE(name_of_the_day_need_not_fit) {
  check("Mon, 06 Nov 1994 08:49:37 GMT", k1994);
}

BOOST_AUTO_TEST_CASE(year_of_two_digits_lies_at_most_fifty_years_ahead) {
  check("Sunday, 25-Oct-26 08:00:00 GMT", k2026);
  const auto year_of = [](std::string_view text, std::int64_t reference) {
    const auto at = parse_http_date(text, reference);
    BOOST_REQUIRE(at.has_value());
    return 1970 + *at / kYear;
  };
  BOOST_TEST(year_of("Sunday, 15-Jun-75 00:00:00 GMT", k2026) == 2075);
  BOOST_TEST(year_of("Sunday, 15-Jun-76 00:00:00 GMT", k2026) == 2076);
  BOOST_TEST(year_of("Sunday, 15-Dec-76 00:00:00 GMT", k2026) == 1976);
  BOOST_TEST(year_of("Sunday, 15-Jun-99 00:00:00 GMT", k2026) == 1999);
  BOOST_TEST(year_of("Sunday, 15-Jun-00 00:00:00 GMT", k2026) == 2000);
  // Around the turn of a century.
  BOOST_TEST(year_of("Sunday, 15-Jun-01 00:00:00 GMT", 129 * kYear) == 2101);
  BOOST_TEST(year_of("Sunday, 15-Jun-98 00:00:00 GMT", 131 * kYear) == 2098);
  BOOST_TEST(year_of("Sunday, 15-Jun-70 00:00:00 GMT", 0) == 1970);
  // 2100 has no such day, 2000 has.
  BOOST_TEST(*parse_http_date("Tuesday, 29-Feb-00 00:00:00 GMT", 100 * kYear) == 951'782'400'000);
}

BOOST_AUTO_TEST_CASE(reference_of_any_size_is_survived) {
  for (const std::int64_t reference : {INT64_MIN, INT64_MIN + 1, std::int64_t{-1}, INT64_MAX - 1, INT64_MAX}) {
    BOOST_TEST(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", reference).has_value());
    BOOST_TEST(*parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", reference) == k1994);
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_date) {
  for (const char* text : {
           "",
           "Sun",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 gmt",
           "sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 nov 1994 08:49:37 GMT",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun,06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, 06 Nov 19940 08:49:37 GMT",
           "Sun, 06 Nov 1994 8:49:37 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:00 GMT",
           "Sun, 06 Nov 1994 08:49:61 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Sun, 31 Nov 1994 08:49:37 GMT",
           "Sun, 29 Feb 2023 08:49:37 GMT",
           "Sun, 29 Feb 1900 08:49:37 GMT",
           "Sun, 06 Foo 1994 08:49:37 GMT",
           "Xyz, 06 Nov 1994 08:49:37 GMT",
           "Sunday, 06-Nov-1994 08:49:37 GMT",
           "Sunday, 32-Nov-94 08:49:37 GMT",
           "Sunday, 30-Feb-94 08:49:37 GMT",
           "Sun, 06-Nov-94 08:49:37 GMT",
           "Sunday, 06 Nov 1994 08:49:37 GMT",
           "Sun Nov 6 08:49:37 1994",
           "Sun Nov  6 08:49:37 94",
           "Sun Nov  6 08:49:37 1994 GMT",
           "Sun Nov   6 08:49:37 1994",
           "1994-11-06T08:49:37Z",
           "784111777",
           "Sun, +6 Nov 1994 08:49:37 GMT",
       }) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_http_date(text, k2026).has_value());
    }
  }
  BOOST_TEST(!parse_http_date(std::string_view("Sun, 06 Nov 1994 08:49:37 GMT\0", 30), k2026).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
