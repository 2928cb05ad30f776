#include "base/result.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

using namespace ppn;

namespace {

Failure failure() {
  return Failure(ErrorCode::invalid_state, Phase::validate, "not now");
}

// A failure changes the type of its result on the way up.
Result<std::string> caller() {
  Result<int> inner = failure();
  if (!inner.ok()) return std::move(inner).failure();
  return std::to_string(*inner);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(result)

BOOST_AUTO_TEST_CASE(value_is_reached_through_the_result) {
  Result<std::string> text = std::string("value");
  BOOST_REQUIRE(text.ok());
  BOOST_TEST(*text == "value");
  BOOST_TEST(text->size() == 5U);
  BOOST_TEST(static_cast<bool>(text));
}

BOOST_AUTO_TEST_CASE(value_that_can_only_move_is_moved_out) {
  Result<std::unique_ptr<int>> number = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = *std::move(number);
  BOOST_TEST(*taken == 7);
}

BOOST_AUTO_TEST_CASE(failure_carries_its_error) {
  const Result<int> none = failure();
  BOOST_TEST(!none.ok());
  BOOST_TEST((none.error().code == ErrorCode::invalid_state));
  BOOST_TEST((none.error().phase == Phase::validate));
  BOOST_TEST(none.error().message == "not now");
}

BOOST_AUTO_TEST_CASE(failure_travels_up_through_another_type) {
  const auto outcome = caller();
  BOOST_REQUIRE(!outcome.ok());
  BOOST_TEST(outcome.error().message == "not now");
}

BOOST_AUTO_TEST_CASE(status_without_failure_is_a_success) {
  const Status good;
  BOOST_TEST(good.ok());
  const Status bad = failure();
  BOOST_TEST(!bad.ok());
  BOOST_TEST((bad.error().code == ErrorCode::invalid_state));
}

BOOST_AUTO_TEST_SUITE_END()
