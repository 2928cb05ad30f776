// RequestManager: paths below a base. APIClient: where its key goes, and where it never does.
#include <cstdlib>
#include <string>
#include <utility>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

std::string target_of(const std::string& request) {
  const auto begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

// The value of the header, or "none".
std::string sent(const ScriptedServer& server, std::size_t index, const std::string& name) {
  const std::string request = server.requests().at(index);
  const auto at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "none";
  const auto begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

const ppn::test::ScriptedServerOptions kAnyNumber = {.repeat_last = true};

Script one_answer() {
  return Script{}.expect_request().send(http_ok("x", "Connection: close\r\n")).close();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(base_url, NoLeak)

BOOST_AUTO_TEST_CASE(paths_are_appended_with_one_slash) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  for (const std::string base : {"/v1", "/v1/"}) {
    const ppn::RequestManager manager(server.url(base));
    const std::size_t before = server.requests().size();
    for (const char* path : {"models", "/models", "", "?a=1", "//other.test/x", "../x", "@other.test", "a:b"}) {
      manager.get(path);
    }
    const auto requests = server.requests();
    const std::string empty = base;
    BOOST_TEST(target_of(requests.at(before)) == "/v1/models");
    BOOST_TEST(target_of(requests.at(before + 1)) == "/v1/models");
    BOOST_TEST(target_of(requests.at(before + 2)) == empty);
    BOOST_TEST(target_of(requests.at(before + 3)) == empty + "?a=1");
    BOOST_TEST(target_of(requests.at(before + 4)) == "/v1//other.test/x");
    BOOST_TEST(target_of(requests.at(before + 5)) == "/v1/../x");
    BOOST_TEST(target_of(requests.at(before + 6)) == "/v1/@other.test");
    BOOST_TEST(target_of(requests.at(before + 7)) == "/v1/a:b");
  }
}

BOOST_AUTO_TEST_CASE(base_without_a_path_keeps_its_host_whatever_the_path_is) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  std::string base = server.url();
  base.pop_back();
  const ppn::RequestManager manager(base);
  for (const char* path : {"", "?a", "@other.test", ".other.test", ":1/"}) manager.get(path);
  BOOST_TEST(server.requests().size() == 5U);
  BOOST_TEST(target_of(server.requests().at(3)) == "/.other.test");
}

BOOST_AUTO_TEST_CASE(absolute_url_stands_for_itself) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  const ppn::RequestManager manager("http://127.0.0.1:1/v1");
  BOOST_TEST(manager.get(server.url("/other")).status() == 200);
  BOOST_TEST(code_of([&] { manager.get("ftp://localhost/x"); }) == PPN_E_UNSUPPORTED_SCHEME);
}

BOOST_AUTO_TEST_CASE(bad_base_is_refused_when_the_manager_is_made) {
  for (const char* base : {"", "/v1", "http://", "http://a b/", "http://localhost/?q", "http://localhost/#f",
                           "http://user@localhost/", "http://localhost:0/"}) {
    BOOST_TEST(code_of([&] { ppn::RequestManager{base}; }) == PPN_E_CONFIG_ERROR, base);
    BOOST_TEST(code_of([&] { ppn::RequestManager(base, ppn::NetworkConfig()); }) == PPN_E_CONFIG_ERROR, base);
  }
  BOOST_TEST(code_of([] { ppn::RequestManager{"ftp://localhost"}; }) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(code_of([] { ppn::RequestManager("http://localhost", -1ms); }) == PPN_E_CONFIG_ERROR);
}

BOOST_AUTO_TEST_CASE(timeout_and_retries_are_those_of_the_environment_unless_given) {
  const auto of = [](const ppn::NetworkConfig& config) {
    return config.get("timeout_ms") + " " + config.get("max_retries");
  };
  BOOST_TEST(of(ppn::NetworkConfig::request_manager("http://localhost")) == "30000 3");
  BOOST_TEST(of(ppn::NetworkConfig::request_manager("http://localhost", 0s, 0)) == "0 0");
  setenv("PEPPERPY_NETWORK_TIMEOUT", "7", 1);
  setenv("PEPPERPY_NETWORK_MAX_RETRIES", "9", 1);
  BOOST_TEST(of(ppn::NetworkConfig::request_manager("http://localhost")) == "7000 9");
  BOOST_TEST(of(ppn::NetworkConfig::request_manager("http://localhost", 30s, 3)) == "30000 3");
  unsetenv("PEPPERPY_NETWORK_TIMEOUT");
  unsetenv("PEPPERPY_NETWORK_MAX_RETRIES");
  const ppn::RequestManager manager("https://localhost/v1", 30s, 3);
  BOOST_TEST(manager.base_url() == "https://localhost/v1");
  for (const int retries : {-1, 11}) {
    BOOST_TEST(code_of([&] { ppn::RequestManager("http://localhost", 30s, retries); }) == PPN_E_CONFIG_ERROR);
  }
}

BOOST_AUTO_TEST_CASE(timeout_of_the_manager_ends_its_calls) {
  const ScriptedServer server({Script{}.expect_request().hold()}, kAnyNumber);
  const ppn::RequestManager manager(server.url(), 40ms);
  BOOST_CHECK_THROW(manager.get("x"), ppn::TimeoutError);
  const ppn::RequestManager configured(server.url(), ppn::NetworkConfig().timeout(40ms));
  BOOST_CHECK_THROW(configured.get("x"), ppn::TimeoutError);
}

BOOST_AUTO_TEST_CASE(manager_has_every_verb_and_stream) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  const ppn::RequestManager manager(server.url("/v1"));
  manager.head("a");
  manager.delete_("a");
  manager.post("a", "b");
  manager.put_json("a", "{}");
  manager.patch("a", "b");
  std::string body;
  for (const std::string_view chunk : manager.stream("a", 1)) body += chunk;
  for (const std::string_view line : manager.lines("a")) body += line;
  BOOST_TEST(body == "xx");
  BOOST_TEST(server.requests().size() == 7U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(api_key, NoLeak)

BOOST_AUTO_TEST_CASE(key_goes_with_requests_to_the_origin_of_the_base) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  const ppn::APIClient api(server.url("/v1"), "key-1");
  api.get("models");
  api.get(server.url("/elsewhere"));
  for (const std::string_view chunk : api.stream("x")) BOOST_TEST(chunk == "x");
  BOOST_TEST(target_of(server.requests().at(1)) == "/elsewhere");
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(sent(server, i, "Authorization") == "Bearer key-1");
}

BOOST_AUTO_TEST_CASE(key_never_goes_to_another_origin) {
  const ScriptedServer own({one_answer()}, kAnyNumber);
  const ScriptedServer other({one_answer()}, kAnyNumber);
  const ppn::APIClient api(own.url("/v1"), "key-1");
  api.get(other.url("/v1/models"));                // another port
  api.get(own.url_with_host("localhost", "/v1"));  // another name of the same server
  api.get("/" + other.url());                      // a path that looks like a URL
  BOOST_TEST(sent(other, 0, "Authorization") == "none");
  BOOST_TEST(sent(own, 0, "Authorization") == "none");
  BOOST_TEST(sent(own, 1, "Authorization") == "Bearer key-1");
  BOOST_TEST(target_of(own.requests().at(1)).find("/v1/http://") == 0U);
  BOOST_TEST(other.requests().size() == 1U);
  // What could hide the host is refused by the engine before the origin is looked at.
  for (const std::string url :
       {"http://127.0.0.1@other.test/", "http://127.0.0.1\\@other.test/", "http://other.test\t/"}) {
    BOOST_TEST(code_of([&] { api.get(url); }) == PPN_E_INVALID_URL, url);
  }
}

BOOST_AUTO_TEST_CASE(plain_http_is_refused_unless_the_host_is_loopback) {
  for (const char* base : {"http://api.example.test/v1", "http://127.example.test", "http://localhost.example.test",
                           "http://10.0.0.1", "http://[::2]", "http://128.0.0.1", "http://1.127.0.0"}) {
    BOOST_TEST(code_of([&] { ppn::APIClient(base, "key"); }) == PPN_E_CONFIG_ERROR, base);
  }
  for (const char* base : {"https://api.example.test/v1", "http://localhost:8080", "http://LOCALHOST",
                           "http://127.0.0.1", "http://127.1.2.3:1/x", "http://[::1]:8080/"}) {
    BOOST_TEST(code_of([&] { ppn::APIClient(base, "key"); }) == PPN_OK, base);
  }
}

BOOST_AUTO_TEST_CASE(header_and_scheme_of_the_key_are_configurable) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  ppn::APIClient(server.url(), "key-2", {"x-api-key", ""}).get("x");
  ppn::APIClient(server.url(), "key-3", {"Authorization", "Token"}).get("x");
  BOOST_TEST(sent(server, 0, "x-api-key") == "key-2");
  BOOST_TEST(sent(server, 0, "Authorization") == "none");
  BOOST_TEST(sent(server, 1, "Authorization") == "Token key-3");
}

BOOST_AUTO_TEST_CASE(header_that_a_request_sets_itself_replaces_the_key) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  const ppn::APIClient api(server.url(), "key-4");
  api.get("x", {{"authorization", "Bearer other"}});
  BOOST_TEST(sent(server, 0, "authorization") == "Bearer other");
  BOOST_TEST(sent(server, 0, "Authorization") == "none");
}

BOOST_AUTO_TEST_CASE(bad_key_or_header_is_refused_without_showing_the_key) {
  const auto refuse = [](std::string_view key, ppn::KeyHeader header) {
    const auto error = error_of([&] { ppn::APIClient("https://localhost", key, std::move(header)); });
    BOOST_REQUIRE(error.has_value());
    BOOST_TEST(std::string(error->what()).find("secret") == std::string::npos);
    return error->code();
  };
  BOOST_TEST(refuse("", {}) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(refuse("***", {}) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(refuse("secret\nX: y", {}) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(refuse("secret ", {}) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(refuse(std::string_view("secret\0", 7), {}) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(refuse("secret", {"Host", ""}) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(refuse("secret", {"", "Bearer"}) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(refuse("secret", {"Authorization", "Bea\rrer"}) == PPN_E_CONFIG_ERROR);
}

BOOST_AUTO_TEST_CASE(moved_client_keeps_its_key) {
  const ScriptedServer server({one_answer()}, kAnyNumber);
  ppn::APIClient first(server.url(), "k");
  ppn::APIClient second(std::move(first));
  second.get("x");
  first = std::move(second);
  first.get("x");
  BOOST_TEST(sent(server, 0, "Authorization") == "Bearer k");
  BOOST_TEST(sent(server, 1, "Authorization") == "Bearer k");
}

BOOST_AUTO_TEST_CASE(configuration_that_is_given_wins_over_the_long_timeout) {
  const ScriptedServer server({Script{}.expect_request().hold()}, kAnyNumber);
  const ppn::APIClient api(server.url(), "k", ppn::NetworkConfig().timeout(40ms));
  BOOST_CHECK_THROW(api.get("x"), ppn::TimeoutError);
  setenv("PEPPERPY_NETWORK_TIMEOUT", "40ms", 1);
  const ppn::APIClient by_environment(server.url(), "k");
  unsetenv("PEPPERPY_NETWORK_TIMEOUT");
  BOOST_CHECK_THROW(by_environment.get("x"), ppn::TimeoutError);
}

BOOST_AUTO_TEST_CASE(configuration_for_an_api_has_its_defaults_and_hides_the_key) {
  auto config = ppn::NetworkConfig::api_client("https://localhost/v1", "hush-hush").connect_timeout(1s);
  BOOST_TEST(config.get("timeout_ms") == "600000");
  BOOST_TEST(config.get("max_retries") == "2");
  BOOST_TEST(config.get("max_in_flight") == "64");
  BOOST_TEST(config.get("idempotency_header") == "Idempotency-Key");
  BOOST_TEST(config.get("api_key") == "***");
  BOOST_TEST(config.dump().find("hush") == std::string::npos);
  const ppn::APIClient api(config);
  BOOST_TEST(api.base_url() == "https://localhost/v1");
  BOOST_TEST(code_of([] { ppn::APIClient{ppn::NetworkConfig::request_manager("https://localhost")}; }) ==
             PPN_E_CONFIG_ERROR);
}

BOOST_AUTO_TEST_CASE(closed_client_refuses_requests) {
  ppn::APIClient api("https://localhost", "k");
  api.close();
  BOOST_TEST(code_of([&] { api.get("x"); }) == PPN_E_CLIENT_CLOSED);
}

BOOST_AUTO_TEST_SUITE_END()
