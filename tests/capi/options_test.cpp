// The typed setters: one for each row of the table, with its type and its range.
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>

#include "capi/capi.hpp"
#include "capi/option_setters.h"

using namespace ppn::test;

namespace {

std::string get(const Config& config, const char* name) {
  const char* text = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_config_get(config.get(), name, PPN_AUTO_LENGTH, &text, nullptr, nullptr), PPN_OK);
  return text;
}

size_t row_of(const char* name) {
  for (size_t i = 0; i < ppn_option_count(); ++i) {
    if (std::strcmp(ppn_option_name(i), name) == 0) return i;
  }
  BOOST_FAIL(name << " is no option");
  return 0;
}

std::pair<int64_t, int64_t> range_of(const char* name) {
  const std::string text = ppn_option_range(row_of(name));
  const auto dots = text.find("..");
  return {std::stoll(text), std::stoll(text.substr(dots + 2))};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(option_setters, NoLeak)

BOOST_AUTO_TEST_CASE(every_option_has_one_setter_of_its_type) {
  std::map<std::string, std::string> types;
  for (const auto& setter : integer_setters) BOOST_TEST(types.emplace(setter.option, "integer").second);
  for (const auto& setter : number_setters) BOOST_TEST(types.emplace(setter.option, "number").second);
  for (const auto& setter : boolean_setters) BOOST_TEST(types.emplace(setter.option, "boolean").second);
  for (const auto& setter : text_setters) BOOST_TEST(types.emplace(setter.option, "text").second);
  BOOST_TEST(types.size() == ppn_option_count());
  for (size_t i = 0; i < ppn_option_count(); ++i) {
    BOOST_TEST(types[ppn_option_name(i)] == ppn_option_type(i), ppn_option_name(i));
  }
}

BOOST_AUTO_TEST_CASE(integers_are_set_to_both_ends_of_their_range_and_not_beyond) {
  const Config config = make_config();
  for (const auto& setter : integer_setters) {
    BOOST_TEST_CONTEXT(setter.option) {
      const auto [lowest, highest] = range_of(setter.option);
      for (const int64_t good : {lowest, highest}) {
        BOOST_TEST(setter.set(config.get(), good, nullptr) == PPN_OK);
        BOOST_TEST(get(config, setter.option) == std::to_string(good));
      }
      for (const int64_t bad : {lowest - 1, highest + 1, INT64_MIN, INT64_MAX}) {
        ErrorHandle error;
        BOOST_TEST(setter.set(config.get(), bad, error.out()) == PPN_E_CONFIG_ERROR);
        BOOST_TEST(std::string(ppn_error_message(error.get())).find(setter.option) != std::string::npos);
      }
      BOOST_TEST(get(config, setter.option) == std::to_string(highest));
    }
  }
}

BOOST_AUTO_TEST_CASE(numbers_are_set_to_both_ends_of_their_range_and_not_beyond) {
  const Config config = make_config();
  for (const auto& setter : number_setters) {
    BOOST_TEST_CONTEXT(setter.option) {
      const std::string range = ppn_option_range(row_of(setter.option));
      const double lowest = std::stod(range);
      const double highest = std::stod(range.substr(range.find("..") + 2));
      for (const double good : {lowest, (lowest + highest) / 3, highest}) {
        BOOST_TEST(setter.set(config.get(), good, nullptr) == PPN_OK);
        BOOST_TEST(std::stod(get(config, setter.option)) == good);
      }
      const double infinity = std::numeric_limits<double>::infinity();
      for (const double bad : {std::nextafter(lowest, -1.0), std::nextafter(highest, 1e9), -1.0, 1e300, -0.0, infinity,
                               -infinity, std::numeric_limits<double>::quiet_NaN()}) {
        ErrorHandle error;
        BOOST_TEST(setter.set(config.get(), bad, error.out()) == PPN_E_CONFIG_ERROR, bad);
        const std::string message = ppn_error_message(error.get());
        BOOST_TEST((message.find(setter.option) != message.npos && message.find(range) != message.npos), message);
      }
      BOOST_TEST(std::stod(get(config, setter.option)) == highest);
    }
  }
}

BOOST_AUTO_TEST_CASE(booleans_are_0_or_1) {
  const Config config = make_config();
  for (const auto& setter : boolean_setters) {
    BOOST_TEST(setter.set(config.get(), 0, nullptr) == PPN_OK);
    BOOST_TEST(get(config, setter.option) == "false");
    BOOST_TEST(setter.set(config.get(), 1, nullptr) == PPN_OK);
    for (const int32_t bad : {2, -1, INT32_MIN, INT32_MAX}) {
      BOOST_TEST(setter.set(config.get(), bad, nullptr) == PPN_E_CONFIG_ERROR);
    }
    BOOST_TEST(get(config, setter.option) == "true");
  }
}

BOOST_AUTO_TEST_CASE(texts_are_emptied_by_the_empty_text_and_refuse_null) {
  const Config config = make_config();
  for (const auto& setter : text_setters) {
    BOOST_TEST_CONTEXT(setter.option) {
      // Some are one of a few words, a rate, or the name of a header that has to be there.
      const std::string name = setter.option;
      const bool may_be_empty = *ppn_option_range(row_of(setter.option)) == '\0' && name != "rate_limit" &&
                                name != "token_rate_limit" && name != "api_key_header";
      const int32_t expected = may_be_empty ? PPN_OK : PPN_E_CONFIG_ERROR;
      BOOST_TEST(setter.set(config.get(), "", PPN_AUTO_LENGTH, nullptr) == expected);
      BOOST_TEST(setter.set(config.get(), nullptr, 0, nullptr) == expected);
      BOOST_TEST(get(config, setter.option).empty() == may_be_empty);
      BOOST_TEST(setter.set(config.get(), nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
      BOOST_TEST(setter.set(config.get(), nullptr, PPN_AUTO_LENGTH, nullptr) == PPN_E_INVALID_ARGUMENT);
      BOOST_TEST(setter.set(config.get(), "x", PPN_AUTO_LENGTH - 1, nullptr) == PPN_E_INVALID_ARGUMENT);
    }
  }
}

BOOST_AUTO_TEST_CASE(texts_take_as_much_as_their_length_says) {
  const Config config = make_config();
  BOOST_TEST(ppn_config_set_ca_file(config.get(), "/ca.pemXXX", 7, nullptr) == PPN_OK);
  BOOST_TEST(get(config, "ca_file") == "/ca.pem");
  BOOST_TEST(ppn_config_set_ca_file(config.get(), "/a\0b", 4, nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(ppn_config_set_user_agent(config.get(), "bad\r\n", PPN_AUTO_LENGTH, nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(ppn_config_set_resolve(config.get(), "nonsense", PPN_AUTO_LENGTH, nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(get(config, "ca_file") == "/ca.pem");
}

BOOST_AUTO_TEST_CASE(setters_recognise_null_and_released_configurations) {
  Config config = make_config();
  ppn_config* const gone = config.get();
  config.reset();
  for (const auto& [handle, code] : {std::pair<ppn_config*, int32_t>{nullptr, PPN_E_INVALID_ARGUMENT},
                                     std::pair<ppn_config*, int32_t>{gone, PPN_E_INVALID_STATE}}) {
    for (const auto& setter : integer_setters) BOOST_TEST(setter.set(handle, 1, nullptr) == code);
    for (const auto& setter : number_setters) BOOST_TEST(setter.set(handle, 1, nullptr) == code);
    for (const auto& setter : boolean_setters) BOOST_TEST(setter.set(handle, 1, nullptr) == code);
    for (const auto& setter : text_setters) BOOST_TEST(setter.set(handle, "", 0, nullptr) == code);
  }
}

BOOST_AUTO_TEST_CASE(table_says_what_a_request_may_override) {
  const Client client = make_client();
  const Request request = make_request(client, "GET", "http://127.0.0.1:9/");
  for (size_t i = 0; i < ppn_option_count(); ++i) {
    const int32_t code = ppn_request_set_option(request.get(), ppn_option_name(i), PPN_AUTO_LENGTH,
                                                ppn_option_default(i), PPN_AUTO_LENGTH, nullptr);
    BOOST_TEST(code == (ppn_option_is_per_request(i) == 1 ? PPN_OK : PPN_E_CONFIG_ERROR), ppn_option_name(i));
    // No secret has a default.
    BOOST_TEST((ppn_option_is_secret(i) == 0 || *ppn_option_default(i) == '\0'));
  }
  BOOST_TEST(ppn_option_is_per_request(ppn_option_count()) == 0);
  BOOST_TEST(ppn_option_is_secret(PPN_AUTO_LENGTH) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
