// Redirects and Expect: 100-continue through the C ABI.
#include <string>

#include "capi/capi.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

std::string found(const std::string& location) {
  return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

struct Sent {
  int32_t code = 0;
  Response response;
  ErrorHandle error;
};

Sent send(const Client& client, const std::string& url, const char* option = nullptr, const char* value = nullptr) {
  Sent sent;
  const Request request = make_request(client, "GET", url);
  if (option != nullptr) {
    BOOST_TEST(ppn_request_set_option(request.get(), option, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, nullptr) ==
               PPN_OK);
  }
  sent.code = ppn_request_send(request.get(), sent.response.out(), sent.error.out());
  return sent;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(redirect, NoLeak)

BOOST_AUTO_TEST_CASE(redirect_is_followed_and_the_response_says_where_to) {
  const ScriptedServer server(
      {Script{}.expect_request().send(found("/next?a=b#part")).expect_request().send(http_ok("here"))});
  const Sent sent = send(make_client(), server.url("/first"));
  BOOST_TEST_REQUIRE(sent.code == PPN_OK);
  BOOST_TEST(body_of(sent.response.get()) == "here");
  BOOST_TEST(ppn_response_redirects(sent.response.get()) == 1);
  size_t length = 0;
  const char* const url = ppn_response_url(sent.response.get(), &length);
  BOOST_TEST(std::string(url, length) == server.url("/next?a=b"));
  BOOST_TEST(url == ppn_response_url(sent.response.get(), nullptr));
  BOOST_TEST(url[length] == 0);
}

BOOST_AUTO_TEST_CASE(request_without_a_redirect_has_its_own_url) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("here"))});
  const Sent sent = send(make_client(), server.url("/only"));
  BOOST_TEST(ppn_response_redirects(sent.response.get()) == 0);
  BOOST_TEST(ppn_response_url(sent.response.get(), nullptr) == server.url("/only"));
}

BOOST_AUTO_TEST_CASE(redirect_is_the_response_where_none_is_followed) {
  const ScriptedServer server({Script{}.expect_request().send(found("/next"))});
  const Sent sent = send(make_client(), server.url(), "max_redirects", "0");
  BOOST_TEST_REQUIRE(sent.code == PPN_OK);
  BOOST_TEST(ppn_response_status(sent.response.get()) == 302);
  BOOST_TEST(ppn_response_check_status(sent.response.get(), nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(redirects_that_find_no_end_are_named) {
  const ScriptedServer server({Script{}.expect_request().send(found("/")).expect_request().send(found("/"))});
  const Sent sent = send(make_client(), server.url(), "max_redirects", "1");
  BOOST_TEST_REQUIRE(sent.code == PPN_E_TOO_MANY_REDIRECTS);
  BOOST_TEST(ppn_error_http_status(sent.error.get()) == 302);
  BOOST_TEST(ppn_error_is_retryable(sent.error.get()) == 0);
  BOOST_TEST(ppn_error_attempts(sent.error.get()) == 1);
}

BOOST_AUTO_TEST_CASE(redirect_to_another_scheme_is_blocked) {
  const ScriptedServer server({Script{}.expect_request().send(found("ftp://files.example/"))});
  const Sent sent = send(make_client(), server.url());
  BOOST_TEST_REQUIRE(sent.code == PPN_E_REDIRECT_BLOCKED);
  BOOST_TEST(ppn_error_http_status(sent.error.get()) == 302);
}

BOOST_AUTO_TEST_CASE(key_of_an_api_client_does_not_leave_its_origin) {
  const ScriptedServer other({Script{}.expect_request().send(http_ok("there"))});
  const ScriptedServer base({Script{}.expect_request().send(found(other.url()))});
  Config config;
  const std::string url = base.url();
  BOOST_TEST_REQUIRE(ppn_config_new_api_client(url.data(), url.size(), "the-key-of-the-base", PPN_AUTO_LENGTH,
                                               config.out(), nullptr) == PPN_OK);
  Client client;
  BOOST_TEST_REQUIRE(ppn_client_new(config.get(), client.out(), nullptr) == PPN_OK);
  const Sent sent = send(client, "x");
  BOOST_TEST(body_of(sent.response.get()) == "there");
  BOOST_TEST(base.requests().at(0).find("the-key-of-the-base") != std::string::npos);
  BOOST_TEST(other.requests().at(0).find("the-key-of-the-base") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(body_waits_for_100_continue_when_it_is_told_to) {
  const ScriptedServer server(
      {Script{}.expect_head().send("HTTP/1.1 100 Continue\r\n\r\n").expect_bytes(4).send(http_ok("taken"))});
  const Client client =
      make_client(R"({"expect_continue": true, "expect_continue_min_bytes": 1, "expect_continue_timeout_ms": 60000})");
  const Request request = make_request(client, "PUT", server.url());
  BOOST_TEST(ppn_request_set_body(request.get(), reinterpret_cast<const uint8_t*>("body"), 4, nullptr) == PPN_OK);
  Response response;
  BOOST_TEST_REQUIRE(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(body_of(response.get()) == "taken");
  BOOST_TEST(server.requests().at(0).find("\r\nExpect: 100-continue\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
