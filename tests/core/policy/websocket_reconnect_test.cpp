// Whether and when a lost WebSocket is opened again (SEMANTICS 3.5.8). Time and chance are arguments.
#include "policy/websocket_reconnect.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace ppn {
namespace {

using Verdict = WebSocketReconnect::Verdict;
using Decision = WebSocketReconnect::Decision;

constexpr double kLast = 1 - 1e-12;  // of a random number

WebSocketReconnectOptions enabled(std::int64_t attempts = 5) {
  return {.enabled = true, .max_attempts = attempts, .further_codes = {}};
}

WebSocketEnding closed_with(int code) {
  return {.close_code = code};
}

WebSocketEnding refused(std::int64_t retry_after_ms = -1) {
  return {.close_code = 0, .retryable = true, .server_delay_ms = retry_after_ms};
}

std::string name_of(Verdict verdict) {
  return verdict == Verdict::again ? "again" : verdict == Verdict::final ? "final" : "exhausted";
}

// The delay of attempt `attempt`, from 1, of a server that refuses whoever comes.
Nanos delay_of(WebSocketReconnectOptions options, int attempt, double random) {
  options.max_attempts = 0;
  WebSocketReconnect policy(options);
  Decision decision;
  for (int i = 0; i < attempt; ++i) decision = policy.ended(refused(), 0, random);
  BOOST_TEST(decision.attempt == attempt);
  return decision.delay;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_reconnect)

BOOST_AUTO_TEST_CASE(only_recoverable_codes_are_followed_by_another_connection) {
  const std::array recoverable{1001, 1005, 1006, 1011, 1012, 1013, 1014};
  for (int code = 1000; code < 5000; ++code) {
    const bool expected = std::ranges::find(recoverable, code) != recoverable.end();
    WebSocketReconnect policy(enabled());
    if (policy.recoverable(code) != expected) BOOST_ERROR("recoverable " << code);
    const Decision decision = policy.ended(closed_with(code), 0, 0.5);
    if ((decision.verdict == Verdict::again) != expected) BOOST_ERROR("ended " << code);
    if (!expected && decision.verdict != Verdict::final) BOOST_ERROR("not final " << code);
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_recoverable_when_it_is_off) {
  WebSocketReconnect policy({.enabled = false, .further_codes = *parse_close_codes("4000-4999")});
  for (const int code : {1001, 1006, 1012, 4000}) {
    BOOST_TEST(!policy.recoverable(code));
    BOOST_TEST(name_of(policy.ended(closed_with(code), 0, 0).verdict) == "final");
  }
  BOOST_TEST(name_of(policy.ended(refused(), 0, 0).verdict) == "final");
}

BOOST_AUTO_TEST_CASE(listed_codes_are_recoverable) {
  const auto codes = parse_close_codes("4000,4100-4102,4999");
  BOOST_REQUIRE(codes.has_value());
  auto options = enabled();
  options.further_codes = *codes;
  const WebSocketReconnect policy(options);
  std::vector<int> found;
  for (int code = 3000; code < 6000; ++code) {
    if (policy.recoverable(code)) found.push_back(code);
  }
  const std::vector<int> expected{4000, 4100, 4101, 4102, 4999};
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lists_of_codes_that_can_not_be_read_are_refused) {
  BOOST_TEST(parse_close_codes("").has_value());
  BOOST_TEST(parse_close_codes("4000-4999").has_value());
  BOOST_TEST(parse_close_codes("4000-4000").has_value());
  for (const char* text : {",",
                           "4000,",
                           ",4000",
                           "4000,,4001",
                           "3999",
                           "5000",
                           "4000-",
                           "-4000",
                           "4001-4000",
                           "4000-4100-4200",
                           "4000 ",
                           " 4000",
                           "4000, 4001",
                           "+4000",
                           "0x1000",
                           "4000.5",
                           "40000",
                           "a",
                           "99999999999999999999",
                           "4000-99999999999999999999"}) {
    BOOST_TEST(!parse_close_codes(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(first_delay_is_anywhere_in_one_second) {
  for (const int code : {1001, 1005, 1006, 1011, 1013, 1014}) {
    BOOST_TEST(WebSocketReconnect(enabled()).ended(closed_with(code), 0, 0).delay == 0);
    BOOST_TEST(WebSocketReconnect(enabled()).ended(closed_with(code), 0, 0.25).delay == 250 * kMillisecond);
    const Nanos longest = WebSocketReconnect(enabled()).ended(closed_with(code), 0, kLast).delay;
    BOOST_TEST(longest > 999 * kMillisecond);
    BOOST_TEST(longest < 1'000 * kMillisecond);
  }
}

BOOST_AUTO_TEST_CASE(first_delay_is_not_longer_than_the_longest_one) {
  auto options = enabled();
  options.max_delay_ms = 20;
  BOOST_TEST(WebSocketReconnect(options).ended(closed_with(1006), 0, 0.5).delay == 10 * kMillisecond);
  BOOST_TEST(WebSocketReconnect(options).ended(closed_with(1006), 0, kLast).delay < 20 * kMillisecond);
}

BOOST_AUTO_TEST_CASE(restarting_server_is_given_five_to_thirty_seconds_each_time) {
  for (int attempt = 1; attempt <= 4; ++attempt) {
    for (const double random : {0.0, 0.5, kLast}) {
      auto options = enabled();
      options.max_delay_ms = 1;  // of our own making; this one is asked for
      WebSocketReconnect policy(options);
      Decision decision;
      for (int i = 0; i < attempt; ++i) decision = policy.ended(closed_with(1012), 0, random);
      BOOST_TEST(decision.attempt == attempt);
      if (random == 0.0) BOOST_TEST(decision.delay == 5'000 * kMillisecond);
      if (random == 0.5) BOOST_TEST(decision.delay == 17'500 * kMillisecond);
      if (random == kLast) BOOST_TEST(decision.delay < 30'000 * kMillisecond);
    }
  }
}

BOOST_AUTO_TEST_CASE(delays_double_up_to_their_cap) {
  // Attempt 1 is the spread; with the largest jitter the rest are 1, 2, 4, 8, 16, 30, 30 s.
  constexpr std::array<std::int64_t, 8> whole{1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000, 30'000};
  for (int i = 0; i < 8; ++i) {
    const Nanos expected = whole[static_cast<std::size_t>(i)] * kMillisecond;
    BOOST_TEST(delay_of(enabled(), i + 2, 0) == expected / 2);
    BOOST_TEST(delay_of(enabled(), i + 2, 0.5) == expected / 4 * 3);
    BOOST_TEST(delay_of(enabled(), i + 2, kLast) < expected);
    BOOST_TEST(delay_of(enabled(), i + 2, kLast) > expected - kMillisecond);
  }
}

BOOST_AUTO_TEST_CASE(huge_options_and_many_attempts_do_not_overflow) {
  WebSocketReconnectOptions options = enabled(0);
  options.delay_ms = options.max_delay_ms = std::numeric_limits<std::int64_t>::max() / kMillisecond;
  WebSocketReconnect policy(options);
  for (std::int64_t attempt = 1; attempt < 200; ++attempt) {
    const Decision decision = policy.ended(refused(), 0, kLast);
    BOOST_REQUIRE(decision.verdict == Verdict::again);
    BOOST_REQUIRE_EQUAL(decision.attempt, attempt);
    BOOST_REQUIRE_GE(decision.delay, 0);
  }
}

BOOST_AUTO_TEST_CASE(attempts_are_counted_and_run_out) {
  for (const std::int64_t attempts : {1, 2, 5}) {
    WebSocketReconnect policy(enabled(attempts));
    for (std::int64_t i = 1; i <= attempts; ++i) {
      const Decision decision = policy.ended(refused(), 0, 0.5);
      BOOST_TEST(name_of(decision.verdict) == "again");
      BOOST_TEST(decision.attempt == i);
    }
    for (int i = 0; i < 2; ++i) {
      const Decision decision = policy.ended(refused(), 0, 0.5);
      BOOST_TEST(name_of(decision.verdict) == "exhausted");
      BOOST_TEST(decision.attempt == attempts);
    }
  }
}

BOOST_AUTO_TEST_CASE(refusal_that_is_final_stays_final_when_attempts_have_run_out) {
  WebSocketReconnect policy(enabled(1));
  BOOST_TEST(name_of(policy.ended(refused(), 0, 0).verdict) == "again");
  BOOST_TEST(name_of(policy.ended({.close_code = 0, .retryable = false}, 0, 0).verdict) == "final");
  BOOST_TEST(name_of(policy.ended(closed_with(1008), 0, 0).verdict) == "final");
}

BOOST_AUTO_TEST_CASE(server_that_drops_whoever_comes_uses_up_the_attempts) {
  WebSocketReconnect policy(enabled(3));
  Nanos now = 0;
  for (int i = 1; i <= 3; ++i) {
    policy.opened(now);
    now += 9'999 * kMillisecond;
    BOOST_TEST(policy.ended(closed_with(1006), now, 0.5).attempt == i);
  }
  policy.opened(now);
  BOOST_TEST(name_of(policy.ended(closed_with(1006), now + 9'999 * kMillisecond, 0.5).verdict) == "exhausted");
}

BOOST_AUTO_TEST_CASE(connection_that_was_open_for_ten_seconds_gives_the_attempts_back) {
  WebSocketReconnect policy(enabled(2));
  BOOST_TEST(policy.ended(refused(), 0, 0.5).attempt == 1);
  BOOST_TEST(policy.ended(refused(), 0, 0.5).attempt == 2);
  policy.opened(1'000 * kMillisecond);
  BOOST_TEST(policy.ended(closed_with(1006), 11'000 * kMillisecond, 0.5).attempt == 1);
  // The time of a connection counts once, not for the refusals after it.
  BOOST_TEST(policy.ended(refused(), 100'000 * kMillisecond, 0.5).attempt == 2);
}

BOOST_AUTO_TEST_CASE(after_a_long_delay_a_connection_has_to_be_open_for_twice_as_long) {
  for (const bool long_enough : {false, true}) {
    WebSocketReconnect policy(enabled());
    BOOST_TEST(policy.ended(closed_with(1012), 0, 0.6).delay == 20'000 * kMillisecond);
    policy.opened(0);
    const Nanos open_for = 40'000 * kMillisecond - (long_enough ? 0 : 1);
    BOOST_TEST(policy.ended(closed_with(1006), open_for, 0.5).attempt == (long_enough ? 1 : 2));
  }
}

BOOST_AUTO_TEST_CASE(retry_after_is_a_floor_to_which_chance_only_adds) {
  // As of a retry: never earlier, and up to a tenth or one second later (SEMANTICS 3.1.5).
  BOOST_TEST(WebSocketReconnect(enabled()).ended(refused(5'000), 0, 0).delay == 5'000 * kMillisecond);
  BOOST_TEST(WebSocketReconnect(enabled()).ended(refused(5'000), 0, 0.5).delay == 5'250 * kMillisecond);
  BOOST_TEST(WebSocketReconnect(enabled()).ended(refused(40'000), 0, 0.5).delay == 40'500 * kMillisecond);
  // Below what would be waited anyway it changes nothing.
  BOOST_TEST(WebSocketReconnect(enabled()).ended(refused(100), 0, 0.5).delay == 500 * kMillisecond);
  BOOST_TEST(WebSocketReconnect(enabled()).ended(refused(0), 0, 0.5).delay == 500 * kMillisecond);
}

BOOST_AUTO_TEST_CASE(retry_after_beyond_its_limit_is_final) {
  auto options = enabled();
  options.max_retry_after_ms = 10'000;
  BOOST_TEST(name_of(WebSocketReconnect(options).ended(refused(10'000), 0, 0).verdict) == "again");
  BOOST_TEST(name_of(WebSocketReconnect(options).ended(refused(10'001), 0, 0).verdict) == "final");
  const std::int64_t ages = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST(name_of(WebSocketReconnect(options).ended(refused(ages), 0, 0).verdict) == "final");
}

BOOST_AUTO_TEST_CASE(every_delay_keeps_its_bounds) {
  std::mt19937_64 generator(20'261'125);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int round = 0; round < 2'000; ++round) {
    WebSocketReconnectOptions options = enabled(0);
    options.delay_ms = std::uniform_int_distribution<std::int64_t>(1, 5'000)(generator);
    options.max_delay_ms = std::uniform_int_distribution<std::int64_t>(1, 60'000)(generator);
    WebSocketReconnect policy(options);
    for (int attempt = 1; attempt < 20; ++attempt) {
      const Nanos delay = policy.ended(refused(), 0, uniform(generator)).delay;
      const double doubled = static_cast<double>(options.delay_ms) * static_cast<double>(1 << (attempt - 1));
      const double whole = std::min(attempt == 1 ? 1'000.0 : doubled, static_cast<double>(options.max_delay_ms));
      const double ms = static_cast<double>(delay) / kMillisecond;
      if (ms > whole || (attempt > 1 && ms < whole / 2 - 1e-6)) BOOST_FAIL("attempt " << attempt << ": " << ms);
    }
  }
}

BOOST_AUTO_TEST_CASE(clients_that_were_dropped_together_do_not_come_back_together) {
  struct Case {
    WebSocketEnding ending;
    std::int64_t window_ms;  // over which they are to come back
  };
  for (const Case& drop : {Case{closed_with(1013), 1'000}, Case{closed_with(1006), 1'000},
                           Case{closed_with(1012), 25'000}, Case{refused(20'000), 1'000}}) {
    constexpr int clients = 1'000;
    constexpr int slots = 10;
    std::mt19937_64 generator(7);
    std::uniform_real_distribution<double> uniform(0, 1);
    std::vector<Nanos> delays;
    for (int i = 0; i < clients; ++i) {
      delays.push_back(WebSocketReconnect(enabled()).ended(drop.ending, 0, uniform(generator)).delay);
    }
    const Nanos first = *std::ranges::min_element(delays);
    const Nanos slot = drop.window_ms * kMillisecond / slots;
    std::array<int, slots + 1> arrivals{};
    for (const Nanos delay : delays)
      ++arrivals[static_cast<std::size_t>(std::min<Nanos>((delay - first) / slot, slots))];
    for (int i = 0; i < slots; ++i) {
      // A fair share is 100; 60 and 140 are four standard deviations away.
      BOOST_TEST(arrivals[static_cast<std::size_t>(i)] > 60);
      BOOST_TEST(arrivals[static_cast<std::size_t>(i)] < 140);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
