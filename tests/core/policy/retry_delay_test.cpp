// How long is waited before a retry, and what the hook of the user may change.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "policy/retry_policy.hpp"

namespace ppn {
namespace {

constexpr double kLast = 1 - 1e-12;  // of a random number

AttemptOutcome unavailable(std::optional<Nanos> asked = {}, DelaySource source = DelaySource::retry_after) {
  AttemptOutcome attempt{.method = "GET", .status = 503, .sent = Sent::full, .response_begun = true};
  if (asked) attempt.server_delay = ServerDelay{*asked, source};
  return attempt;
}

Nanos backoff(Jitter jitter, int n, double random, Nanos so_far = -1) {
  return backoff_delay({.jitter = jitter}, n, so_far, random);
}

// The delay of retry `n` before chance: 0.5 s doubled, at most 8 s.
Nanos nominal(int n) {
  return std::min<Nanos>(8 * kSecond, kSecond / 2 * (Nanos{1} << std::min(n, 30)));
}

void check_stop(const RetryDecision& decision, StopReason reason) {
  BOOST_TEST(!decision.retry);
  BOOST_TEST(name_of(decision.reason) == name_of(reason));
}

void check_retry(const RetryDecision& decision, Nanos delay, DelaySource source) {
  BOOST_TEST(decision.retry);
  BOOST_TEST(decision.delay == delay);
  BOOST_TEST(name_of(decision.source) == name_of(source));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retry_delay)

BOOST_AUTO_TEST_CASE(backoff_doubles_up_to_its_cap) {
  constexpr std::array<Nanos, 7> expected{500, 1'000, 2'000, 4'000, 8'000, 8'000, 8'000};
  for (int n = 0; n < 7; ++n)
    BOOST_TEST(backoff(Jitter::none, n, 0.5) == expected[static_cast<std::size_t>(n)] * kMillisecond);
  BOOST_TEST(backoff(Jitter::none, 1'000'000, 0.5) == 8 * kSecond);
  BOOST_TEST(backoff(Jitter::none, -1, 0.5) == kSecond / 2);
}

BOOST_AUTO_TEST_CASE(each_jitter_keeps_its_bounds) {
  std::mt19937_64 generator(20'260'101);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int n = 0; n < 12; ++n) {
    Nanos least_full = nominal(n), most_full = 0;
    for (int i = 0; i < 2'000; ++i) {
      const double random = uniform(generator);
      const Nanos equal = backoff(Jitter::equal_down, n, random);
      const Nanos full = backoff(Jitter::full, n, random);
      BOOST_REQUIRE((equal >= nominal(n) / 4 * 3 && equal <= nominal(n)));
      BOOST_REQUIRE((full >= 0 && full <= nominal(n)));
      BOOST_REQUIRE_EQUAL(backoff(Jitter::none, n, random), nominal(n));
      least_full = std::min(least_full, full);
      most_full = std::max(most_full, full);
    }
    BOOST_TEST(least_full < nominal(n) / 100);
    BOOST_TEST(most_full > nominal(n) / 100 * 99);
    BOOST_TEST(backoff(Jitter::equal_down, n, 0) == nominal(n) / 4 * 3);
    BOOST_TEST(backoff(Jitter::equal_down, n, kLast) > nominal(n) / 1'000 * 999);
    BOOST_TEST(backoff(Jitter::full, n, 0) == 0);
  }
}

BOOST_AUTO_TEST_CASE(decorrelated_jitter_follows_its_formula) {
  // The sum after retry n is 0.5 s / 1.4 * 2^t * tanh(sqrt(4t)) with t in [n, n + 1), whatever was drawn before.
  std::mt19937_64 generator(20'260'102);
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto curve = [](double t) { return 0.5 / 1.4 * std::exp2(t) * std::tanh(std::sqrt(4 * t)); };
  for (int round = 0; round < 500; ++round) {
    Nanos so_far = 0;
    for (int n = 0; n < 4; ++n) {  // below the cap
      const double random = uniform(generator);
      const Nanos delay = backoff(Jitter::decorrelated, n, random, so_far);
      BOOST_REQUIRE((delay >= 0 && delay <= 8 * kSecond));
      so_far += delay;
      BOOST_REQUIRE_SMALL(static_cast<double>(so_far) / 1e9 - curve(n + random), 1e-6);
    }
    for (int n = 4; n < 12; ++n) {
      const Nanos delay = backoff(Jitter::decorrelated, n, uniform(generator), so_far);
      BOOST_REQUIRE((delay >= 0 && delay <= 8 * kSecond));
      so_far += delay;
    }
  }
}

BOOST_AUTO_TEST_CASE(decorrelated_jitter_without_a_past_takes_the_usual_one) {
  for (int n = 0; n < 12; ++n) {
    for (const double random : {0.0, 0.25, 0.5, kLast}) {
      const Nanos delay = backoff(Jitter::decorrelated, n, random);
      BOOST_TEST((delay >= 0 && delay <= 8 * kSecond));
      BOOST_TEST((n == 0 || delay > 0));
    }
  }
  BOOST_TEST(backoff(Jitter::decorrelated, 0, 0.5) == backoff(Jitter::decorrelated, 0, 0.5, 0));
}

BOOST_AUTO_TEST_CASE(options_out_of_any_range_give_a_delay_still) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double factor : {kNan, kInf, -kInf, -1.0, 0.0, 1e300, 1e-300}) {
    for (const std::int64_t cap : {std::int64_t{-5}, std::int64_t{0}, std::int64_t{8'000}, INT64_MAX}) {
      for (const Jitter jitter : {Jitter::equal_down, Jitter::full, Jitter::decorrelated, Jitter::none}) {
        for (const double random : {-1.0, 0.0, 0.5, 1.0, 7.0, kNan}) {
          const RetryOptions options{.backoff_factor = factor, .max_backoff_ms = cap, .jitter = jitter};
          const Nanos delay = backoff_delay(options, 30, -1, random);
          BOOST_TEST((delay >= 0 && (cap == INT64_MAX || delay <= std::max<Nanos>(cap, 0) * kMillisecond)));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(delay_of_the_server_comes_before_the_backoff_and_is_never_cut) {
  std::mt19937_64 generator(20'260'103);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (const Nanos asked :
       {Nanos{1}, kMillisecond, 900 * kMillisecond, kSecond, 9 * kSecond, 10 * kSecond, 119 * kSecond}) {
    for (int i = 0; i < 500; ++i) {
      const RetryDecision decision = decide_retry({}, unavailable(asked), {.random = uniform(generator)});
      BOOST_REQUIRE(decision.retry);
      BOOST_REQUIRE_GE(decision.delay, asked);
      BOOST_REQUIRE_LE(decision.delay, asked + std::min(kSecond, asked / 10));
    }
  }
  check_retry(decide_retry({}, unavailable(20 * kSecond), {.random = 0}), 20 * kSecond, DelaySource::retry_after);
  check_retry(decide_retry({}, unavailable(20 * kSecond), {.random = 0.5}), 20'500 * kMillisecond,
              DelaySource::retry_after);
  check_retry(decide_retry({}, unavailable(2 * kSecond, DelaySource::retry_after_ms), {.random = 0.5}),
              2'100 * kMillisecond, DelaySource::retry_after_ms);
  check_retry(decide_retry({}, unavailable(kSecond, DelaySource::rate_headers), {}), kSecond,
              DelaySource::rate_headers);
}

BOOST_AUTO_TEST_CASE(delay_of_zero_leaves_the_backoff) {
  check_retry(decide_retry({}, unavailable(0), {.random = 0}), 375 * kMillisecond, DelaySource::backoff);
  check_retry(decide_retry({}, unavailable(), {.random = 0}), 375 * kMillisecond, DelaySource::backoff);
}

BOOST_AUTO_TEST_CASE(cap_of_the_servers_delay_is_inclusive) {
  const auto decide = [](std::int64_t max_ms, Nanos asked) {
    return decide_retry({.max_retry_after_ms = max_ms}, unavailable(asked), {});
  };
  check_retry(decide(120'000, 120 * kSecond), 120 * kSecond, DelaySource::retry_after);
  check_stop(decide(120'000, 120 * kSecond + 1), StopReason::retry_after_too_long);
  check_stop(decide(120'000, 172'800 * kSecond), StopReason::retry_after_too_long);
  check_stop(decide(120'000, kNever), StopReason::retry_after_too_long);
  check_retry(decide(60'000, 60 * kSecond), 60 * kSecond, DelaySource::retry_after);
  check_retry(decide(172'800'000, 172'800 * kSecond), 172'800 * kSecond, DelaySource::retry_after);
  check_stop(decide(0, 1), StopReason::retry_after_too_long);
  BOOST_TEST(decide_retry({.max_retry_after_ms = INT64_MAX}, unavailable(kNever - 1), {.random = kLast}).delay >=
             kNever - 1);
}

BOOST_AUTO_TEST_CASE(nothing_is_waited_for_that_ends_after_the_deadline) {
  const auto with_backoff = [](Nanos remaining) { return decide_retry({}, unavailable(), {.remaining = remaining}); };
  const Nanos delay = 375 * kMillisecond;
  check_retry(with_backoff(delay + 1), delay, DelaySource::backoff);
  for (const Nanos remaining : {delay, delay - 1, Nanos{0}, Nanos{-1}, INT64_MIN}) {
    check_stop(with_backoff(remaining), StopReason::deadline);
  }
  const auto asked = [](Nanos remaining, double random) {
    return decide_retry({}, unavailable(10 * kSecond), {.remaining = remaining, .random = random});
  };
  for (const double random : {0.0, 0.5, kLast}) {
    check_stop(asked(10 * kSecond, random), StopReason::retry_after_too_long);
    check_stop(asked(0, random), StopReason::retry_after_too_long);
    // Chance never moves the attempt behind the deadline.
    for (const Nanos spare : {Nanos{1}, Nanos{2}, kMillisecond, kSecond}) {
      const RetryDecision decision = asked(10 * kSecond + spare, random);
      BOOST_TEST(decision.retry);
      BOOST_TEST((decision.delay >= 10 * kSecond && decision.delay < 10 * kSecond + spare));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(retry_decider)

using Verdict = DeciderAnswer::Verdict;

namespace {

RetryDecision decide_with(const AttemptOutcome& attempt, const DeciderAnswer& answer, const RetryContext& context = {},
                          const RetryOptions& options = {}) {
  return apply_decider(decide_retry(options, attempt, context), answer, attempt, context, options);
}

AttemptOutcome of_status(std::string_view method, int status) {
  return {.method = method, .status = status, .sent = Sent::full, .response_begun = true};
}

const std::vector<DeciderAnswer> kRetries{{Verdict::retry, 0}, {Verdict::retry_after, 5 * kSecond}};

}  // namespace

BOOST_AUTO_TEST_CASE(default_changes_nothing) {
  for (const int status : {200, 404, 503}) {
    const RetryDecision decision = decide_with(of_status("GET", status), {});
    BOOST_TEST(decision.retry == (status == 503));
    BOOST_TEST((decision.source == (status == 503 ? DelaySource::backoff : DelaySource::none)));
  }
}

BOOST_AUTO_TEST_CASE(stop_ends_a_call_that_would_be_retried) {
  check_stop(decide_with(of_status("GET", 503), {Verdict::stop, 0}), StopReason::decider);
  check_stop(decide_with(of_status("GET", 404), {Verdict::stop, 0}), StopReason::not_retryable);
  check_stop(decide_with(of_status("GET", 200), {Verdict::stop, 0}), StopReason::none);
}

BOOST_AUTO_TEST_CASE(any_response_and_any_method_may_be_retried) {
  for (const int status : {200, 404, 409, 500}) {
    check_retry(decide_with(of_status("POST", status), {Verdict::retry, 0}), 375 * kMillisecond, DelaySource::backoff);
    check_retry(decide_with(of_status("POST", status), {Verdict::retry_after, 7 * kSecond}), 7 * kSecond,
                DelaySource::decider);
    check_retry(decide_with(of_status("POST", status), {Verdict::retry_after, -1}), 0, DelaySource::decider);
  }
  const AttemptOutcome lost{.method = "POST", .code = ErrorCode::connection_reset, .sent = Sent::full};
  check_retry(decide_with(lost, {Verdict::retry, 0}), 375 * kMillisecond, DelaySource::backoff);
}

BOOST_AUTO_TEST_CASE(retries_of_the_hook_end_at_ten) {
  for (const DeciderAnswer& answer : kRetries) {
    BOOST_TEST(decide_with(of_status("GET", 503), answer, {.retries_done = 9}, {.max_retries = 0}).retry);
    check_stop(decide_with(of_status("GET", 503), answer, {.retries_done = 10}, {.max_retries = 1'000}),
               StopReason::max_retries);
    check_stop(decide_with(of_status("GET", 404), answer, {.retries_done = 10}), StopReason::not_retryable);
  }
}

BOOST_AUTO_TEST_CASE(fatal_cancel_deadline_committed_and_body_stay) {
  struct Row {
    ErrorCode code;
    StopReason reason;
  };
  for (const DeciderAnswer& answer : kRetries) {
    for (const Row& row :
         {Row{ErrorCode::cancelled, StopReason::cancelled}, Row{ErrorCode::timeout, StopReason::deadline},
          Row{ErrorCode::cert_hostname, StopReason::not_retryable},
          Row{ErrorCode::address_denied, StopReason::not_retryable},
          Row{ErrorCode::circuit_open, StopReason::not_retryable}}) {
      check_stop(decide_with({.method = "GET", .code = row.code}, answer), row.reason);
    }
    AttemptOutcome attempt = of_status("GET", 503);
    attempt.committed = true;
    check_stop(decide_with(attempt, answer), StopReason::committed);
    attempt = of_status("GET", 503);
    attempt.body_replayable = false;
    check_stop(decide_with(attempt, answer), StopReason::body_not_replayable);
    attempt.status = 200;
    check_stop(decide_with(attempt, answer), StopReason::none);
    check_stop(decide_with(of_status("GET", 503), answer, {.remaining = 100 * kMillisecond}), StopReason::deadline);
    check_stop(decide_with(of_status("GET", 404), answer, {.remaining = 0}), StopReason::deadline);
    check_stop(decide_with(of_status("GET", 200), answer, {.remaining = 0}), StopReason::none);
  }
  check_stop(decide_with(of_status("GET", 503), {Verdict::retry_after, 5 * kSecond}, {.remaining = 5 * kSecond}),
             StopReason::deadline);
}

BOOST_AUTO_TEST_CASE(delay_of_the_server_holds_unless_the_hook_names_another) {
  AttemptOutcome attempt = of_status("GET", 404);
  attempt.server_delay = ServerDelay{3 * kSecond, DelaySource::retry_after};
  check_retry(decide_with(attempt, {Verdict::retry, 0}), 3 * kSecond, DelaySource::retry_after);
  attempt.server_delay->delay = 172'800 * kSecond;
  check_stop(decide_with(attempt, {Verdict::retry, 0}), StopReason::retry_after_too_long);
  check_retry(decide_with(attempt, {Verdict::retry_after, kSecond}), kSecond, DelaySource::decider);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
