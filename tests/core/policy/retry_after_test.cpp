#include "policy/retry_after.hpp"

#include <boost/test/unit_test.hpp>

namespace ppn {

BOOST_AUTO_TEST_SUITE(retry_after)

BOOST_AUTO_TEST_CASE(seconds_become_milliseconds) {
  struct Row {
    const char* text;
    std::int64_t milliseconds;
  };
  for (const Row& row : {Row{"0", 0}, Row{"1", 1'000}, Row{"120", 120'000}, Row{"007", 7'000}, Row{" 5\t", 5'000},
                         Row{"1.5", 1'500}, Row{"0.25", 250}, Row{"0.001", 1}, Row{"0.0009", 0}, Row{"2.12345", 2'123},
                         Row{"1000000000", 1'000'000'000'000}}) {
    BOOST_TEST_CONTEXT(row.text) {
      const auto delay = parse_retry_after_seconds(row.text);
      BOOST_REQUIRE(delay.has_value());
      BOOST_TEST(*delay == row.milliseconds);
    }
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_delay) {
  for (const char* text : {"",
                           " ",
                           "-1",
                           "+1",
                           "1.",
                           ".5",
                           "1.5.5",
                           "1e3",
                           "1,5",
                           "0x10",
                           "nan",
                           "inf",
                           "5 s",
                           "5;",
                           "1 2",
                           "1000000001",
                           "99999999999999999999999999",
                           "Wed, 21 Oct 2015 07:28:00 GMT",
                           "1.5x",
                           "\xd9\xa3"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_retry_after_seconds(text).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(zero_byte_in_the_text_is_no_delay) {
  BOOST_TEST(!parse_retry_after_seconds(std::string_view("5\0", 2)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
