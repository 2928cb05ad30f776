#include "http/pool.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/http/pool_fixture.hpp"

namespace ppn::test {
BOOST_FIXTURE_TEST_SUITE(connection_pool, PoolFixture)

BOOST_AUTO_TEST_CASE(newest_connection_at_rest_is_taken_first) {
  make();
  Lease one = take("a");
  Lease two = take("a");
  Connection* const newer = one.connection();
  two.give_back();
  one.give_back();
  BOOST_TEST(pool->resting() == 2U);
  BOOST_TEST(pool->try_lease("a").connection() == newer);
}

BOOST_AUTO_TEST_CASE(connection_is_used_for_its_origin_only) {
  make();
  take("a").give_back();
  BOOST_TEST(!pool->try_lease("b"));
  const Lease other = take("b");
  BOOST_TEST(dialer->dials.size() == 2U);
  BOOST_TEST(dialer->dials.at(1)->host == "b");
  BOOST_TEST(!peer(0).closed);
}

BOOST_AUTO_TEST_CASE(times_of_connecting_belong_to_the_caller_who_waited_for_it) {
  make();
  const auto first = call("a");
  dialer->succeed(0);
  settle();
  BOOST_TEST(first->times.connect == 7);
  first->lease->give_back();
  const auto second = call("a");
  BOOST_TEST(second->told == "lease");
  BOOST_TEST(second->times.connect == -1);
}

BOOST_AUTO_TEST_CASE(fresh_lease_leaves_connections_at_rest_alone) {
  make();
  take("a").give_back();
  const auto fresh = call("a", true);
  BOOST_TEST(fresh->told.empty());
  BOOST_TEST(pool->resting() == 1U);
  dialer->succeed(1);
  settle();
  BOOST_TEST(fresh->told == "lease");
  BOOST_TEST(!peer(0).closed);
}

BOOST_AUTO_TEST_CASE(lease_that_ends_closes_its_connection_and_frees_its_place) {
  make({.connections_per_origin = 1});
  {
    const Lease lease = take("a");
    BOOST_TEST(pool->open() == 1U);
  }
  BOOST_TEST(peer(0).closed);
  BOOST_TEST(pool->open() == 0U);
  const Lease again = take("a");
}

BOOST_AUTO_TEST_CASE(moved_lease_holds_one_place) {
  make();
  Lease lease = take("a");
  Lease moved = std::move(lease);
  BOOST_TEST(pool->open() == 1U);
  moved = take("a");
  BOOST_TEST(pool->open() == 1U);
  BOOST_TEST(peer(0).closed);
}

BOOST_AUTO_TEST_CASE(disturbed_connection_leaves_the_pool_at_once) {
  make();
  take("a").give_back();
  peer(0).disturb();
  BOOST_TEST(peer(0).closed);
  BOOST_TEST(pool->resting() == 0U);
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_CASE(connection_disturbed_before_its_event_was_seen_is_not_used) {
  make();
  take("a").give_back();
  peer(0).disturbed = true;
  BOOST_TEST(!pool->try_lease("a"));
  BOOST_TEST(peer(0).closed);
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_CASE(end_that_no_event_has_told_yet_is_found_by_a_careful_lease) {
  make();
  take("a").give_back();
  peer(0).ended_unseen = true;
  BOOST_TEST(!pool->try_lease("a", true));
  BOOST_TEST(peer(0).closed);
}

BOOST_AUTO_TEST_CASE(idle_connection_gives_way_when_all_places_are_taken) {
  make({.connections = 2});
  take("old").give_back();
  const Lease busy = take("busy");
  const Lease lease = take("new");
  BOOST_TEST(peer(0).closed);
  BOOST_TEST(!peer(1).closed);
  const auto another = call("another");
  BOOST_TEST(another->told.empty());
  BOOST_TEST(pool->queued() == 1U);
  BOOST_TEST(pool->open() == 2U);
  another->token.cancel();
}

BOOST_AUTO_TEST_CASE(connection_that_is_idle_longest_gives_way_to_one_too_many) {
  make({.idle_connections = 2});
  Lease a = take("a");
  Lease b = take("b");
  Lease c = take("c");
  b.give_back();
  a.give_back();
  c.give_back();
  BOOST_TEST(pool->resting() == 2U);
  BOOST_TEST(peer(1).closed);
  BOOST_TEST(!peer(0).closed);
}

BOOST_AUTO_TEST_CASE(connection_given_back_to_a_closed_pool_is_closed) {
  make();
  Lease lease = take("a");
  take("b").give_back();
  pool->close();
  BOOST_TEST(peer(1).closed);
  BOOST_TEST(!peer(0).closed);
  lease.give_back();
  BOOST_TEST(peer(0).closed);
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_CASE(lease_keeps_its_pool) {
  make();
  Lease lease = take("a");
  pool.reset();
  lease.give_back();
  BOOST_TEST(peer(0).closed);
}

BOOST_AUTO_TEST_CASE(idle_connections_are_closed_by_a_timer_each_at_its_time) {
  make({.idle_timeout_ms = 2});
  Lease hinted = take("a");
  Lease plain = take("a");
  hinted.connection()->keep_alive_timeout_ms = 3'600'000;  // our own limit is shorter
  hinted.give_back();
  plain.give_back();
  while (pool->resting() > 0) loop.turn();
  BOOST_TEST(peer(0).closed);
  BOOST_TEST(peer(1).closed);
}

BOOST_AUTO_TEST_CASE(server_hint_shortens_the_rest_and_never_lengthens_it) {
  make({.idle_timeout_ms = 10'000});
  const auto rest_ms = [&](std::int64_t hint_ms) {
    Lease lease = take("a" + std::to_string(hint_ms));
    Connection* const connection = lease.connection();
    connection->keep_alive_timeout_ms = hint_ms;
    lease.give_back();
    return (connection->idle_until - loop.now()) / kMillisecond;
  };
  BOOST_TEST(rest_ms(-1) == 10'000);
  BOOST_TEST(rest_ms(5'000) == 4'000);
  BOOST_TEST(rest_ms(60'000) == 10'000);
  BOOST_TEST(rest_ms(1'000) == 1);
  BOOST_TEST(rest_ms(0) == 1);
}

BOOST_AUTO_TEST_CASE(lifetimes_are_spread_by_a_tenth) {
  make({.connections_per_origin = 1'000, .max_lifetime_ms = 1'000'000});
  dialer->at_once = true;
  std::vector<Lease> leases;
  Nanos least = kNever;
  Nanos most = 0;
  for (int i = 0; i < 200; ++i) {
    leases.push_back(take("a"));
    const Nanos lifetime = leases.back().connection()->expires - loop.now();
    least = std::min(least, lifetime);
    most = std::max(most, lifetime);
  }
  BOOST_TEST(least >= 899 * kSecond);  // the clock goes on while they are made
  BOOST_TEST(most <= 1'100 * kSecond);
  BOOST_TEST(most - least > 100 * kSecond);
}

BOOST_AUTO_TEST_CASE(preconnect_makes_what_is_missing) {
  make({.connections_per_origin = 4});
  dialer->at_once = true;
  take("a").give_back();
  dialer->at_once = false;
  pool->preconnect("a", Target{.host = "a"}, 3);
  BOOST_TEST(pool->dialing() == 2U);
  pool->preconnect("a", Target{.host = "a"}, 3);
  BOOST_TEST(pool->dialing() == 2U);
  pool->preconnect("a", Target{.host = "a"}, 100);
  BOOST_TEST(pool->open() == 4U);
  dialer->succeed(1);
  dialer->fail(2);
  settle();
  BOOST_TEST(pool->resting() == 2U);
  BOOST_TEST(pool->open() == 3U);
  pool->close();
}

BOOST_AUTO_TEST_CASE(call_takes_over_what_preconnect_began) {
  make();
  pool->preconnect("a", Target{.host = "a"}, 1);
  const auto caller = call("a");
  BOOST_TEST(dialer->dials.size() == 1U);
  dialer->succeed(0);
  settle();
  BOOST_TEST(caller->told == "lease");
}

BOOST_AUTO_TEST_CASE(close_breaks_off_dials) {
  make();
  pool->preconnect("a", Target{.host = "a"}, 2);
  pool->close();
  settle();
  BOOST_TEST(dialer->dials.at(0)->interrupted);
  BOOST_TEST(dialer->dials.at(1)->interrupted);
  BOOST_TEST(pool->open() == 0U);
  pool->preconnect("a", Target{.host = "a"}, 2);
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
