// Which addresses a client connects to (SEMANTICS 3.10): the server of a denied one never sees a connection.
#include <boost/test/unit_test.hpp>
#include <string>

#include "client/runtime.hpp"
#include "core/client/engine.hpp"
#include "core/client/unix_relay.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

constexpr auto public_only = NetworkPolicy::public_only;

struct Rules {
  NetworkPolicy policy = NetworkPolicy::any;
  std::string allow = {};
  std::string deny = {};
  std::string resolve = {};
};

std::shared_ptr<Client> client_with(const Rules& rules) {
  return make_client([&](Options& options) {
    options.connection.network_policy = rules.policy;
    options.connection.allow_addresses = rules.allow;
    options.connection.deny_addresses = rules.deny;
    options.connection.resolve = rules.resolve;
    options.request.retry.max_retries = 3;  // that a denied address does not get
    options.request.retry.backoff_factor = 0;
  });
}

struct PolicyFixture : EngineFixture {
  ScriptedServer server{{Script{}.expect_request().send(ok_response("here", "Connection: close\r\n")).close()},
                        {.repeat_last = true}};

  std::string port() const { return std::to_string(server.port()); }
  std::string url(const std::string& host) const { return "http://" + host + ":" + port() + "/"; }

  // Before a byte was sent, once, and in these words.
  void check_denied(const Rules& rules, const std::string& host, const std::string& message) const {
    BOOST_TEST_CONTEXT(host) {
      const Outcome outcome = fetch(client_with(rules), url(host));
      BOOST_TEST_REQUIRE(outcome.code() == "ADDRESS_DENIED");
      BOOST_TEST(outcome.phase() == "connect");
      BOOST_TEST(outcome.error->message == message);
      BOOST_TEST(!outcome.error->retryable);
      BOOST_TEST(outcome.error->attempts == 1);
      BOOST_TEST((outcome.error->stop_reason == StopReason::not_retryable));
      BOOST_TEST((outcome.error->sent == Sent::none));
      BOOST_TEST(server.connections() == 0);
    }
  }
  void check_allowed(const Rules& rules, const std::string& host) const {
    BOOST_TEST(fetch(client_with(rules), url(host)).body() == "here", host);
  }
};

std::uint64_t lookups() {
  return (*Runtime::acquire())->resolver().lookups();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(network_policy, PolicyFixture)

BOOST_AUTO_TEST_CASE(public_only_refuses_numeric_hosts_that_are_not_public) {
  const Rules rules{.policy = public_only};
  check_denied(rules, "127.0.0.1", "the network policy denies 127.0.0.1 (public_only: loopback)");
  check_denied(rules, "0.0.0.0", "the network policy denies 0.0.0.0 (public_only: unspecified)");
  check_denied(rules, "169.254.169.254", "the network policy denies 169.254.169.254 (public_only: link_local)");
  check_denied(rules, "[::1]", "the network policy denies ::1 (public_only: loopback)");
  check_denied(rules, "[::]", "the network policy denies :: (public_only: unspecified)");
  check_denied(rules, "[::ffff:127.0.0.1]", "the network policy denies ::ffff:7f00:1 (public_only: loopback)");
  check_denied(rules, "[64:ff9b::10.0.0.1]", "the network policy denies 64:ff9b::a00:1 (public_only: private)");
}

BOOST_AUTO_TEST_CASE(mapped_address_reaches_the_same_server_without_a_policy) {
  check_allowed({}, "[::ffff:127.0.0.1]");
}

BOOST_AUTO_TEST_CASE(public_only_refuses_names_by_what_they_resolve_to) {
  check_denied({.policy = public_only}, "localhost",
               "the network policy denies every address of localhost (public_only: loopback)");
  check_denied({.policy = public_only, .resolve = "a.test:" + port() + ":127.0.0.1,10.0.0.1,127.0.0.2"}, "a.test",
               "the network policy denies every address of a.test (public_only: loopback, public_only: private)");
  check_denied({.policy = public_only, .resolve = "*:" + port() + ":127.0.0.1"}, "8.8.8.8",
               "the network policy denies 8.8.8.8 (public_only: loopback)");
}

BOOST_AUTO_TEST_CASE(allowed_addresses_are_reached_in_spite_of_public_only) {
  const std::string resolve = "a.test:" + port() + ":127.0.0.1";
  for (const std::string& allow :
       {std::string("127.0.0.0/8"), "127.0.0.1:" + port(), std::string("a.test,10.0.0.0/8"), ":" + port()}) {
    check_allowed({.policy = public_only, .allow = allow, .resolve = resolve}, "a.test");
  }
  check_allowed({.policy = public_only, .allow = "127.0.0.0/8"}, "127.0.0.1");
  check_allowed({.policy = public_only, .allow = "127.0.0.0/8"}, "[::ffff:127.0.0.1]");
}

BOOST_AUTO_TEST_CASE(allowing_another_host_or_port_helps_nobody) {
  const std::string resolve = "a.test:" + port() + ":127.0.0.1";
  for (const char* allow : {"10.0.0.0/8", "127.0.0.1:1", "b.test", "*.a.test", ":1", "::1"}) {
    check_denied({.policy = public_only, .allow = allow, .resolve = resolve}, "a.test",
                 "the network policy denies every address of a.test (public_only: loopback)");
  }
}

BOOST_AUTO_TEST_CASE(denied_addresses_are_refused_whatever_is_allowed) {
  const std::string resolve = "a.test:" + port() + ":127.0.0.1";
  for (const NetworkPolicy policy : {NetworkPolicy::any, public_only}) {
    const Rules rules{.policy = policy, .allow = "127.0.0.0/8,a.test", .deny = "127.0.0.1", .resolve = resolve};
    check_denied(rules, "a.test", "the network policy denies every address of a.test (deny_addresses)");
    check_denied(rules, "127.0.0.1", "the network policy denies 127.0.0.1 (deny_addresses)");
    check_denied(rules, "[::ffff:127.0.0.1]", "the network policy denies ::ffff:7f00:1 (deny_addresses)");
  }
  check_denied({.deny = ":" + port()}, "127.0.0.1", "the network policy denies 127.0.0.1 (deny_addresses)");
  check_allowed({.deny = "127.0.0.2,10.0.0.0/8,b.test,:1"}, "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(denied_name_is_not_looked_up) {
  check_denied({.deny = "localhost"}, "localhost", "the network policy denies localhost (deny_addresses)");
  check_denied({.deny = "*.invalid"}, "a.invalid", "the network policy denies a.invalid (deny_addresses)");
  check_denied({.deny = "LocalHost"}, "LOCALHOST", "the network policy denies localhost (deny_addresses)");
  BOOST_TEST(lookups() == 0U);
}

BOOST_AUTO_TEST_CASE(name_that_another_client_has_resolved_is_judged_again) {
  check_allowed({}, "localhost");
  BOOST_TEST(lookups() == 1U);
  const int before = server.connections();
  const Outcome outcome = fetch(client_with({.policy = public_only}), url("localhost"));
  BOOST_TEST(outcome.code() == "ADDRESS_DENIED");
  BOOST_TEST(lookups() == 1U);  // the answer came from the cache
  BOOST_TEST(server.connections() == before);
}

BOOST_AUTO_TEST_CASE(denied_addresses_of_a_name_are_left_out_and_the_others_dialled) {
  const ScriptedServer six({Script{}.expect_request().send(ok_response("six"))}, {.family = Loopback::ipv6});
  const std::string port = std::to_string(six.port());
  const auto client = client_with({.deny = "127.0.0.0/8", .resolve = "a.test:" + port + ":127.0.0.1,[::1]"});
  const Outcome outcome = fetch(client, six.url_with_host("a.test"));
  BOOST_TEST(outcome.body() == "six");
  BOOST_TEST(outcome.response->remote == "[::1]:" + port);
}

BOOST_AUTO_TEST_CASE(preconnecting_makes_no_connection_to_a_denied_address) {
  const auto client = client_with({.policy = public_only});
  BOOST_TEST(client->preconnect(server.url(), 2).ok());
  BOOST_TEST(fetch(client, server.url()).code() == "ADDRESS_DENIED");  // after the dials of before
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(unix_socket_is_the_choice_of_the_user_and_not_judged) {
  const TempDir folder;
  const UnixRelay relay(folder.file("server"), server.port());
  const auto client = make_client([&](Options& options) {
    options.connection.network_policy = public_only;
    options.connection.deny_addresses = "a.test,0.0.0.0/0";
    options.connection.unix_socket = folder.file("server");
  });
  BOOST_TEST(fetch(client, "http://a.test/").body() == "here");
  BOOST_TEST(fetch(client, "http://127.0.0.1:1/").body() == "here");
}

BOOST_AUTO_TEST_CASE(list_that_is_none_is_refused_when_the_client_is_made) {
  for (std::string ConnectionOptions::*const list :
       {&ConnectionOptions::allow_addresses, &ConnectionOptions::deny_addresses}) {
    Options options;
    options.connection.*list = "10.0.0.1/8";
    const auto client = Client::create(options);
    BOOST_REQUIRE(!client.ok());
    BOOST_TEST((client.error().code == ErrorCode::config_error));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
