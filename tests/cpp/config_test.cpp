// NetworkConfig: values of every type, in every way, and what is refused.
#include <cstdlib>
#include <limits>
#include <utility>

#include "cpp/cpp.hpp"

using namespace cpp_test;

BOOST_FIXTURE_TEST_SUITE(config, NoLeak)

BOOST_AUTO_TEST_CASE(typed_setters_reach_their_options) {
  ppn::NetworkConfig config;
  config.timeout(5s)
      .connect_timeout(250ms)
      .read_timeout(2min)
      .stream_idle_timeout(0s)
      .max_response_bytes(1'000)
      .max_connections(7)
      .verify_ssl(false)
      .ca_file("ca.pem")
      .user_agent("test/1")
      .stream_first_byte_timeout(1s)
      .max_connections_per_origin(3)
      .resolve("a.test:80:127.0.0.1");
  BOOST_TEST(config.get("timeout_ms") == "5000");
  BOOST_TEST(config.get("connect_timeout_ms") == "250");
  BOOST_TEST(config.get("read_timeout_ms") == "120000");
  BOOST_TEST(config.get("stream_idle_timeout_ms") == "0");
  BOOST_TEST(config.get("max_response_bytes") == "1000");
  BOOST_TEST(config.get("max_connections") == "7");
  BOOST_TEST(config.get("verify_ssl") == "false");
  BOOST_TEST(config.get("ca_file") == "ca.pem");
  BOOST_TEST(config.get("user_agent") == "test/1");
  BOOST_TEST(config.get("stream_first_byte_timeout_ms") == "1000");
  BOOST_TEST(config.get("max_connections_per_origin") == "3");
  BOOST_TEST(config.get("resolve") == "a.test:80:127.0.0.1");
}

BOOST_AUTO_TEST_CASE(values_of_each_type_are_set_by_name) {
  const std::string text = "agent/2";
  const auto config = ppn::NetworkConfig()
                          .set("dns_timeout_ms", 3s)
                          .set("pool_timeout_ms", 4)
                          .set("max_line_bytes", std::size_t{2'048})
                          .set("verify_ssl", false)
                          .set("user_agent", text)
                          .set("ca_dir", "certificates");
  BOOST_TEST(config.get("dns_timeout_ms") == "3000");
  BOOST_TEST(config.get("pool_timeout_ms") == "4");
  BOOST_TEST(config.get("max_line_bytes") == "2048");
  BOOST_TEST(config.get("verify_ssl") == "false");
  BOOST_TEST(config.get("user_agent") == text);
  BOOST_TEST(config.get("ca_dir") == "certificates");
}

BOOST_AUTO_TEST_CASE(durations_are_rounded_up_and_never_wrap) {
  ppn::NetworkConfig config;
  BOOST_TEST(config.set("timeout_ms", 1us).get("timeout_ms") == "1");
  BOOST_TEST(config.set("timeout_ms", std::chrono::duration<double>(0.0205)).get("timeout_ms") == "21");
  BOOST_CHECK_THROW(config.set("timeout_ms", std::chrono::hours::max()), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set("timeout_ms", std::chrono::hours::min()), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set("timeout_ms", std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())),
                    ppn::ConfigError);
  BOOST_CHECK_THROW(config.timeout(-1ms), ppn::ConfigError);
  BOOST_TEST(config.get("timeout_ms") == "21");
}

BOOST_AUTO_TEST_CASE(duration_for_an_option_in_bytes_is_refused) {
  ppn::NetworkConfig config;
  const std::string before = config.dump();
  BOOST_CHECK_THROW(config.set("max_line_bytes", 5s), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set("ms", 5s), ppn::ConfigError);
  BOOST_TEST(config.dump() == before);
}

BOOST_AUTO_TEST_CASE(wrong_names_and_values_are_refused_and_change_nothing) {
  ppn::NetworkConfig config;
  const std::string before = config.dump();
  BOOST_CHECK_THROW(config.set("no_such_option", "1"), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set("timeout_ms", "soon"), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set("timeout_ms", true), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set("max_connections", 0), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set("verify_ssl", std::string_view("tr\0ue", 5)), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set_json(R"({"timeout_ms": 1, "max_connections": 0})"), ppn::ConfigError);
  BOOST_CHECK_THROW(config.set_json("{"), ppn::ProtocolError);
  BOOST_CHECK_THROW(config.get("no_such_option"), ppn::ConfigError);
  BOOST_TEST(config.dump() == before);
}

BOOST_AUTO_TEST_CASE(dump_of_one_configuration_makes_another) {
  const auto first = ppn::NetworkConfig::from_json(R"({"timeout_ms": 1234, "verify_ssl": false})");
  BOOST_TEST(first.dump().find("\"timeout_ms\":1234") != std::string::npos);
  BOOST_TEST(ppn::NetworkConfig::from_json(first.dump()).dump() == first.dump());
}

BOOST_AUTO_TEST_CASE(option_table_is_that_of_the_library) {
  const auto rows = ppn::options();
  BOOST_REQUIRE(rows.size() == ppn_option_count());
  BOOST_REQUIRE(!rows.empty());
  BOOST_TEST(rows[0].name == "timeout_ms");
  BOOST_TEST(rows[0].type == "integer");
  BOOST_TEST(rows[0].unit == "ms");
  BOOST_TEST(rows[0].built_in == "30000");
  BOOST_TEST(rows[0].range == "0..86400000");
  BOOST_TEST(rows[0].environment == "PEPPERPY_NETWORK_TIMEOUT");
  BOOST_TEST((rows[0].per_request && !rows[0].secret));
  const ppn::NetworkConfig config;
  for (const auto& row : rows) {
    BOOST_TEST(!row.help.empty());
    if (row.environment.empty()) BOOST_TEST(config.get(row.name) == row.built_in);
  }
}

BOOST_AUTO_TEST_CASE(environment_that_can_not_be_understood_is_named) {
  setenv("PEPPERPY_NETWORK_VERIFY_SSL", "perhaps", 1);
  BOOST_CHECK_THROW(ppn::NetworkConfig(), ppn::ConfigError);
  BOOST_CHECK_THROW(ppn::HTTPClient(), ppn::ConfigError);
  unsetenv("PEPPERPY_NETWORK_VERIFY_SSL");
}

BOOST_AUTO_TEST_CASE(moved_configuration_is_whole_and_the_old_one_fails_without_harm) {
  ppn::NetworkConfig first;
  first.timeout(9s);
  ppn::NetworkConfig second = std::move(first);
  BOOST_TEST(second.get("timeout_ms") == "9000");
  BOOST_TEST(code_of([&] { first.timeout(1s); }) == PPN_E_INVALID_ARGUMENT);
  first = std::move(second);
  BOOST_TEST(first.get("timeout_ms") == "9000");
}

BOOST_AUTO_TEST_CASE(client_copies_its_configuration) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  ppn::NetworkConfig config;
  config.user_agent("first");
  const ppn::HTTPClient client(config);
  config.user_agent("second");
  client.get(server.url());
  BOOST_TEST(server.requests().at(0).find("User-Agent: first\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
