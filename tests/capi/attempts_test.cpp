// The attempts of a call, and what an error says about the answer of a provider.
#include <string>

#include "capi/no_retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

struct Sent {
  Response response;
  ErrorHandle error;
  int32_t code = PPN_OK;
};

Sent get(const std::string& url) {
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "GET", url);
  Sent sent;
  sent.code = ppn_request_send(request.get(), sent.response.out(), sent.error.out());
  return sent;
}

std::string refused_url() {
  return ScriptedServer({}).url();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(attempts, NoLeak)

BOOST_AUTO_TEST_CASE(only_attempt_of_a_success_is_told_by_the_response) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("hello"))});
  const Sent sent = get(server.url());
  BOOST_REQUIRE(sent.code == PPN_OK);
  const ppn_response* const response = sent.response.get();
  BOOST_REQUIRE(ppn_response_attempt_count(response) == 1U);
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_NUMBER) == 0);
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_CODE) == PPN_OK);
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_STATUS) == 200);
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_SENT) == PPN_SENT_FULL);
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_RECEIVED_BYTES) == 5);
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_BEGAN_MS) == 0);
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_ENDED_MS) ==
             static_cast<int64_t>(ppn_response_timing_ms(response, PPN_TIMING_TOTAL)));
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_DELAY_MS) == -1);
  BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_CONNECTION) >= 0);
  BOOST_TEST(std::string(ppn_response_attempt_text(response, 0, PPN_ATTEMPT_OUTCOME)) == "success");
  BOOST_TEST(std::string(ppn_response_attempt_text(response, 0, PPN_ATTEMPT_PHASE)) == "body");
  BOOST_TEST(std::string(ppn_response_attempt_text(response, 0, PPN_ATTEMPT_DELAY_SOURCE)) == "none");
  BOOST_TEST(std::string(ppn_response_attempt_text(response, 0, PPN_ATTEMPT_REMOTE)) == ppn_response_remote(response));
  BOOST_TEST(ppn_response_stop_reason(response) == 0);
}

BOOST_AUTO_TEST_CASE(only_attempt_of_a_failure_is_told_by_the_error) {
  const Sent sent = get(refused_url());
  const ppn_error* const error = sent.error.get();
  BOOST_REQUIRE(sent.code == PPN_E_CONNECT_FAILED);
  BOOST_REQUIRE(ppn_error_attempt_count(error) == 1U);
  BOOST_TEST(ppn_error_attempt_int64(error, 0, PPN_ATTEMPT_NUMBER) == 0);
  BOOST_TEST(ppn_error_attempt_int64(error, 0, PPN_ATTEMPT_CODE) == PPN_E_CONNECT_FAILED);
  BOOST_TEST(ppn_error_attempt_int64(error, 0, PPN_ATTEMPT_STATUS) == 0);
  BOOST_TEST(ppn_error_attempt_int64(error, 0, PPN_ATTEMPT_SENT) == PPN_SENT_NONE);
  BOOST_TEST(std::string(ppn_error_attempt_text(error, 0, PPN_ATTEMPT_OUTCOME)) == "not_sent");
  BOOST_TEST(std::string(ppn_error_attempt_text(error, 0, PPN_ATTEMPT_PHASE)) == "connect");
}

BOOST_AUTO_TEST_CASE(attempt_that_does_not_exist_reads_as_nothing) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  const Sent good = get(server.url());
  const Sent bad = get(refused_url());
  const size_t past = 1;
  for (const int32_t which : {PPN_ATTEMPT_NUMBER + 0, PPN_ATTEMPT_CONNECTION + 0}) {
    BOOST_TEST(ppn_response_attempt_int64(good.response.get(), 1, which) == -1);
    BOOST_TEST(ppn_error_attempt_int64(bad.error.get(), past, which) == -1);
    BOOST_TEST(ppn_response_attempt_int64(good.response.get(), PPN_AUTO_LENGTH, which) == -1);
  }
  BOOST_TEST(std::string(ppn_response_attempt_text(good.response.get(), 1, PPN_ATTEMPT_REMOTE)).empty());
  BOOST_TEST(std::string(ppn_error_attempt_text(bad.error.get(), past, PPN_ATTEMPT_OUTCOME)).empty());
  for (const int32_t which : {-1, 9, 99, PPN_ATTEMPT_OUTCOME + 0, PPN_ATTEMPT_REMOTE + 0, INT32_MAX, INT32_MIN}) {
    BOOST_TEST(ppn_response_attempt_int64(good.response.get(), 0, which) == -1);
  }
  for (const int32_t which : {-1, PPN_ATTEMPT_NUMBER + 0, 99, 104, INT32_MAX, INT32_MIN}) {
    BOOST_TEST(std::string(ppn_error_attempt_text(bad.error.get(), 0, which)).empty());
  }
}

BOOST_AUTO_TEST_CASE(null_and_released_handles_have_no_attempts) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  Sent good = get(server.url());
  Sent bad = get(refused_url());
  const ppn_response* const gone_response = good.response.get();
  const ppn_error* const gone_error = bad.error.get();
  good.response.reset();
  bad.error.reset();
  for (const ppn_response* response : {gone_response, static_cast<const ppn_response*>(nullptr)}) {
    BOOST_TEST(ppn_response_attempt_count(response) == 0U);
    BOOST_TEST(ppn_response_attempt_int64(response, 0, PPN_ATTEMPT_CODE) == -1);
    BOOST_TEST(std::string(ppn_response_attempt_text(response, 0, PPN_ATTEMPT_REMOTE)).empty());
    BOOST_TEST(ppn_response_stop_reason(response) == 0);
  }
  for (const ppn_error* error : {gone_error, static_cast<const ppn_error*>(nullptr)}) {
    BOOST_TEST(ppn_error_attempt_count(error) == 0U);
    BOOST_TEST(ppn_error_attempt_int64(error, 0, PPN_ATTEMPT_CODE) == -1);
    BOOST_TEST(std::string(ppn_error_attempt_text(error, 0, PPN_ATTEMPT_PHASE)).empty());
    BOOST_TEST(ppn_error_stop_reason(error) == 0);
    BOOST_TEST(std::string(ppn_error_provider_code(error)).empty());
    BOOST_TEST(std::string(ppn_error_provider_message(error)).empty());
    BOOST_TEST(std::string(ppn_error_request_id(error)).empty());
    BOOST_TEST(ppn_error_is_rate_limited(error) == 0);
    BOOST_TEST(ppn_error_is_auth(error) == 0);
  }
}

BOOST_AUTO_TEST_CASE(usage_error_has_no_attempts) {
  ErrorHandle error;
  BOOST_TEST(ppn_client_close(nullptr, error.out()) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_error_attempt_count(error.get()) == 0U);
}

BOOST_AUTO_TEST_CASE(status_error_says_what_the_provider_says) {
  const std::string body =
      R"({"error":{"message":"Incorrect API key provided: sk-abcdef.","type":"invalid_request_error",)"
      R"("code":"invalid_api_key"}})";
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nrequest-id: req_011\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body)});
  const Sent sent = get(server.url());
  BOOST_REQUIRE(sent.code == PPN_OK);
  ErrorHandle error;
  BOOST_TEST(ppn_response_check_status(sent.response.get(), error.out()) == PPN_E_HTTP_UNAUTHORIZED);
  BOOST_TEST(std::string(ppn_error_provider_code(error.get())) == "invalid_api_key");
  BOOST_TEST(std::string(ppn_error_provider_message(error.get())) == "Incorrect API key provided: ***.");
  BOOST_TEST(std::string(ppn_error_request_id(error.get())) == "req_011");
  BOOST_TEST(std::string(ppn_error_message(error.get())) ==
             "the server answered with status 401: Incorrect API key provided: ***. (invalid_api_key)");
  BOOST_TEST(ppn_error_is_auth(error.get()) == 1);
  BOOST_TEST(ppn_error_is_rate_limited(error.get()) == 0);
  BOOST_REQUIRE(ppn_error_attempt_count(error.get()) == 1U);
  BOOST_TEST(ppn_error_attempt_int64(error.get(), 0, PPN_ATTEMPT_STATUS) == 401);
  BOOST_TEST(ppn_error_attempt_int64(error.get(), 0, PPN_ATTEMPT_CODE) == PPN_E_HTTP_UNAUTHORIZED);
  BOOST_TEST(ppn_error_attempt_int64(error.get(), 0, PPN_ATTEMPT_ENDED_MS) >= 0);
  BOOST_TEST(std::string(ppn_error_attempt_text(error.get(), 0, PPN_ATTEMPT_REMOTE)) ==
             ppn_response_remote(sent.response.get()));
}

BOOST_AUTO_TEST_CASE(status_of_a_running_call_is_told_by_its_head_alone) {
  const std::string body = R"({"error":{"code":"late"}})";
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 500 No\r\nContent-Type: application/json\r\nCF-Ray: ray\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body)});
  struct Seen {
    std::string code;
    std::string request_id;
    size_t attempts = 1;
  } seen;
  const auto on_headers = [](void* user, ppn_request*, ppn_response* response) -> int32_t {
    auto& record = *static_cast<Seen*>(user);
    ErrorHandle error;
    ppn_response_check_status(response, error.out());
    record = {ppn_error_provider_code(error.get()), ppn_error_request_id(error.get()),
              ppn_response_attempt_count(response)};
    return PPN_CB_CONTINUE;
  };
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "POST", server.url());
  Response response;
  BOOST_TEST(ppn_request_set_callbacks(request.get(), on_headers, nullptr, nullptr, &seen, nullptr, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(seen.code == "");
  BOOST_TEST(seen.request_id == "ray");
  BOOST_TEST(seen.attempts == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
