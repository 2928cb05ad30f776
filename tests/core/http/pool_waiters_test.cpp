// Who gets which connection, when several wait.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/http/pool_fixture.hpp"

namespace ppn::test {

BOOST_FIXTURE_TEST_SUITE(pool_waiters, PoolFixture)

BOOST_AUTO_TEST_CASE(waiters_are_served_in_their_order) {
  make({.connections_per_origin = 1});
  Lease busy = take("a");
  const auto one = call("a");
  const auto two = call("a");
  Connection* const connection = busy.connection();
  busy.give_back();
  // The connection is promised to the first waiter.
  BOOST_TEST(!pool->try_lease("a"));
  settle();
  BOOST_TEST(one->connection() == connection);
  BOOST_TEST(two->told.empty());
  one->lease->give_back();
  settle();
  BOOST_TEST(two->connection() == connection);
  BOOST_TEST(dialer->dials.size() == 1U);
}

BOOST_AUTO_TEST_CASE(connection_that_comes_back_serves_the_first_who_waits_for_a_dial) {
  make();
  Lease busy = take("a");
  const auto waiting = call("a");
  BOOST_TEST(pool->dialing() == 1U);
  Connection* const connection = busy.connection();
  busy.give_back();
  settle();
  BOOST_TEST(waiting->connection() == connection);
  // Nobody needs the dial any more: it comes to rest.
  dialer->succeed(1);
  settle();
  BOOST_TEST(pool->resting() == 1U);
  BOOST_TEST(pool->open() == 2U);
}

BOOST_AUTO_TEST_CASE(first_who_waits_takes_the_first_dial_that_ends) {
  make();
  const auto one = call("a");
  const auto two = call("a");
  dialer->succeed(1);
  settle();
  BOOST_TEST(one->told == "lease");
  BOOST_TEST(two->told.empty());
  dialer->succeed(0);
  settle();
  BOOST_TEST(two->told == "lease");
  BOOST_TEST(pool->open() == 2U);
}

BOOST_AUTO_TEST_CASE(failure_of_a_dial_goes_to_the_one_who_relies_on_it) {
  make();
  const auto one = call("a");
  const auto two = call("a");
  dialer->succeed(1);  // taken by the first, who leaves his own dial to the second
  settle();
  dialer->fail(0);
  settle();
  BOOST_TEST(one->told == "lease");
  BOOST_TEST(two->told == "CONNECT_FAILED");
  BOOST_TEST(pool->open() == 1U);
}

BOOST_AUTO_TEST_CASE(failure_of_a_dial_that_nobody_needs_is_told_to_nobody) {
  make();
  Lease busy = take("a");
  const auto waiting = call("a");
  busy.give_back();
  settle();
  dialer->fail(1);
  settle();
  BOOST_TEST(waiting->told == "lease");
  BOOST_TEST(pool->open() == 1U);
}

BOOST_AUTO_TEST_CASE(dial_of_a_caller_who_goes_away_is_broken_off) {
  make();
  const auto caller = call("a");
  caller->token.cancel();
  settle();
  BOOST_TEST(caller->told == "CANCELLED");
  BOOST_TEST((caller->phase == Phase::connect));
  BOOST_TEST(dialer->dials.at(0)->interrupted);
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_CASE(dial_of_a_caller_who_goes_away_serves_the_next_who_has_none) {
  make({.connections_per_origin = 1});
  const auto first = call("a");
  const auto second = call("a");
  BOOST_TEST(pool->queued() == 1U);
  first->token.cancel();
  settle();
  BOOST_TEST(!dialer->dials.at(0)->ended);
  BOOST_TEST(pool->queued() == 0U);
  dialer->succeed(0);
  settle();
  BOOST_TEST(second->told == "lease");
  BOOST_TEST(dialer->dials.size() == 1U);
}

BOOST_AUTO_TEST_CASE(place_of_a_dial_that_failed_goes_to_the_next) {
  make({.connections_per_origin = 1});
  const auto first = call("a");
  const auto second = call("a");
  dialer->fail(0);
  settle();
  BOOST_TEST(first->told == "CONNECT_FAILED");
  BOOST_TEST(dialer->dials.size() == 2U);
  dialer->succeed(1);
  settle();
  BOOST_TEST(second->told == "lease");
}

// Each failure begins the next dial; nested in one another, so many would overflow the stack.
BOOST_AUTO_TEST_CASE(thousands_of_dials_that_fail_at_once_do_not_nest) {
  make({.connections_per_origin = 1});
  Lease busy = take("a");
  std::vector<std::shared_ptr<Caller>> callers;
  for (int i = 0; i < 5'000; ++i) {
    callers.push_back(std::make_shared<Caller>(loop));
    spawn(wait_for_lease(*this, callers.back(), "a", false, kNever));
  }
  dialer->at_once = dialer->fail_all = true;
  { const Lease ends = std::move(busy); }
  settle();
  for (const auto& caller : callers) BOOST_REQUIRE_EQUAL(caller->told, "CONNECT_FAILED");
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_CASE(waiter_that_is_cancelled_before_it_is_served_loses_no_place) {
  make({.connections_per_origin = 1});
  Lease busy = take("a");
  const auto caller = call("a");
  caller->token.cancel();
  busy.give_back();
  settle();
  BOOST_TEST(caller->told == "CANCELLED");
  BOOST_TEST((caller->phase == Phase::pool));
  BOOST_TEST(bool(pool->try_lease("a")));
}

BOOST_AUTO_TEST_CASE(waiter_that_is_cancelled_after_it_was_served_keeps_its_lease_until_it_looks) {
  make({.connections_per_origin = 1});
  Lease busy = take("a");
  const auto caller = call("a");
  busy.give_back();
  caller->token.cancel();  // before it was told
  settle();
  BOOST_TEST(caller->told == "lease");
  caller->lease.reset();
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_CASE(waiter_for_a_fresh_connection_never_gets_a_used_one) {
  make({.connections_per_origin = 1});
  Lease busy = take("a");
  busy.connection()->exchanges = 1;
  const auto fresh = call("a", true);
  const auto plain = call("a");
  busy.give_back();
  settle();
  BOOST_TEST(plain->told == "lease");
  BOOST_TEST(fresh->told.empty());
  plain->lease->give_back();
  settle();
  // There is room for one connection only: the used one has made way.
  BOOST_TEST(peer(0).closed);
  dialer->succeed(1);
  settle();
  BOOST_TEST(fresh->told == "lease");
}

BOOST_AUTO_TEST_CASE(idle_connection_of_another_server_makes_way_for_a_waiter) {
  make({.connections = 1});
  Lease busy = take("a");
  const auto caller = call("b");
  busy.give_back();
  BOOST_TEST(peer(0).closed);
  settle();
  dialer->succeed(1);
  settle();
  BOOST_TEST(caller->told == "lease");
}

BOOST_AUTO_TEST_CASE(free_place_goes_to_the_one_who_waits_longest_whatever_his_server) {
  make({.connections = 2, .connections_per_origin = 1});
  Lease a = take("a");
  Lease b = take("b");
  const auto blocked = call("b");  // its server has all it may have
  const auto c = call("c");
  const auto again = call("a");
  { const Lease ends = std::move(a); }
  settle();
  dialer->succeed(2);
  settle();
  BOOST_TEST(c->told == "lease");
  BOOST_TEST(again->told.empty());
  b.give_back();
  settle();
  BOOST_TEST(blocked->told == "lease");
  again->token.cancel();
}

BOOST_AUTO_TEST_CASE(wait_without_end_and_queue_without_room_are_named) {
  make({.connections_per_origin = 1, .waiters = 1});
  const Lease busy = take("a");
  const auto first = call("a", false, loop.now() + 2 * kMillisecond);
  const auto second = call("a");
  BOOST_TEST(second->told == "POOL_QUEUE_FULL");
  while (first->told.empty()) loop.turn();
  BOOST_TEST(first->told == "POOL_TIMEOUT");
  BOOST_TEST(pool->queued() == 0U);
}

BOOST_AUTO_TEST_CASE(limit_of_waiting_for_a_place_does_not_end_a_dial) {
  make({.connections_per_origin = 1});
  Lease busy = take("a");
  const auto caller = call("a", false, loop.now() + 2 * kMillisecond);
  { const Lease ends = std::move(busy); }
  settle();
  BOOST_TEST(pool->dialing() == 1U);
  struct Tick final : Timer {
    void on_timer() noexcept override { fired = true; }
    bool fired = false;
  } tick;
  loop.arm(tick, loop.now() + 10 * kMillisecond);
  while (!tick.fired) loop.turn();
  BOOST_TEST(caller->told.empty());
  dialer->succeed(1);
  settle();
  BOOST_TEST(caller->told == "lease");
}

BOOST_AUTO_TEST_CASE(ever_new_origins_do_not_fill_the_memory) {
  make({.connections = 100'000});
  dialer->at_once = true;
  const Lease kept = take("kept");
  for (int i = 0; i < 5'000; ++i) BOOST_TEST_CONTEXT(i) {
      BOOST_REQUIRE(bool(take(std::to_string(i))));
    }
  BOOST_TEST(pool->open() == 1U);
  BOOST_TEST(bool(take("kept")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
