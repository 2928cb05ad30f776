// The error object, the table of codes, the version.
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "capi/no_retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(errors, NoLeak)

BOOST_AUTO_TEST_CASE(table_of_codes_is_ascending_and_named) {
  BOOST_TEST(ppn_code_at(0) == PPN_OK);
  int32_t before = -1;
  size_t index = 0;
  for (int32_t code = ppn_code_at(0); code >= 0; code = ppn_code_at(++index)) {
    BOOST_TEST(code > before);
    BOOST_TEST(std::strlen(ppn_code_name(code)) > 0U);
    BOOST_TEST(std::strlen(ppn_code_text(code)) > 0U);
    before = code;
  }
  BOOST_TEST(before == PPN_E_INTERNAL);
  BOOST_TEST(ppn_code_at(PPN_AUTO_LENGTH) == -1);
}

BOOST_AUTO_TEST_CASE(names_are_without_prefix_and_unknown_codes_are_internal) {
  BOOST_TEST(std::string(ppn_code_name(PPN_E_CONNECT_TIMEOUT)) == "CONNECT_TIMEOUT");
  BOOST_TEST(std::string(ppn_code_name(998)) == "INTERNAL");
  BOOST_TEST(std::string(ppn_code_name(-5)) == "INTERNAL");
}

BOOST_AUTO_TEST_CASE(category_is_the_hundreds_digit) {
  size_t index = 0;
  for (int32_t code = ppn_code_at(0); code >= 0; code = ppn_code_at(++index)) {
    BOOST_TEST(ppn_code_category(code) == code / 100, ppn_code_name(code));
  }
  BOOST_TEST(ppn_code_category(PPN_E_CERT_EXPIRED) == PPN_CATEGORY_TLS);
  for (const int32_t code : {PPN_OK + 0, PPN_END + 0, PPN_PENDING + 0}) {
    BOOST_TEST(ppn_code_category(code) == PPN_CATEGORY_NONE);
  }
  for (const int32_t code : {-1, 100, 998, INT32_MAX, INT32_MIN}) {
    BOOST_TEST(ppn_code_category(code) == PPN_CATEGORY_POLICY);
  }
}

BOOST_AUTO_TEST_CASE(error_says_whether_it_is_a_timeout_or_a_cancellation) {
  const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const Client client = make_client();
  ErrorHandle timeout;
  const Request late = make_request(client, "GET", silent.url());
  BOOST_TEST(ppn_request_set_option(late.get(), "timeout_ms", 10, "20", 2, nullptr) == PPN_OK);
  Response response;
  BOOST_TEST(ppn_request_send(late.get(), response.out(), timeout.out()) == PPN_E_TIMEOUT);
  BOOST_TEST(ppn_error_category(timeout.get()) == PPN_CATEGORY_TIMEOUT);
  BOOST_TEST(ppn_error_is_timeout(timeout.get()) == 1);
  BOOST_TEST(ppn_error_is_cancelled(timeout.get()) == 0);

  ErrorHandle cancelled;
  const Request streamed = make_request(client, "GET", silent.url());
  Stream stream;
  const ppn_event* piece = nullptr;
  BOOST_TEST(ppn_stream_open(streamed.get(), PPN_STREAM_CHUNKS, stream.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_stream_cancel(stream.get()) == PPN_OK);
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, cancelled.out()) == PPN_E_CANCELLED);
  BOOST_TEST(ppn_error_category(cancelled.get()) == PPN_CATEGORY_POLICY);
  BOOST_TEST(ppn_error_is_timeout(cancelled.get()) == 0);
  BOOST_TEST(ppn_error_is_cancelled(cancelled.get()) == 1);

  ppn_error* const gone = timeout.get();
  timeout.reset();
  BOOST_TEST(ppn_error_is_timeout(gone) == 0);
  BOOST_TEST(ppn_error_is_cancelled(gone) == 0);
  BOOST_TEST(ppn_error_category(gone) == PPN_CATEGORY_USAGE);
}

BOOST_AUTO_TEST_CASE(error_that_is_null_reads_as_success) {
  BOOST_TEST(ppn_error_code(nullptr) == PPN_OK);
  BOOST_TEST(std::string(ppn_error_message(nullptr)).empty());
  BOOST_TEST(std::string(ppn_error_phase(nullptr)) == "none");
  BOOST_TEST(std::string(ppn_error_url(nullptr)).empty());
  BOOST_TEST(ppn_error_category(nullptr) == PPN_CATEGORY_NONE);
  BOOST_TEST(ppn_error_is_timeout(nullptr) == 0);
  BOOST_TEST(ppn_error_is_cancelled(nullptr) == 0);
  BOOST_TEST(ppn_error_is_retryable(nullptr) == 0);
  BOOST_TEST(ppn_error_sent(nullptr) == PPN_SENT_NONE);
  BOOST_TEST(ppn_error_http_status(nullptr) == 0);
  BOOST_TEST(ppn_error_retry_after_ms(nullptr) == -1);
  BOOST_TEST(ppn_error_attempts(nullptr) == 0);
  BOOST_TEST(ppn_error_received_bytes(nullptr) == 0U);
  BOOST_TEST(ppn_error_os_errno(nullptr) == 0);
  BOOST_TEST(ppn_error_tls_error(nullptr) == 0U);
}

BOOST_AUTO_TEST_CASE(error_is_cleared_on_success_and_set_on_failure) {
  ppn_error* error = reinterpret_cast<ppn_error*>(1);
  Config config;
  BOOST_TEST(ppn_config_new(config.out(), &error) == PPN_OK);
  BOOST_TEST((error == nullptr));
  BOOST_TEST(ppn_config_set_timeout_ms(config.get(), -1, &error) == PPN_E_CONFIG_ERROR);
  BOOST_REQUIRE((error != nullptr));
  BOOST_TEST(ppn_error_code(error) == PPN_E_CONFIG_ERROR);
  ppn_error_release(error);
  BOOST_TEST(ppn_error_code(error) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(acquired_error_keeps_its_texts) {
  ErrorHandle error;
  BOOST_TEST(ppn_client_close(nullptr, error.out()) == PPN_E_INVALID_ARGUMENT);
  const std::string message = ppn_error_message(error.get());
  const char* const text = ppn_error_message(error.get());
  const ErrorHandle second(ppn_error_acquire(error.get()));
  error.reset();
  BOOST_TEST(ppn_error_message(second.get()) == text);
  BOOST_TEST(std::string(text) == message);
  BOOST_TEST(message.find("client") != message.npos);
}

BOOST_AUTO_TEST_CASE(refused_connection_says_where_it_failed_and_with_which_errno) {
  // A port that was just free: nobody listens on it.
  std::string url;
  {
    const ScriptedServer server({});
    url = server.url("/path?api_key=secret&plain=1");
  }
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "GET", url);
  Response response;
  ErrorHandle error;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), error.out()) == PPN_E_CONNECT_FAILED);
  BOOST_TEST((response.get() == nullptr));
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_CONNECT_FAILED);
  BOOST_TEST(std::string(ppn_error_phase(error.get())) == "connect");
  BOOST_TEST(ppn_error_os_errno(error.get()) == ECONNREFUSED);
  BOOST_TEST(ppn_error_sent(error.get()) == PPN_SENT_NONE);
  BOOST_TEST(ppn_error_is_retryable(error.get()) == 1);
  BOOST_TEST(ppn_error_attempts(error.get()) == 1);
  BOOST_TEST(ppn_error_http_status(error.get()) == 0);
  const std::string shown = ppn_error_url(error.get());
  BOOST_TEST(shown.find("/path") != shown.npos);
  BOOST_TEST(shown.find("secret") == shown.npos);
}

BOOST_AUTO_TEST_CASE(truncated_body_says_how_much_arrived_and_leaves_the_rest_of_the_response) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").close()});
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "GET", server.url());
  Response response;
  ErrorHandle error;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), error.out()) == PPN_E_BODY_TRUNCATED);
  BOOST_TEST(ppn_error_received_bytes(error.get()) == 4U);
  BOOST_TEST(ppn_error_http_status(error.get()) == 200);
  BOOST_TEST(ppn_error_sent(error.get()) == PPN_SENT_FULL);
  BOOST_TEST(std::string(ppn_error_phase(error.get())) == "body");
  BOOST_TEST(ppn_response_status(response.get()) == 200);
  BOOST_TEST(body_of(response.get()) == "half");
}

BOOST_AUTO_TEST_CASE(every_status_has_its_code) {
  const std::vector<std::pair<int32_t, int32_t>> table = {{400, PPN_E_HTTP_BAD_REQUEST},
                                                          {401, PPN_E_HTTP_UNAUTHORIZED},
                                                          {403, PPN_E_HTTP_FORBIDDEN},
                                                          {404, PPN_E_HTTP_NOT_FOUND},
                                                          {408, PPN_E_HTTP_REQUEST_TIMEOUT},
                                                          {409, PPN_E_HTTP_CONFLICT},
                                                          {413, PPN_E_HTTP_PAYLOAD_TOO_LARGE},
                                                          {422, PPN_E_HTTP_UNPROCESSABLE},
                                                          {429, PPN_E_HTTP_TOO_MANY_REQUESTS},
                                                          {418, PPN_E_HTTP_OTHER_4XX},
                                                          {500, PPN_E_HTTP_SERVER_ERROR},
                                                          {502, PPN_E_HTTP_BAD_GATEWAY},
                                                          {503, PPN_E_HTTP_UNAVAILABLE},
                                                          {504, PPN_E_HTTP_GATEWAY_TIMEOUT},
                                                          {529, PPN_E_HTTP_OVERLOADED},
                                                          {599, PPN_E_HTTP_OTHER_5XX},
                                                          {600, PPN_E_HTTP_OTHER_STATUS},
                                                          {200, PPN_OK},
                                                          {399, PPN_OK}};
  Script script;
  for (const auto& [status, code] : table) {
    script.expect_request().send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n");
  }
  const ScriptedServer server({script.wait_for_peer_close()});
  const Client client = make_client_without_retries();
  for (const auto& [status, code] : table) {
    const Request request = make_request(client, "GET", server.url());
    Response response;
    BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_response_status(response.get()) == status);
    BOOST_TEST(ppn_response_check_status(response.get(), nullptr) == code, status);
  }
}

BOOST_AUTO_TEST_CASE(errno_of_the_caller_is_left_alone) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Response response;
  errno = 4711;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(errno == 4711);
}

BOOST_AUTO_TEST_CASE(version_of_the_library_is_that_of_the_header) {
  BOOST_TEST(ppn_version_number() == PPN_VERSION_NUMBER);
  BOOST_TEST(std::string(ppn_version_string()) == PPN_VERSION_STRING);
  BOOST_TEST(ppn_abi_version() == PPN_ABI_VERSION);
}

BOOST_AUTO_TEST_CASE(features_are_known_by_name) {
  for (const char* name : {"http1", "tls", "sse", "lines", "json"}) BOOST_TEST(ppn_has_feature(name) == 1, name);
  for (const char* name : {"", "http", "http3", "HTTP1"}) BOOST_TEST(ppn_has_feature(name) == 0, name);
  BOOST_TEST(ppn_has_feature(nullptr) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
