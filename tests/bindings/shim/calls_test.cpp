// Calls, batches and permits as a binding sees them, and what is said of responses and errors.
#include <string>
#include <vector>

#include "bindings/shim/notes.hpp"
#include "capi/no_retries.hpp"
#include "shim/error_kinds.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

void start(const Request& request, std::int64_t token) {
  ErrorHandle error;
  BOOST_REQUIRE_MESSAGE(ppnb_request_start(request.get(), token, error.out()) == PPN_OK,
                        ppn_error_message(error.get()));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shim_calls, NoLeak)

BOOST_AUTO_TEST_CASE(call_is_told_once_with_its_token_and_its_response) {
  Notes notes;
  std::string body;
  notes.in_complete = [&](ppn_response* response) { body = text_of(ppnb_response_body(response)); };
  const std::string bytes("a\0\x80\xff", 4);
  const ScriptedServer server({Script{}.expect_request().send(http_ok(bytes))});
  const Client client = make_client_without_retries();
  // A token is any number of 64 bits but for what a pointer can not hold.
  const std::int64_t token = -7;
  start(make_request(client, "GET", server.url()), token);
  notes.wait_for("complete -7 0 OK 200 OK");
  BOOST_TEST(body == bytes);
  BOOST_TEST(notes.all().size() == 1U);
}

BOOST_AUTO_TEST_CASE(response_and_error_are_described_whole) {
  Notes notes;
  std::string said;
  notes.in_complete = [&](ppn_response* response) { said = text_of(ppnb_describe_response(response)); };
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 404 Gone\r\nX-A: 1\r\nX-A: 2\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
      "2\r\n{}\r\n0\r\nX-T: end\r\n\r\n")});
  const Client client = make_client_without_retries();
  start(make_request(client, "GET", server.url("/path?key=secret")), 1);
  notes.wait_for("complete 1 0 OK 404 OK");
  Fields fields(said);
  BOOST_TEST(fields.int32() == 404);
  BOOST_TEST(fields.int32() == 0);  // neither reused nor TLS
  BOOST_TEST(fields.int32() == 1);  // attempts
  BOOST_TEST(fields.int32() == 0);  // redirects
  BOOST_TEST(fields.int32() == PPN_STOP_NOT_RETRYABLE);
  BOOST_TEST(fields.int64() == 2);
  BOOST_TEST(fields.int64() == -1);
  BOOST_TEST(fields.int64() == 0);
  std::vector<double> spans;
  for (int i = 0; i < 12; ++i) spans.push_back(fields.float64());
  BOOST_TEST(spans[PPN_TIMING_TLS] == -1);
  BOOST_TEST(spans[PPN_TIMING_TOTAL] > 0);
  BOOST_TEST(spans[8 + PPN_PACE_FIRST] == -1);
  BOOST_TEST(fields.text() == "HTTP/1.1");
  BOOST_TEST(fields.text() == "127.0.0.1:" + std::to_string(server.port()));
  BOOST_TEST(fields.text().empty());
  BOOST_TEST(fields.text().empty());
  BOOST_TEST(fields.text() == server.url("/path?key=secret"));
  BOOST_TEST(fields.text().empty());
  BOOST_TEST(fields.int32() == 4);
  const std::vector<std::string> headers = {"X-A", "1", "X-A", "2", "Transfer-Encoding", "chunked", "Trailer", "X-T"};
  for (const std::string& text : headers) BOOST_TEST(fields.text() == text);
  BOOST_TEST(fields.int32() == 1);
  BOOST_TEST(fields.text() == "X-T");
  BOOST_TEST(fields.text() == "end");
  BOOST_TEST(fields.int32() == 1);
  for (int i = 0; i < 9; ++i) fields.int64();
  BOOST_TEST(fields.text() == "success");
  for (int i = 0; i < 3; ++i) fields.text();
  BOOST_TEST(fields.at_end());

  ErrorHandle error;
  BOOST_REQUIRE_EQUAL(ppn_error_new(PPN_E_HTTP_TOO_MANY_REQUESTS, "slow", 4, error.out(), nullptr), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_error_set_retry_after_ms(error.get(), 1'500, nullptr), PPN_OK);
  Fields of_error(text_of(ppnb_describe_error(error.get())));
  BOOST_TEST(of_error.int32() == PPN_E_HTTP_TOO_MANY_REQUESTS);
  BOOST_TEST(of_error.int32() == PPNB_KIND_TOO_MANY_REQUESTS);
  BOOST_TEST(of_error.int32() == PPN_CATEGORY_STATUS);
  BOOST_TEST(of_error.int32() == (1 | 8));
  BOOST_TEST(of_error.int32() == PPN_SENT_NONE);
  BOOST_TEST(of_error.int32() == 429);
  for (int i = 0; i < 5; ++i) of_error.int32();
  BOOST_TEST(of_error.int64() == 1'500);
  of_error.int64();
  of_error.int64();
  BOOST_TEST(of_error.text() == "HTTP_TOO_MANY_REQUESTS");
  BOOST_TEST(of_error.text() == "slow");
  for (int i = 0; i < 7; ++i) of_error.text();
  BOOST_TEST(of_error.int32() == 0);
  BOOST_TEST(of_error.at_end());
  BOOST_TEST((ppnb_describe_error(nullptr) == nullptr));
  BOOST_TEST((ppnb_describe_response(nullptr) == nullptr));
}

BOOST_AUTO_TEST_CASE(every_code_has_a_kind_and_unknown_ones_are_network_errors) {
  BOOST_TEST(ppnb_error_kind(PPN_E_CONFIG_ERROR) == PPNB_KIND_CONFIG);
  BOOST_TEST(ppnb_error_kind(PPN_E_CERT_EXPIRED) == PPNB_KIND_TLS);
  BOOST_TEST(ppnb_error_kind(PPN_E_CANCELLED) == PPNB_KIND_CANCELLED);
  BOOST_TEST(ppnb_error_kind(PPN_E_INTERNAL) == PPNB_KIND_NETWORK);
  BOOST_TEST(ppnb_error_kind(12'345) == PPNB_KIND_NETWORK);
  std::int32_t code = 0;
  for (std::size_t i = 0; (code = ppn_code_at(i)) != -1; ++i) {
    if (code >= PPN_E_INVALID_ARGUMENT && code < PPN_E_MIDDLEWARE_FAILED) {
      BOOST_TEST(ppnb_error_kind(code) != PPNB_KIND_NETWORK, ppn_code_name(code));
    }
  }
}

BOOST_AUTO_TEST_CASE(cancelled_call_is_told_and_one_that_can_not_start_is_not) {
  Notes notes;
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "GET", server.url());
  start(request, 3);
  BOOST_REQUIRE(server.wait_for_requests(1));
  BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
  notes.wait_for("complete 3 0 CANCELLED 0 CANCELLED");
  BOOST_TEST(ppnb_request_start(request.get(), 4, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(notes.all().size() == 1U);
}

BOOST_AUTO_TEST_CASE(call_without_a_handler_ends_unheard) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok")).wait_for_peer_close()});
  const Client client = make_client_without_retries();
  start(make_request(client, "GET", server.url()), 1);
  // Its end is waited for by the runtime, which NoLeak shuts down.
}

BOOST_AUTO_TEST_CASE(batch_tells_each_result_and_then_its_end) {
  Notes notes;
  const ScriptedServer server({Script{}.expect_request().send(http_ok("a")), Script{}.expect_request().reset()});
  const Client client = make_client_without_retries();
  Owned<ppn_batch, ppn_batch_release> batch;
  BOOST_REQUIRE_EQUAL(ppn_batch_new(batch.out(), nullptr), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_batch_set_concurrency(batch.get(), 1, nullptr), PPN_OK);
  for (int i = 0; i < 2; ++i) {
    const Request request = make_request(client, "POST", server.url());
    BOOST_REQUIRE_EQUAL(ppn_request_set_option(request.get(), "idempotency_header", PPN_AUTO_LENGTH, "", 0, nullptr),
                        PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_batch_add(batch.get(), request.get(), nullptr), PPN_OK);
  }
  BOOST_REQUIRE_EQUAL(ppnb_batch_start(batch.get(), 9, nullptr), PPN_OK);
  notes.wait_for("complete 9 -1 OK 0 OK");
  const std::vector<std::string> lines = notes.all();
  BOOST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(lines[0] == "complete 9 0 OK 200 OK");
  BOOST_TEST(lines[1].starts_with("complete 9 1 CONN"));
}

BOOST_AUTO_TEST_CASE(permit_is_told_when_it_is_granted_or_refused) {
  Notes notes;
  RateLimiterHandle limiter;
  BOOST_REQUIRE_EQUAL(ppn_rate_limiter_new(60, 1, limiter.out(), nullptr), PPN_OK);
  RateTicket first;
  RateTicket second;
  BOOST_REQUIRE_EQUAL(ppnb_rate_limiter_start(limiter.get(), "", 0, 1, 0, -1, 1, first.out(), nullptr), PPN_OK);
  notes.wait_for("complete 1 0 OK 0 OK");
  BOOST_REQUIRE_EQUAL(ppnb_rate_limiter_start(limiter.get(), "", 0, 1, 0, -1, 2, second.out(), nullptr), PPN_OK);
  BOOST_TEST(ppn_rate_ticket_cancel(second.get()) == PPN_OK);
  notes.wait_for("complete 2 0 CANCELLED 0 CANCELLED");
}

BOOST_AUTO_TEST_CASE(options_come_as_buffers) {
  Buffer text;
  const Config config = make_config(R"({"timeout_ms": 5000})");
  BOOST_TEST(ppnb_config_get(config.get(), "timeout_ms", PPN_AUTO_LENGTH, text.out(), nullptr) == PPN_OK);
  BOOST_TEST(bytes_of(text.get()) == "5000");
  BOOST_TEST(ppnb_config_get(config.get(), "nothing", PPN_AUTO_LENGTH, text.out(), nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(ppnb_config_dump(config.get(), text.out(), nullptr) == PPN_OK);
  BOOST_TEST(bytes_of(text.get()).find("\"timeout_ms\":5000") != std::string::npos);
  std::uint8_t small[3] = {};
  BOOST_TEST(ppnb_buffer_copy(text.get(), small, sizeof small) == std::int64_t(ppn_buffer_length(text.get())));
  BOOST_TEST(small[0] == '{');
  BOOST_TEST(ppnb_buffer_copy(nullptr, small, sizeof small) == 0);
}

BOOST_AUTO_TEST_CASE(user_agent_names_the_language_unless_somebody_has_set_it) {
  const auto agent_of = [](const Config& config) {
    BOOST_TEST(ppnb_config_name_caller(config.get(), "java/17", 7, nullptr) == PPN_OK);
    Buffer text;
    BOOST_TEST(ppnb_config_get(config.get(), "user_agent", PPN_AUTO_LENGTH, text.out(), nullptr) == PPN_OK);
    return bytes_of(text.get());
  };
  BOOST_TEST(agent_of(make_config()) == "pepperpy-network/" PPN_VERSION_STRING " java/17");
  BOOST_TEST(agent_of(make_config(R"({"user_agent": "mine/1"})")) == "mine/1");
  BOOST_TEST(agent_of(make_config(R"({"user_agent": ""})")).empty());
  BOOST_TEST(ppnb_config_name_caller(nullptr, "java/17", 7, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_SUITE_END()
