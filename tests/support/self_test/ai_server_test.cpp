#include "support/ai_server.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

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
