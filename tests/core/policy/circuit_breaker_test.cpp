#include "policy/circuit_breaker.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

namespace ppn {
namespace {

using State = CircuitBreaker::State;
using enum BreakerVerdict;

constexpr Nanos kStart = 1'000 * kSecond;
constexpr double kMiddle = 0.5;  // opens for exactly open_ms

void call(CircuitBreaker& breaker, BreakerVerdict verdict, Nanos now, double random = kMiddle) {
  const auto admission = breaker.admit(now, random);
  BOOST_REQUIRE(admission.admitted);
  breaker.record(admission.permit, verdict, now);
}

void calls(CircuitBreaker& breaker, int count, BreakerVerdict verdict, Nanos now) {
  for (int i = 0; i < count; ++i) call(breaker, verdict, now);
}

CircuitBreaker opened(Nanos now, double random = kMiddle, const BreakerOptions& options = {}) {
  CircuitBreaker breaker(options);
  for (int i = 0; i < 5; ++i) call(breaker, connect_failure, now, random);
  BOOST_REQUIRE((breaker.state(now) == State::open));
  return breaker;
}

// How long a breaker that is open refuses calls from now on.
Nanos refusal(CircuitBreaker& breaker, Nanos now) {
  const auto admission = breaker.admit(now, kMiddle);
  BOOST_REQUIRE(!admission.admitted);
  return admission.retry_after;
}

AttemptOutcome failed(ErrorCode code, Sent sent, bool response_begun = false) {
  return {.method = "GET", .code = code, .sent = sent, .response_begun = response_begun};
}

AttemptOutcome answered(int status) {
  return {.method = "GET", .status = status, .sent = Sent::full, .response_begun = true};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(circuit_breaker)

BOOST_AUTO_TEST_CASE(few_calls_never_open_it) {
  CircuitBreaker breaker{BreakerOptions{}};
  calls(breaker, 19, failure, kStart);
  BOOST_TEST((breaker.state(kStart) == State::closed));
  call(breaker, failure, kStart);
  BOOST_TEST((breaker.state(kStart) == State::open));
}

BOOST_AUTO_TEST_CASE(half_of_the_calls_opens_it_and_less_does_not) {
  CircuitBreaker breaker{BreakerOptions{}};
  calls(breaker, 51, success, kStart);
  calls(breaker, 50, failure, kStart);
  BOOST_TEST((breaker.state(kStart) == State::closed));
  call(breaker, failure, kStart);
  BOOST_TEST((breaker.state(kStart) == State::open));
}

BOOST_AUTO_TEST_CASE(what_happened_before_the_window_does_not_count) {
  CircuitBreaker breaker{BreakerOptions{}};
  calls(breaker, 19, failure, kStart);
  calls(breaker, 1, failure, kStart + 30 * kSecond);
  BOOST_TEST((breaker.state(kStart + 30 * kSecond) == State::closed));
  calls(breaker, 18, failure, kStart + 30 * kSecond);
  BOOST_TEST((breaker.state(kStart + 30 * kSecond) == State::closed));
  calls(breaker, 1, failure, kStart + 56 * kSecond);
  BOOST_TEST((breaker.state(kStart + 56 * kSecond) == State::open));
  CircuitBreaker late{BreakerOptions{}};
  calls(late, 19, failure, kStart);
  BOOST_TEST(!late.is_idle(kStart + 26 * kSecond));
  BOOST_TEST(late.is_idle(kStart + 30 * kSecond));
}

BOOST_AUTO_TEST_CASE(five_connect_failures_in_a_row_open_it) {
  CircuitBreaker breaker{BreakerOptions{}};
  for (const BreakerVerdict between : {success, failure}) {
    calls(breaker, 4, connect_failure, kStart);
    call(breaker, between, kStart);
    BOOST_TEST((breaker.state(kStart) == State::closed));
  }
  calls(breaker, 4, connect_failure, kStart);
  call(breaker, ignored, kStart);  // says nothing either way
  BOOST_TEST((breaker.state(kStart) == State::closed));
  call(breaker, connect_failure, kStart);
  BOOST_TEST((breaker.state(kStart) == State::open));
}

BOOST_AUTO_TEST_CASE(losers_and_cancelled_calls_do_not_count) {
  CircuitBreaker breaker{BreakerOptions{}};
  calls(breaker, 19, failure, kStart);
  calls(breaker, 1'000, ignored, kStart);
  BOOST_TEST((breaker.state(kStart) == State::closed));
  call(breaker, failure, kStart);
  BOOST_TEST((breaker.state(kStart) == State::open));
}

BOOST_AUTO_TEST_CASE(open_breaker_refuses_and_says_for_how_long) {
  CircuitBreaker breaker = opened(kStart);
  const auto admission = breaker.admit(kStart + kSecond, kMiddle);
  BOOST_TEST((!admission.admitted && !admission.is_probe));
  BOOST_TEST(admission.retry_after == 4 * kSecond);
  BOOST_TEST(refusal(breaker, kStart + 5 * kSecond - 1) == 1);
  BOOST_TEST((breaker.state(kStart + 5 * kSecond) == State::half_open));
}

BOOST_AUTO_TEST_CASE(time_it_is_open_is_spread_by_a_fifth) {
  std::mt19937_64 generator(20'260'105);
  std::uniform_real_distribution<double> uniform(0, 1);
  Nanos least = kNever, most = 0;
  for (int i = 0; i < 2'000; ++i) {
    CircuitBreaker breaker = opened(kStart, uniform(generator));
    const Nanos lasts = refusal(breaker, kStart);
    least = std::min(least, lasts);
    most = std::max(most, lasts);
  }
  BOOST_TEST((least >= 4 * kSecond && least < 4'020 * kMillisecond));
  BOOST_TEST((most <= 6 * kSecond && most > 5'980 * kMillisecond));
}

BOOST_AUTO_TEST_CASE(time_it_is_open_doubles_with_each_failed_probe_up_to_the_limit) {
  CircuitBreaker breaker = opened(kStart);
  Nanos now = kStart;
  for (const int seconds : {5, 10, 20, 40, 60, 60, 60}) {
    BOOST_TEST(refusal(breaker, now) == seconds * kSecond);
    now += seconds * kSecond;
    const auto probe = breaker.admit(now, kMiddle);
    BOOST_REQUIRE((probe.admitted && probe.is_probe));
    breaker.record(probe.permit, failure, now);
  }
}

BOOST_AUTO_TEST_CASE(limit_of_the_time_it_is_open_holds_with_its_spread) {
  for (const double random : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    CircuitBreaker breaker = opened(kStart, random, {.open_ms = 90'000});
    const Nanos lasts = refusal(breaker, kStart);
    BOOST_TEST((lasts >= 48 * kSecond && lasts <= 60 * kSecond));
  }
}

BOOST_AUTO_TEST_CASE(two_good_probes_close_it_and_the_times_begin_anew) {
  CircuitBreaker breaker = opened(kStart);
  Nanos now = kStart + 5 * kSecond;
  call(breaker, failure, now);
  now += 10 * kSecond;
  call(breaker, success, now);
  BOOST_TEST((breaker.state(now) == State::half_open));
  call(breaker, success, now);
  BOOST_TEST((breaker.state(now) == State::closed));
  BOOST_TEST(breaker.is_idle(now));
  calls(breaker, 5, connect_failure, now);
  BOOST_TEST(refusal(breaker, now) == 5 * kSecond);
}

BOOST_AUTO_TEST_CASE(good_probe_does_not_outlive_a_bad_one) {
  CircuitBreaker breaker = opened(kStart);
  Nanos now = kStart + 5 * kSecond;
  call(breaker, success, now);
  call(breaker, failure, now);
  now += 10 * kSecond;
  call(breaker, success, now);
  BOOST_TEST((breaker.state(now) == State::half_open));
}

BOOST_AUTO_TEST_CASE(one_probe_at_a_time) {
  CircuitBreaker breaker = opened(kStart);
  const Nanos now = kStart + 5 * kSecond;
  const auto probe = breaker.admit(now, kMiddle);
  BOOST_TEST((probe.admitted && probe.is_probe));
  for (int i = 0; i < 3; ++i) BOOST_TEST(refusal(breaker, now) == 5 * kSecond);
  BOOST_TEST(refusal(breaker, now + 30 * kSecond) == kSecond);  // what the lease still has
  breaker.record(probe.permit, success, now);
  BOOST_TEST(breaker.admit(now, kMiddle).is_probe);
}

BOOST_AUTO_TEST_CASE(cancelled_probe_lets_the_next_caller_probe) {
  CircuitBreaker breaker = opened(kStart);
  const Nanos now = kStart + 5 * kSecond;
  for (int i = 0; i < 100; ++i) call(breaker, ignored, now);
  BOOST_TEST((breaker.state(now) == State::half_open));
  call(breaker, success, now);
  call(breaker, success, now);
  BOOST_TEST((breaker.state(now) == State::closed));
}

BOOST_AUTO_TEST_CASE(probe_that_never_reports_opens_it_again_from_the_end_of_its_lease) {
  CircuitBreaker breaker = opened(kStart);
  Nanos now = kStart + 5 * kSecond;
  const auto lost = breaker.admit(now, kMiddle);
  BOOST_REQUIRE(lost.is_probe);
  BOOST_TEST((breaker.state(now + 31 * kSecond - 1) == State::half_open));
  now += 31 * kSecond;
  BOOST_TEST((breaker.state(now) == State::open));
  BOOST_TEST(refusal(breaker, now) == 5 * kSecond);  // no verdict: it is not doubled
  breaker.record(lost.permit, success, now);         // too late
  BOOST_TEST((breaker.state(now) == State::open));
  now += 5 * kSecond;
  const auto next = breaker.admit(now, kMiddle);
  BOOST_TEST(next.is_probe);
  breaker.record(lost.permit, failure, now);
  BOOST_TEST((breaker.state(now) == State::half_open));
  breaker.record(next.permit, success, now);
  call(breaker, success, now);
  BOOST_TEST((breaker.state(now) == State::closed));
}

BOOST_AUTO_TEST_CASE(lost_probe_is_seen_however_late_somebody_comes) {
  CircuitBreaker breaker = opened(kStart);
  BOOST_REQUIRE(breaker.admit(kStart + 5 * kSecond, kMiddle, 2 * kSecond).is_probe);
  BOOST_TEST(breaker.admit(kStart + 3'600 * kSecond, kMiddle).is_probe);
}

BOOST_AUTO_TEST_CASE(lease_lasts_as_long_as_its_caller_said) {
  for (const Nanos timeout : {kSecond, 11 * kSecond, 301 * kSecond}) {
    CircuitBreaker breaker = opened(kStart);
    const Nanos now = kStart + 5 * kSecond;
    const auto probe = breaker.admit(now, kMiddle, timeout);
    BOOST_TEST((breaker.state(now + timeout - 1) == State::half_open));
    CircuitBreaker in_time = breaker;
    in_time.record(probe.permit, failure, now + timeout - 1);
    BOOST_TEST(refusal(in_time, now + timeout - 1) == 10 * kSecond);
    BOOST_TEST((breaker.state(now + timeout) == State::open));
  }
  CircuitBreaker breaker = opened(kStart);
  BOOST_REQUIRE(breaker.admit(kStart + 5 * kSecond, kMiddle, kNever).is_probe);
  BOOST_TEST((breaker.state(kNever - 1) == State::half_open));
}

BOOST_AUTO_TEST_CASE(calls_of_an_earlier_state_do_not_count) {
  CircuitBreaker breaker{BreakerOptions{}};
  std::vector<std::uint64_t> slow;
  for (int i = 0; i < 50; ++i) slow.push_back(breaker.admit(kStart, kMiddle).permit);
  calls(breaker, 5, connect_failure, kStart);
  Nanos now = kStart + kSecond;
  for (const auto permit : slow) breaker.record(permit, success, now);
  BOOST_TEST((breaker.state(now) == State::open));
  now = kStart + 5 * kSecond;
  for (const auto permit : slow) breaker.record(permit, success, now);
  BOOST_TEST((breaker.state(now) == State::half_open));
  call(breaker, success, now);
  call(breaker, success, now);
  BOOST_REQUIRE((breaker.state(now) == State::closed));
  for (const auto permit : slow) breaker.record(permit, connect_failure, now);
  BOOST_TEST((breaker.state(now) == State::closed));
  BOOST_TEST(breaker.is_idle(now));
}

BOOST_AUTO_TEST_CASE(probe_that_reports_twice_counts_once) {
  CircuitBreaker breaker = opened(kStart);
  const Nanos now = kStart + 5 * kSecond;
  const auto probe = breaker.admit(now, kMiddle);
  breaker.record(probe.permit, success, now);
  breaker.record(probe.permit, success, now);
  BOOST_TEST((breaker.state(now) == State::half_open));
}

BOOST_AUTO_TEST_CASE(retry_after_of_the_server_is_a_floor_up_to_the_limit) {
  struct Row {
    Nanos floor, expected;
  };
  for (const Row& row : {Row{0, 5 * kSecond}, Row{3 * kSecond, 5 * kSecond}, Row{17 * kSecond, 17 * kSecond},
                         Row{60 * kSecond, 60 * kSecond}, Row{61 * kSecond, 60 * kSecond}, Row{kNever, 60 * kSecond}}) {
    CircuitBreaker breaker{BreakerOptions{}};
    calls(breaker, 19, failure, kStart);
    breaker.record(breaker.admit(kStart, kMiddle).permit, failure, kStart, row.floor);
    BOOST_TEST(refusal(breaker, kStart) == row.expected);
  }
  CircuitBreaker breaker = opened(kStart);
  const Nanos now = kStart + 5 * kSecond;
  breaker.record(breaker.admit(now, kMiddle).permit, failure, now, 30 * kSecond);
  BOOST_TEST(refusal(breaker, now) == 30 * kSecond);
}

BOOST_AUTO_TEST_CASE(verdict_of_a_response_goes_by_its_status) {
  for (const int status : {200, 204, 301, 304, 400, 401, 403, 404, 408, 409, 422, 499, 501}) {
    BOOST_TEST((verdict_of(answered(status)) == success), status);
  }
  BOOST_TEST((verdict_of(answered(429)) == ignored));
  for (const int status : {500, 502, 503, 504, 505, 522, 524, 529, 599}) {
    BOOST_TEST((verdict_of(answered(status)) == failure), status);
  }
  AttemptOutcome attempt = answered(503);
  attempt.code = ErrorCode::http_unavailable;
  BOOST_TEST((verdict_of(attempt) == failure));
}

BOOST_AUTO_TEST_CASE(verdict_of_a_failure_goes_by_whose_fault_it_is) {
  using enum ErrorCode;
  for (const ErrorCode code : {dns_failed, dns_timeout, connect_failed, connect_timeout, proxy_failed, tls_handshake,
                               connection_reset, connection_closed, write_failed}) {
    BOOST_TEST((verdict_of(failed(code, Sent::none)) == connect_failure), describe(code).name);
  }
  for (const ErrorCode code : {connection_reset, connection_closed, write_failed, read_failed, write_timeout,
                               first_byte_timeout, read_timeout, attempt_timeout, too_slow, timeout}) {
    BOOST_TEST((verdict_of(failed(code, Sent::full)) == failure), describe(code).name);
  }
  BOOST_TEST((verdict_of(failed(attempt_timeout, Sent::full, true)) == failure));
  for (const ErrorCode code : {cancelled, client_closed, pool_timeout, pool_queue_full, rate_limited,
                               rate_limit_queue_full, circuit_open, middleware_failed, address_denied, invalid_url,
                               cert_untrusted, decode_failed, body_too_large, timeout, internal}) {
    BOOST_TEST((verdict_of(failed(code, Sent::none)) == ignored), describe(code).name);
  }
  for (const ErrorCode code : {cancelled, body_truncated, connection_reset, timeout, stream_truncated}) {
    BOOST_TEST((verdict_of(failed(code, Sent::full, true)) == ignored), describe(code).name);
  }
}

BOOST_AUTO_TEST_CASE(only_503_and_529_give_a_floor) {
  for (const int status : {500, 502, 503, 504, 529}) {
    AttemptOutcome attempt = answered(status);
    BOOST_TEST(!open_floor_of(attempt).has_value());
    attempt.server_delay = ServerDelay{9 * kSecond, DelaySource::retry_after};
    BOOST_TEST(open_floor_of(attempt).value_or(-1) == (status == 503 || status == 529 ? 9 * kSecond : -1));
  }
}

BOOST_AUTO_TEST_CASE(scopes_are_apart_bounded_and_open_ones_stay) {
  CircuitBreakers breakers(BreakerOptions{}, 50);
  calls(breakers.of("broken", kStart), 5, connect_failure, kStart);
  BOOST_TEST((breakers.of("broken", kStart).state(kStart) == State::open));
  BOOST_TEST((breakers.of("other", kStart).state(kStart) == State::closed));
  for (int i = 0; i < 500; ++i) {
    breakers.of("scope " + std::to_string(i), kStart);
    BOOST_REQUIRE_LE(breakers.size(), 50U);
  }
  BOOST_TEST((breakers.of("broken", kStart).state(kStart) == State::open));
  // Even if all of them are open their number is bounded.
  for (int i = 0; i < 200; ++i) calls(breakers.of("down " + std::to_string(i), kStart), 5, connect_failure, kStart);
  BOOST_TEST(breakers.size() == 50U);
}

BOOST_AUTO_TEST_CASE(permit_of_a_breaker_that_was_dropped_fits_no_other) {
  CircuitBreaker first = opened(kStart);
  const auto old_probe = first.admit(kStart + 5 * kSecond, kMiddle);
  CircuitBreaker second = opened(kStart + 10 * kSecond);
  const Nanos now = kStart + 15 * kSecond;
  const auto probe = second.admit(now, kMiddle);
  BOOST_REQUIRE((probe.is_probe && probe.permit != old_probe.permit));
  second.record(old_probe.permit, failure, now);
  BOOST_TEST((second.state(now) == State::half_open));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
