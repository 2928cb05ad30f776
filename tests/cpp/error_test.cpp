// Exceptions: their classes, their fields, and the response that comes with them.
#include <cerrno>
#include <map>
#include <typeinfo>
#include <utility>

#include "cpp/cpp.hpp"
#include "support/certificates.hpp"

using namespace cpp_test;

namespace {

// The class that is thrown for a code.
const std::type_info& class_of(int32_t code) {
  ppn::ErrorDetails details;
  details.code = code;
  try {
    std::rethrow_exception(ppn::make_exception(details));
  } catch (const ppn::NetworkError& error) {
    BOOST_TEST(error.code() == code);
    return typeid(error);
  }
}

const std::type_info& class_by_category(int32_t code) {
  switch (code / 100) {
    case 1: return typeid(ppn::UsageError);
    case 2: return typeid(ppn::ConnectionError);
    case 3: return typeid(ppn::TlsError);
    case 4: return typeid(ppn::TimeoutError);
    case 5: return typeid(ppn::ProtocolError);
    case 6:
      return code >= 620 && code != PPN_E_HTTP_OTHER_4XX && code != PPN_E_HTTP_OTHER_STATUS ? typeid(ppn::ServerError)
                                                                                            : typeid(ppn::StatusError);
    case 7: return typeid(ppn::StreamError);
    case 8: return typeid(ppn::WebSocketError);
    default: return typeid(ppn::NetworkError);
  }
}

template <class Wanted, class Action>
ppn::NetworkError thrown_as(Action action) {
  try {
    action();
  } catch (const Wanted& error) {
    return error;
  }
  BOOST_FAIL("nothing of this class was thrown");
  return ppn::NetworkError({});
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(errors, NoLeak)

BOOST_AUTO_TEST_CASE(every_code_has_the_class_of_its_category) {
  const std::map<int32_t, const std::type_info*> special = {
      {PPN_E_CONFIG_ERROR, &typeid(ppn::ConfigError)},
      {PPN_E_HTTP_BAD_REQUEST, &typeid(ppn::BadRequestError)},
      {PPN_E_HTTP_UNAUTHORIZED, &typeid(ppn::AuthenticationError)},
      {PPN_E_HTTP_FORBIDDEN, &typeid(ppn::PermissionDeniedError)},
      {PPN_E_HTTP_NOT_FOUND, &typeid(ppn::NotFoundError)},
      {PPN_E_HTTP_CONFLICT, &typeid(ppn::ConflictError)},
      {PPN_E_HTTP_UNPROCESSABLE, &typeid(ppn::UnprocessableError)},
      {PPN_E_HTTP_TOO_MANY_REQUESTS, &typeid(ppn::TooManyRequestsError)},
      {PPN_E_CANCELLED, &typeid(ppn::CancelledError)},
      {PPN_E_RATE_LIMITED, &typeid(ppn::RateLimitError)},
      {PPN_E_RATE_LIMIT_QUEUE_FULL, &typeid(ppn::RateLimitError)},
      {PPN_E_RATE_LIMIT_COST, &typeid(ppn::RateLimitError)},
      {PPN_E_RATE_LIMIT_BACKEND, &typeid(ppn::RateLimitError)},
      {PPN_E_CIRCUIT_OPEN, &typeid(ppn::CircuitOpenError)},
  };
  int seen = 0;
  for (size_t i = 0; ppn_code_at(i) >= 0; ++i) {
    const int32_t code = ppn_code_at(i);
    if (code < 100) continue;
    const auto found = special.find(code);
    const std::type_info& wanted = found != special.end() ? *found->second : class_by_category(code);
    BOOST_TEST((class_of(code) == wanted), ppn_code_name(code) << " is thrown as " << class_of(code).name());
    ++seen;
  }
  BOOST_TEST(seen > 70);
}

BOOST_AUTO_TEST_CASE(code_of_a_later_version_is_thrown_by_its_category_or_as_the_base) {
  BOOST_TEST((class_of(299) == typeid(ppn::ConnectionError)));
  BOOST_TEST((class_of(998) == typeid(ppn::NetworkError)));
  BOOST_TEST((class_of(1701) == typeid(ppn::NetworkError)));
  BOOST_TEST((class_of(-5) == typeid(ppn::NetworkError)));
}

BOOST_AUTO_TEST_CASE(classes_of_statuses_and_options_are_caught_by_their_families) {
  static_assert(std::is_base_of_v<ppn::UsageError, ppn::ConfigError>);
  static_assert(std::is_base_of_v<ppn::StatusError, ppn::TooManyRequestsError>);
  static_assert(std::is_base_of_v<ppn::StatusError, ppn::ServerError>);
  static_assert(std::is_base_of_v<std::exception, ppn::NetworkError>);
  static_assert(std::is_nothrow_copy_constructible_v<ppn::StatusError>);
  const auto error = thrown_as<ppn::UsageError>([] { ppn::NetworkConfig().set("no_such_option", 1); });
  BOOST_TEST(error.code() == PPN_E_CONFIG_ERROR);
}

BOOST_AUTO_TEST_CASE(refused_connection_tells_all_that_is_known) {
  const std::string url = dead_url();
  const ppn::HTTPClient client = client_without_retries();
  const auto error = thrown_as<ppn::ConnectionError>([&] { client.get(url + "models?api_key=secret"); });
  BOOST_TEST(error.code() == PPN_E_CONNECT_FAILED);
  BOOST_TEST(std::string(error.name()) == "CONNECT_FAILED");
  BOOST_TEST((error.category() == ppn::Category::network));
  BOOST_TEST(error.phase() == "connect");
  BOOST_TEST(error.os_errno() == ECONNREFUSED);
  BOOST_TEST(error.retryable());
  BOOST_TEST((error.sent() == ppn::Sent::none));
  BOOST_TEST(error.attempts() == 1);
  BOOST_TEST(error.status() == 0);
  BOOST_TEST(error.received_bytes() == 0U);
  BOOST_TEST(error.tls_error() == 0U);
  BOOST_TEST(!error.retry_after());
  BOOST_TEST(!error.is_timeout());
  BOOST_TEST((error.response() == nullptr));
  BOOST_TEST(error.url().find(url) == 0U);
  BOOST_TEST(error.url().find("secret") == std::string::npos);
  BOOST_TEST(std::string(error.what()) == "CONNECT_FAILED: " + error.message());
}

BOOST_AUTO_TEST_CASE(refused_certificate_is_a_tls_error_with_its_number) {
  ppn::test::CertificateFactory factory;
  const auto ca = factory.make_ca();
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))},
                              {.tls = factory.make_leaf(ca, ppn::test::loopback_names()).identity()});
  const auto error = thrown_as<ppn::TlsError>([&] { ppn::HTTPClient().get(server.url()); });
  BOOST_TEST(error.code() == PPN_E_CERT_UNTRUSTED);
  BOOST_TEST(error.tls_error() != 0U);
  BOOST_TEST(error.phase() == "tls");
}

BOOST_AUTO_TEST_CASE(timeouts_of_all_categories_are_recognised) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  const ppn::HTTPClient client(ppn::NetworkConfig().timeout(40ms));
  const auto error = thrown_as<ppn::TimeoutError>([&] { client.get(server.url()); });
  BOOST_TEST(error.code() == PPN_E_TIMEOUT);
  BOOST_TEST(error.is_timeout());
  BOOST_TEST((error.sent() == ppn::Sent::full));
  for (const int32_t code : {PPN_E_DNS_TIMEOUT, PPN_E_CONNECT_TIMEOUT, PPN_E_POOL_TIMEOUT}) {
    ppn::ErrorDetails details;
    details.code = code;
    BOOST_TEST(ppn::NetworkError(details).is_timeout());
  }
}

BOOST_AUTO_TEST_CASE(truncated_body_is_a_protocol_error_with_what_had_arrived) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Id: 7\r\n\r\nhalf").close()});
  const auto error = thrown_as<ppn::ProtocolError>([&] { client_without_retries().get(server.url()); });
  BOOST_TEST(error.code() == PPN_E_BODY_TRUNCATED);
  BOOST_TEST(error.received_bytes() == 4U);
  BOOST_REQUIRE((error.response() != nullptr));
  BOOST_TEST(error.response()->status() == 200);
  BOOST_TEST(error.response()->header("x-id").value_or("") == "7");
  BOOST_TEST(error.response()->body() == "half");
}

BOOST_AUTO_TEST_CASE(raised_status_carries_its_delay_and_its_body) {
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 17\r\n\r\n{\"error\": \"slow\"}")});
  const ppn::HTTPClient client = client_without_retries();
  const auto error = thrown_as<ppn::TooManyRequestsError>([&] { client.get(server.url()).raise_for_status().text(); });
  BOOST_TEST(error.code() == PPN_E_HTTP_TOO_MANY_REQUESTS);
  BOOST_TEST(error.status() == 429);
  BOOST_TEST((error.retry_after() == std::chrono::milliseconds(3'000)));
  BOOST_TEST(error.retryable());
  BOOST_REQUIRE((error.response() != nullptr));
  BOOST_TEST(error.response()->json().string("/error") == "slow");
}

BOOST_AUTO_TEST_CASE(status_that_is_no_error_is_handed_on) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(http_ok("fine"))
                                   .expect_request()
                                   .send("HTTP/1.1 304 Same\r\n\r\n")
                                   .expect_request()
                                   .send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")});
  const ppn::HTTPClient client = client_without_retries();
  BOOST_TEST(client.get(server.url()).raise_for_status().text() == "fine");
  const ppn::Response same = client.get(server.url());
  BOOST_TEST((&same.raise_for_status() == &same));
  BOOST_TEST(same.check_status() == PPN_OK);
  BOOST_TEST(!same.ok());
  BOOST_TEST(client.get(server.url()).check_status() == PPN_E_HTTP_UNAVAILABLE);
}

BOOST_AUTO_TEST_CASE(made_error_says_what_its_maker_gave) {
  ppn::ErrorDetails details;
  details.code = PPN_E_READ_TIMEOUT;
  details.url = "https://localhost/x";
  details.attempts = 3;
  details.retry_after = 5s;
  const ppn::TimeoutError error(details);
  BOOST_TEST(std::string(error.what()) == std::string("READ_TIMEOUT: ") + ppn_code_text(PPN_E_READ_TIMEOUT));
  BOOST_TEST(error.attempts() == 3);
  BOOST_TEST((error.retry_after() == 5'000ms));
  const ppn::TimeoutError copy = error;
  BOOST_TEST((copy.what() == error.what()));
}

BOOST_AUTO_TEST_CASE(error_outlives_runtime_and_client) {
  std::optional<ppn::NetworkError> kept;
  {
    const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone")});
    kept = error_of([&] { ppn::HTTPClient().get(server.url()).raise_for_status(); });
    ppn::shutdown();
  }
  BOOST_REQUIRE(kept.has_value());
  BOOST_TEST(kept->response()->body() == "gone");
}

BOOST_AUTO_TEST_CASE(every_code_can_be_thrown_by_hand) {
  for (size_t i = 1; ppn_code_at(i) >= 0; ++i) {
    const int32_t code = ppn_code_at(i);
    BOOST_TEST(code_of([&] { ppn::throw_error(code); }) == code);
  }
  const auto error = thrown_as<ppn::CircuitOpenError>([] { ppn::throw_error(PPN_E_CIRCUIT_OPEN, "open"); });
  BOOST_TEST(error.message() == "open");
  ppn::ErrorDetails details;
  details.code = PPN_E_RATE_LIMITED;
  details.retry_after = 250ms;
  const auto limited = thrown_as<ppn::RateLimitError>([&] { ppn::throw_error(details); });
  BOOST_TEST((limited.retry_after() == 250ms));
  BOOST_TEST(limited.is_rate_limited());
  BOOST_TEST(!limited.is_auth());
}

BOOST_AUTO_TEST_CASE(raised_status_says_what_the_provider_says_and_what_was_tried) {
  const std::string body = R"({"error":{"message":"Bad key sk-123","code":"invalid_api_key"}})";
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nX-Request-Id: req_1\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body)});
  const ppn::HTTPClient client;
  const ppn::Response response = client.get(server.url());
  const auto error = thrown_as<ppn::AuthenticationError>([&] { response.raise_for_status(); });
  BOOST_TEST(error.provider_code() == "invalid_api_key");
  BOOST_TEST(error.provider_message() == "Bad key ***");
  BOOST_TEST(error.request_id() == "req_1");
  BOOST_TEST(error.is_auth());
  for (const auto& attempts : {error.attempt_log(), response.attempt_log()}) {
    BOOST_REQUIRE(attempts.size() == 1U);
    BOOST_TEST(attempts[0].number == 0);
    BOOST_TEST(attempts[0].code == PPN_E_HTTP_UNAUTHORIZED);
    BOOST_TEST(attempts[0].status == 401);
    BOOST_TEST((attempts[0].sent == ppn::Sent::full));
    BOOST_TEST(attempts[0].received_bytes == body.size());
    BOOST_TEST(attempts[0].ended.has_value());
    BOOST_TEST(!attempts[0].delay.has_value());
    BOOST_TEST(attempts[0].remote == std::string(response.remote()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
