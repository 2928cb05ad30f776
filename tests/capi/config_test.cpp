// Configuration through the C ABI. What each option accepts is tested beside the table, in tests/core/client.
#include <cstdlib>
#include <set>
#include <string>

#include "capi/capi.hpp"

using namespace ppn::test;

namespace {

std::string get(const Config& config, const char* name) {
  const char* text = nullptr;
  size_t length = 0;
  BOOST_REQUIRE_EQUAL(ppn_config_get(config.get(), name, PPN_AUTO_LENGTH, &text, &length, nullptr), PPN_OK);
  BOOST_TEST(text[length] == '\0');
  return std::string(text, length);
}

// A variable of the environment for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(config, NoLeak)

BOOST_AUTO_TEST_CASE(table_describes_every_option) {
  const Config config = make_config();
  BOOST_REQUIRE(ppn_option_count() > 10U);
  std::set<std::string> names;
  for (size_t i = 0; i < ppn_option_count(); ++i) {
    BOOST_TEST(names.insert(ppn_option_name(i)).second);
    BOOST_TEST(get(config, ppn_option_name(i)) == ppn_option_default(i));
    BOOST_TEST(!std::string(ppn_option_type(i)).empty());
    BOOST_TEST(!std::string(ppn_option_help(i)).empty());
    BOOST_TEST((ppn_option_unit(i) != nullptr && ppn_option_range(i) != nullptr));
    BOOST_TEST((ppn_option_environment(i) != nullptr));
  }
  BOOST_TEST(names.count("connect_timeout_ms") == 1U);
}

BOOST_AUTO_TEST_CASE(table_ends_with_null) {
  const size_t end = ppn_option_count();
  for (const auto text : {ppn_option_name, ppn_option_type, ppn_option_unit, ppn_option_default, ppn_option_range,
                          ppn_option_environment, ppn_option_help}) {
    BOOST_TEST((text(end) == nullptr));
    BOOST_TEST((text(PPN_AUTO_LENGTH) == nullptr));
  }
}

BOOST_AUTO_TEST_CASE(option_set_by_name_is_read_back) {
  const Config config = make_config();
  BOOST_TEST(ppn_config_set(config.get(), "timeout_ms", 10, "1500", 4, nullptr) == PPN_OK);
  BOOST_TEST(get(config, "timeout_ms") == "1500");
  // Lengths count: the rest of a longer text is not looked at.
  BOOST_TEST(ppn_config_set(config.get(), "timeout_msXXX", 10, "1700XXX", 4, nullptr) == PPN_OK);
  BOOST_TEST(get(config, "timeout_ms") == "1700");
}

BOOST_AUTO_TEST_CASE(error_names_the_option_and_what_it_accepts) {
  const Config config = make_config();
  ErrorHandle error;
  BOOST_TEST(ppn_config_set(config.get(), "timeout_ms", PPN_AUTO_LENGTH, "soon", PPN_AUTO_LENGTH, error.out()) ==
             PPN_E_CONFIG_ERROR);
  const std::string message = ppn_error_message(error.get());
  BOOST_TEST(message.find("timeout_ms") != message.npos);
  BOOST_TEST(message.find("0..86400000") != message.npos);
  BOOST_TEST(std::string(ppn_error_phase(error.get())) == "config");
}

BOOST_AUTO_TEST_CASE(name_that_does_not_exist_is_refused_everywhere) {
  const Config config = make_config();
  const char* text = "stale";
  size_t length = 7;
  BOOST_TEST(ppn_config_set(config.get(), "tmeout", PPN_AUTO_LENGTH, "1", 1, nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(ppn_config_get(config.get(), "tmeout", PPN_AUTO_LENGTH, &text, &length, nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST((text == nullptr && length == 0U));
  ErrorHandle error;
  BOOST_TEST(ppn_config_set_json(config.get(), R"({"tmeout": 1})", PPN_AUTO_LENGTH, error.out()) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(std::string(ppn_error_message(error.get())).find("tmeout") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_is_taken_whole_or_not_at_all) {
  const Config config = make_config();
  BOOST_TEST(ppn_config_set_json(config.get(), R"({"timeout_ms": 7, "verify_ssl": "maybe"})", PPN_AUTO_LENGTH,
                                 nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(get(config, "timeout_ms") == "30000");
  BOOST_TEST(ppn_config_set_json(config.get(), "{", PPN_AUTO_LENGTH, nullptr) == PPN_E_JSON_PARSE);
  BOOST_TEST(ppn_config_set_json(config.get(), R"({"timeout_ms": 7, "verify_ssl": false})", PPN_AUTO_LENGTH, nullptr) ==
             PPN_OK);
  BOOST_TEST(get(config, "timeout_ms") == "7");
}

BOOST_AUTO_TEST_CASE(dump_can_be_given_to_another_configuration) {
  const Config config = make_config(R"({"timeout_ms": 1234, "user_agent": "mine"})");
  const char* dump = nullptr;
  size_t length = 0;
  BOOST_REQUIRE_EQUAL(ppn_config_dump(config.get(), &dump, &length, nullptr), PPN_OK);
  BOOST_TEST(dump[length] == '\0');
  const Config other = make_config(std::string_view(dump, length));
  BOOST_TEST(get(other, "timeout_ms") == "1234");
  BOOST_TEST(get(other, "user_agent") == "mine");
}

BOOST_AUTO_TEST_CASE(environment_is_read_when_a_configuration_is_made) {
  const Variable timeout("PEPPERPY_NETWORK_TIMEOUT", "2.5");
  const Config config = make_config();
  BOOST_TEST(get(config, "timeout_ms") == "2500");
  // Later it is not looked at any more, and what is set stands over it.
  const Variable later("PEPPERPY_NETWORK_TIMEOUT", "9");
  BOOST_TEST(get(config, "timeout_ms") == "2500");
  BOOST_TEST(ppn_config_set_timeout_ms(config.get(), 7, nullptr) == PPN_OK);
  BOOST_TEST(get(config, "timeout_ms") == "7");
}

BOOST_AUTO_TEST_CASE(environment_that_can_not_be_understood_stops_configuration_and_client) {
  const Variable verify("PEPPERPY_NETWORK_VERIFY_SSL", "flase");
  Config config;
  Client client;
  ErrorHandle error;
  BOOST_TEST(ppn_config_new(config.out(), error.out()) == PPN_E_CONFIG_ERROR);
  BOOST_TEST((config.get() == nullptr));
  BOOST_TEST(std::string(ppn_error_message(error.get())).find("PEPPERPY_NETWORK_VERIFY_SSL") != std::string::npos);
  BOOST_TEST(ppn_client_new(nullptr, client.out(), nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST((client.get() == nullptr));
}

BOOST_AUTO_TEST_CASE(client_refuses_certificates_that_can_not_be_read) {
  const Config config = make_config(R"({"ca_file": "/there/is/no/such/file.pem"})");
  Client client;
  ErrorHandle error;
  BOOST_TEST(ppn_client_new(config.get(), client.out(), error.out()) == PPN_E_CONFIG_ERROR);
  BOOST_TEST((client.get() == nullptr && error.get() != nullptr));
}

BOOST_AUTO_TEST_CASE(client_keeps_a_copy_of_its_configuration) {
  Config config = make_config();
  Client client;
  BOOST_REQUIRE_EQUAL(ppn_client_new(config.get(), client.out(), nullptr), PPN_OK);
  config.reset();
  const Request request = make_request(client, "GET", "http://127.0.0.1:9/");
}

BOOST_AUTO_TEST_SUITE_END()
