// A pool whose connections are made by the test, on a loop of this thread.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "core/http/fake_transport.hpp"
#include "http/pool.hpp"

namespace ppn::test {

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
  ConnectTimes times = {};
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
    auto lease = co_await kept->lease(origin, std::move(target), fresh, caller->token, deadline, caller->times);
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

}  // namespace ppn::test
