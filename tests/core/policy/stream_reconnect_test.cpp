// Whether and when a stream of events goes on over a new connection (SEMANTICS 3.4.6).
#include <boost/test/unit_test.hpp>

#include "policy/stream_reconnect.hpp"

namespace ppn::test {
namespace {

constexpr Nanos ms(std::int64_t count) {
  return count * kMillisecond;
}

StreamOptions reconnecting() {
  StreamOptions options;
  options.auto_reconnect = true;
  return options;
}

Nanos delay(std::int64_t asked_ms, int failures, double random = 0, StreamOptions options = reconnecting()) {
  return reconnect_delay(options, RetryOptions(), asked_ms, failures, random);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stream_reconnect)

BOOST_AUTO_TEST_CASE(only_get_is_resumed_unless_others_are_allowed) {
  StreamOptions options;
  BOOST_TEST(!may_resume(options, "GET", true));
  options.auto_reconnect = true;
  BOOST_TEST(may_resume(options, "GET", true));
  BOOST_TEST(!may_resume(options, "POST", true));
  options.resume_allowed = true;
  BOOST_TEST(may_resume(options, "POST", true));
  BOOST_TEST(!may_resume(options, "POST", false));
}

BOOST_AUTO_TEST_CASE(cut_and_clean_ends_go_on_and_answers_of_the_server_do_not) {
  const StreamOptions options = reconnecting();
  for (const ErrorCode code : {ErrorCode::ok, ErrorCode::stream_truncated, ErrorCode::connection_reset,
                               ErrorCode::connection_closed, ErrorCode::connect_failed, ErrorCode::connect_timeout,
                               ErrorCode::stream_idle_timeout, ErrorCode::read_failed}) {
    BOOST_TEST(goes_on(options, {.code = code}), describe(code).name);
  }
  for (const ErrorCode code :
       {ErrorCode::http_server_error, ErrorCode::http_other_status, ErrorCode::content_type, ErrorCode::cancelled,
        ErrorCode::timeout, ErrorCode::stream_ceiling, ErrorCode::stream_error_event, ErrorCode::stream_event_too_large,
        ErrorCode::cert_untrusted, ErrorCode::address_denied, ErrorCode::rate_limited}) {
    BOOST_TEST(!goes_on(options, {.code = code}), describe(code).name);
  }
  BOOST_TEST(!goes_on(options, {.code = ErrorCode::ok, .terminal = true}));
}

BOOST_AUTO_TEST_CASE(connections_that_bring_nothing_are_limited) {
  StreamOptions options = reconnecting();
  options.max_reconnects = 2;
  BOOST_TEST(goes_on(options, {.failures = 2}));
  BOOST_TEST(!goes_on(options, {.failures = 3}));
  options.max_reconnects = 0;
  BOOST_TEST(goes_on(options, {.failures = 1'000}));
}

BOOST_AUTO_TEST_CASE(delay_is_what_the_server_asked_for_and_grows_with_failures) {
  BOOST_TEST(delay(-1, 0) == ms(3'000));
  BOOST_TEST(delay(200, 0) == ms(200));
  BOOST_TEST(delay(200, 1) == ms(200));
  // The same as any backoff: doubled, and up to a quarter off.
  BOOST_TEST(delay(200, 2) == ms(300));
  BOOST_TEST(delay(200, 4) == ms(1'200));
  BOOST_TEST(delay(200, 20) == ms(6'000));
}

// Else a server that names no time at all is asked without a pause, for ever where nothing limits it.
BOOST_AUTO_TEST_CASE(failures_are_spaced_though_the_server_names_no_time) {
  BOOST_TEST(delay(0, 0) == 0);
  BOOST_TEST(delay(0, 1) == ms(375));
  BOOST_TEST(delay(0, 2) == ms(750));
  BOOST_TEST(delay(0, 20) == ms(6'000));
  StreamOptions at_once = reconnecting();
  at_once.reconnect_ms = 0;  // the user may want that, and may limit it
  BOOST_TEST(delay(-1, 20, 0, at_once) == 0);
}

BOOST_AUTO_TEST_CASE(delay_is_never_shorter_than_asked) {
  for (int failures = 0; failures < 40; ++failures) {
    for (const std::int64_t asked : {0, 1, 250, 3'000, 20'000, 600'000}) {
      for (const double random : {0.0, 0.3, 1.0}) {
        BOOST_TEST(delay(asked, failures, random) >= ms(asked));
        BOOST_TEST(delay(asked, failures, random) <= std::max(ms(asked), ms(8'000)) + kSecond);
      }
    }
  }
  BOOST_TEST(delay(9'000'000'000'000'000'000, 0) == ms(86'400'000));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
