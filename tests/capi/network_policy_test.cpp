// network_policy and its lists through the C ABI.
#include <string>

#include "capi/capi.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

struct PolicyServer : NoLeak {
  ScriptedServer server{{Script{}.expect_request().send(http_ok("here"))}};
  Config config = make_config();
  Client client;
  Response response;
  ErrorHandle error;

  int32_t send(const std::string& url) {
    BOOST_REQUIRE_EQUAL(ppn_client_new(config.get(), client.out(), nullptr), PPN_OK);
    const Request request = make_request(client, "GET", url);
    return ppn_request_send(request.get(), response.out(), error.out());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(network_policy, PolicyServer)

BOOST_AUTO_TEST_CASE(address_that_is_not_public_is_denied_before_a_connection) {
  BOOST_TEST(ppn_config_set_network_policy(config.get(), "public_only", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(ppn_config_set_allow_addresses(config.get(), "10.0.0.0/8,*.internal", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(send(server.url()) == PPN_E_ADDRESS_DENIED);
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_ADDRESS_DENIED);
  BOOST_TEST(ppn_error_is_retryable(error.get()) == 0);
  BOOST_TEST(ppn_error_attempts(error.get()) == 1);
  BOOST_TEST(ppn_error_stop_reason(error.get()) == PPN_STOP_NOT_RETRYABLE);
  BOOST_TEST(std::string(ppn_error_phase(error.get())) == "connect");
  BOOST_TEST(std::string(ppn_error_message(error.get())) ==
             "the network policy denies 127.0.0.1 (public_only: loopback)");
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(allowed_address_is_reached_and_a_denied_one_is_not) {
  BOOST_TEST(ppn_config_set_network_policy(config.get(), "public_only", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(ppn_config_set_allow_addresses(config.get(), "127.0.0.0/8", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(send(server.url()) == PPN_OK);
  BOOST_TEST(body_of(response.get()) == "here");
  BOOST_TEST(ppn_config_set_deny_addresses(config.get(), "127.0.0.1", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(send(server.url()) == PPN_E_ADDRESS_DENIED);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(list_that_is_none_is_refused_by_name) {
  BOOST_TEST(ppn_config_set_deny_addresses(config.get(), ":25,10.0.0.1/8", PPN_AUTO_LENGTH, error.out()) ==
             PPN_E_CONFIG_ERROR);
  const std::string message = ppn_error_message(error.get());
  BOOST_TEST(message.find("deny_addresses: ") == 0U, message);
  BOOST_TEST(message.find("entry 2 is no network without bits beyond its prefix") != message.npos, message);
}

BOOST_AUTO_TEST_SUITE_END()
