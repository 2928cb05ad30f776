// What an attempt counts as, and whether it is repeated at all.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "policy/replay.hpp"
#include "policy/retry_policy.hpp"

namespace ppn {
namespace {

using enum ErrorCode;

AttemptOutcome response(std::string_view method, int status) {
  return {.method = method, .status = status, .sent = Sent::full, .response_begun = true};
}

AttemptOutcome failure(std::string_view method, ErrorCode code, Sent sent) {
  return {.method = method, .code = code, .sent = sent};
}

RetryDecision decide(const AttemptOutcome& attempt, const RetryOptions& options = {}) {
  return decide_retry(options, attempt, {});
}

void check_stop(const RetryDecision& decision, OutcomeClass outcome, StopReason reason) {
  BOOST_TEST(!decision.retry);
  BOOST_TEST(name_of(decision.outcome) == name_of(outcome));
  BOOST_TEST(name_of(decision.reason) == name_of(reason));
  BOOST_TEST(decision.delay == 0);
  BOOST_TEST((decision.source == DelaySource::none));
}

void check_retry(const RetryDecision& decision, OutcomeClass outcome) {
  BOOST_TEST(decision.retry);
  BOOST_TEST(name_of(decision.outcome) == name_of(outcome));
  BOOST_TEST((decision.reason == StopReason::none));
}

constexpr auto kMethods = std::to_array<std::string_view>(
    {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "POST", "PATCH", "QUERY", "get"});

}  // namespace

BOOST_AUTO_TEST_SUITE(retry_classes)

BOOST_AUTO_TEST_CASE(success_ends_the_call_without_a_reason) {
  for (const int status : {200, 204, 206, 301, 304, 399}) {
    check_stop(decide(response("GET", status)), OutcomeClass::success, StopReason::none);
  }
}

BOOST_AUTO_TEST_CASE(statuses_are_retryable_as_the_table_says) {
  const std::string set = "408,429,500,502,503,504,522,524,529";
  for (int status = 400; status <= 599; ++status) {
    BOOST_TEST_CONTEXT(status) {
      const bool listed = set.find(std::to_string(status)) != set.npos;
      if (listed) check_retry(decide(response("GET", status)), OutcomeClass::status_retryable);
      if (!listed) check_stop(decide(response("GET", status)), OutcomeClass::fatal, StopReason::not_retryable);
    }
  }
  for (const int status : {600, 999}) {
    check_stop(decide(response("GET", status)), OutcomeClass::fatal, StopReason::not_retryable);
  }
}

BOOST_AUTO_TEST_CASE(status_error_by_its_code_counts_like_its_status) {
  AttemptOutcome attempt = response("POST", 503);
  attempt.code = http_unavailable;
  check_retry(decide(attempt), OutcomeClass::status_retryable);
  attempt = response("GET", 404);
  attempt.code = http_not_found;
  check_stop(decide(attempt), OutcomeClass::fatal, StopReason::not_retryable);
}

BOOST_AUTO_TEST_CASE(retry_codes_replace_the_set) {
  const RetryOptions options{.retry_codes = {409, 500}};
  check_retry(decide(response("GET", 409), options), OutcomeClass::status_retryable);
  check_retry(decide(response("GET", 500), options), OutcomeClass::status_retryable);
  check_stop(decide(response("GET", 503), options), OutcomeClass::fatal, StopReason::not_retryable);
  check_stop(decide(response("POST", 409), options), OutcomeClass::status_retryable, StopReason::unsafe_method);
}

// Rows: what happened. Columns: an idempotent method, and another one plain, keyed, with retry_unsafe.
BOOST_AUTO_TEST_CASE(methods_and_keys_decide_as_the_matrix_says) {
  struct Row {
    const char* name;
    AttemptOutcome attempt;
    OutcomeClass outcome;
    bool idempotent, plain, keyed, unsafe;
  };
  AttemptOutcome truncated = failure("", body_truncated, Sent::full);
  truncated.status = 200;
  truncated.response_begun = true;
  AttemptOutcome broken_refusal = truncated;
  broken_refusal.status = 429;
  AttemptOutcome asked = response("", 418);
  asked.should_retry = true;
  const RetryOptions with_early{.retry_codes = {408, 425, 429, 500, 502, 503, 504, 522, 524, 529}};
  using enum OutcomeClass;
  const std::vector<Row> rows{
      {"DNS", failure("", dns_failed, Sent::none), not_sent, true, true, true, true},
      {"connect", failure("", connect_timeout, Sent::none), not_sent, true, true, true, true},
      {"proxy", failure("", proxy_failed, Sent::none), not_sent, true, true, true, true},
      {"handshake", failure("", tls_handshake, Sent::none), not_sent, true, true, true, true},
      {"reset in the handshake", failure("", connection_reset, Sent::none), not_sent, true, true, true, true},
      {"pool", failure("", pool_timeout, Sent::none), not_sent, true, true, true, true},
      {"queue", failure("", pool_queue_full, Sent::none), not_sent, true, true, true, true},
      {"attempt before sending", failure("", attempt_timeout, Sent::none), not_sent, true, true, true, true},
      {"reset", failure("", connection_reset, Sent::full), sent_no_response, true, false, true, true},
      {"end", failure("", connection_closed, Sent::partial), sent_no_response, true, false, true, true},
      {"write", failure("", write_failed, Sent::partial), sent_no_response, true, false, true, true},
      // A key does not make up for an answer that did not come: the work may be billed.
      {"first byte", failure("", first_byte_timeout, Sent::full), sent_no_response, true, false, false, true},
      {"read", failure("", read_timeout, Sent::full), sent_no_response, true, false, false, true},
      {"attempt", failure("", attempt_timeout, Sent::partial), sent_no_response, true, false, false, true},
      {"slow", failure("", too_slow, Sent::full), sent_no_response, true, false, false, true},
      {"name of a redirect", failure("", dns_failed, Sent::full), sent_no_response, true, false, true, true},
      {"body", truncated, body_failed, true, false, true, true},
      {"body of a refusal", broken_refusal, body_failed, true, true, true, true},
      {"408", response("", 408), status_retryable, true, true, true, true},
      {"425", response("", 425), status_retryable, true, true, true, true},
      {"429", response("", 429), status_retryable, true, true, true, true},
      {"503", response("", 503), status_retryable, true, true, true, true},
      {"529", response("", 529), status_retryable, true, true, true, true},
      {"500", response("", 500), status_retryable, true, false, true, true},
      {"502", response("", 502), status_retryable, true, false, true, true},
      {"504", response("", 504), status_retryable, true, false, true, true},
      {"522", response("", 522), status_retryable, true, false, true, true},
      {"524", response("", 524), status_retryable, true, false, true, true},
      {"x-should-retry", asked, status_retryable, true, true, true, true},
  };
  for (const Row& row : rows) {
    for (const std::string_view method : kMethods) {
      for (const bool keyed : {false, true}) {
        for (const bool unsafe : {false, true}) {
          BOOST_TEST_CONTEXT(row.name << " " << method << " keyed " << keyed << " unsafe " << unsafe) {
            AttemptOutcome attempt = row.attempt;
            attempt.method = method;
            attempt.keyed = keyed;
            RetryOptions options = with_early;
            options.retry_unsafe = unsafe;
            const bool idempotent = is_idempotent(method);
            const bool expected =
                idempotent ? row.idempotent : row.plain || (keyed && row.keyed) || (unsafe && row.unsafe);
            const RetryDecision decision = decide(attempt, options);
            if (expected) check_retry(decision, row.outcome);
            if (!expected) check_stop(decision, row.outcome, StopReason::unsafe_method);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_fails_the_same_way_every_time_is_never_repeated) {
  const RetryOptions options{.retry_unsafe = true};
  for (const ErrorCode code : {invalid_argument,
                               invalid_url,
                               invalid_header,
                               unsupported_scheme,
                               config_error,
                               address_denied,
                               proxy_auth,
                               proxy_status,
                               cert_untrusted,
                               cert_expired,
                               cert_hostname,
                               cert_revoked,
                               pin_mismatch,
                               tls_version,
                               client_cert,
                               http_protocol,
                               body_too_large,
                               headers_too_large,
                               decode_failed,
                               decode_limit,
                               too_many_redirects,
                               redirect_blocked,
                               json_parse,
                               content_type,
                               stream_ceiling,
                               stream_event_too_large,
                               rate_limited,
                               rate_limit_queue_full,
                               rate_limit_cost,
                               rate_limit_backend,
                               circuit_open,
                               middleware_failed,
                               replay_no_match,
                               out_of_memory,
                               internal}) {
    for (const Sent sent : {Sent::none, Sent::full}) {
      BOOST_TEST_CONTEXT(describe(code).name) {
        check_stop(decide(failure("GET", code, sent), options), OutcomeClass::fatal, StopReason::not_retryable);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(end_by_the_user_or_the_deadline_has_its_own_reason) {
  check_stop(decide(failure("GET", cancelled, Sent::none)), OutcomeClass::fatal, StopReason::cancelled);
  check_stop(decide(failure("GET", client_closed, Sent::full)), OutcomeClass::fatal, StopReason::cancelled);
  check_stop(decide(failure("GET", timeout, Sent::none)), OutcomeClass::fatal, StopReason::deadline);
  check_stop(decide(failure("GET", body_not_replayable, Sent::none)), OutcomeClass::fatal,
             StopReason::body_not_replayable);
}

BOOST_AUTO_TEST_CASE(response_that_was_handed_out_is_final) {
  AttemptOutcome attempt = failure("GET", connection_reset, Sent::full);
  attempt.status = 200;
  attempt.response_begun = attempt.committed = true;
  check_stop(decide(attempt), OutcomeClass::committed, StopReason::committed);
  attempt.code = stream_truncated;
  check_stop(decide(attempt), OutcomeClass::committed, StopReason::committed);
  attempt = response("GET", 503);
  attempt.committed = true;
  check_stop(decide(attempt), OutcomeClass::committed, StopReason::committed);
  attempt.status = 200;
  check_stop(decide(attempt), OutcomeClass::success, StopReason::none);
}

BOOST_AUTO_TEST_CASE(body_that_can_not_be_sent_again_is_final) {
  AttemptOutcome attempt = failure("PUT", connect_failed, Sent::none);
  attempt.body_replayable = false;
  check_stop(decide(attempt), OutcomeClass::not_sent, StopReason::body_not_replayable);
  attempt = response("PUT", 503);
  attempt.body_replayable = false;
  check_stop(decide(attempt), OutcomeClass::status_retryable, StopReason::body_not_replayable);
}

BOOST_AUTO_TEST_CASE(word_of_the_server_comes_first) {
  AttemptOutcome attempt = response("GET", 503);
  attempt.should_retry = false;
  check_stop(decide(attempt), OutcomeClass::status_retryable, StopReason::server);
  attempt.provider_code = "insufficient_quota";
  check_stop(decide(attempt), OutcomeClass::fatal, StopReason::server);
  attempt.should_retry = true;
  check_stop(decide(attempt), OutcomeClass::fatal, StopReason::provider_code);
  attempt.provider_code = "";
  attempt.server_delay = ServerDelay{121 * kSecond, DelaySource::retry_after};
  check_stop(decide(attempt), OutcomeClass::status_retryable, StopReason::retry_after_too_long);
  attempt.server_delay.reset();
  check_retry(decide(attempt), OutcomeClass::status_retryable);
  for (const int status : {400, 404, 409, 501, 599}) {
    AttemptOutcome asked = response("POST", status);
    asked.should_retry = true;
    check_retry(decide(asked), OutcomeClass::status_retryable);
  }
}

BOOST_AUTO_TEST_CASE(final_codes_are_compared_as_whole_words) {
  AttemptOutcome attempt = response("POST", 429);
  for (const char* code : {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "invalid_api_key",
                           "extra_usage_required"}) {
    attempt.provider_code = code;
    check_stop(decide(attempt), OutcomeClass::fatal, StopReason::provider_code);
  }
  for (const char* code :
       {"", "rate_limit_exceeded", "insufficient", "insufficient_quota,billing_not_active", "Insufficient_Quota"}) {
    attempt.provider_code = code;
    check_retry(decide(attempt), OutcomeClass::status_retryable);
  }
  const RetryOptions own{.final_error_codes = " no_money , ,done"};
  for (const char* code : {"no_money", "done"}) {
    attempt.provider_code = code;
    check_stop(decide(attempt, own), OutcomeClass::fatal, StopReason::provider_code);
  }
  attempt.provider_code = "insufficient_quota";
  check_retry(decide(attempt, own), OutcomeClass::status_retryable);
  check_retry(decide(attempt, {.final_error_codes = ""}), OutcomeClass::status_retryable);
}

BOOST_AUTO_TEST_CASE(retries_end_at_their_number_and_at_ten) {
  const auto retries = [](std::int64_t max_retries) {
    RetryContext context;
    const RetryOptions options{.max_retries = max_retries};
    while (decide_retry(options, response("GET", 503), context).retry && context.retries_done < 100) {
      ++context.retries_done;
    }
    check_stop(decide_retry(options, response("GET", 503), context), OutcomeClass::status_retryable,
               StopReason::max_retries);
    return context.retries_done;
  };
  BOOST_TEST(retries(0) == 0);
  BOOST_TEST(retries(2) == 2);
  BOOST_TEST(retries(10) == 10);
  BOOST_TEST(retries(1'000) == 10);
  BOOST_TEST(retries(-1) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
