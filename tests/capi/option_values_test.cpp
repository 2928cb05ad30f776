// Values that an option can not have, in each of the four ways: every one is refused by name, or means what it says.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capi/capi.hpp"
#include "capi/option_setters.h"

using namespace ppn::test;

namespace {

struct Row {
  explicit Row(size_t index)
      : name(ppn_option_name(index)),
        type(ppn_option_type(index)),
        unit(ppn_option_unit(index)),
        range(ppn_option_range(index)),
        variable(ppn_option_environment(index)),
        secret(ppn_option_is_secret(index) != 0) {}

  bool ranged() const { return type == "integer" || type == "number"; }
  double lowest() const { return std::stod(range); }
  double highest() const { return std::stod(range.substr(range.find("..") + 2)); }

  std::string name, type, unit, range, variable;
  bool secret;
};

std::vector<Row> table() {
  std::vector<Row> rows;
  for (size_t i = 0; i < ppn_option_count(); ++i) rows.emplace_back(i);
  return rows;
}

std::string dump(const Config& config) {
  const char* text = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_config_dump(config.get(), &text, nullptr, nullptr), PPN_OK);
  return text;
}

std::string get(const Config& config, const std::string& name) {
  const char* text = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_config_get(config.get(), name.data(), name.size(), &text, nullptr, nullptr), PPN_OK);
  return text;
}

// What one way made of a value: taken, or refused with this text.
struct Verdict {
  std::string way;
  std::optional<std::string> refusal;
  std::string value;  // afterwards
};

Verdict by_name(const Row& row, const std::string& value) {
  const Config config = make_config();
  const std::string before = dump(config);
  ErrorHandle error;
  if (ppn_config_set(config.get(), row.name.data(), row.name.size(), value.data(), value.size(), error.out()) ==
      PPN_OK) {
    return {"name", std::nullopt, get(config, row.name)};
  }
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(dump(config) == before);
  return {"name", ppn_error_message(error.get()), ""};
}

// The value as it stands, behind the name of the option.
Verdict by_json(const Row& row, const std::string& value) {
  const Config config = make_config();
  const std::string before = dump(config);
  const std::string text = "{\"" + row.name + "\": " + value + "}";
  ErrorHandle error;
  const int32_t code = ppn_config_set_json(config.get(), text.data(), text.size(), error.out());
  if (code == PPN_OK) return {"JSON", std::nullopt, get(config, row.name)};
  BOOST_TEST((code == PPN_E_CONFIG_ERROR || code == PPN_E_JSON_PARSE));
  BOOST_TEST(dump(config) == before);
  return {"JSON", code == PPN_E_JSON_PARSE ? row.name : ppn_error_message(error.get()), ""};
}

Verdict by_variable(const Row& row, const std::string& value) {
  ::setenv(row.variable.c_str(), value.c_str(), 1);
  Config config;
  ErrorHandle error;
  const int32_t code = ppn_config_new(config.out(), error.out());
  ::unsetenv(row.variable.c_str());
  if (code == PPN_OK) return {"variable", std::nullopt, get(config, row.name)};
  BOOST_TEST(code == PPN_E_CONFIG_ERROR);
  BOOST_TEST((config.get() == nullptr));
  const std::string message = ppn_error_message(error.get());
  BOOST_TEST(message.find(row.variable + ": ") == 0U, message);
  return {"variable", message, ""};
}

std::vector<Verdict> in_all_ways(const Row& row, const std::string& value) {
  std::vector<Verdict> verdicts{by_name(row, value), by_json(row, "\"" + value + "\"")};
  if (!row.variable.empty()) verdicts.push_back(by_variable(row, value));
  return verdicts;
}

void check_refused(const Row& row, const Verdict& verdict, const std::string& value) {
  BOOST_TEST_CONTEXT(row.name << " by " << verdict.way << " = '" << value << "'") {
    BOOST_TEST_REQUIRE(verdict.refusal.has_value(), "was taken as " << verdict.value);
    BOOST_TEST(verdict.refusal->find(row.name) != std::string::npos, *verdict.refusal);
    BOOST_TEST(verdict.refusal->size() < 400U);
  }
}

bool shows(const std::string& message, const std::string& part) {
  return message.find(part) != message.npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(option_values, NoLeak)

BOOST_AUTO_TEST_CASE(text_that_is_no_value_of_its_type_is_refused_in_every_way) {
  for (const Row& row : table()) {
    if (row.type == "text") continue;
    for (const std::string value :
         {"-1", "-0", "-0.5", "NaN", "nan", "Inf", "-inf", "infinity", "1e400", "0x10", "abc", "1,5", "1.2.3",
          "99999999999999999999999", "+1", "\xC2\xB5", "true1", "1 2", "--1"}) {
      for (const Verdict& verdict : in_all_ways(row, value)) {
        check_refused(row, verdict, value);
        if (!verdict.refusal) continue;
        const bool plain = value.find('\xC2') == value.npos;
        BOOST_TEST(shows(*verdict.refusal, plain ? "'" + value + "'" : "the given text"), *verdict.refusal);
        BOOST_TEST(shows(*verdict.refusal, row.ranged() ? row.range : "true/false, yes/no, on/off, 1/0"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(empty_text_is_refused_except_by_a_variable_where_it_means_unset) {
  for (const Row& row : table()) {
    for (const std::string value : {"", " "}) {
      if (!row.variable.empty()) {
        const Verdict verdict = by_variable(row, value);
        BOOST_TEST(verdict.value == get(make_config(), row.name), row.name);
      }
      if (row.type == "text") continue;
      check_refused(row, by_name(row, value), value);
      check_refused(row, by_json(row, "\"" + value + "\""), value);
    }
  }
}

BOOST_AUTO_TEST_CASE(space_around_a_value_is_refused_except_by_a_variable) {
  for (const Row& row : table()) {
    if (row.type == "text" && row.range.empty()) continue;  // may be part of a path
    const std::string good = get(make_config(), row.name);
    for (const std::string& value : {good + " ", " " + good, good + "\t"}) {
      check_refused(row, by_name(row, value), value);
      if (row.variable.empty()) continue;
      const Verdict verdict = by_variable(row, row.unit == "ms" ? " " + good + "ms " : value);
      BOOST_TEST(verdict.value == good, row.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(neighbours_of_every_range_are_refused_and_its_ends_taken_in_every_way) {
  for (const Row& row : table()) {
    if (!row.ranged()) continue;
    const bool whole = row.type == "integer";
    const auto text_of = [&](double value) {
      return whole ? std::to_string(static_cast<int64_t>(value)) : std::to_string(value);
    };
    const std::string unit = row.unit == "ms" ? "ms" : "";
    for (const double value : {row.lowest(), row.highest()}) {
      const std::string text = text_of(value);
      for (const Verdict& verdict : {by_name(row, text), by_json(row, text), by_json(row, "\"" + text + "\"")}) {
        BOOST_TEST(!verdict.refusal.has_value(), row.name << " = " << text);
        if (!verdict.refusal) BOOST_TEST(std::stod(verdict.value) == value);
      }
      if (!row.variable.empty()) BOOST_TEST(std::stod(by_variable(row, text + unit).value) == value, row.name);
    }
    const double step = whole ? 1 : 0.0625;
    for (const double value : {row.lowest() - step, row.highest() + step, 9e15}) {
      const std::string text = text_of(value);
      std::vector<Verdict> verdicts{by_name(row, text), by_json(row, text), by_json(row, "\"" + text + "\"")};
      if (!row.variable.empty()) verdicts.push_back(by_variable(row, text + unit));
      for (const Verdict& verdict : verdicts) {
        check_refused(row, verdict, text);
        BOOST_TEST(shows(*verdict.refusal, row.range), *verdict.refusal);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(json_of_another_type_is_refused) {
  for (const Row& row : table()) {
    for (const std::string value : {"null", "{}", "[\"x\"]", "[null]", "[[1]]", "1e400", "-1", "1.5.2", "NaN",
                                    "-Infinity", "99999999999999999999"}) {
      check_refused(row, by_json(row, value), value);
    }
    if (row.type != "boolean") check_refused(row, by_json(row, "true"), "true");
    if (row.type == "boolean" || row.type == "integer") check_refused(row, by_json(row, "1.5"), "1.5");
    if (row.type == "boolean") check_refused(row, by_json(row, "1"), "1");
    const bool takes_integers = row.name == "rate_limit" || row.name == "token_rate_limit";
    if (row.type == "text" && !takes_integers) check_refused(row, by_json(row, "429"), "429");
    if (row.name != "retry_codes") check_refused(row, by_json(row, "[429]"), "[429]");
  }
}

BOOST_AUTO_TEST_CASE(text_of_a_wrong_form_is_refused_in_every_way_and_shown_only_when_it_is_no_secret) {
  for (const Row& row : table()) {
    if (row.type != "text") continue;
    const std::string value = row.name.find("pem") == row.name.npos ? "hush " + std::string(5'000, 'x') + "\t"
                                                                    : "hush" + std::string(5 << 20, 'x');
    for (const Verdict& verdict : in_all_ways(row, value)) {
      if (row.name.find("pem") != row.name.npos && verdict.way != "name") continue;  // JSON ends before, at 1 MiB
      if (row.name == "resolve" && !verdict.refusal) BOOST_ERROR("resolve took nonsense");
      check_refused(row, verdict, "a long text");
      BOOST_TEST(!shows(*verdict.refusal, "hush"), *verdict.refusal);
    }
    if (row.range.empty()) continue;
    for (const Verdict& verdict : in_all_ways(row, "none such")) {
      check_refused(row, verdict, "none such");
      BOOST_TEST(shows(*verdict.refusal, "'none such'"), *verdict.refusal);
    }
  }
}

BOOST_AUTO_TEST_CASE(typed_setters_refuse_what_is_beyond_their_type) {
  const Config config = make_config();
  const std::string before = dump(config);
  const auto refused = [&](const char* option, int32_t code, const ErrorHandle& error) {
    BOOST_TEST(code == PPN_E_CONFIG_ERROR, option);
    BOOST_TEST(shows(ppn_error_message(error.get()), option));
  };
  for (const auto& setter : integer_setters) {
    for (const int64_t value : {int64_t{-1}, INT64_MIN, INT64_MAX}) {
      ErrorHandle error;
      const int32_t code = setter.set(config.get(), value, error.out());
      refused(setter.option, code, error);
    }
  }
  for (const auto& setter : number_setters) {
    for (const double value : {-1.0, HUGE_VAL, -HUGE_VAL, std::nan(""), 1e300, std::numeric_limits<double>::lowest()}) {
      ErrorHandle error;
      const int32_t code = setter.set(config.get(), value, error.out());
      refused(setter.option, code, error);
    }
  }
  for (const auto& setter : boolean_setters) {
    ErrorHandle error;
    const int32_t code = setter.set(config.get(), -1, error.out());
    refused(setter.option, code, error);
  }
  BOOST_TEST(dump(config) == before);
}

BOOST_AUTO_TEST_CASE(secrets_are_in_no_dump) {
  const Config config = make_config(R"({"api_key": "hush-hush", "base_url": "https://localhost",
                                        "rate_limit_redis_url": "redis://:hush-hush@localhost"})");
  BOOST_TEST(get(config, "api_key") == "***");
  BOOST_TEST(get(config, "rate_limit_redis_url") == "***");
  BOOST_TEST(!shows(dump(config), "hush"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(presets, NoLeak)

BOOST_AUTO_TEST_CASE(request_manager_has_base_timeout_and_retries) {
  Config config;
  BOOST_REQUIRE_EQUAL(ppn_config_new_request_manager("https://localhost/v1XX", 20, 30'000, 3, config.out(), nullptr),
                      PPN_OK);
  BOOST_TEST(get(config, "base_url") == "https://localhost/v1");
  BOOST_TEST(get(config, "timeout_ms") == "30000");
  BOOST_TEST(get(config, "max_retries") == "3");
}

BOOST_AUTO_TEST_CASE(api_client_has_a_key_that_is_shown_nowhere) {
  Config config;
  BOOST_REQUIRE_EQUAL(
      ppn_config_new_api_client("https://localhost/v1", PPN_AUTO_LENGTH, "hush-hushXX", 9, config.out(), nullptr),
      PPN_OK);
  BOOST_TEST(get(config, "timeout_ms") == "600000");
  BOOST_TEST(get(config, "api_key") == "***");
  BOOST_TEST(!shows(dump(config), "hush"));
  Client client;
  BOOST_TEST(ppn_client_new(config.get(), client.out(), nullptr) == PPN_OK);
  const Request request = make_request(client, "GET", "models");
}

BOOST_AUTO_TEST_CASE(presets_refuse_what_they_can_not_use) {
  Config config;
  for (const char* base : {"", "/v1", "ftp://localhost", "https://localhost/?q"}) {
    BOOST_TEST(ppn_config_new_request_manager(base, PPN_AUTO_LENGTH, -1, -1, config.out(), nullptr) ==
               PPN_E_CONFIG_ERROR);
    BOOST_TEST(ppn_config_new_api_client(base, PPN_AUTO_LENGTH, "key", 3, config.out(), nullptr) == PPN_E_CONFIG_ERROR);
  }
  const char* const base = "https://localhost";
  const size_t length = 17;
  for (const auto& [timeout_ms, retries] :
       {std::pair<int64_t, int64_t>{-2, -1}, {86'400'001, -1}, {-1, -2}, {-1, 11}, {INT64_MIN, INT64_MAX}}) {
    BOOST_TEST(ppn_config_new_request_manager(base, length, timeout_ms, retries, config.out(), nullptr) ==
               PPN_E_CONFIG_ERROR);
  }
  ErrorHandle error;
  BOOST_TEST(ppn_config_new_api_client("http://a.test", 13, "hush-hush", 9, config.out(), error.out()) ==
             PPN_E_CONFIG_ERROR);
  BOOST_TEST(!shows(ppn_error_message(error.get()), "hush"));
  BOOST_TEST(ppn_config_new_api_client(base, length, "", 0, config.out(), nullptr) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(ppn_config_new_api_client(base, length, nullptr, 0, config.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_config_new_api_client(nullptr, 1, "k", 1, config.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_config_new_api_client(base, length, "k", 1, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_config_new_request_manager(nullptr, 0, -1, -1, config.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_config_new_request_manager(base, length, -1, -1, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((config.get() == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
