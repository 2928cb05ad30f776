#include "policy/replay.hpp"

#include <boost/test/unit_test.hpp>

namespace ppn {
namespace {

StaleAttempt stale(ErrorCode code, Sent sent) {
  return {.code = code, .connection_was_reused = true, .response_begun = false, .sent = sent};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay)

BOOST_AUTO_TEST_CASE(idempotent_methods_are_those_of_the_registry) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) BOOST_TEST(is_idempotent(method));
  for (const char* method : {"POST", "PATCH", "CONNECT", "get", "", "GETX"}) BOOST_TEST(!is_idempotent(method));
}

BOOST_AUTO_TEST_CASE(request_of_which_nothing_was_written_is_replayed_whatever_it_is) {
  for (const ErrorCode code : {ErrorCode::connection_reset, ErrorCode::connection_closed, ErrorCode::write_failed}) {
    BOOST_TEST(may_replay(stale(code, Sent::none), "POST", false));
    BOOST_TEST(may_replay(stale(code, Sent::none), "GET", false));
  }
}

BOOST_AUTO_TEST_CASE(written_request_is_replayed_when_it_is_idempotent_or_keyed) {
  for (const Sent sent : {Sent::partial, Sent::full}) {
    const StaleAttempt attempt = stale(ErrorCode::connection_closed, sent);
    BOOST_TEST(may_replay(attempt, "GET", false));
    BOOST_TEST(may_replay(attempt, "DELETE", false));
    BOOST_TEST(!may_replay(attempt, "POST", false));
    BOOST_TEST(may_replay(attempt, "POST", true));
    BOOST_TEST(may_replay(attempt, "PATCH", true));
  }
}

BOOST_AUTO_TEST_CASE(fresh_connection_is_no_stale_one) {
  StaleAttempt attempt = stale(ErrorCode::connection_closed, Sent::none);
  attempt.connection_was_reused = false;
  BOOST_TEST(!may_replay(attempt, "GET", true));
}

BOOST_AUTO_TEST_CASE(response_that_has_begun_forbids_a_replay) {
  StaleAttempt attempt = stale(ErrorCode::connection_reset, Sent::full);
  attempt.response_begun = true;
  BOOST_TEST(!may_replay(attempt, "GET", true));
}

BOOST_AUTO_TEST_CASE(other_failures_are_not_replayed) {
  for (const ErrorCode code : {ErrorCode::ok, ErrorCode::timeout, ErrorCode::first_byte_timeout, ErrorCode::cancelled,
                               ErrorCode::http_protocol, ErrorCode::write_timeout, ErrorCode::client_cert}) {
    BOOST_TEST(!may_replay(stale(code, Sent::none), "GET", true));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
