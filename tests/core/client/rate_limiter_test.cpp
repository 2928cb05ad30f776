#include "client/rate_limiter.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ppn {
namespace {

constexpr Nanos kStart = 1'000 * kSecond;

class Ticket final : public RateLimiter::Ticket {
 public:
  ~Ticket() override { retire(); }
  void on_change() noexcept override { ++told; }
  int told = 0;
};

std::shared_ptr<RateLimiter> limiter_of(Rate requests, std::int64_t max_in_flight = 0) {
  RateLimitOptions options;
  options.requests = requests;
  options.max_in_flight = max_in_flight;
  return RateLimiter::create(options);
}

// At once, or the test ends.
void pass(RateLimiter& limiter, Ticket& ticket, std::string_view scope, Nanos now) {
  BOOST_REQUIRE(limiter.enter(ticket, {.scope = scope}, now, kNever).ok());
  BOOST_REQUIRE_EQUAL(*limiter.ready_at(ticket, now), RateScope::kGranted);
}

Nanos time_of(RateLimiter& limiter, Ticket& ticket, Nanos now) {
  const auto at = limiter.ready_at(ticket, now);
  BOOST_REQUIRE(at.ok());
  return *at;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limiter)

BOOST_AUTO_TEST_CASE(scopes_do_not_know_each_other) {
  const auto limiter = limiter_of({.count = 60, .burst = 1});
  Ticket a;
  Ticket b;
  Ticket second_a;
  pass(*limiter, a, "a", kStart);
  pass(*limiter, b, "b", kStart);
  BOOST_REQUIRE(limiter->enter(second_a, {.scope = "a"}, kStart, kNever).ok());
  BOOST_TEST(time_of(*limiter, second_a, kStart) == kStart + kSecond);
  BOOST_TEST(limiter->counts("a", kStart).waiting == 1);
  BOOST_TEST(limiter->counts("b", kStart).waiting == 0);
  BOOST_TEST(limiter->counts("c", kStart).scopes == 0);
}

BOOST_AUTO_TEST_CASE(refusal_says_when_to_come_again_and_in_which_part_of_the_call_it_was) {
  RateLimitOptions options;
  options.requests = {.count = 60, .burst = 1};
  options.mode = LimitMode::fail_fast;
  const auto limiter = RateLimiter::create(options);
  Ticket first;
  Ticket second;
  pass(*limiter, first, "", kStart);
  const Status refused = limiter->enter(second, {}, kStart, kNever);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == ErrorCode::rate_limited));
  BOOST_TEST((refused.error().phase == Phase::rate_limit));
  BOOST_TEST(refused.error().retryable);
  BOOST_TEST(refused.error().retry_after_ms == 1'000);
  const Status never = limiter->enter(second, {.cost = 2}, kStart, kNever);
  BOOST_TEST((never.error().code == ErrorCode::rate_limit_cost));
  BOOST_TEST(!never.error().retryable);
  BOOST_TEST(limiter->counts(kStart).refused == 2);
  BOOST_TEST(limiter->counts(kStart).granted == 1);
}

BOOST_AUTO_TEST_CASE(ticket_is_in_one_place_at_a_time_and_may_be_used_again) {
  const auto limiter = limiter_of({.count = 60, .burst = 2});
  Ticket ticket;
  BOOST_TEST((limiter->ready_at(ticket, kStart).error().code == ErrorCode::invalid_state));
  pass(*limiter, ticket, "", kStart);
  BOOST_TEST((limiter->enter(ticket, {}, kStart, kNever).error().code == ErrorCode::invalid_state));
  limiter->leave(ticket, kStart);
  limiter->leave(ticket, kStart);
  BOOST_TEST((limiter->ready_at(ticket, kStart).error().code == ErrorCode::invalid_state));
  pass(*limiter, ticket, "", kStart);
  BOOST_TEST(limiter->counts(kStart).in_flight == 1);
}

BOOST_AUTO_TEST_CASE(ticket_that_ends_gives_back_what_it_did_not_use) {
  const auto limiter = limiter_of({.count = 60, .burst = 1}, 1);
  auto first = std::make_unique<Ticket>();
  BOOST_REQUIRE(limiter->enter(*first, {}, kStart, kNever).ok());  // granted, and never asked
  auto second = std::make_unique<Ticket>();
  BOOST_REQUIRE(limiter->enter(*second, {}, kStart, kNever).ok());
  Ticket third;
  BOOST_REQUIRE(limiter->enter(third, {}, kStart, kNever).ok());
  second.reset();
  BOOST_TEST(limiter->counts(kStart).waiting == 1);
  first.reset();
  BOOST_TEST(third.told == 1);
  BOOST_TEST(time_of(*limiter, third, kStart) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(ticket_keeps_its_limiter) {
  Ticket ticket;
  {
    const auto limiter = limiter_of({.count = 60, .burst = 1});
    pass(*limiter, ticket, "", kStart);
  }
}

BOOST_AUTO_TEST_CASE(tokens_are_settled_through_the_ticket) {
  RateLimitOptions options;
  options.tokens = {.count = 600, .burst = 100};
  const auto limiter = RateLimiter::create(options);
  Ticket ticket;
  BOOST_REQUIRE(limiter->enter(ticket, {.scope = "m", .tokens = 100}, kStart, kNever).ok());
  BOOST_TEST(time_of(*limiter, ticket, kStart) == RateScope::kGranted);
  limiter->settle(ticket, 10, kStart);
  limiter->leave(ticket, kStart);
  Ticket next;
  BOOST_REQUIRE(limiter->enter(next, {.scope = "m", .tokens = 90}, kStart, kNever).ok());
  BOOST_TEST(time_of(*limiter, next, kStart) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(response_of_one_scope_stops_no_other) {
  const auto limiter = limiter_of({.count = 60, .burst = 1});
  RateObservation seen;
  seen.freeze = 5 * kSecond;
  limiter->observe("a", seen, kStart);
  Ticket a;
  Ticket b;
  BOOST_REQUIRE(limiter->enter(a, {.scope = "a"}, kStart, kNever).ok());
  BOOST_TEST(time_of(*limiter, a, kStart) == kStart + 5 * kSecond);
  pass(*limiter, b, "b", kStart);
  BOOST_TEST(limiter->counts(kStart).frozen == 1);
  limiter->observe("c", {}, kStart);
  BOOST_TEST(limiter->counts(kStart).scopes == 2);
}

BOOST_AUTO_TEST_CASE(idle_scopes_are_forgotten_beyond_the_limit_and_busy_ones_never) {
  const auto limiter = limiter_of({.count = 60, .burst = 1});
  Ticket held;
  pass(*limiter, held, "held", kStart);
  const auto many = static_cast<std::int64_t>(RateLimiter::kMostScopes);
  for (std::int64_t i = 0; i < many; ++i) {
    Ticket ticket;
    pass(*limiter, ticket, "scope " + std::to_string(i), kStart);
    limiter->leave(ticket, kStart);
  }
  // Each of them still owes, so none could be forgotten.
  BOOST_TEST(limiter->counts(kStart).scopes == many + 1);
  BOOST_TEST(limiter->counts("scope 0", kStart).scopes == 1);
  const Nanos later = kStart + kSecond;
  Ticket ticket;
  pass(*limiter, ticket, "another", later);
  BOOST_TEST(limiter->counts(later).scopes == many);
  BOOST_TEST(limiter->counts("held", later).scopes == 1);
  BOOST_TEST(limiter->counts("scope 0", later).scopes == 0);
  BOOST_TEST(limiter->counts("scope 100", later).scopes == 1);
  BOOST_TEST(limiter->counts(later).granted == many + 2);
}

BOOST_AUTO_TEST_CASE(waiters_of_many_threads_share_one_limit) {
  constexpr int threads = 6;
  constexpr int rounds = 200;
  // One in a million seconds beyond the slots: it is the slots that threads wait for, without a clock.
  RateLimitOptions options;
  options.requests = {.count = 1'000'000'000, .period_ms = 1'000, .burst = 1'000'000};
  options.max_in_flight = 2;
  const auto limiter = RateLimiter::create(options);

  class Sleeper final : public RateLimiter::Ticket {
   public:
    ~Sleeper() override { retire(); }
    void on_change() noexcept override {
      const std::lock_guard lock(mutex);
      told = true;
      changed.notify_one();
    }
    void wait() {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return told; });
      told = false;
    }

   private:
    std::mutex mutex;
    std::condition_variable changed;
    bool told = false;
  };

  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> failures{0};
  std::vector<std::thread> workers;
  for (int worker = 0; worker < threads; ++worker) {
    workers.emplace_back([&, worker] {
      const std::string scope = worker % 2 == 0 ? "even" : "odd";
      for (int i = 0; i < rounds; ++i) {
        Sleeper ticket;
        if (!limiter->enter(ticket, {.scope = scope}, kStart, kNever).ok()) {
          ++failures;
          continue;
        }
        if (i % 7 == worker) continue;  // changes its mind
        while (true) {
          const auto at = limiter->ready_at(ticket, kStart);
          if (!at.ok()) {
            ++failures;
            break;
          }
          if (*at == RateScope::kGranted) break;
          ticket.wait();
        }
        const int now_inside = ++inside;
        int known = most;
        while (known < now_inside && !most.compare_exchange_weak(known, now_inside)) {
        }
        std::this_thread::yield();
        --inside;
        if (i % 2 == 0) limiter->leave(ticket, kStart);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  BOOST_TEST(failures == 0);
  BOOST_TEST(most <= 4);
  const RateLimiter::Counts counts = limiter->counts(kStart);
  BOOST_TEST(counts.waiting == 0);
  BOOST_TEST(counts.in_flight == 0);
  BOOST_TEST(counts.refused == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
