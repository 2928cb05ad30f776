// Paths below a base URL, and where an API key goes.
#include "client/base_url.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <tuple>

#include "client/wire_bytes.hpp"
#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

Options options_of(std::string_view base_url, std::string_view api_key = {}) {
  Options options;
  options.base_url = base_url;
  options.api_key = Secret(api_key);
  return options;
}

// Of making a client, "" when it can be made.
std::string complaint_of(const Options& options) {
  const auto client = Client::create(options);
  if (client.ok()) return "";
  BOOST_TEST((client.error().code == ErrorCode::config_error));
  BOOST_TEST((client.error().phase == Phase::config));
  return client.error().message;
}

std::shared_ptr<Client> client_of(const Options& options) {
  return make_client([&](Options& own) { own = options; });
}

// The value of the header in a request as it was sent, or "none".
std::string sent(const std::string& request, const std::string& name) {
  const auto at = request.find("\r\n" + name + ": ");
  if (at == request.npos) return "none";
  const auto begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

Script one_answer() {
  return Script{}.expect_request().send(ok_response("x", "Connection: close\r\n")).close();
}
const ScriptedServerOptions kAnyNumber = {.repeat_last = true};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(base_url, EngineFixture)

BOOST_AUTO_TEST_CASE(path_is_appended_and_absolute_url_stands_for_itself) {
  using Case = std::tuple<const char*, const char*, const char*>;
  for (const auto& [base, path, expected] :
       {Case{"http://a.test/v1", "models", "http://a.test/v1/models"},
        Case{"http://a.test/v1/", "/models", "http://a.test/v1/models"},
        Case{"http://a.test/v1", "", "http://a.test/v1"}, Case{"http://a.test", "", "http://a.test"},
        Case{"http://a.test/v1", "?a=1", "http://a.test/v1?a=1"},
        Case{"http://a.test/v1", "../x", "http://a.test/v1/../x"},
        Case{"http://a.test/v1", "//b.test/", "http://a.test/v1//b.test/"},
        Case{"http://a.test", "@b.test", "http://a.test/@b.test"}, Case{"http://a.test", ":1/", "http://a.test/:1/"},
        Case{"http://a.test", "http:b.test", "http://a.test/http:b.test"},
        Case{"http://a.test", "://b.test", "http://a.test/://b.test"},
        Case{"http://a.test", "/x?u=http://b.test", "http://a.test/x?u=http://b.test"},
        Case{"http://a.test", "1a://b.test", "http://a.test/1a://b.test"},
        Case{"http://a.test/v1", "HTTPS://b.test/x", "HTTPS://b.test/x"},
        Case{"http://a.test", "ftp+x-1.0://b.test", "ftp+x-1.0://b.test"}, Case{"", "/models", "/models"}}) {
    BOOST_TEST(join_url(base, path) == expected);
  }
}

BOOST_AUTO_TEST_CASE(origins_are_compared_by_scheme_host_and_port) {
  const Url base = *parse_url("https://API.example.test/v1");
  for (const char* same : {"https://api.example.test", "HTTPS://api.example.test:443/x", "https://api.example.test:?a",
                           "https://api.EXAMPLE.test#f"}) {
    BOOST_TEST(same_origin(*parse_url(same), base), same);
  }
  for (const char* other :
       {"http://api.example.test/", "http://api.example.test:443/", "https://api.example.test:8443/",
        "https://example.test/", "https://api.example.test.evil.test/", "https://evil.test/api.example.test",
        "https://evil.test?api.example.test", "wss://api.example.test/"}) {
    BOOST_TEST(!same_origin(*parse_url(other), base), other);
  }
  BOOST_TEST(same_origin(*parse_url("https://[::1]/"), *parse_url("https://[0:0::1]:443")));
}

BOOST_AUTO_TEST_CASE(base_that_can_not_be_used_makes_no_client_and_is_not_repeated) {
  for (const char* base :
       {"/v1", "http://", "hush", "http://a b/", "http://localhost/?hush", "http://localhost/#hush",
        "http://user:hush@localhost/", "http://localhost:0/", "ftp://localhost/", "ws://localhost/"}) {
    const std::string complaint = complaint_of(options_of(base));
    BOOST_TEST(complaint.starts_with("base_url: "), base);
    BOOST_TEST(complaint.find("hush") == complaint.npos);
    Options options;
    const Status set = set_option(options, "base_url", base);
    BOOST_REQUIRE(!set.ok());
    BOOST_TEST(set.error().message.starts_with("base_url: the value can not be used: "));
    BOOST_TEST(set.error().message.find("hush") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(key_needs_a_base_url_on_which_nobody_can_read_along) {
  BOOST_TEST(complaint_of(options_of("", "hush")).starts_with("api_key: "));
  for (const char* base :
       {"http://api.example.test/v1", "http://127.example.test", "http://localhost.example.test", "http://10.0.0.1",
        "http://[::2]", "http://[127::1]", "http://128.0.0.1", "http://1.127.0.0"}) {
    const std::string complaint = complaint_of(options_of(base, "hush"));
    BOOST_TEST(complaint.starts_with("api_key: "), base);
    BOOST_TEST(complaint.find("hush") == complaint.npos);
  }
  for (const char* base : {"https://api.example.test/v1", "http://localhost:8080", "http://LOCALHOST",
                           "http://127.0.0.1", "http://127.1.2.3:1/x", "http://[::1]:8080/"}) {
    BOOST_TEST(complaint_of(options_of(base, "hush")) == "", base);
  }
}

BOOST_AUTO_TEST_CASE(path_of_a_request_goes_below_the_base) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  const auto client = client_of(options_of(server.url("/v1")));
  BOOST_TEST(fetch(client, "models").body() == "x");
  BOOST_TEST(fetch(client, server.url("/other")).body() == "x");
  BOOST_TEST(server.requests().at(0).starts_with("GET /v1/models HTTP/1.1\r\n"));
  BOOST_TEST(server.requests().at(1).starts_with("GET /other HTTP/1.1\r\n"));
  BOOST_TEST(client->preconnect("models", 1).ok());
  const auto plain = make_client();
  BOOST_TEST((Call::create(plain, "GET", "models").error().code == ErrorCode::invalid_url));
  BOOST_TEST((Call::create(client, "GET", "ftp://localhost/").error().code == ErrorCode::unsupported_scheme));
}

BOOST_AUTO_TEST_CASE(key_goes_to_the_origin_of_the_base_and_to_no_other) {
  const ScriptedServer own({one_answer()}, kAnyNumber);
  const ScriptedServer other({one_answer()}, kAnyNumber);
  const auto client = client_of(options_of(own.url("/v1"), "key-1"));
  fetch(client, "models");
  fetch(client, own.url("/elsewhere"));
  fetch(client, Request{.url = "x", .method = "POST", .body = "the body"});
  fetch(client, own.url_with_host("localhost", "/v1"));  // another name of the same server
  fetch(client, other.url("/v1"));                       // another port
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(sent(own.requests().at(i), "Authorization") == "Bearer key-1");
  BOOST_TEST(own.requests().at(2).ends_with("\r\nAuthorization: Bearer key-1\r\n\r\nthe body"));
  BOOST_TEST(sent(own.requests().at(3), "Authorization") == "none");
  BOOST_TEST(sent(other.requests().at(0), "Authorization") == "none");
}

BOOST_AUTO_TEST_CASE(key_goes_with_a_body_that_is_sent_apart) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  const auto client = client_of(options_of(server.url(), "key-1"));
  const std::string body(50'000, 'b');
  fetch(client, Request{.url = "x", .method = "POST", .body = body});
  BOOST_TEST(server.requests().at(0).ends_with("\r\nAuthorization: Bearer key-1\r\n\r\n" + body));
}

BOOST_AUTO_TEST_CASE(header_of_the_key_is_configurable_and_gives_way_to_that_of_a_request) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  Options options = options_of(server.url(), "key-2");
  options.api_key_header = "x-api-key";
  options.api_key_scheme = "";
  const auto client = client_of(options);
  fetch(client, "x");
  fetch(client, Request{.url = "x", .headers = {{"X-API-Key", "mine"}}});
  BOOST_TEST(sent(server.requests().at(0), "x-api-key") == "key-2");
  BOOST_TEST(sent(server.requests().at(0), "Authorization") == "none");
  BOOST_TEST(sent(server.requests().at(1), "x-api-key") == "none");
  BOOST_TEST(sent(server.requests().at(1), "X-API-Key") == "mine");
}

BOOST_AUTO_TEST_CASE(bytes_that_hold_a_key_are_overwritten) {
  WireBytes wire;
  wire.text() = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
  wire.add_key_and_body("Authorization", "Bearer", "kkkkkkkkkkkkkkkk", "body");
  const std::string_view bytes = wire;
  BOOST_TEST(bytes == "GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer kkkkkkkkkkkkkkkk\r\n\r\nbody");
  const char* const data = bytes.data();
  wire.wipe();
  BOOST_TEST(std::string_view(wire).empty());
  BOOST_TEST(std::count(data, data + 60, 'k') == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
