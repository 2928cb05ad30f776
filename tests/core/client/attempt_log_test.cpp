// The list of attempts, from what was kept and from the result itself.
#include "client/attempt_log.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

using namespace ppn;

namespace {

AttemptRecord failed(int number, Nanos began = 0, Nanos ended = 0, Nanos delay = 0) {
  AttemptRecord record;
  record.number = number;
  record.outcome = OutcomeClass::not_sent;
  record.code = ErrorCode::connect_failed;
  record.began = began;
  record.ended = ended;
  record.delay = delay;
  record.remote = "peer " + std::to_string(number);
  return record;
}

Error error_with(std::vector<AttemptRecord> log, int attempts) {
  Error error(ErrorCode::connection_reset, Phase::first_byte, "reset");
  error.attempts = attempts;
  error.sent = Sent::full;
  if (!log.empty()) error.log = std::make_shared<const std::vector<AttemptRecord>>(std::move(log));
  return error;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attempt_log)

BOOST_AUTO_TEST_CASE(only_attempt_of_a_response_is_read_out_of_it) {
  Response response;
  response.status = 200;
  response.body_bytes = 5;
  response.remote = "127.0.0.1:80";
  response.connection_id = 9;
  response.timings.set(Span::total, 40);
  BOOST_TEST(attempt_count(response) == 0U);  // it has not ended
  response.complete = true;
  BOOST_TEST(attempt_count(response) == 1U);
  const AttemptRecord only = attempts_of(response).at(0);
  BOOST_TEST(only.number == 0);
  BOOST_TEST(name_of(only.outcome) == "success");
  BOOST_TEST((only.code == ErrorCode::ok));
  BOOST_TEST(only.status == 200);
  BOOST_TEST((only.sent == Sent::full));
  BOOST_TEST(only.received_bytes == 5U);
  BOOST_TEST(only.began == 0);
  BOOST_TEST(only.ended == 40);
  BOOST_TEST(only.delay == -1);
  BOOST_TEST(only.connection_id == 9U);
  BOOST_TEST(only.remote == "127.0.0.1:80");
  BOOST_TEST(attempt_remote(response, 0) == "127.0.0.1:80");
}

BOOST_AUTO_TEST_CASE(last_attempt_of_a_response_follows_the_earlier_ones_and_their_delay) {
  Response response;
  response.status = 503;
  response.attempts = 3;
  response.stop_reason = StopReason::max_retries;
  response.earlier_attempts = {failed(0, 0, 10, 5), failed(1, 15, 25, 10)};
  response.timings.set(Span::total, 50);
  BOOST_TEST(attempt_count(response) == 2U);
  response.complete = true;
  const auto list = attempts_of(response);
  BOOST_REQUIRE(list.size() == 3U);
  BOOST_TEST(list[0].remote == "peer 0");
  BOOST_TEST(attempt_remote(response, 1) == "peer 1");
  BOOST_TEST(list[2].number == 2);
  BOOST_TEST(list[2].began == 35);
  BOOST_TEST(list[2].ended == 50);
  BOOST_TEST(list[2].status == 503);
  BOOST_TEST((list[2].code == ErrorCode::http_unavailable));
  BOOST_TEST(name_of(list[2].outcome) == "status_retryable");
}

BOOST_AUTO_TEST_CASE(status_that_nothing_would_retry_ends_its_call) {
  Response response;
  response.status = 404;
  response.complete = true;
  for (const StopReason reason : {StopReason::none, StopReason::not_retryable, StopReason::server,
                                  StopReason::provider_code, StopReason::decider}) {
    response.stop_reason = reason;
    BOOST_TEST(name_of(attempt_at(response, 0).outcome) == "success", name_of(reason));
  }
  for (const StopReason reason : {StopReason::unsafe_method, StopReason::max_retries, StopReason::budget,
                                  StopReason::deadline, StopReason::retry_after_too_long}) {
    response.stop_reason = reason;
    BOOST_TEST(name_of(attempt_at(response, 0).outcome) == "status_retryable", name_of(reason));
  }
}

BOOST_AUTO_TEST_CASE(only_attempt_of_an_error_is_read_out_of_it) {
  const Error error = error_with({}, 1);
  BOOST_TEST(attempt_count(error) == 1U);
  const AttemptRecord only = attempts_of(error).at(0);
  BOOST_TEST(only.number == 0);
  BOOST_TEST((only.code == ErrorCode::connection_reset));
  BOOST_TEST((only.phase == Phase::first_byte));
  BOOST_TEST((only.sent == Sent::full));
  BOOST_TEST(name_of(only.outcome) == "sent_no_response");
  BOOST_TEST(only.ended == -1);
  BOOST_TEST(attempt_remote(error, 0).empty());
}

BOOST_AUTO_TEST_CASE(log_of_an_error_is_whole_with_or_without_the_last_attempt) {
  BOOST_TEST(attempt_count(error_with({}, 0)) == 0U);
  const Error without = error_with({failed(0, 0, 10, 5)}, 2);
  BOOST_REQUIRE(attempt_count(without) == 2U);
  BOOST_TEST(attempt_at(without, 0).remote == "peer 0");
  BOOST_TEST(attempt_at(without, 1).number == 1);
  BOOST_TEST(attempt_at(without, 1).began == 15);
  const Error with = error_with({failed(0), failed(1)}, 2);
  BOOST_REQUIRE(attempt_count(with) == 2U);
  BOOST_TEST(attempt_at(with, 1).remote == "peer 1");
  BOOST_TEST(attempt_remote(with, 1) == "peer 1");
}

BOOST_AUTO_TEST_CASE(outcome_of_an_error_follows_from_what_it_knows) {
  const auto outcome = [](ErrorCode code, Sent sent, int status, StopReason reason = StopReason::none) {
    Error error(code, Phase::none, "");
    error.attempts = 1;
    error.sent = sent;
    error.http_status = status;
    error.stop_reason = reason;
    return std::string(name_of(attempt_at(error, 0).outcome));
  };
  BOOST_TEST(outcome(ErrorCode::connect_failed, Sent::none, 0) == "not_sent");
  BOOST_TEST(outcome(ErrorCode::connection_reset, Sent::partial, 0) == "sent_no_response");
  BOOST_TEST(outcome(ErrorCode::body_truncated, Sent::full, 200) == "body_failed");
  BOOST_TEST(outcome(ErrorCode::body_truncated, Sent::full, 200, StopReason::committed) == "committed");
  BOOST_TEST(outcome(ErrorCode::http_unavailable, Sent::full, 503) == "status_retryable");
  BOOST_TEST(outcome(ErrorCode::http_not_found, Sent::full, 404) == "success");
  BOOST_TEST(outcome(ErrorCode::cert_untrusted, Sent::none, 0) == "fatal");
  BOOST_TEST(outcome(ErrorCode::cancelled, Sent::full, 200) == "fatal");
}

BOOST_AUTO_TEST_CASE(first_attempts_are_kept_and_the_newest) {
  std::vector<AttemptRecord> earlier;
  for (int i = 0; i < 40; ++i) note_earlier_attempt(earlier, failed(i));
  BOOST_REQUIRE(earlier.size() == kMaxAttemptRecords - 1);
  for (int i = 0; i < 14; ++i) BOOST_TEST(earlier[static_cast<std::size_t>(i)].number == i);
  BOOST_TEST(earlier[14].number == 39);
  Response response;
  response.attempts = 41;
  response.earlier_attempts = earlier;
  response.complete = true;
  BOOST_TEST(attempts_of(response).size() == kMaxAttemptRecords);
  BOOST_TEST(attempts_of(response).back().number == 40);
}

BOOST_AUTO_TEST_SUITE_END()
