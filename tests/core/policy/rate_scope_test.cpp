#include "policy/rate_scope.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

#include "rate_waiters.hpp"

namespace ppn::test {
namespace {

// 60 a minute: one a second.
ScopeFixture one_a_second(std::int64_t burst = 1) {
  return ScopeFixture(limit_of("requests", 60, burst));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_scope)

BOOST_AUTO_TEST_CASE(waiters_are_told_their_times_and_pass_in_the_order_of_their_arrival) {
  ScopeFixture at(limit_of("requests", 60, 1));
  at.pass(kStart);
  Waiter& first = at.enter(kStart);
  Waiter& second = at.enter(kStart + 1);
  Waiter& third = at.enter(kStart + 2);
  BOOST_TEST(at.scope.ready_at(third, kStart + 2) == kStart + 3 * kSecond);
  BOOST_TEST(at.scope.ready_at(first, kStart + 2) == kStart + kSecond);
  BOOST_TEST(at.scope.ready_at(second, kStart + 2) == kStart + 2 * kSecond);
  BOOST_TEST(at.scope.ready_at(second, kStart + kSecond) == kStart + 2 * kSecond);
  BOOST_TEST(first.told == 1);  // it was the second that asked at its time, and the place is the first's
  BOOST_TEST(at.scope.ready_at(first, kStart + kSecond) == RateScope::kGranted);
  BOOST_TEST(at.scope.ready_at(second, kStart + 2 * kSecond) == RateScope::kGranted);
  BOOST_TEST(at.scope.ready_at(third, kStart + 3 * kSecond) == RateScope::kGranted);
  BOOST_TEST(second.told == 0);
  BOOST_TEST(third.told == 0);
  BOOST_TEST(at.scope.waiting() == 0);
}

BOOST_AUTO_TEST_CASE(newest_ticket_that_goes_back_was_never_owed) {
  ScopeFixture at = one_a_second();
  at.pass(kStart);
  at.enter(kStart);
  Waiter& newest = at.enter(kStart);
  at.scope.leave(newest, kStart);
  Waiter& next = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(next, kStart) == kStart + 2 * kSecond);
}

BOOST_AUTO_TEST_CASE(ticket_that_goes_back_from_the_middle_lets_everybody_behind_move_up) {
  ScopeFixture at = one_a_second();
  at.pass(kStart);
  Waiter& first = at.enter(kStart);
  Waiter& second = at.enter(kStart);
  Waiter& third = at.enter(kStart);
  for (Waiter* waiter : {&first, &second, &third}) at.scope.ready_at(*waiter, kStart);
  at.scope.leave(first, kStart);
  BOOST_TEST(second.told == 1);  // it is the first now, a second earlier than it was told
  BOOST_TEST(at.scope.ready_at(second, kStart) == kStart + kSecond);
  BOOST_TEST(at.scope.ready_at(third, kStart) == kStart + 2 * kSecond);
  at.scope.leave(second, kStart);
  BOOST_TEST(at.scope.ready_at(third, kStart) == kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(grant_that_nobody_took_goes_to_the_next) {
  ScopeFixture at = one_a_second();
  Waiter& unused = at.enter(kStart);
  Waiter& next = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(next, kStart) == kStart + kSecond);
  at.scope.leave(unused, kStart);
  BOOST_TEST(next.told == 1);
  BOOST_TEST(at.scope.ready_at(next, kStart) == RateScope::kGranted);
  BOOST_TEST(at.scope.granted_count() == 1);
}

BOOST_AUTO_TEST_CASE(used_ticket_is_not_given_back) {
  ScopeFixture at = one_a_second();
  at.scope.leave(at.pass(kStart), kStart);
  Waiter& next = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(next, kStart) == kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(longest_wait_is_inclusive) {
  RateLimitOptions options = limit_of("requests", 60, 1);
  options.max_wait_ms = 2'000;
  ScopeFixture at(options);
  at.pass(kStart);
  at.enter(kStart);
  at.enter(kStart);
  const RateRefusal refusal = at.refused(kStart);
  BOOST_TEST((refusal.code == ErrorCode::rate_limited));
  BOOST_TEST(refusal.retry_after_ms == 3'000);
  BOOST_TEST(at.scope.waiting() == 2);
  at.enter(kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(deadline_that_is_shorter_than_the_wait_refuses_at_once) {
  ScopeFixture at = one_a_second();
  at.pass(kStart);
  const RateRefusal refusal = at.refused(kStart, {}, kStart + kSecond - 1);
  BOOST_TEST((refusal.code == ErrorCode::rate_limited));
  BOOST_TEST(refusal.retry_after_ms == 1'000);
  at.enter(kStart, {}, kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(whoever_may_pass_at_once_passes_whatever_the_deadline) {
  ScopeFixture at = one_a_second();
  Waiter& waiter = at.enter(kStart, {}, kStart - 1);
  BOOST_TEST(at.scope.ready_at(waiter, kStart) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(refusals_move_nobody) {
  RateLimitOptions options = limit_of("requests", 60, 1);
  options.max_wait_ms = 1'000;
  ScopeFixture at(options);
  at.pass(kStart);
  Waiter& waiter = at.enter(kStart);
  for (int i = 0; i < 100; ++i) BOOST_TEST(at.refused(kStart).retry_after_ms == 2'000);
  BOOST_TEST(at.scope.ready_at(waiter, kStart) == kStart + kSecond);
  BOOST_TEST(at.scope.refused_count() == 100);
}

BOOST_AUTO_TEST_CASE(nobody_waits_where_calls_fail_fast) {
  RateLimitOptions options = limit_of("requests", 60, 2);
  options.mode = LimitMode::fail_fast;
  ScopeFixture at(options);
  at.pass(kStart);
  at.pass(kStart);
  const RateRefusal refusal = at.refused(kStart);
  BOOST_TEST((refusal.code == ErrorCode::rate_limited));
  BOOST_TEST(refusal.retry_after_ms == 1'000);
  at.pass(kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(queue_has_an_end) {
  RateLimitOptions options = limit_of("requests", 60, 1);
  options.max_waiters = 2;
  ScopeFixture at(options);
  at.pass(kStart);
  at.enter(kStart);
  at.enter(kStart);
  const RateRefusal refusal = at.refused(kStart);
  BOOST_TEST((refusal.code == ErrorCode::rate_limit_queue_full));
  BOOST_TEST(refusal.retry_after_ms == 3'000);
}

BOOST_AUTO_TEST_CASE(cost_that_never_fits_is_refused_in_either_dimension) {
  RateLimitOptions options = limit_of("requests", 60, 3);
  options.tokens = {.count = 1'000, .burst = 0};
  ScopeFixture at(options);
  BOOST_TEST((at.refused(kStart, {.cost = 4}).code == ErrorCode::rate_limit_cost));
  BOOST_TEST((at.refused(kStart, {.tokens = 1'001}).code == ErrorCode::rate_limit_cost));
  at.pass(kStart, {.cost = 3, .tokens = 1'000});
}

BOOST_AUTO_TEST_CASE(both_dimensions_let_a_call_pass_or_none_is_charged) {
  RateLimitOptions options = limit_of("requests", 60, 2);
  options.tokens = {.count = 600, .burst = 100};  // ten a second
  ScopeFixture at(options);
  at.pass(kStart, {.tokens = 100});
  Waiter& heavy = at.enter(kStart, {.tokens = 50});
  BOOST_TEST(at.scope.ready_at(heavy, kStart) == kStart + 5 * kSecond);
  at.scope.leave(heavy, kStart);
  // The second request of the burst is still there for a call without tokens.
  at.pass(kStart);
  Waiter& third = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(third, kStart) == kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(settlement_refunds_what_was_estimated_too_much) {
  ScopeFixture at(limit_of("tokens", 600, 100));
  Waiter& call = at.pass(kStart, {.tokens = 100});
  Waiter& next = at.enter(kStart, {.tokens = 60});
  BOOST_TEST(at.scope.ready_at(next, kStart) == kStart + 6 * kSecond);
  at.scope.settle(call, 40, kStart);
  BOOST_TEST(next.told == 1);
  BOOST_TEST(at.scope.ready_at(next, kStart) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(settlement_charges_what_was_estimated_too_little_and_blocks_nobody_that_passed) {
  ScopeFixture at(limit_of("tokens", 600, 100));
  Waiter& call = at.pass(kStart, {.tokens = 100});
  at.scope.settle(call, 130, kStart);
  Waiter& next = at.enter(kStart, {.tokens = 10});
  BOOST_TEST(at.scope.ready_at(next, kStart) == kStart + 4 * kSecond);
  // A later settlement of the same call corrects the earlier one.
  at.scope.settle(call, 100, kStart);
  BOOST_TEST(at.scope.ready_at(next, kStart) == kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(clock_that_goes_back_grants_nothing_and_refuses_nothing) {
  ScopeFixture at = one_a_second();
  at.pass(kStart);
  Waiter& waiter = at.enter(kStart - 500 * kSecond);
  BOOST_TEST(at.scope.ready_at(waiter, kStart - 500 * kSecond) == kStart + kSecond);
  BOOST_TEST(at.scope.ready_at(waiter, kStart + kSecond) == RateScope::kGranted);
  BOOST_TEST(at.scope.ready_at(at.enter(kStart), kStart) == kStart + 2 * kSecond);
}

BOOST_AUTO_TEST_CASE(slot_is_held_until_leave_and_then_goes_to_the_one_who_waits_longest) {
  RateLimitOptions options;
  options.max_in_flight = 2;
  ScopeFixture at(options);
  Waiter& one = at.pass(kStart);
  Waiter& two = at.pass(kStart);
  Waiter& three = at.enter(kStart);
  Waiter& four = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(four, kStart) == kStart + 60 * kSecond);  // max_wait_ms: when it gives up
  BOOST_TEST(at.scope.ready_at(three, kStart) == kStart + 60 * kSecond);
  at.scope.leave(two, kStart + 1);
  BOOST_TEST(three.told == 1);
  BOOST_TEST(four.told == 0);
  BOOST_TEST(at.scope.ready_at(three, kStart + 1) == RateScope::kGranted);
  at.scope.leave(one, kStart + 2);
  BOOST_TEST(at.scope.ready_at(four, kStart + 2) == RateScope::kGranted);
  BOOST_TEST(at.scope.in_flight() == 2);
}

BOOST_AUTO_TEST_CASE(whoever_waits_too_long_for_a_slot_is_refused) {
  RateLimitOptions options;
  options.max_in_flight = 1;
  options.max_wait_ms = 1'000;
  ScopeFixture at(options);
  at.pass(kStart);
  Waiter& waiter = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(waiter, kStart) == kStart + kSecond);
  BOOST_TEST(at.scope.ready_at(waiter, kStart + kSecond) == RateScope::kRefused);
  BOOST_TEST((RateScope::refusal(waiter).code == ErrorCode::rate_limited));
  BOOST_TEST(RateScope::refusal(waiter).retry_after_ms == -1);
  BOOST_TEST(at.scope.waiting() == 0);
}

BOOST_AUTO_TEST_CASE(slot_and_rate_must_both_be_free) {
  RateLimitOptions options = limit_of("requests", 60, 1);
  options.max_in_flight = 1;
  ScopeFixture at(options);
  Waiter& one = at.pass(kStart);
  Waiter& two = at.enter(kStart);
  BOOST_TEST(at.scope.ready_at(two, kStart) == kStart + 60 * kSecond);
  at.scope.leave(one, kStart + kSecond / 2);
  BOOST_TEST(two.told == 1);
  BOOST_TEST(at.scope.ready_at(two, kStart + kSecond / 2) == kStart + kSecond);
}

BOOST_AUTO_TEST_CASE(scope_is_idle_when_it_remembers_nothing) {
  ScopeFixture at = one_a_second();
  BOOST_TEST(at.scope.idle(kStart));
  at.scope.leave(at.pass(kStart), kStart);
  BOOST_TEST(!at.scope.idle(kStart + kSecond - 1));
  BOOST_TEST(at.scope.idle(kStart + kSecond));
}

// Random arrivals, cancellations and late questions: no window sees too much, nobody overtakes, and everybody who is
// told a time passes when it asks at the times that it is told.
BOOST_AUTO_TEST_CASE(random_life_keeps_rate_and_order) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 40; ++round) {
    const auto rate = static_cast<std::int64_t>(random() % 3'000 + 30);
    const auto burst = static_cast<std::int64_t>(random() % 8 + 1);
    RateLimitOptions options = limit_of("requests", rate, burst);
    options.max_wait_ms = 3'600'000;
    if (round % 3 == 0) options.tokens = {.count = rate * 100, .burst = 2'000};
    ScopeFixture at(options);
    struct Waiting {
      Waiter* waiter;
      Nanos asks_at;
      std::size_t number;
      std::int64_t cost;
    };
    std::vector<Waiting> queue;
    struct Grant {
      Nanos at;
      std::size_t number;
      std::int64_t cost;
    };
    std::vector<Grant> grants;
    Nanos now = kStart;
    const Nanos step = 60 * kSecond / rate;
    std::size_t entered = 0;
    const auto ask = [&](std::size_t i) {
      const Nanos answer = at.scope.ready_at(*queue[i].waiter, now);
      BOOST_TEST_REQUIRE(answer >= 0);
      if (answer != RateScope::kGranted) {
        queue[i].asks_at = answer;
        return false;
      }
      grants.push_back({now, queue[i].number, queue[i].cost});
      queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    };
    while (grants.size() < 400) {
      now += static_cast<Nanos>(random() % static_cast<std::uint64_t>(step));
      if (queue.size() < 60 && random() % 2 == 0) {
        const auto cost = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(burst) + 1);
        Waiter& waiter = at.enter(now, {cost, static_cast<std::int64_t>(random() % 2'000)});
        queue.push_back({&waiter, now, entered++, cost});
      }
      if (!queue.empty() && random() % 8 == 0) {
        const std::size_t i = random() % queue.size();
        at.scope.leave(*queue[i].waiter, now);
        queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
      }
      // Those whose time has come ask, and those who were told to; the first ones first.
      for (std::size_t i = 0; i < queue.size();) {
        const bool asks = queue[i].asks_at <= now || std::exchange(queue[i].waiter->told, 0) > 0;
        if (!asks || !ask(i)) ++i;
      }
    }
    for (std::size_t first = 0; first < grants.size(); ++first) {
      if (first > 0) BOOST_TEST_REQUIRE(grants[first - 1].number < grants[first].number);
      std::int64_t sum = 0;
      for (std::size_t last = first; last < grants.size(); ++last) {
        sum += grants[last].cost;
        const Wide window = static_cast<Wide>(grants[last].at - grants[first].at) * rate;
        if (static_cast<Wide>(sum - burst) * 60 * kSecond > window) BOOST_FAIL("too many in one window");
      }
    }
  }
}

// The announced times are exact: whoever asks at the time that it is told passes then.
BOOST_AUTO_TEST_CASE(everybody_passes_at_the_time_that_was_announced) {
  ScopeFixture at(limit_of("requests", 7, 3));
  for (int i = 0; i < 3; ++i) at.pass(kStart);
  std::vector<Waiter*> queue;
  std::vector<Nanos> announced;
  for (int i = 0; i < 6; ++i) {
    queue.push_back(&at.enter(kStart));
    announced.push_back(at.scope.ready_at(*queue.back(), kStart));
  }
  for (std::size_t i = 0; i < queue.size(); ++i) {
    BOOST_TEST(announced[i] == kStart + (static_cast<Nanos>(i + 1) * 60 * kSecond + 6) / 7);
    BOOST_TEST(at.scope.ready_at(*queue[i], announced[i] - 1) == announced[i]);
    BOOST_TEST(at.scope.ready_at(*queue[i], announced[i]) == RateScope::kGranted);
    BOOST_TEST(queue[i]->told == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
