#include "support/ai_server.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "../../../examples/server/memory.hpp"
#include "../../../examples/server/token_bucket.hpp"
#include "support/process.hpp"
#include "support/socket.hpp"

namespace ppn::test {
namespace {

std::string answer_to(const AiServer& server, const std::string& request) {
  const UniqueFd client = connect_to_loopback(server.http_port(), default_deadline());
  send_all(client.get(), request, default_deadline());
  return receive_until_end(client.get(), default_deadline()).bytes;
}

std::string chat_request(const std::string& key, const std::string& body) {
  return "POST /v1/chat/completions?ms=0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + key +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string answer_to_get(const AiServer& server, const std::string& target) {
  return answer_to(server, "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string hello = R"({"stream":true,"messages":[{"role":"user","content":"hello there"}]})";

}  // namespace

BOOST_AUTO_TEST_SUITE(ai_server)

BOOST_AUTO_TEST_CASE(tls_certificate_is_signed_by_the_announced_ca_for_all_names) {
  AiServer server;
  for (const auto& [option, name] : {std::pair("-verify_hostname", "localhost"), std::pair("-verify_ip", "127.0.0.1"),
                                     std::pair("-verify_ip", "::1")}) {
    const auto result =
        run_process({.program = "openssl",
                     .arguments = {"s_client", "-connect", "127.0.0.1:" + std::to_string(server.https_port()),
                                   "-CAfile", server.ca_file(), "-verify_return_error", option, name}});
    BOOST_REQUIRE(result.status.has_value());
    BOOST_TEST(result.status->code == 0);
    BOOST_TEST(contains(result.output, "Verify return code: 0 (ok)"));
  }
}

BOOST_AUTO_TEST_CASE(stream_ends_with_done_and_the_last_chunk) {
  AiServer server;
  const std::string answer = answer_to(server, chat_request(server.api_key(), hello));
  BOOST_TEST(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(contains(answer, R"("delta":{"content":" hello"})"));
  BOOST_TEST(contains(answer, R"("delta":{},"finish_reason":"stop")"));
  BOOST_TEST(answer.ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(wrong_key_and_bad_json_are_named) {
  AiServer server;
  const std::string wrong = answer_to(server, chat_request("other", hello));
  BOOST_TEST(wrong.starts_with("HTTP/1.1 401 "));
  BOOST_TEST(contains(wrong, R"("code":"invalid_api_key")"));
  const std::string bad = answer_to(server, chat_request(server.api_key(), "{"));
  BOOST_TEST(bad.starts_with("HTTP/1.1 400 "));
  BOOST_TEST(contains(bad, R"("code":"invalid_json")"));
}

BOOST_AUTO_TEST_CASE(flaky_fails_as_often_as_asked_and_then_answers) {
  AiServer server;
  const std::string target = "/flaky?fail=2&status=429&retry-after=7";
  for (const char* failure : {"failure 1 of 2", "failure 2 of 2"}) {
    const std::string answer = answer_to_get(server, target);
    BOOST_TEST(answer.starts_with("HTTP/1.1 429 "));
    BOOST_TEST(contains(answer, "Retry-After: 7\r\n"));
    BOOST_TEST(contains(answer, failure));
    BOOST_TEST(contains(answer, R"("code":"flaky")"));
  }
  const std::string answer = answer_to_get(server, target);
  BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
  BOOST_TEST(answer.ends_with(R"({"request":3,"failures":2})"));
}

BOOST_AUTO_TEST_CASE(flaky_counts_by_key_or_by_path_and_query) {
  AiServer server;
  BOOST_TEST(answer_to_get(server, "/flaky?fail=1&status=500&key=a").starts_with("HTTP/1.1 500 "));
  BOOST_TEST(answer_to_get(server, "/flaky?fail=1&status=500&key=b").starts_with("HTTP/1.1 500 "));
  BOOST_TEST(answer_to_get(server, "/flaky?fail=1&status=500&key=a&x").starts_with("HTTP/1.1 200 "));
  BOOST_TEST(answer_to_get(server, "/flaky?fail=1").starts_with("HTTP/1.1 503 "));
  BOOST_TEST(answer_to_get(server, "/flaky?fail=1&other").starts_with("HTTP/1.1 503 "));
  BOOST_TEST(answer_to_get(server, "/flaky?fail=1").starts_with("HTTP/1.1 200 "));
}

BOOST_AUTO_TEST_CASE(only_429_and_503_of_flaky_say_when_to_come_back) {
  AiServer server;
  BOOST_TEST(contains(answer_to_get(server, "/flaky?status=503"), "Retry-After: 1\r\n"));
  BOOST_TEST(!contains(answer_to_get(server, "/flaky?status=502"), "Retry-After"));
}

BOOST_AUTO_TEST_CASE(limited_lets_the_burst_in_and_refuses_the_next) {
  AiServer server;
  const std::string target = "/limited?limit=1&burst=2&tokens=1000&cost=10";
  const std::string first = answer_to_get(server, target);
  BOOST_TEST(first.starts_with("HTTP/1.1 200 "));
  BOOST_TEST(!contains(first, "Retry-After"));
  for (const char* field :
       {"x-ratelimit-limit-requests: 1", "x-ratelimit-remaining-requests: 1", "x-ratelimit-reset-requests: 1m0s",
        "x-ratelimit-limit-tokens: 1000", "x-ratelimit-remaining-tokens: 990", "x-ratelimit-reset-tokens: 600ms"}) {
    BOOST_TEST(contains(first, std::string(field) + "\r\n"), field);
  }
  BOOST_TEST(answer_to_get(server, target).starts_with("HTTP/1.1 200 "));
  const std::string refused = answer_to_get(server, target);
  BOOST_TEST(refused.starts_with("HTTP/1.1 429 "));
  BOOST_TEST(contains(refused, "Retry-After: 60\r\n"));
  BOOST_TEST(contains(refused, "x-ratelimit-remaining-requests: 0\r\n"));
  BOOST_TEST(contains(refused, R"("code":"rate_limit_exceeded")"));
}

BOOST_AUTO_TEST_CASE(limited_counts_tokens_too_and_keeps_keys_apart) {
  AiServer server;
  BOOST_TEST(answer_to_get(server, "/limited?limit=1&burst=60&tokens=10&cost=10&key=a").starts_with("HTTP/1.1 200 "));
  const std::string refused = answer_to_get(server, "/limited?limit=1&burst=60&tokens=10&cost=10&key=a");
  BOOST_TEST(refused.starts_with("HTTP/1.1 429 "));
  BOOST_TEST(contains(refused, "x-ratelimit-remaining-requests: 59\r\n"));
  BOOST_TEST(answer_to_get(server, "/limited?limit=1&burst=60&tokens=10&cost=10&key=b").starts_with("HTTP/1.1 200 "));
}

BOOST_AUTO_TEST_CASE(rate_limit_fills_with_time_up_to_its_size) {
  using ::ai_server::TokenBucket;
  const TokenBucket::Time start{};
  TokenBucket bucket(60, 3, start);
  bucket.take(3, start);
  BOOST_TEST(bucket.until(1, start).count() == 1000.0);
  BOOST_TEST(bucket.until_full(start).count() == 3000.0);
  const auto later = start + std::chrono::milliseconds(1500);
  BOOST_TEST(bucket.level(later) == 1.5);
  BOOST_TEST(bucket.until(1, later).count() == 0.0);
  bucket.take(1, later);
  BOOST_TEST(bucket.level(later) == 0.5);
  BOOST_TEST(bucket.level(later + std::chrono::hours(1)) == 3.0);
}

BOOST_AUTO_TEST_CASE(memory_of_a_route_is_bounded_and_forgets_the_oldest_key) {
  ::ai_server::Memory<int> memory;
  const auto count = [&](const std::string& key) { return memory.with(key, 0, [](int& state) { return ++state; }); };
  BOOST_TEST(count("first") == 1);
  for (int i = 0; i < 1023; ++i) BOOST_TEST_REQUIRE(count(std::to_string(i)) == 1);
  BOOST_TEST(count("first") == 2);
  BOOST_TEST(count("one more") == 1);
  BOOST_TEST(count("0") == 2);
  BOOST_TEST(count("first") == 1);
}

BOOST_AUTO_TEST_CASE(parameters_out_of_range_are_bad_requests) {
  AiServer server;
  for (const char* target :
       {"/flaky?fail=-1", "/flaky?status=200", "/flaky?status=600", "/flaky?status=x", "/flaky?retry-after=soon",
        "/limited?limit=0", "/limited?burst=0", "/limited?limit=1.5", "/limited?tokens=5&cost=6",
        "/slow?ms=", "/slow?ms=60001", "/bytes?n=1073741825", "/drip?n=x", "/drip?ms=60001", "/truncate?chunked=2"}) {
    const std::string answer = answer_to_get(server, target);
    BOOST_TEST(answer.starts_with("HTTP/1.1 400 "), target);
    BOOST_TEST(contains(answer, R"("code":"invalid_parameter")"), target);
  }
}

BOOST_AUTO_TEST_CASE(echo_tells_what_it_got) {
  AiServer server;
  const std::string text = answer_to(
      server, "PUT /echo?a=1&b=%20 HTTP/1.1\r\nHost: x\r\nX-A: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  for (const char* part :
       {R"("method":"PUT","path":"/echo","query":"a=1&b=%20",)", R"(["X-A","b"])", R"("length":2,"body":"hi"})"}) {
    BOOST_TEST(contains(text, part), part);
  }
  const std::string binary = answer_to(server,
                                       "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: "
                                       "close\r\n\r\n2\r\n\xff\xfe\r\n0\r\n\r\n");
  BOOST_TEST(contains(binary, R"("length":2,"body_base64":"//4="})"));
}

BOOST_AUTO_TEST_CASE(truncated_answers_stay_truncated) {
  AiServer server;
  const std::string half(50, 'x');
  const std::string by_length = answer_to(server, "GET /truncate HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(contains(by_length, "Content-Length: 100\r\n"));
  BOOST_TEST(by_length.ends_with("\r\n\r\n" + half));
  const std::string by_chunk = answer_to(server, "GET /truncate?chunked=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(by_chunk.ends_with("\r\n\r\n32\r\n" + half + "\r\n"));
}

BOOST_AUTO_TEST_CASE(stop_ends_a_stream_without_completing_it) {
  auto server = std::make_unique<AiServer>();
  const std::uint16_t port = server->http_port();
  const UniqueFd client = connect_to_loopback(port, default_deadline());
  send_all(client.get(), "GET /drip?n=2&ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n", default_deadline());
  std::string seen;
  while (!contains(seen, "drip 0\n")) {
    const Received more = receive_until_end(client.get(), default_deadline(), 1);
    BOOST_REQUIRE_EQUAL(more.bytes.size(), 1U);
    seen += more.bytes;
  }
  server.reset();
  seen += receive_until_end(client.get(), default_deadline()).bytes;
  BOOST_TEST(!contains(seen, "drip 1\n"));
  BOOST_TEST(!contains(seen, "\r\n0\r\n"));
  BOOST_CHECK_THROW(connect_to_loopback(port, default_deadline()), std::system_error);
}

BOOST_AUTO_TEST_CASE(address_that_is_not_loopback_is_refused) {
  const auto result = run_process({.program = PPN_AI_SERVER, .arguments = {"--host", "0.0.0.0"}});
  BOOST_REQUIRE(result.status.has_value());
  BOOST_TEST(result.status->code == 1);
  BOOST_TEST(contains(result.errors, "is no loopback address"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
