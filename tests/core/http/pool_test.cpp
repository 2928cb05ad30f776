#include "http/pool.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "core/http/fake_transport.hpp"

namespace ppn::test {
namespace {

using Lease = ConnectionPool::Lease;

// One connection that the pool asked for; the test decides what becomes of it.
struct FakeDial {
  std::string host = {};
  Wait answered = {};
  std::optional<Error> error = {};
  std::shared_ptr<FakePeer> peer = std::make_shared<FakePeer>();
  bool ended = false;
  bool interrupted = false;
};

struct FakeDialer final : Dialer {
  Task<Result<std::unique_ptr<Connection>>> dial(const Target& target, Token& token, ConnectTimes& times) override {
    const auto self = std::make_shared<FakeDial>();
    self->host = target.host;
    dials.push_back(self);
    times.phase = Phase::connect;
    Wake wake = Wake::ready;
    if (!at_once) wake = co_await self->answered.until(token, kNever);
    self->ended = true;
    self->interrupted = wake == Wake::interrupted;
    if (self->interrupted) co_return Failure(token.interruption(), Phase::connect, "broken off");
    if (fail_all) co_return Failure(ErrorCode::connect_failed, Phase::connect, "refused");
    if (self->error) co_return Failure(*self->error);
    times.connect = 7;
    co_return std::make_unique<Connection>(std::make_unique<FakeTransport>(self->peer), Http1Limits{});
  }

  // The dial that was begun as the number-th ends well.
  void succeed(std::size_t number) { dials.at(number)->answered.notify(); }
  void fail(std::size_t number) {
    dials.at(number)->error = Error(ErrorCode::connect_failed, Phase::connect, "refused " + std::to_string(number));
    dials.at(number)->answered.notify();
  }

  std::vector<std::shared_ptr<FakeDial>> dials;
  bool at_once = false;
  bool fail_all = false;
};

// A call that wants a connection, and what it got.
struct Caller {
  explicit Caller(EventLoop& loop) : token(loop) {}
  Token token;
  std::optional<Lease> lease = {};
  std::string told = {};  // "lease" or the name of an error
  Phase phase = Phase::none;
  Connection* connection() const { return lease ? lease->connection() : nullptr; }
};

// A pool with a loop on this thread. Everything that waits goes on inside settle().
struct PoolFixture {
  EventLoop loop;
  std::shared_ptr<FakeDialer> dialer = std::make_shared<FakeDialer>();
  std::shared_ptr<ConnectionPool> pool;
  std::vector<std::string> order;  // of the callers that were told

  PoolFixture() { loop.attach(); }
  ~PoolFixture() {
    pool.reset();
    settle();
    loop.detach();
  }

  void make(const PoolLimits& limits = {}) { pool = std::make_shared<ConnectionPool>(loop, dialer, limits); }

  // Until nothing is left that goes on by itself.
  void settle() {
    for (int turn = 0; turn < 8; ++turn) {
      loop.submit([] {});  // so that the turn does not wait
      loop.turn();
    }
  }

  std::shared_ptr<Caller> call(const std::string& origin, bool fresh = false, Nanos deadline = kNever) {
    const auto caller = std::make_shared<Caller>(loop);
    spawn(wait_for_lease(*this, caller, origin, fresh, deadline));
    settle();
    return caller;
  }
  static Task<> wait_for_lease(PoolFixture& self, std::shared_ptr<Caller> caller, std::string origin, bool fresh,
                               Nanos deadline) {
    const std::shared_ptr<ConnectionPool> kept = self.pool;
    Target target{.host = origin};
    auto lease = co_await kept->lease(origin, std::move(target), fresh, caller->token, deadline);
    if (lease) {
      caller->lease = std::move(*lease);
      caller->told = "lease";
    } else {
      caller->told = std::string(describe(lease.error().code).name);
      caller->phase = lease.error().phase;
    }
    caller->token.stop();
    self.order.push_back(origin);
  }
  // A lease whose connection is made at once.
  Lease take(const std::string& origin) {
    const auto caller = call(origin);
    if (!caller->lease) {
      dialer->dials.back()->answered.notify();
      settle();
    }
    BOOST_REQUIRE_EQUAL(caller->told, "lease");
    return std::move(*caller->lease);
  }
  FakePeer& peer(std::size_t number) { return *dialer->dials.at(number)->peer; }
};

}  // namespace

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

BOOST_AUTO_TEST_CASE(times_of_connecting_belong_to_the_lease_that_waited_for_it) {
  make();
  Lease first = take("a");
  BOOST_TEST(first.times().connect == 7);
  first.give_back();
  BOOST_TEST(pool->try_lease("a").times().connect == -1);
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

// Who gets what, when several wait.

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

// Connections before they are needed, and the end.

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
