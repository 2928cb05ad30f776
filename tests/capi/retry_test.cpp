// Retries of calls: what the attempts say, why there is no further one, and the policy of one request.
#include <functional>
#include <string>
#include <vector>

#include "capi/recorder.hpp"
#include "capi/retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

std::string text(const Answered& answered, size_t index, int32_t which) {
  return ppn_response_attempt_text(answered.response.get(), index, which);
}

int64_t number(const Answered& answered, size_t index, int32_t which) {
  return ppn_response_attempt_int64(answered.response.get(), index, which);
}

RetryPolicy policy_with(const std::vector<std::pair<std::string, std::string>>& options) {
  RetryPolicy policy = make_retry_policy();
  for (const auto& [name, value] : options) {
    BOOST_REQUIRE_EQUAL(
        ppn_retry_policy_set(policy.get(), name.data(), name.size(), value.data(), value.size(), nullptr), PPN_OK);
  }
  return policy;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(retries, NoLeak)

BOOST_AUTO_TEST_CASE(response_tells_the_attempts_before_it) {
  const ScriptedServer server({answer(503), answer(503, "Retry-After-Ms: 3\r\n", "later"), answer(200, "", "done")});
  const Client client = make_retrying_client();
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.code == PPN_OK);
  BOOST_TEST(answered.status() == 200);
  BOOST_TEST(body_of(answered.response.get()) == "done");
  BOOST_TEST(answered.attempts() == 3);
  BOOST_TEST(answered.stop_reason() == PPN_STOP_NONE);
  BOOST_TEST(server.requests().size() == 3U);
  BOOST_REQUIRE(ppn_response_attempt_count(answered.response.get()) == 3U);
  const std::vector<int64_t> statuses{503, 503, 200};
  const std::vector<int64_t> codes{PPN_E_HTTP_UNAVAILABLE, PPN_E_HTTP_UNAVAILABLE, PPN_OK};
  const std::vector<int64_t> received{0, 5, 4};
  const std::vector<std::string> outcomes{"status_retryable", "status_retryable", "success"};
  const std::vector<std::string> sources{"backoff", "retry_after_ms", "none"};
  for (size_t i = 0; i < 3; ++i) {
    BOOST_TEST_CONTEXT(i) {
      BOOST_TEST(number(answered, i, PPN_ATTEMPT_NUMBER) == static_cast<int64_t>(i));
      BOOST_TEST(number(answered, i, PPN_ATTEMPT_STATUS) == statuses[i]);
      BOOST_TEST(number(answered, i, PPN_ATTEMPT_CODE) == codes[i]);
      BOOST_TEST(number(answered, i, PPN_ATTEMPT_SENT) == PPN_SENT_FULL);
      BOOST_TEST(number(answered, i, PPN_ATTEMPT_RECEIVED_BYTES) == received[i]);
      BOOST_TEST(text(answered, i, PPN_ATTEMPT_OUTCOME) == outcomes[i]);
      BOOST_TEST(text(answered, i, PPN_ATTEMPT_DELAY_SOURCE) == sources[i]);
      BOOST_TEST(text(answered, i, PPN_ATTEMPT_REMOTE) == "127.0.0.1:" + std::to_string(server.port()));
      if (i > 0) {
        BOOST_TEST(number(answered, i, PPN_ATTEMPT_CONNECTION) != number(answered, i - 1, PPN_ATTEMPT_CONNECTION));
        BOOST_TEST(number(answered, i, PPN_ATTEMPT_BEGAN_MS) >= number(answered, i - 1, PPN_ATTEMPT_ENDED_MS));
      }
    }
  }
  BOOST_TEST(number(answered, 0, PPN_ATTEMPT_DELAY_MS) == 0);  // 0.75 to 1 ms
  BOOST_TEST(number(answered, 1, PPN_ATTEMPT_DELAY_MS) == 3);
  BOOST_TEST(number(answered, 2, PPN_ATTEMPT_DELAY_MS) == -1);
}

BOOST_AUTO_TEST_CASE(attempts_of_a_failure_keep_the_first_error) {
  const ScriptedServer server(
      {Script{}.expect_request().reset(), answer(502),
       Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close()});
  const Answered answered = fetch(make_retrying_client(R"("max_retries": 2)"), server.url());
  BOOST_TEST(answered.code == PPN_E_BODY_TRUNCATED);
  BOOST_TEST(answered.attempts() == 3);
  BOOST_TEST(answered.stop_reason() == PPN_STOP_MAX_RETRIES);
  const ppn_error* const error = answered.error.get();
  BOOST_REQUIRE(ppn_error_attempt_count(error) == 3U);
  BOOST_TEST(ppn_error_attempt_int64(error, 0, PPN_ATTEMPT_CODE) == PPN_E_CONNECTION_RESET);
  BOOST_TEST(std::string(ppn_error_attempt_text(error, 0, PPN_ATTEMPT_OUTCOME)) == "sent_no_response");
  BOOST_TEST(ppn_error_attempt_int64(error, 1, PPN_ATTEMPT_CODE) == PPN_E_HTTP_BAD_GATEWAY);
  BOOST_TEST(ppn_error_attempt_int64(error, 2, PPN_ATTEMPT_CODE) == PPN_E_BODY_TRUNCATED);
  BOOST_TEST(std::string(ppn_error_attempt_text(error, 2, PPN_ATTEMPT_OUTCOME)) == "body_failed");
  BOOST_TEST(ppn_error_attempt_int64(error, 2, PPN_ATTEMPT_RECEIVED_BYTES) == 4);
}

BOOST_AUTO_TEST_CASE(response_says_why_no_attempt_followed_it) {
  struct Row {
    Script first;
    int32_t reason;
    const char* method = "GET";
    std::string options = R"("max_retries": 2)";
  };
  const std::string quota = R"({"error":{"code":"insufficient_quota","message":"pay"}})";
  const std::vector<Row> rows{
      {answer(404), PPN_STOP_NOT_RETRYABLE},
      {answer(500), PPN_STOP_UNSAFE_METHOD, "POST"},
      {answer(503), PPN_STOP_MAX_RETRIES, "GET", R"("max_retries": 0)"},
      {answer(503), PPN_STOP_BUDGET, "GET", R"("retry_budget_ratio": 0.01, "retry_budget_min_per_second": 0)"},
      {answer(503), PPN_STOP_DEADLINE, "GET", R"("backoff_factor": 3600, "max_backoff_ms": 86400000)"},
      {answer(503, "Retry-After: 172800\r\n"), PPN_STOP_RETRY_AFTER_TOO_LONG},
      {answer(503, "x-should-retry: false\r\n"), PPN_STOP_SERVER},
      {answer(429, "Content-Type: application/json\r\n", quota), PPN_STOP_PROVIDER_CODE},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(ppn_stop_reason_name(row.reason)) {
      const ScriptedServer server({row.first, answer(200, "", "too late")});
      const Answered answered = fetch(make_retrying_client(row.options), server.url(), row.method);
      BOOST_TEST(answered.code == PPN_OK);
      BOOST_TEST(answered.status() >= 400);
      BOOST_TEST(answered.attempts() == 1);
      BOOST_TEST(answered.stop_reason() == row.reason);
      ErrorHandle error;
      BOOST_TEST(ppn_response_check_status(answered.response.get(), error.out()) != PPN_OK);
      BOOST_TEST(ppn_error_stop_reason(error.get()) == row.reason);
      const bool final =
          row.reason == PPN_STOP_NOT_RETRYABLE || row.reason == PPN_STOP_SERVER || row.reason == PPN_STOP_PROVIDER_CODE;
      BOOST_TEST(ppn_error_is_retryable(error.get()) == (final ? 0 : 1));
      BOOST_TEST(server.requests().size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(body_that_can_be_read_once_is_sent_once) {
  const ScriptedServer server({answer(503), answer(200)});
  const Client client = make_retrying_client();
  const Request request = make_request(client, "PUT", server.url());
  const auto read = [](void*, ppn_request*, uint8_t* buffer, size_t, size_t* out) -> int32_t {
    buffer[0] = 'x';
    *out = 1;
    return PPN_CB_CONTINUE;
  };
  BOOST_REQUIRE_EQUAL(ppn_request_set_body_callback(request.get(), 1, read, nullptr, nullptr, nullptr, nullptr),
                      PPN_OK);
  const Answered answered = send(request);
  BOOST_TEST(answered.status() == 503);
  BOOST_TEST(answered.stop_reason() == PPN_STOP_BODY_NOT_REPLAYABLE);
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(stream_that_was_handed_out_is_not_repeated) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                         "Content-Length: 99\r\n\r\ndata: 1\n\n")
                                   .close(),
                               answer(200)});
  const Client client = make_retrying_client();
  const Request request = make_request(client, "GET", server.url());
  Stream stream;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_EVENTS, stream.out(), nullptr), PPN_OK);
  const ppn_event* piece = nullptr;
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_OK);
  ErrorHandle error;
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, error.out()) == PPN_E_STREAM_TRUNCATED);
  BOOST_TEST(ppn_error_stop_reason(error.get()) == PPN_STOP_COMMITTED);
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(cancel_ends_the_wait_before_a_retry) {
  const ScriptedServer server({answer(503), answer(200)});
  const Client client = make_retrying_client(R"("backoff_factor": 3600, "max_backoff_ms": 86400000, "timeout_ms": 0)");
  const Request request = make_request(client, "GET", server.url());
  const auto cancel_before_a_retry = [](void* user, const ppn_call_event* event) {
    if (ppn_call_event_type(event) == PPN_CALL_EVENT_RETRY) ppn_request_cancel(static_cast<ppn_request*>(user));
  };
  BOOST_REQUIRE_EQUAL(
      ppn_client_set_event_listener(client.get(), cancel_before_a_retry, request.get(), nullptr, nullptr), PPN_OK);
  const Answered answered = send(request);
  BOOST_TEST(answered.code == PPN_E_CANCELLED);
  BOOST_TEST(std::string(ppn_error_phase(answered.error.get())) == "backoff");
  BOOST_TEST(answered.stop_reason() == PPN_STOP_CANCELLED);
  BOOST_REQUIRE(ppn_error_attempt_count(answered.error.get()) == 1U);
  BOOST_TEST(ppn_error_attempt_int64(answered.error.get(), 0, PPN_ATTEMPT_STATUS) == 503);
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(policy_of_a_request_counts_for_it_alone) {
  const ScriptedServer server({answer(404), answer(418), answer(200, "", "third"), answer(404)});
  const Client client = make_retrying_client(R"("max_retries": 0)");
  const RetryPolicy policy = policy_with({{"max_retries", "2"}, {"retry_codes", "404,418"}, {"max_backoff_ms", "0"}});
  const Request request = make_request(client, "GET", server.url());
  BOOST_REQUIRE_EQUAL(ppn_request_set_retry_policy(request.get(), policy.get(), nullptr), PPN_OK);
  // It was copied.
  BOOST_TEST(ppn_retry_policy_set(policy.get(), "max_retries", PPN_AUTO_LENGTH, "0", 1, nullptr) == PPN_OK);
  const Answered answered = send(request);
  BOOST_TEST(answered.status() == 200);
  BOOST_TEST(answered.attempts() == 3);
  BOOST_TEST(fetch(client, server.url()).attempts() == 1);
  BOOST_TEST(ppn_request_set_retry_policy(request.get(), policy.get(), nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(options_of_a_request_that_are_no_part_of_a_policy_stay_beside_it) {
  const ScriptedServer server({answer(503), answer(503), answer(200)});
  const Client client = make_retrying_client();
  const Request request = make_request(client, "GET", server.url());
  const auto set = [&](const char* name, const char* value) {
    return ppn_request_set_option(request.get(), name, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, nullptr);
  };
  BOOST_TEST(set("send_retry_count", "true") == PPN_OK);
  BOOST_TEST(set("max_retries", "9") == PPN_OK);
  const RetryPolicy policy = policy_with({{"max_backoff_ms", "0"}});
  BOOST_TEST(ppn_request_set_retry_policy(request.get(), policy.get(), nullptr) == PPN_OK);
  BOOST_TEST(set("max_retries", "1") == PPN_OK);
  const Answered answered = send(request);
  BOOST_TEST(answered.status() == 503);
  BOOST_TEST(answered.attempts() == 2);
  BOOST_TEST(answered.stop_reason() == PPN_STOP_MAX_RETRIES);
  BOOST_REQUIRE(server.requests().size() == 2U);
  BOOST_TEST(server.requests()[1].find("x-retry-count: 1\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(policy_and_request_are_checked) {
  const Client client = make_client();
  const Request request = make_request(client, "GET", "http://127.0.0.1:9/");
  RetryPolicy policy = make_retry_policy();
  BOOST_TEST(ppn_request_set_retry_policy(nullptr, policy.get(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_retry_policy(request.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  ppn_retry_policy* const gone = policy.get();
  policy.reset();
  BOOST_TEST(ppn_request_set_retry_policy(request.get(), gone, nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_SUITE_END()
