#include <boost/test/unit_test.hpp>
#include <vector>

#include "policy/rate_scope.hpp"
#include "rate_waiters.hpp"

namespace ppn::test {
namespace {

constexpr Nanos kMinute = 60 * kSecond;

RateObservation frozen_for(Nanos time) {
  RateObservation seen;
  seen.freeze = time;
  return seen;
}

RateObservation requests(RateObservation::Dimension seen) {
  RateObservation all;
  all.requests = seen;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_adaptive)

BOOST_AUTO_TEST_CASE(freeze_moves_all_who_wait_and_all_who_come) {
  ScopeFixture at(limit_of("requests", 60, 2));
  at.pass(kStart);
  at.pass(kStart);
  Waiter& first = at.enter(kStart);
  Waiter& second = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(first, kStart) == kStart + kSecond);
  BOOST_TEST(at.scope.ready_at(second, kStart) == kStart + 2 * kSecond);
  at.scope.observe(frozen_for(10 * kSecond), kStart);
  BOOST_TEST(at.scope.frozen_until() == kStart + 10 * kSecond);
  BOOST_TEST(at.scope.ready_at(first, kStart + kSecond) == kStart + 10 * kSecond);
  BOOST_TEST(at.scope.ready_at(second, kStart + 2 * kSecond) == kStart + 10 * kSecond);
  Waiter& third = at.enter(kStart + 2 * kSecond);
  BOOST_TEST(at.scope.ready_at(third, kStart + 2 * kSecond) == kStart + 11 * kSecond);
  BOOST_TEST(at.scope.ready_at(first, kStart + 10 * kSecond) == RateScope::kGranted);
  BOOST_TEST(second.told == 1);
  BOOST_TEST(at.scope.ready_at(second, kStart + 10 * kSecond) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(shorter_freeze_does_not_end_a_longer_one) {
  ScopeFixture at(limit_of("requests", 60, 1));
  at.scope.observe(frozen_for(10 * kSecond), kStart);
  at.scope.observe(frozen_for(kSecond), kStart);
  BOOST_TEST(at.scope.frozen_until() == kStart + 10 * kSecond);
}

BOOST_AUTO_TEST_CASE(freeze_beyond_the_wait_of_a_call_refuses_it_with_the_time_that_is_left) {
  RateLimitOptions options = limit_of("requests", 60, 1);
  options.max_wait_ms = 5'000;
  ScopeFixture at(options);
  at.pass(kStart);
  Waiter& waiter = at.enter(kStart);
  at.scope.observe(frozen_for(30 * kSecond), kStart);
  BOOST_TEST(at.scope.ready_at(waiter, kStart + kSecond) == RateScope::kRefused);
  BOOST_TEST((RateScope::refusal(waiter).code == ErrorCode::rate_limited));
  BOOST_TEST(RateScope::refusal(waiter).retry_after_ms == 29'000);
  BOOST_TEST(at.refused(kStart + kSecond).retry_after_ms == 29'000);
}

BOOST_AUTO_TEST_CASE(freeze_longer_than_the_cap_refuses_those_who_wait_at_once) {
  RateLimitOptions options = limit_of("requests", 60, 1);
  options.max_freeze_ms = 20'000;
  options.max_wait_ms = 3'600'000;
  ScopeFixture at(options);
  at.pass(kStart);
  Waiter& first = at.enter(kStart);
  Waiter& second = at.enter(kStart);
  at.scope.observe(frozen_for(300 * kSecond), kStart);
  for (Waiter* waiter : {&first, &second}) {
    BOOST_TEST(waiter->told == 1);
    BOOST_TEST(at.scope.ready_at(*waiter, kStart) == RateScope::kRefused);
    BOOST_TEST(RateScope::refusal(*waiter).retry_after_ms == 300'000);
  }
  BOOST_TEST(at.refused(kStart + kSecond).retry_after_ms == 299'000);
  // The scope itself stands still only until the cap: then one may try.
  at.pass(kStart + 20 * kSecond);
}

BOOST_AUTO_TEST_CASE(freeze_at_the_cap_is_waited_for) {
  RateLimitOptions options = limit_of("requests", 60, 1);
  options.max_freeze_ms = 20'000;
  ScopeFixture at(options);
  at.scope.observe(frozen_for(20 * kSecond), kStart);
  Waiter& waiter = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(waiter, kStart) == kStart + 20 * kSecond);
}

BOOST_AUTO_TEST_CASE(nothing_is_followed_that_the_options_do_not_want) {
  RateLimitOptions options = limit_of("requests", 60, 1);
  options.adaptive = false;
  ScopeFixture at(options);
  at.scope.observe(frozen_for(20 * kSecond), kStart);
  at.pass(kStart);
  RateLimitOptions never_frozen = limit_of("requests", 60, 1);
  never_frozen.max_freeze_ms = 0;
  ScopeFixture unfrozen(never_frozen);
  unfrozen.scope.observe(frozen_for(20 * kSecond), kStart);
  unfrozen.scope.observe(requests({.remaining = 0, .reset = 20 * kSecond}), kStart);
  unfrozen.pass(kStart);
}

BOOST_AUTO_TEST_CASE(fewer_left_than_wait_are_spread_over_the_window) {
  RateLimitOptions options = limit_of("requests", 6'000, 1);  // a hundred a second, so it is the pace that counts
  options.max_wait_ms = 3'600'000;
  ScopeFixture at(options);
  at.pass(kStart);
  std::vector<Waiter*> queue;
  for (int i = 0; i < 6; ++i) queue.push_back(&at.enter(kStart));
  const Nanos seen_at = kStart + kMillisecond;
  at.scope.observe(requests({.remaining = 4, .reset = 8 * kSecond}), seen_at);
  // The first as the rate allows, then one every quarter of the window, the fifth when the window has ended.
  Nanos now = kStart + 10 * kMillisecond;
  BOOST_TEST(at.scope.ready_at(*queue[0], now) == RateScope::kGranted);
  const Nanos end = seen_at + 8 * kSecond;
  const Nanos step = (end - now) / 4;
  for (std::size_t i = 1; i <= 3; ++i) {
    now = at.scope.ready_at(*queue[i], now);
    BOOST_TEST(std::abs(now - (kStart + 10 * kMillisecond + static_cast<Nanos>(i) * step)) <= 4);
    BOOST_TEST(at.scope.ready_at(*queue[i], now - 1) == now);
    BOOST_TEST(at.scope.ready_at(*queue[i], now) == RateScope::kGranted);
  }
  BOOST_TEST(at.scope.ready_at(*queue[4], now) == end);
  BOOST_TEST(at.scope.ready_at(*queue[5], now) == end + 10 * kMillisecond);
}

BOOST_AUTO_TEST_CASE(enough_left_for_all_who_wait_changes_nothing) {
  ScopeFixture at(limit_of("requests", 60, 1));
  at.pass(kStart);
  Waiter& waiter = at.enter(kStart);
  at.scope.observe(requests({.remaining = 1, .reset = 50 * kSecond}), kStart);
  BOOST_TEST(at.scope.ready_at(waiter, kStart) == kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(nothing_left_waits_for_the_reset_but_no_longer_than_a_freeze) {
  RateLimitOptions options = limit_of("requests", 60, 5);
  options.max_freeze_ms = 30'000;
  ScopeFixture at(options);
  at.scope.observe(requests({.remaining = 0, .reset = 12 * kSecond}), kStart);
  BOOST_TEST(at.scope.ready_at(at.enter(kStart), kStart) == kStart + 12 * kSecond);
  ScopeFixture longer(options);
  longer.scope.observe(requests({.remaining = 0, .reset = 4'000 * kSecond}), kStart);
  BOOST_TEST(longer.scope.ready_at(longer.enter(kStart), kStart) == kStart + 30 * kSecond);
}

BOOST_AUTO_TEST_CASE(later_news_of_more_ends_the_waiting) {
  ScopeFixture at(limit_of("requests", 60, 5));
  at.scope.observe(requests({.remaining = 0, .reset = 12 * kSecond}), kStart);
  Waiter& waiter = at.enter(kStart);
  at.scope.ready_at(waiter, kStart);
  at.scope.observe(requests({.remaining = 10, .reset = 12 * kSecond}), kStart + 1);
  BOOST_TEST(waiter.told == 1);
  BOOST_TEST(at.scope.ready_at(waiter, kStart + 1) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(tokens_that_are_used_up_hold_only_calls_with_tokens) {
  RateLimitOptions options = limit_of("requests", 60, 5);
  options.tokens = {.count = 1'000, .burst = 0};
  ScopeFixture at(options);
  RateObservation seen;
  seen.tokens = {.remaining = 0, .reset = 9 * kSecond};
  at.scope.observe(seen, kStart);
  at.pass(kStart);
  Waiter& waiter = at.enter(kStart, {.tokens = 1});
  BOOST_TEST(at.scope.ready_at(waiter, kStart) == kStart + 9 * kSecond);
}

BOOST_AUTO_TEST_CASE(lower_limit_of_the_server_holds_for_two_windows_without_confirmation) {
  ScopeFixture at(limit_of("requests", 60, 1));
  const auto seen = requests({.limit = 6, .window = kMinute});  // one every ten seconds
  at.scope.observe(seen, kStart);
  at.pass(kStart);
  Waiter& second = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(second, kStart) == kStart + 10 * kSecond);
  BOOST_TEST(at.scope.ready_at(second, kStart + 10 * kSecond) == RateScope::kGranted);
  // Confirmed after 90 s: two more windows from there.
  at.scope.observe(seen, kStart + 90 * kSecond);
  const Nanos last = kStart + 90 * kSecond + 2 * kMinute;
  at.pass(last - 20 * kSecond);
  Waiter& third = at.enter(last - 20 * kSecond);
  BOOST_TEST(at.scope.ready_at(third, last - 20 * kSecond) == last - 10 * kSecond);
  BOOST_TEST(at.scope.ready_at(third, last - 10 * kSecond) == RateScope::kGranted);
  Waiter& fourth = at.enter(last - kMillisecond);
  BOOST_TEST(at.scope.ready_at(fourth, last - kMillisecond) == last);
  BOOST_TEST(at.scope.ready_at(fourth, last) == RateScope::kGranted);
  Waiter& fifth = at.enter(last);
  BOOST_TEST(at.scope.ready_at(fifth, last) == last + kSecond);
}

BOOST_AUTO_TEST_CASE(what_is_owed_counts_in_the_units_of_the_rate_that_holds) {
  ScopeFixture at(limit_of("requests", 60, 1));
  at.scope.observe(requests({.limit = 6, .window = kMinute}), kStart);
  at.pass(kStart + 2 * kMinute - 5 * kSecond);
  // Half of one is owed when the server's limit is forgotten, which is half a second at the configured rate.
  Waiter& waiter = at.enter(kStart + 2 * kMinute);
  BOOST_TEST(at.scope.ready_at(waiter, kStart + 2 * kMinute) == kStart + 2 * kMinute + kSecond / 2);
}

BOOST_AUTO_TEST_CASE(limit_of_the_server_never_raises_the_configured_one) {
  ScopeFixture at(limit_of("requests", 60, 1));
  at.scope.observe(requests({.limit = 10'000, .remaining = 9'999, .reset = kSecond, .window = kMinute}), kStart);
  at.pass(kStart);
  BOOST_TEST(at.scope.ready_at(at.enter(kStart), kStart) == kStart + kSecond);
  // One that goes up again ends what a lower one had begun.
  at.scope.observe(requests({.limit = 6, .window = kMinute}), kStart);
  at.scope.observe(requests({.limit = 600, .window = kMinute}), kStart);
  BOOST_TEST(at.scope.ready_at(at.enter(kStart), kStart) == kStart + 2 * kSecond);
}

BOOST_AUTO_TEST_CASE(limit_without_a_window_or_without_sense_is_not_followed) {
  ScopeFixture at(limit_of("requests", 60, 1));
  at.scope.observe(requests({.limit = 1}), kStart);
  at.scope.observe(requests({.limit = 0, .window = kMinute}), kStart);
  at.scope.observe(requests({.limit = -1, .remaining = -1, .reset = 30 * kSecond, .window = kMinute}), kStart);
  at.pass(kStart);
  BOOST_TEST(at.scope.ready_at(at.enter(kStart), kStart) == kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(cost_above_the_limit_of_the_server_still_passes_when_nothing_is_owed) {
  ScopeFixture at(limit_of("requests", 60, 10));
  const auto two_a_minute = requests({.limit = 2, .window = kMinute});
  at.scope.observe(two_a_minute, kStart);
  at.pass(kStart, {.cost = 10});
  at.scope.observe(two_a_minute, kStart + 100 * kSecond);
  at.scope.observe(two_a_minute, kStart + 200 * kSecond);
  Waiter& waiter = at.enter(kStart + 250 * kSecond, {.cost = 10});
  BOOST_TEST(at.scope.ready_at(waiter, kStart + 250 * kSecond) == kStart + 300 * kSecond);
  BOOST_TEST(at.scope.ready_at(waiter, kStart + 300 * kSecond) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(scope_that_follows_a_server_is_not_idle) {
  ScopeFixture at(limit_of("requests", 60, 1));
  at.scope.observe(requests({.limit = 6, .window = kMinute}), kStart);
  BOOST_TEST(!at.scope.idle(kStart));
  BOOST_TEST(!at.enter(kStart + 2 * kMinute).told);
  ScopeFixture frozen(limit_of("requests", 60, 1));
  frozen.scope.observe(frozen_for(kSecond), kStart);
  BOOST_TEST(!frozen.scope.idle(kStart));
  BOOST_TEST(frozen.scope.idle(kStart + kSecond));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
