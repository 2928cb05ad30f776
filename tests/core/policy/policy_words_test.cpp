// The texts of retry and rate limit options.
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "policy/rate_limit_options.hpp"
#include "policy/retry_options.hpp"

using namespace ppn;

BOOST_AUTO_TEST_SUITE(policy_words)

BOOST_AUTO_TEST_CASE(rate_is_a_number_a_time_and_a_burst) {
  const std::map<std::string, Rate> rates{{"0", {}},
                                          {"0/s:5", {}},
                                          {"100", {.count = 100}},
                                          {"100/m", {.count = 100}},
                                          {"10/s", {.count = 10, .period_ms = 1'000}},
                                          {"1000/h", {.count = 1'000, .period_ms = 3'600'000}},
                                          {"60:10", {.count = 60, .burst = 10}},
                                          {"10/s:5", {.count = 10, .period_ms = 1'000, .burst = 5}},
                                          {"1000000000", {.count = 1'000'000'000}}};
  for (const auto& [text, rate] : rates) {
    const auto parsed = Rate::parse(text);
    BOOST_TEST_REQUIRE(parsed.ok(), text);
    BOOST_TEST((*parsed == rate), text);
    BOOST_TEST((*Rate::parse(rate.to_text()) == rate), text);
  }
  BOOST_TEST(Rate{.count = 100}.to_text() == "100");
  BOOST_TEST((Rate{.count = 10, .period_ms = 1'000, .burst = 5}.to_text() == "10/s:5"));
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_rate) {
  for (const char* text : {"",
                           " 100",
                           "100 ",
                           "-1",
                           "-0",
                           "+1",
                           "1.5",
                           "1e3",
                           "nan",
                           "inf",
                           "0x10",
                           "/s",
                           "10/",
                           "10/d",
                           "10/S",
                           "10/sec",
                           "10/s:",
                           "10/s:0",
                           "10/s:-1",
                           "10:5/s",
                           "10/s:5:5",
                           "10s",
                           "1000000001",
                           "99999999999999999999",
                           "10/s:1000000001",
                           ":5"}) {
    const auto parsed = Rate::parse(text);
    BOOST_TEST_REQUIRE(!parsed.ok(), text);
    BOOST_TEST((parsed.error().code == ErrorCode::config_error));
  }
}

BOOST_AUTO_TEST_CASE(statuses_are_a_list_from_400_to_599) {
  const std::map<std::string, std::string> lists{
      {"", ""}, {" ", ""}, {"503", "503"}, {"503, 500 ,502", "500,502,503"}, {"400,599,400", "400,599"}};
  for (const auto& [text, expected] : lists) {
    const auto parsed = StatusSet::parse(text);
    BOOST_TEST_REQUIRE(parsed.ok(), text);
    BOOST_TEST(parsed->to_text() == expected);
  }
  for (const char* text :
       {",", "503,", ",503", "503,,500", "503 500", "399", "600", "-503", "5xx", "503.0", "503;500", "999999999999"}) {
    BOOST_TEST(!StatusSet::parse(text).ok(), text);
  }
  BOOST_TEST(RetryOptions().retry_codes.to_text() == "408,429,500,502,503,504,522,524,529");
}

BOOST_AUTO_TEST_CASE(words_are_read_in_any_case_and_written_as_they_are_called) {
  for (const Jitter one : {Jitter::equal_down, Jitter::full, Jitter::decorrelated, Jitter::none}) {
    BOOST_TEST((parse_jitter(name_of(one)) == one));
  }
  for (const BudgetMode one : {BudgetMode::ratio, BudgetMode::tokens, BudgetMode::off}) {
    BOOST_TEST((parse_budget_mode(name_of(one)) == one));
  }
  for (const LimitMode one : {LimitMode::wait, LimitMode::fail_fast}) {
    BOOST_TEST((parse_limit_mode(name_of(one)) == one));
  }
  for (const FleetFallback one : {FleetFallback::share, FleetFallback::open, FleetFallback::closed}) {
    BOOST_TEST((parse_fleet_fallback(name_of(one)) == one));
  }
  BOOST_TEST((parse_limit_mode("FAIL_FAST") == LimitMode::fail_fast));
  BOOST_TEST(name_of(Jitter::equal_down) == "equal_down");
  for (const char* text : {"", "equal", "full ", "0"}) BOOST_TEST(!parse_jitter(text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
