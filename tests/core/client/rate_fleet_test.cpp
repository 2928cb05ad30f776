#include <boost/test/unit_test.hpp>
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "client/rate_limiter.hpp"

namespace ppn {
namespace {

using Answer = FleetGate::Answer;
using Kind = Answer::Kind;

constexpr Nanos kStart = 1'000 * kSecond;

class Ticket final : public RateLimiter::Ticket {
 public:
  ~Ticket() override { retire(); }
  void on_change() noexcept override { ++told; }
  int told = 0;
};

// Keeps the questions until the test answers them.
class FakeGate final : public FleetGate {
 public:
  struct Question {
    std::string scope;
    std::int64_t cost;
    Nanos interval;
    std::int64_t burst;
    std::function<void(Answer)> done;
  };

  void ask(std::string scope, std::int64_t cost, Nanos interval, std::int64_t burst,
           std::function<void(Answer)> done) override {
    questions.push_back({std::move(scope), cost, interval, burst, std::move(done)});
    if (broken) throw std::bad_alloc();
  }
  void answer(const Answer& answer) {
    BOOST_REQUIRE(!questions.empty());
    const auto done = std::move(questions.front().done);
    questions.pop_front();
    done(answer);
  }

  std::deque<Question> questions;
  bool broken = false;
};

class KeptLog final : public LogSink {
 public:
  explicit KeptLog(std::vector<std::string>& lines) : lines_(lines) {}
  void write(LogLevel, std::string_view line) noexcept override { lines_.emplace_back(line); }

 private:
  std::vector<std::string>& lines_;
};

struct Fleet {
  explicit Fleet(RateLimitOptions options) : limiter(RateLimiter::create(options, gate)) {}

  Ticket& enter(Nanos now, std::int64_t cost = 1) {
    Ticket& ticket = tickets.emplace_back();
    BOOST_REQUIRE(limiter->enter(ticket, {.scope = "scope", .cost = cost}, now, kNever).ok());
    return ticket;
  }
  Nanos ready_at(Ticket& ticket, Nanos now) {
    const auto at = limiter->ready_at(ticket, now);
    BOOST_REQUIRE(at.ok());
    return *at;
  }
  ErrorCode error_of(Ticket& ticket, Nanos now) {
    const auto at = limiter->ready_at(ticket, now);
    return at.ok() ? ErrorCode::ok : at.error().code;
  }

  const std::shared_ptr<FakeGate> gate = std::make_shared<FakeGate>();
  const std::shared_ptr<RateLimiter> limiter;
  std::deque<Ticket> tickets;
};

RateLimitOptions sixty(std::int64_t burst, FleetFallback fallback = FleetFallback::share) {
  RateLimitOptions options;
  options.requests = {.count = 60, .burst = burst};
  options.redis_fallback = fallback;
  return options;
}

constexpr Nanos kWithoutAnswer = kStart + 60 * kSecond;  // max_wait_ms: only the answer can bring it forward

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_fleet)

BOOST_AUTO_TEST_CASE(first_of_the_queue_asks_and_passes_when_the_fleet_grants) {
  Fleet fleet(sixty(10));
  Ticket& first = fleet.enter(kStart, 2);
  Ticket& second = fleet.enter(kStart);
  BOOST_TEST(fleet.ready_at(first, kStart) == kWithoutAnswer);
  BOOST_TEST(fleet.ready_at(second, kStart) == kWithoutAnswer);
  BOOST_REQUIRE(fleet.gate->questions.size() == 1);  // one question at a time
  const FakeGate::Question& question = fleet.gate->questions.front();
  BOOST_TEST(question.scope == "scope");
  BOOST_TEST(question.cost == 2);
  BOOST_TEST(question.interval == kSecond);
  BOOST_TEST(question.burst == 10);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(first.told == 1);
  BOOST_TEST(second.told == 0);
  BOOST_TEST(fleet.ready_at(second, kStart) == kWithoutAnswer);  // which lets the first pass, and asks
  BOOST_TEST(fleet.ready_at(first, kStart) == RateScope::kGranted);
  BOOST_REQUIRE(fleet.gate->questions.size() == 1);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(second, kStart) == RateScope::kGranted);
  BOOST_TEST(fleet.gate->questions.empty());
}

BOOST_AUTO_TEST_CASE(fleet_that_says_wait_is_asked_again_after_that_time) {
  Fleet fleet(sixty(10));
  Ticket& first = fleet.enter(kStart);
  fleet.ready_at(first, kStart);
  fleet.gate->answer({.kind = Kind::wait, .wait = 3 * kSecond});
  BOOST_TEST(first.told == 1);
  BOOST_TEST(fleet.ready_at(first, kStart) == kStart + 3 * kSecond);
  BOOST_TEST(fleet.gate->questions.empty());
  BOOST_TEST(fleet.ready_at(first, kStart + 3 * kSecond) == kWithoutAnswer);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(first, kStart + 3 * kSecond) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(wait_of_the_fleet_beyond_the_longest_wait_refuses) {
  RateLimitOptions options = sixty(10);
  options.max_wait_ms = 2'000;
  Fleet fleet(options);
  Ticket& first = fleet.enter(kStart);
  fleet.gate->answer({.kind = Kind::wait, .wait = 3 * kSecond});
  const auto refused = fleet.limiter->ready_at(first, kStart);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == ErrorCode::rate_limited));
  BOOST_TEST(refused.error().retry_after_ms == 3'000);
}

BOOST_AUTO_TEST_CASE(calls_that_fail_fast_ask_and_take_the_answer) {
  RateLimitOptions options = sixty(10);
  options.mode = LimitMode::fail_fast;
  Fleet fleet(options);
  Ticket& first = fleet.enter(kStart);
  Ticket& second = fleet.enter(kStart);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(first, kStart) == RateScope::kGranted);
  fleet.gate->answer({.kind = Kind::wait, .wait = kSecond});
  BOOST_TEST((fleet.error_of(second, kStart) == ErrorCode::rate_limited));
}

BOOST_AUTO_TEST_CASE(cost_that_the_fleet_never_grants_is_refused) {
  Fleet fleet(sixty(10));
  Ticket& first = fleet.enter(kStart);
  fleet.gate->answer({.kind = Kind::never});
  BOOST_TEST((fleet.error_of(first, kStart) == ErrorCode::rate_limit_cost));
}

BOOST_AUTO_TEST_CASE(local_limit_is_the_whole_rate_and_is_asked_first) {
  Fleet fleet(sixty(1));
  Ticket& first = fleet.enter(kStart);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(first, kStart) == RateScope::kGranted);
  Ticket& second = fleet.enter(kStart);
  BOOST_TEST(fleet.ready_at(second, kStart) == kStart + kSecond);
  BOOST_TEST(fleet.gate->questions.empty());
  fleet.ready_at(second, kStart + kSecond);
  BOOST_TEST(fleet.gate->questions.size() == 1u);
}

BOOST_AUTO_TEST_CASE(answer_for_one_who_left_serves_the_next) {
  Fleet fleet(sixty(10));
  Ticket& first = fleet.enter(kStart);
  Ticket& second = fleet.enter(kStart);
  fleet.limiter->give_back(first, kStart);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(second, kStart) == RateScope::kGranted);
  // With nobody left it is lost, and a more expensive call asks anew.
  Ticket& third = fleet.enter(kStart);
  fleet.limiter->give_back(third, kStart);
  fleet.gate->answer({.kind = Kind::granted});
  Ticket& fourth = fleet.enter(kStart, 3);
  BOOST_TEST(fleet.ready_at(fourth, kStart) == kWithoutAnswer);
  BOOST_TEST(fleet.gate->questions.front().cost == 3);
}

BOOST_AUTO_TEST_CASE(answer_to_a_cheaper_question_is_not_enough) {
  Fleet fleet(sixty(10));
  Ticket& first = fleet.enter(kStart, 1);
  Ticket& second = fleet.enter(kStart, 5);
  fleet.limiter->give_back(first, kStart);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(second, kStart) == kWithoutAnswer);
  BOOST_REQUIRE(fleet.gate->questions.size() == 1);
  BOOST_TEST(fleet.gate->questions.front().cost == 5);
}

BOOST_AUTO_TEST_CASE(share_of_the_rate_while_the_fleet_can_not_be_asked) {
  std::vector<std::string> lines;
  BOOST_REQUIRE(set_log_sink(LogLevel::warning, std::make_unique<KeptLog>(lines)).ok());
  Fleet fleet(sixty(4));
  const Answer unavailable{.kind = Kind::unavailable, .replicas = 4};
  Ticket& first = fleet.enter(kStart);
  fleet.gate->answer(unavailable);
  BOOST_TEST(fleet.ready_at(first, kStart) == RateScope::kGranted);
  // A quarter of 60 a minute, and a burst of one.
  Ticket& second = fleet.enter(kStart);
  BOOST_TEST(fleet.ready_at(second, kStart) == kStart + 4 * kSecond);
  BOOST_TEST(fleet.ready_at(second, kStart + 4 * kSecond) == kWithoutAnswer);
  fleet.gate->answer(unavailable);
  BOOST_TEST(fleet.ready_at(second, kStart + 4 * kSecond) == RateScope::kGranted);
  BOOST_TEST(lines.size() == 1u);
  // The fleet is back: the whole rate again.
  Ticket& third = fleet.enter(kStart + 8 * kSecond);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(third, kStart + 8 * kSecond) == RateScope::kGranted);
  Ticket& fourth = fleet.enter(kStart + 8 * kSecond);
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(fourth, kStart + 8 * kSecond) == RateScope::kGranted);
  BOOST_REQUIRE(set_log_sink(LogLevel::off, nullptr).ok());
  BOOST_REQUIRE(lines.size() == 2);
  BOOST_TEST(lines[0].find("divided by 4") != std::string::npos);
  BOOST_TEST(lines[1].find("reached again") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(share_of_one_replica_is_the_whole_rate) {
  Fleet fleet(sixty(2));
  for (int i = 0; i < 2; ++i) {
    Ticket& ticket = fleet.enter(kStart);
    fleet.gate->answer({.kind = Kind::unavailable, .replicas = 0});
    BOOST_TEST(fleet.ready_at(ticket, kStart) == RateScope::kGranted);
  }
}

BOOST_AUTO_TEST_CASE(open_keeps_to_the_local_limit_alone) {
  Fleet fleet(sixty(2, FleetFallback::open));
  for (int i = 0; i < 2; ++i) {
    Ticket& ticket = fleet.enter(kStart);
    fleet.gate->answer({.kind = Kind::unavailable, .replicas = 50});
    BOOST_TEST(fleet.ready_at(ticket, kStart) == RateScope::kGranted);
  }
}

BOOST_AUTO_TEST_CASE(closed_refuses_each_call) {
  Fleet fleet(sixty(2, FleetFallback::closed));
  Ticket& first = fleet.enter(kStart);
  Ticket& second = fleet.enter(kStart);
  fleet.gate->answer({.kind = Kind::unavailable});
  BOOST_TEST((fleet.error_of(first, kStart) == ErrorCode::rate_limit_backend));
  fleet.gate->answer({.kind = Kind::granted});
  BOOST_TEST(fleet.ready_at(second, kStart) == RateScope::kGranted);
}

BOOST_AUTO_TEST_CASE(gate_that_throws_counts_as_unavailable) {
  Fleet fleet(sixty(2, FleetFallback::closed));
  fleet.gate->broken = true;
  Ticket& first = fleet.enter(kStart);
  BOOST_TEST(first.told == 1);
  BOOST_TEST((fleet.error_of(first, kStart) == ErrorCode::rate_limit_backend));
}

BOOST_AUTO_TEST_CASE(answer_after_the_limiter_is_gone_is_dropped) {
  const auto gate = std::make_shared<FakeGate>();
  {
    const auto limiter = RateLimiter::create(sixty(2), gate);
    Ticket ticket;
    BOOST_REQUIRE(limiter->enter(ticket, {.scope = "scope"}, kStart, kNever).ok());
  }
  gate->answer({.kind = Kind::granted});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
