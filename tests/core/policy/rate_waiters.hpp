// A scope on a manual clock, and waiters that count what they are told.
#pragma once

#include <boost/test/unit_test.hpp>
#include <deque>
#include <optional>
#include <string>

#include "policy/rate_scope.hpp"

namespace ppn::test {

constexpr Nanos kStart = 1'000 * kSecond;

class Waiter final : public RateWaiter {
 public:
  void on_change() noexcept override { ++told; }
  int told = 0;
};

inline RateLimitOptions limit_of(std::string_view what, std::int64_t count, std::int64_t burst) {
  RateLimitOptions options;
  if (what == "requests") options.requests = {.count = count, .burst = burst};
  if (what == "tokens") options.tokens = {.count = count, .burst = burst};
  return options;
}

struct ScopeFixture {
  explicit ScopeFixture(RateLimitOptions with, bool gated = false) : options(std::move(with)), scope(options, gated) {}

  // A new waiter that must be let in.
  Waiter& enter(Nanos now, RateDemand demand = {}, Nanos deadline = kNever) {
    Waiter& waiter = waiters.emplace_back();
    const auto refused = scope.enter(waiter, demand, now, deadline);
    BOOST_REQUIRE_MESSAGE(!refused, "refused with code " << static_cast<int>(refused ? refused->code : ErrorCode::ok));
    return waiter;
  }
  RateRefusal refused(Nanos now, RateDemand demand = {}, Nanos deadline = kNever) {
    Waiter& waiter = waiters.emplace_back();
    const auto refusal = scope.enter(waiter, demand, now, deadline);
    BOOST_REQUIRE(refusal.has_value());
    return *refusal;
  }
  // One that passes at once.
  Waiter& pass(Nanos now, RateDemand demand = {}) {
    Waiter& waiter = enter(now, demand);
    BOOST_REQUIRE_EQUAL(scope.ready_at(waiter, now), RateScope::kGranted);
    return waiter;
  }

  const RateLimitOptions options;
  RateScope scope;
  std::deque<Waiter> waiters;
};

}  // namespace ppn::test
