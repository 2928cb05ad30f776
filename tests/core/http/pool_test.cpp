#include "http/pool.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "core/http/fake_transport.hpp"

namespace ppn::test {
namespace {

using Lease = ConnectionPool::Lease;

// A pool with a loop on this thread.
struct PoolFixture {
  EventLoop loop;
  std::shared_ptr<ConnectionPool> pool;
  std::vector<std::shared_ptr<FakePeer>> peers;

  void make(const PoolLimits& limits = {}) { pool = std::make_shared<ConnectionPool>(loop, limits); }

  // A lease with a connection, made when the pool had none at rest.
  Lease take(const std::string& origin) {
    Lease lease = pool->try_lease(origin, false);
    if (lease && lease.connection() == nullptr) put(lease);
    return lease;
  }
  void put(Lease& lease) {
    peers.push_back(std::make_shared<FakePeer>());
    lease.put(std::make_unique<Connection>(std::make_unique<FakeTransport>(peers.back()), Http1Limits{}));
  }
  void run(const std::function<void()>& body) {
    BOOST_TEST(loop.submit([&] { body(); }));
    loop.run();
  }
  void run(Task<> task) {
    BOOST_TEST(loop.submit([&] { spawn(std::move(task)); }));
    loop.run();
  }
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
  BOOST_TEST(take("a").connection() == newer);
}

BOOST_AUTO_TEST_CASE(connection_is_used_for_its_origin_only) {
  make();
  take("a").give_back();
  BOOST_TEST(!peers.at(0)->closed);
  Lease other = pool->try_lease("b", false);
  BOOST_TEST(bool(other));
  BOOST_TEST(other.connection() == nullptr);
}

BOOST_AUTO_TEST_CASE(fresh_lease_leaves_connections_at_rest_alone) {
  make();
  take("a").give_back();
  Lease fresh = pool->try_lease("a", true);
  BOOST_TEST(bool(fresh));
  BOOST_TEST(fresh.connection() == nullptr);
  BOOST_TEST(pool->resting() == 1U);
}

BOOST_AUTO_TEST_CASE(lease_that_ends_closes_its_connection_and_frees_its_place) {
  make({.connections_per_origin = 1});
  {
    const Lease lease = take("a");
    BOOST_TEST(!pool->try_lease("a", false));
  }
  BOOST_TEST(peers.at(0)->closed);
  BOOST_TEST(pool->open() == 0U);
  BOOST_TEST(bool(pool->try_lease("a", false)));
}

BOOST_AUTO_TEST_CASE(moved_lease_holds_one_place) {
  make();
  Lease lease = take("a");
  Lease moved = std::move(lease);
  BOOST_TEST(pool->open() == 1U);
  moved = take("a");
  BOOST_TEST(pool->open() == 1U);
  BOOST_TEST(peers.at(0)->closed);
}

BOOST_AUTO_TEST_CASE(disturbed_connection_leaves_the_pool_at_once) {
  make();
  take("a").give_back();
  peers.at(0)->disturb();
  BOOST_TEST(peers.at(0)->closed);
  BOOST_TEST(pool->resting() == 0U);
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_CASE(connection_disturbed_before_its_event_was_seen_is_not_used) {
  make();
  take("a").give_back();
  peers.at(0)->disturbed = true;
  Lease lease = pool->try_lease("a", false);
  BOOST_TEST(lease.connection() == nullptr);
  BOOST_TEST(peers.at(0)->closed);
  BOOST_TEST(pool->open() == 1U);
}

BOOST_AUTO_TEST_CASE(idle_connection_gives_way_when_all_places_are_taken) {
  make({.connections = 2});
  take("old").give_back();
  const Lease busy = take("busy");
  Lease lease = pool->try_lease("new", false);
  BOOST_TEST(bool(lease));
  BOOST_TEST(peers.at(0)->closed);
  BOOST_TEST(!peers.at(1)->closed);
  BOOST_TEST(!pool->try_lease("another", false));
  BOOST_TEST(pool->open() == 2U);
}

BOOST_AUTO_TEST_CASE(connection_given_back_to_a_closed_pool_is_closed) {
  make();
  Lease lease = take("a");
  take("b").give_back();
  pool->close();
  BOOST_TEST(peers.at(1)->closed);
  BOOST_TEST(!peers.at(0)->closed);
  lease.give_back();
  BOOST_TEST(peers.at(0)->closed);
  BOOST_TEST(pool->open() == 0U);
}

BOOST_AUTO_TEST_CASE(lease_keeps_its_pool) {
  make();
  Lease lease = take("a");
  pool.reset();
  lease.give_back();
  BOOST_TEST(peers.at(0)->closed);
}

BOOST_AUTO_TEST_CASE(idle_connections_are_closed_by_a_timer_each_at_its_time) {
  make({.idle_timeout_ms = 2});
  struct End final : Timer {
    EventLoop* loop = nullptr;
    void on_timer() noexcept override { loop->stop(); }
  } end;
  end.loop = &loop;
  run([&] {
    Lease hinted = take("a");
    Lease plain = take("a");
    hinted.connection()->keep_alive_timeout_ms = 3'600'000;  // our own limit is shorter
    hinted.give_back();
    plain.give_back();
    loop.arm(end, loop.now() + 20 * kMillisecond);
  });
  BOOST_TEST(pool->resting() == 0U);
  BOOST_TEST(peers.at(0)->closed);
  BOOST_TEST(peers.at(1)->closed);
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
  std::vector<Lease> leases;
  Nanos least = kNever;
  Nanos most = 0;
  for (int i = 0; i < 200; ++i) {
    leases.push_back(take("a"));
    const Nanos lifetime = leases.back().connection()->expires - loop.now();
    least = std::min(least, lifetime);
    most = std::max(most, lifetime);
  }
  BOOST_TEST(least >= 900 * kSecond);
  BOOST_TEST(most <= 1'100 * kSecond);
  BOOST_TEST(most - least > 100 * kSecond);
}

BOOST_AUTO_TEST_CASE(waiters_are_served_in_their_order_and_nobody_overtakes_them) {
  make({.connections_per_origin = 1});
  Token token(loop);
  Token other(loop);
  std::string order;
  const auto wait_then_go = [&](Token& with, char name) -> Task<> {
    auto lease = co_await pool->wait_for_lease("a", false, with, kNever);
    BOOST_TEST(lease.ok());
    order += name;
    if (name == '2') loop.stop();
  };
  run([&] {
    Lease busy = take("a");
    spawn(wait_then_go(token, '1'));
    spawn(wait_then_go(other, '2'));
    busy.give_back();
    // The connection rests now, but it is promised to the first waiter.
    BOOST_TEST(!pool->try_lease("a", false));
  });
  BOOST_TEST(order == "12");
}

BOOST_AUTO_TEST_CASE(waiter_that_is_served_while_it_is_cancelled_loses_no_place) {
  make({.connections_per_origin = 1});
  Token token(loop);
  std::string told;
  run([](PoolFixture& self, Token& with, std::string& out) -> Task<> {
    Lease busy = self.take("a");
    self.loop.submit([&with] { with.cancel(); });  // before the waiters are served
    self.loop.submit([lease = std::make_shared<Lease>(std::move(busy))] { lease->give_back(); });
    const auto lease = co_await self.pool->wait_for_lease("a", false, with, kNever);
    out = lease ? "lease" : std::string(describe(lease.error().code).name);
    self.loop.submit([&self] { self.loop.submit([&self] { self.loop.stop(); }); });
  }(*this, token, told));
  BOOST_TEST(told == "CANCELLED");
  BOOST_TEST(bool(pool->try_lease("a", false)));
}

BOOST_AUTO_TEST_CASE(waiter_for_a_fresh_connection_never_gets_a_used_one) {
  make({.connections_per_origin = 1});
  Token token(loop);
  bool used = true;
  run([](PoolFixture& self, Token& with, bool& was_used) -> Task<> {
    auto busy = std::make_shared<Lease>(self.take("a"));
    self.loop.submit([busy] { busy->give_back(); });
    auto lease = co_await self.pool->wait_for_lease("a", true, with, kNever);
    BOOST_TEST(lease.ok());
    was_used = lease.ok() && lease->connection() != nullptr;
    self.loop.stop();
  }(*this, token, used));
  BOOST_TEST(!used);
  BOOST_TEST(peers.at(0)->closed);
}

BOOST_AUTO_TEST_CASE(wait_without_end_and_queue_without_room_are_named) {
  make({.connections_per_origin = 1, .waiters = 1});
  Token token(loop);
  Token other(loop);
  std::vector<ErrorCode> codes;
  run([](PoolFixture& self, Token& first, Token& second, std::vector<ErrorCode>& out) -> Task<> {
    const Lease busy = self.take("a");
    spawn([](PoolFixture& fixture, Token& with, std::vector<ErrorCode>& told) -> Task<> {
      const auto lease = co_await fixture.pool->wait_for_lease("a", false, with, fixture.loop.now() + 2 * kMillisecond);
      told.push_back(lease.error().code);
    }(self, first, out));
    const auto refused = co_await self.pool->wait_for_lease("a", false, second, kNever);
    out.push_back(refused.error().code);
    Wait never;
    Token patience(self.loop);
    co_await never.until(patience, self.loop.now() + 20 * kMillisecond);
    self.loop.stop();
  }(*this, token, other, codes));
  BOOST_REQUIRE_EQUAL(codes.size(), 2U);
  BOOST_TEST((codes[0] == ErrorCode::pool_queue_full));
  BOOST_TEST((codes[1] == ErrorCode::pool_timeout));
}

BOOST_AUTO_TEST_CASE(ever_new_origins_do_not_fill_the_memory) {
  make({.connections = 100'000});
  const Lease kept = take("kept");
  for (int i = 0; i < 5'000; ++i) BOOST_TEST_CONTEXT(i) {
      BOOST_REQUIRE(bool(pool->try_lease(std::to_string(i), false)));
    }
  BOOST_TEST(pool->open() == 1U);
  BOOST_TEST(bool(take("kept")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
