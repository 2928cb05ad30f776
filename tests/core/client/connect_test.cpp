// From a name to a connection.
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>

#include "client/client_loop.hpp"
#include "client/runtime.hpp"
#include "core/client/engine.hpp"
#include "support/full_backlog.hpp"
#include "support/no_descriptors.hpp"
#include "support/scripted_server.hpp"
#include "support/socket.hpp"

namespace ppn::test {
namespace {

// A port of the loopback interface on which nobody listens.
std::uint16_t free_port() {
  const UniqueFd nobody = listen_on_loopback();
  return port_of(nobody.get());
}

// Names that the system was asked for.
std::uint64_t lookups() {
  return (*Runtime::acquire())->resolver().lookups();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(connecting, EngineFixture)

BOOST_AUTO_TEST_CASE(refused_connection_is_named) {
  const Outcome outcome = fetch(make_client(), "http://127.0.0.1:" + std::to_string(free_port()) + "/");
  BOOST_TEST(outcome.code() == "CONNECT_FAILED");
  BOOST_TEST(outcome.phase() == "connect");
  BOOST_TEST((outcome.error->sent == Sent::none));
  BOOST_TEST(outcome.error->os_errno == ECONNREFUSED);
  BOOST_TEST(outcome.error->retryable);
}

BOOST_AUTO_TEST_CASE(every_address_of_a_name_is_tried) {
  // localhost has an address of either family; the server listens on one of them.
  const ScriptedServer four({Script{}.expect_request().send(ok_response("four"))});
  BOOST_TEST(fetch(make_client(), four.url_with_host("localhost")).body() == "four");
}

BOOST_AUTO_TEST_CASE(numeric_host_of_ipv6_is_reached) {
  const ScriptedServer six({Script{}.expect_request().send(ok_response("six"))}, {.family = Loopback::ipv6});
  const Outcome outcome = fetch(make_client(), six.url());
  BOOST_TEST(outcome.body() == "six");
  BOOST_TEST(outcome.response->remote == "[::1]:" + std::to_string(six.port()));
  BOOST_TEST(six.requests().at(0).find("Host: [::1]:" + std::to_string(six.port()) + "\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(name_nobody_has_is_named) {
  const Outcome outcome = fetch(make_client(), "http://no-such-host.invalid/");
  // Without a network the answer may not come at all.
  BOOST_TEST((outcome.code() == "DNS_FAILED" || outcome.code() == "DNS_TIMEOUT"), outcome.code());
  BOOST_TEST(outcome.phase() == "dns");
  BOOST_TEST((outcome.error->sent == Sent::none));
}

BOOST_AUTO_TEST_CASE(overridden_name_is_not_looked_up_and_stays_the_host) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("here"))});
  const auto client = make_client([&](Options& options) {
    options.connection.resolve = "no-such-host.invalid:" + std::to_string(server.port()) + ":127.0.0.1";
  });
  BOOST_TEST(fetch(client, server.url_with_host("no-such-host.invalid")).body() == "here");
  BOOST_TEST(server.requests().at(0).find("Host: no-such-host.invalid:") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(override_that_is_none_is_refused_when_the_client_is_made) {
  Options options;
  options.connection.resolve = "api.test:443:not-an-address";
  const auto client = Client::create(options);
  BOOST_REQUIRE(!client.ok());
  BOOST_TEST((client.error().code == ErrorCode::config_error));
}

BOOST_AUTO_TEST_CASE(every_address_of_an_override_is_tried) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("here"))});
  const std::string port = std::to_string(server.port());
  const auto client = make_client([&](Options& options) {
    options.connection.resolve = "a.test:" + port + ":127.0.0.2,a.test:" + port + ":127.0.0.1";
  });
  const Outcome outcome = fetch(client, server.url_with_host("a.test"));
  BOOST_TEST(outcome.body() == "here");
  BOOST_TEST(outcome.response->remote == "127.0.0.1:" + port);
}

BOOST_AUTO_TEST_CASE(name_is_asked_once_for_all_clients_that_keep_answers) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok", "Connection: close\r\n"))},
                              {.repeat_last = true});
  const std::string url = server.url_with_host("localhost");
  for (int i = 0; i < 2; ++i) {
    const auto client = make_client();
    for (int call = 0; call < 3; ++call) BOOST_TEST(fetch(client, url).body() == "ok");
  }
  BOOST_TEST(lookups() == 1U);
  const auto client = make_client([](Options& options) { options.connection.dns_cache_ms = 0; });
  for (int call = 0; call < 3; ++call) BOOST_TEST(fetch(client, url).body() == "ok");
  BOOST_TEST(lookups() == 4U);
}

BOOST_AUTO_TEST_CASE(name_whose_addresses_all_refuse_is_asked_again) {
  const auto client = make_client();
  const std::string url = "http://localhost:" + std::to_string(free_port()) + "/";
  BOOST_TEST(fetch(client, url).code() == "CONNECT_FAILED");
  BOOST_TEST(fetch(client, url).code() == "CONNECT_FAILED");
  BOOST_TEST(lookups() == 2U);
}

BOOST_AUTO_TEST_CASE(name_whose_addresses_stay_silent_is_asked_again) {
  const FullBacklog dead;
  const auto client = make_client([](Options& options) { options.connection.connect_timeout_ms = 50; });
  const std::string url = "http://localhost:" + std::to_string(dead.port()) + "/";
  BOOST_TEST(fetch(client, url).code() == "CONNECT_TIMEOUT");
  const Request impatient{.url = url, .options = {{"timeout_ms", "20"}}};
  BOOST_TEST(fetch(client, impatient).code() == "TIMEOUT");
  BOOST_TEST(fetch(client, url).code() == "CONNECT_TIMEOUT");
  BOOST_TEST(lookups() == 3U);
}

BOOST_AUTO_TEST_CASE(call_without_descriptors_is_named_and_the_client_goes_on) {
  if (!NoDescriptorsLeft::kPossible) return;
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))});
  const auto client = make_client();
  BOOST_TEST(client->client_loop().ok());  // the loop has its descriptors
  {
    const NoDescriptorsLeft none;
    const Outcome outcome = fetch(client, server.url());
    BOOST_TEST(outcome.code() == "CONNECT_FAILED");
    BOOST_TEST(outcome.error->os_errno == EMFILE);
    BOOST_TEST(outcome.error->message.ends_with(": Too many open files"), outcome.error->message);
  }
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
}

BOOST_AUTO_TEST_CASE(runtime_without_descriptors_is_named_and_starts_when_it_has_some) {
  if (!NoDescriptorsLeft::kPossible) return;
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))});
  const auto client = make_client();
  {
    const NoDescriptorsLeft none;
    TestCall call(client, {.url = server.url()});
    const Status started = call.try_start();
    BOOST_REQUIRE(!started.ok());
    BOOST_TEST((started.error().code == ErrorCode::internal));
    BOOST_TEST(started.error().message.find("Too many open files") != std::string::npos, started.error().message);
  }
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
}

BOOST_AUTO_TEST_CASE(failed_connection_gives_its_place_back) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))});
  const auto client = make_client([](Options& options) { options.connection.max_connections = 1; });
  const std::string nobody = "http://127.0.0.1:" + std::to_string(free_port()) + "/";
  for (int i = 0; i < 3; ++i) BOOST_TEST(fetch(client, nobody).code() == "CONNECT_FAILED");
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
