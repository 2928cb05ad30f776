// Buffered calls: request described by hand, response read field by field, JSON read by pointer.
#include <cmath>
#include <string>
#include <vector>

#include "capi/no_retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

struct Answer {
  int32_t code = -1;
  Response response;
};

Answer send(const Request& request) {
  Answer answer;
  ErrorHandle error;
  answer.code = ppn_request_send(request.get(), answer.response.out(), error.out());
  BOOST_TEST(ppn_error_code(error.get()) == answer.code);
  return answer;
}

// The response to a GET that the server answers with `bytes`.
Answer get(const std::string& bytes) {
  const ScriptedServer server({Script{}.expect_request().send(bytes)});
  const Client client = make_client_without_retries();
  return send(make_request(client, "GET", server.url()));
}

std::string header(const Response& response, const char* name) {
  size_t length = 0;
  const char* const value = ppn_response_header(response.get(), name, PPN_AUTO_LENGTH, &length);
  return value != nullptr ? std::string(value, length) : "(none)";
}

constexpr const char* document = R"({
  "choices": [{"message": {"content": "Gr\u00fc\u00dfe", "nul": "a\u0000b"}}],
  "usage": {"tokens": 42, "cost": 0.25, "one": 1.0, "huge": 18446744073709551616, "exact": 0.10},
  "ok": true, "none": null, "a/b": {"m~n": -7}, "": "empty"
})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(calls, NoLeak)

BOOST_AUTO_TEST_CASE(get_returns_status_headers_and_body) {
  const Answer answer = get("HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello");
  BOOST_REQUIRE_EQUAL(answer.code, PPN_OK);
  ppn_response* const response = answer.response.get();
  BOOST_TEST(ppn_response_status(response) == 201);
  BOOST_TEST(std::string(ppn_response_http_version(response)) == "HTTP/1.1");
  BOOST_TEST(body_of(response) == "hello");
  BOOST_TEST(ppn_response_body_bytes(response) == 5U);
  BOOST_TEST(header(answer.response, "X-a") == "1");
  BOOST_TEST(header(answer.response, "absent") == "(none)");
  BOOST_REQUIRE_EQUAL(ppn_response_header_count(response), 3U);
  const char* name = nullptr;
  const char* value = nullptr;
  size_t name_length = 0;
  size_t value_length = 0;
  BOOST_TEST(ppn_response_header_at(response, 2, &name, &name_length, &value, &value_length) == PPN_OK);
  BOOST_TEST(std::string(name, name_length) == "x-a");
  BOOST_TEST(std::string(value, value_length) == "2");
  BOOST_TEST(ppn_response_header_at(response, 2, nullptr, nullptr, &value, nullptr) == PPN_OK);
  BOOST_TEST(ppn_response_header_at(response, 3, &name, &name_length, &value, &value_length) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((name == nullptr && name_length == 0U && value == nullptr && value_length == 0U));
}

BOOST_AUTO_TEST_CASE(empty_body_is_a_text_of_length_zero) {
  const Answer answer = get("HTTP/1.1 204 No Content\r\n\r\n");
  size_t length = 7;
  const uint8_t* const body = ppn_response_body(answer.response.get(), &length);
  BOOST_TEST(length == 0U);
  BOOST_REQUIRE((body != nullptr));
  BOOST_TEST(body[0] == 0);
}

BOOST_AUTO_TEST_CASE(trailers_are_kept_apart_from_headers) {
  const Answer answer = get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n");
  BOOST_REQUIRE_EQUAL(answer.code, PPN_OK);
  BOOST_TEST(body_of(answer.response.get()) == "abc");
  BOOST_TEST(header(answer.response, "X-Sum") == "(none)");
  BOOST_REQUIRE_EQUAL(ppn_response_trailer_count(answer.response.get()), 1U);
  const char* value = nullptr;
  size_t length = 0;
  BOOST_TEST(ppn_response_trailer_at(answer.response.get(), 0, nullptr, nullptr, &value, &length) == PPN_OK);
  BOOST_TEST(std::string(value, length) == "9");
  BOOST_TEST(ppn_response_trailer_at(answer.response.get(), 1, nullptr, nullptr, &value, &length) ==
             PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(post_sends_headers_and_body_byte_for_byte) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  const Client client = make_client(R"({"user_agent": "mine/2"})");
  const Request request = make_request(client, "POST", server.url("/echo?a=%20b"));
  const std::string body("\x00\xff\r\n\x80", 5);
  BOOST_TEST(ppn_request_set_header(request.get(), "X-Key", 5, "one", 3, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_header(request.get(), "x-key", 5, "two", 3, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_add_header(request.get(), "X-Key", 5, "three", 5, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_body(request.get(), reinterpret_cast<const uint8_t*>(body.data()), body.size(), nullptr) ==
             PPN_OK);
  BOOST_REQUIRE_EQUAL(send(request).code, PPN_OK);
  const std::string sent = server.requests().at(0);
  BOOST_TEST(sent.starts_with("POST /echo?a=%20b HTTP/1.1\r\n"));
  BOOST_TEST(sent.ends_with("\r\n\r\n" + body));
  BOOST_TEST(sent.find("Content-Length: 5\r\n") != sent.npos);
  BOOST_TEST(sent.find("User-Agent: mine/2\r\n") != sent.npos);
  BOOST_TEST(sent.find(": two\r\n") != sent.npos);
  BOOST_TEST(sent.find(": three\r\n") != sent.npos);
  BOOST_TEST(sent.find(": one\r\n") == sent.npos);
}

BOOST_AUTO_TEST_CASE(json_body_brings_its_content_type_unless_one_is_set) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("")).expect_request().send(http_ok(""))});
  const Client client = make_client();
  for (const bool own_type : {false, true}) {
    const Request request = make_request(client, "POST", server.url());
    if (own_type) {
      BOOST_TEST(ppn_request_set_header(request.get(), "Content-Type", PPN_AUTO_LENGTH, "application/x", 13, nullptr) ==
                 PPN_OK);
    }
    BOOST_TEST(ppn_request_set_json(request.get(), R"({"a": 1})", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
    BOOST_REQUIRE_EQUAL(send(request).code, PPN_OK);
  }
  BOOST_TEST(server.requests().at(0).find("Content-Type: application/json\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(0).ends_with(R"({"a": 1})"));
  BOOST_TEST(server.requests().at(1).find("application/json") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(second_call_uses_the_same_connection) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1")).expect_request().send(http_ok("2"))});
  const Client client = make_client();
  const Answer first = send(make_request(client, "GET", server.url()));
  const Answer second = send(make_request(client, "GET", server.url()));
  BOOST_TEST(ppn_response_reused(first.response.get()) == 0);
  BOOST_TEST(ppn_response_reused(second.response.get()) == 1);
  BOOST_TEST(server.connections() == 1);
  const std::string remote = "127.0.0.1:" + std::to_string(server.port());
  BOOST_TEST(ppn_response_remote(second.response.get()) == remote);
  BOOST_TEST(ppn_response_attempts(second.response.get()) == 1);
  // What did not happen has no time; what happened has one.
  BOOST_TEST(ppn_response_timing_ms(first.response.get(), PPN_TIMING_CONNECT) >= 0.0);
  BOOST_TEST(ppn_response_timing_ms(second.response.get(), PPN_TIMING_CONNECT) == -1.0);
  BOOST_TEST(ppn_response_timing_ms(second.response.get(), PPN_TIMING_TOTAL) > 0.0);
  BOOST_TEST(ppn_response_timing_ms(second.response.get(), -1) == -1.0);
  BOOST_TEST(ppn_response_timing_ms(second.response.get(), PPN_TIMING_TOTAL + 1) == -1.0);
}

BOOST_AUTO_TEST_CASE(error_status_is_a_success_until_it_is_checked) {
  const Answer answer = get("HTTP/1.1 429 Slow\r\nContent-Length: 4\r\nRetry-After: 7\r\n\r\nwait");
  BOOST_REQUIRE_EQUAL(answer.code, PPN_OK);
  ErrorHandle error;
  BOOST_TEST(ppn_response_check_status(answer.response.get(), error.out()) == PPN_E_HTTP_TOO_MANY_REQUESTS);
  BOOST_TEST(ppn_error_http_status(error.get()) == 429);
  BOOST_TEST(ppn_error_retry_after_ms(error.get()) == 7'000);
  BOOST_TEST(ppn_error_is_retryable(error.get()) == 1);
  BOOST_TEST(ppn_error_attempts(error.get()) == 1);
  BOOST_TEST(body_of(answer.response.get()) == "wait");
}

BOOST_AUTO_TEST_CASE(status_of_success_passes_the_check) {
  for (const char* status : {"200 OK", "204 No Content", "302 Found"}) {
    const Answer answer = get("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST(ppn_response_check_status(answer.response.get(), nullptr) == PPN_OK, status);
  }
}

BOOST_AUTO_TEST_CASE(json_values_are_found_by_pointer) {
  const Answer answer = get(http_ok(document));
  ppn_response* const response = answer.response.get();
  const char* text = nullptr;
  size_t length = 0;
  BOOST_TEST(ppn_response_json_string(response, "/choices/0/message/content", PPN_AUTO_LENGTH, &text, &length,
                                      nullptr) == PPN_OK);
  BOOST_TEST(std::string(text, length) ==
             "Gr\xc3\xbc\xc3\x9f"
             "e");
  BOOST_TEST(text[length] == '\0');
  const char* again = nullptr;
  BOOST_TEST(ppn_response_json_string(response, "/choices/0/message/content", PPN_AUTO_LENGTH, &again, nullptr,
                                      nullptr) == PPN_OK);
  BOOST_TEST((again == text));
  BOOST_TEST(ppn_response_json_string(response, "/choices/0/message/nul", PPN_AUTO_LENGTH, &text, &length, nullptr) ==
             PPN_OK);
  BOOST_TEST(std::string(text, length) == std::string("a\0b", 3));
  BOOST_TEST(ppn_response_json_string(response, "/", PPN_AUTO_LENGTH, &text, &length, nullptr) == PPN_OK);
  BOOST_TEST(std::string(text, length) == "empty");

  int64_t number = 0;
  BOOST_TEST(ppn_response_json_int64(response, "/usage/tokens", PPN_AUTO_LENGTH, &number, nullptr) == PPN_OK);
  BOOST_TEST(number == 42);
  BOOST_TEST(ppn_response_json_int64(response, "/a~1b/m~0n", PPN_AUTO_LENGTH, &number, nullptr) == PPN_OK);
  BOOST_TEST(number == -7);
  double real = 0;
  BOOST_TEST(ppn_response_json_double(response, "/usage/cost", PPN_AUTO_LENGTH, &real, nullptr) == PPN_OK);
  BOOST_TEST(real == 0.25);
  BOOST_TEST(ppn_response_json_double(response, "/usage/tokens", PPN_AUTO_LENGTH, &real, nullptr) == PPN_OK);
  BOOST_TEST(real == 42.0);
  int32_t truth = 0;
  BOOST_TEST(ppn_response_json_bool(response, "/ok", PPN_AUTO_LENGTH, &truth, nullptr) == PPN_OK);
  BOOST_TEST(truth == 1);
  size_t size = 0;
  BOOST_TEST(ppn_response_json_size(response, "/choices", PPN_AUTO_LENGTH, &size, nullptr) == PPN_OK);
  BOOST_TEST(size == 1U);
  BOOST_TEST(ppn_response_json_size(response, "", 0, &size, nullptr) == PPN_OK);
  BOOST_TEST(size == 6U);
}

BOOST_AUTO_TEST_CASE(json_types_tell_integers_from_numbers) {
  const Answer answer = get(http_ok(document));
  const std::vector<std::pair<const char*, int32_t>> expected{
      {"/none", PPN_JSON_NULL},        {"/ok", PPN_JSON_BOOLEAN},    {"/usage/tokens", PPN_JSON_INTEGER},
      {"/usage/one", PPN_JSON_NUMBER}, {"/choices", PPN_JSON_ARRAY}, {"/usage/huge", PPN_JSON_INTEGER},
      {"/usage", PPN_JSON_OBJECT},     {"", PPN_JSON_OBJECT},        {"/choices/0/message/content", PPN_JSON_STRING}};
  for (const auto& [pointer, type] : expected) {
    int32_t found = -1;
    BOOST_TEST(ppn_response_json_type(answer.response.get(), pointer, PPN_AUTO_LENGTH, &found, nullptr) == PPN_OK);
    BOOST_TEST(found == type, pointer);
  }
}

BOOST_AUTO_TEST_CASE(json_text_keeps_numbers_as_they_came) {
  const Answer answer = get(http_ok(document));
  const char* text = nullptr;
  size_t length = 0;
  const auto text_at = [&](const char* pointer) {
    BOOST_TEST(ppn_response_json_text(answer.response.get(), pointer, PPN_AUTO_LENGTH, &text, &length, nullptr) ==
               PPN_OK);
    return std::string(text, length);
  };
  BOOST_TEST(text_at("/usage/huge") == "18446744073709551616");
  BOOST_TEST(text_at("/usage/exact") == "0.10");
  BOOST_TEST(text_at("/a~1b") == R"({"m~n":-7})");
  BOOST_TEST(text_at("/") == R"("empty")");
}

BOOST_AUTO_TEST_CASE(json_value_of_another_type_or_place_is_named) {
  const Answer answer = get(http_ok(document));
  ppn_response* const response = answer.response.get();
  const char* text = "stale";
  int64_t number = 5;
  int32_t truth = 5;
  double real = 5;
  size_t size = 5;
  BOOST_TEST(ppn_response_json_string(response, "/usage", 6, &text, nullptr, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST((text == nullptr));
  for (const char* pointer : {"/usage/huge", "/usage/one", "/usage/cost", "/ok", "/none"}) {
    BOOST_TEST(ppn_response_json_int64(response, pointer, PPN_AUTO_LENGTH, &number, nullptr) == PPN_E_JSON_VALUE);
    BOOST_TEST(number == 0);
  }
  BOOST_TEST(ppn_response_json_bool(response, "/usage/tokens", PPN_AUTO_LENGTH, &truth, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST(ppn_response_json_double(response, "/ok", PPN_AUTO_LENGTH, &real, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST(ppn_response_json_size(response, "/ok", PPN_AUTO_LENGTH, &size, nullptr) == PPN_E_JSON_VALUE);
  for (const char* pointer : {"/absent", "/choices/1", "/choices/00", "/choices/-", "/ok/x"}) {
    ErrorHandle error;
    BOOST_TEST(ppn_response_json_type(response, pointer, PPN_AUTO_LENGTH, &truth, error.out()) == PPN_E_JSON_VALUE,
               pointer);
    BOOST_TEST(!std::string(ppn_error_message(error.get())).empty());
  }
  for (const char* pointer : {"choices", "/a~2b", "/a~"}) {
    BOOST_TEST(ppn_response_json_type(response, pointer, PPN_AUTO_LENGTH, &truth, nullptr) == PPN_E_INVALID_ARGUMENT,
               pointer);
  }
}

BOOST_AUTO_TEST_CASE(body_that_is_no_json_is_a_json_error_each_time) {
  const Answer answer = get(http_ok("<html>"));
  int32_t type = -1;
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(ppn_response_json_type(answer.response.get(), "", 0, &type, nullptr) == PPN_E_JSON_PARSE);
  }
}

BOOST_AUTO_TEST_CASE(single_value_is_a_json_body) {
  const Answer answer = get(http_ok(" 7 "));
  int64_t number = 0;
  BOOST_TEST(ppn_response_json_int64(answer.response.get(), "", 0, &number, nullptr) == PPN_OK);
  BOOST_TEST(number == 7);
}

BOOST_AUTO_TEST_CASE(response_outlives_request_client_and_runtime) {
  Answer answer;
  {
    const ScriptedServer server({Script{}.expect_request().send(http_ok(R"({"a": [1, 2]})"))});
    const Client client = make_client();
    answer = send(make_request(client, "GET", server.url()));
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  int64_t number = 0;
  BOOST_TEST(ppn_response_json_int64(answer.response.get(), "/a/1", PPN_AUTO_LENGTH, &number, nullptr) == PPN_OK);
  BOOST_TEST(number == 2);
  BOOST_TEST(ppn_debug_live_objects() == 1);
}

BOOST_AUTO_TEST_CASE(runtime_starts_again_after_a_shutdown) {
  const ScriptedServer server(
      {Script{}.expect_request().send(http_ok("1")), Script{}.expect_request().send(http_ok("2"))});
  const Client client = make_client();
  BOOST_TEST(body_of(send(make_request(client, "GET", server.url())).response.get()) == "1");
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(body_of(send(make_request(client, "GET", server.url())).response.get()) == "2");
}

BOOST_AUTO_TEST_CASE(option_of_one_request_stands_over_that_of_its_client) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client(R"({"timeout_ms": 60000})");
  const Request request = make_request(client, "GET", server.url());
  BOOST_TEST(ppn_request_set_option(request.get(), "timeout_ms", PPN_AUTO_LENGTH, "50", 2, nullptr) == PPN_OK);
  BOOST_TEST(send(request).code == PPN_E_TIMEOUT);
}

BOOST_AUTO_TEST_CASE(request_is_sent_once) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  BOOST_TEST(send(request).code == PPN_OK);
  BOOST_TEST(send(request).code == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_set_header(request.get(), "a", 1, "b", 1, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_set_json(request.get(), "{}", 2, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_set_option(request.get(), "timeout_ms", PPN_AUTO_LENGTH, "1", 1, nullptr) ==
             PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_set_callbacks(request.get(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) ==
             PPN_E_INVALID_STATE);
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
