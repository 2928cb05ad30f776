#include "policy/retry_options.hpp"

#include <boost/test/unit_test.hpp>

namespace ppn {

BOOST_AUTO_TEST_SUITE(retry_options)

BOOST_AUTO_TEST_CASE(statuses_are_read_with_and_without_spaces) {
  for (const char* text : {"408,429,500", "408, 429, 500", " 408 ,\t429,500 ", "500,429,408", "408,408,429,500"}) {
    BOOST_TEST_CONTEXT(text) {
      const auto set = StatusSet::parse(text);
      BOOST_REQUIRE(set.ok());
      BOOST_TEST(set->to_text() == "408,429,500");
      BOOST_TEST((*set == StatusSet{408, 429, 500}));
    }
  }
  const auto ends = StatusSet::parse("599,400");
  BOOST_REQUIRE(ends.ok());
  BOOST_TEST((ends->contains(400) && ends->contains(599) && !ends->contains(401) && !ends->contains(598)));
}

BOOST_AUTO_TEST_CASE(empty_text_is_the_empty_set) {
  for (const char* text : {"", " ", "\t "}) {
    const auto set = StatusSet::parse(text);
    BOOST_REQUIRE(set.ok());
    BOOST_TEST((*set == StatusSet{}));
    BOOST_TEST(set->to_text() == "");
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_set_of_statuses) {
  for (const char* text : {"399",  "600",      "200",   "40",      "4000",    "0500",  "+500",
                           "-500", "5e2",      "5xx",   "500;502", "500 502", ",",     "500,",
                           ",500", "500,,502", "500,x", "4 29",    "\n500",   "500\r", "\xd9\xa5\xd9\xa0\xd9\xa0"}) {
    BOOST_TEST_CONTEXT(text) {
      const auto set = StatusSet::parse(text);
      BOOST_REQUIRE(!set.ok());
      BOOST_TEST((set.error().code == ErrorCode::config_error));
      BOOST_TEST((set.error().phase == Phase::config));
      BOOST_TEST(set.error().message == "is no list of statuses from 400 to 599, such as 429,503");
    }
  }
}

BOOST_AUTO_TEST_CASE(every_set_reads_the_same_again) {
  StatusSet all;
  for (int status = 400; status <= 599; ++status) {
    all.insert(status);
    BOOST_TEST((*StatusSet::parse(all.to_text()) == all));
  }
  for (const int status : {-1, 0, 100, 399, 600, 1'000}) {
    all.insert(status);
    BOOST_TEST(!all.contains(status));
  }
}

BOOST_AUTO_TEST_CASE(default_statuses_are_those_of_the_documentation) {
  BOOST_TEST(RetryOptions().retry_codes.to_text() == "408,429,500,502,503,504,522,524,529");
}

BOOST_AUTO_TEST_CASE(words_of_jitter_and_budget_are_read_in_any_case) {
  for (const Jitter jitter : {Jitter::equal_down, Jitter::full, Jitter::decorrelated, Jitter::none}) {
    BOOST_TEST((parse_jitter(name_of(jitter)) == jitter));
  }
  for (const BudgetMode mode : {BudgetMode::ratio, BudgetMode::tokens, BudgetMode::off}) {
    BOOST_TEST((parse_budget_mode(name_of(mode)) == mode));
  }
  BOOST_TEST(name_of(Jitter::equal_down) == "equal_down");
  BOOST_TEST(name_of(BudgetMode::tokens) == "tokens");
  BOOST_TEST((parse_jitter("Equal_DOWN") == Jitter::equal_down));
  BOOST_TEST((parse_budget_mode("TOKENS") == BudgetMode::tokens));
  for (const char* text : {"", "full ", "equal-down", "0"}) {
    BOOST_TEST(!parse_jitter(text).has_value());
    BOOST_TEST(!parse_budget_mode(text).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
