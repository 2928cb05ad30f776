// When which address is tried, on a clock of the test's own.
#include "io/attempt_schedule.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace ppn::test {
namespace {

constexpr Nanos kDelay = 250 * kMillisecond;

Addresses addresses_of(const std::vector<std::string>& texts) {
  Addresses addresses;
  for (const std::string& text : texts) addresses.emplace_back(text);
  return addresses;
}

// "192.0.2.1:1" to "192.0.2.<count>:1"
Addresses numbered(int count) {
  Addresses addresses;
  for (int i = 1; i <= count; ++i) addresses.emplace_back("192.0.2." + std::to_string(i) + ":1");
  return addresses;
}

// The address begun at this time, "-" for none.
std::string begun(AttemptSchedule& schedule, Nanos now) {
  const auto* const address = schedule.next(now);
  return address == nullptr ? "-" : address->toString();
}

void expect_order(const std::vector<std::string>& given, const std::vector<std::string>& wanted) {
  std::vector<std::string> order;
  for (const auto& address : attempt_order(addresses_of(given))) order.push_back(address.toString());
  BOOST_TEST(order == wanted, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attempt_schedule)

BOOST_AUTO_TEST_CASE(families_alternate_beginning_with_the_first) {
  expect_order({"[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1", "[2001:db8::3]:1"},
               {"[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "[2001:db8::3]:1"});
  expect_order({"192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1"}, {"192.0.2.1:1", "[2001:db8::1]:1", "192.0.2.2:1"});
  expect_order({}, {});
}

BOOST_AUTO_TEST_CASE(address_that_is_listed_twice_is_tried_once) {
  expect_order({"192.0.2.1:1", "192.0.2.1:1", "192.0.2.2:1", "192.0.2.1:1", "192.0.2.1:2"},
               {"192.0.2.1:1", "192.0.2.2:1", "192.0.2.1:2"});
}

BOOST_AUTO_TEST_CASE(silent_address_delays_the_next_by_250_ms) {
  AttemptSchedule schedule(addresses_of({"[2001:db8::1]:1", "192.0.2.1:1"}));
  BOOST_TEST(begun(schedule, 1'000) == "[2001:db8::1]:1");
  BOOST_TEST(schedule.wake_at() == 1'000 + kDelay);
  BOOST_TEST(begun(schedule, 1'000 + kDelay - 1) == "-");
  BOOST_TEST(begun(schedule, 1'000 + kDelay) == "192.0.2.1:1");
  BOOST_TEST(schedule.wake_at() == kNever);
  BOOST_TEST(begun(schedule, kNever - 1) == "-");
}

BOOST_AUTO_TEST_CASE(failure_begins_the_next_at_once) {
  AttemptSchedule schedule(numbered(3));
  BOOST_TEST(begun(schedule, 0) == "192.0.2.1:1");
  schedule.failed(10);
  BOOST_TEST(schedule.wake_at() == 10);
  BOOST_TEST(begun(schedule, 10) == "192.0.2.2:1");
  BOOST_TEST(begun(schedule, 11) == "-");
  BOOST_TEST(schedule.wake_at() == 10 + kDelay);
}

BOOST_AUTO_TEST_CASE(failure_of_an_older_attempt_begins_the_next_at_once_too) {
  AttemptSchedule schedule(numbered(3));
  begun(schedule, 0);
  begun(schedule, kDelay);
  schedule.failed(kDelay + 1);
  BOOST_TEST(begun(schedule, kDelay + 1) == "192.0.2.3:1");
}

BOOST_AUTO_TEST_CASE(six_attempts_are_under_way_at_most) {
  AttemptSchedule schedule(numbered(8));
  Nanos now = 0;
  for (int i = 1; i <= 6; ++i, now += kDelay) BOOST_TEST(begun(schedule, now) == "192.0.2." + std::to_string(i) + ":1");
  BOOST_TEST(begun(schedule, now) == "-");
  BOOST_TEST(schedule.wake_at() == kNever);
  schedule.failed(now);
  BOOST_TEST(begun(schedule, now) == "192.0.2.7:1");
  BOOST_TEST(begun(schedule, now + kDelay) == "-");
  schedule.failed(now + kDelay);
  BOOST_TEST(begun(schedule, now + kDelay) == "192.0.2.8:1");
}

BOOST_AUTO_TEST_CASE(it_is_over_when_the_last_attempt_has_failed) {
  AttemptSchedule schedule(numbered(2));
  BOOST_TEST(!schedule.exhausted());
  begun(schedule, 0);
  schedule.failed(0);
  BOOST_TEST(!schedule.exhausted());
  begun(schedule, 0);
  BOOST_TEST(!schedule.exhausted());
  schedule.failed(0);
  BOOST_TEST(schedule.exhausted());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
