// The variables of the environment: one for each option, by one rule.
#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "client/options.hpp"
#include "client/presets.hpp"

namespace ppn::test {
namespace {

std::map<std::string, std::string>& variables() {
  static std::map<std::string, std::string> set;
  return set;
}

const char* get_variable(const char* name) {
  const auto found = variables().find(name);
  return found != variables().end() ? found->second.c_str() : nullptr;
}

class RecordingSink : public LogSink {
 public:
  explicit RecordingSink(std::vector<std::string>& lines) : lines_(lines) {}
  void write(LogLevel, std::string_view line) noexcept override { lines_.emplace_back(line); }

 private:
  std::vector<std::string>& lines_;
};

struct Environment {
  Environment() {
    variables().clear();
    (void)set_log_sink(LogLevel::warning, std::make_unique<RecordingSink>(lines));
  }
  ~Environment() { (void)set_log_sink(LogLevel::off, nullptr); }

  void set(const std::string& name, const std::string& value) { variables()["PEPPERPY_NETWORK_" + name] = value; }

  Options read() {
    Options options;
    const Status status = apply_environment(options, get_variable);
    BOOST_REQUIRE_MESSAGE(status.ok(), (status.ok() ? "" : status.error().message));
    return options;
  }
  std::string complaint() {
    Options options;
    const Status status = apply_environment(options, get_variable);
    if (status.ok()) return "";
    BOOST_TEST((status.error().code == ErrorCode::config_error && status.error().phase == Phase::config));
    BOOST_TEST(dump_options(options) == dump_options(Options()));
    return status.error().message;
  }

  std::vector<std::string> lines;
};

std::string text(const Options& options, std::string_view name) {
  return *option_text(options, name);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(environment, Environment)

BOOST_AUTO_TEST_CASE(every_option_has_the_variable_of_its_name_unless_it_is_for_one_request_or_server) {
  const std::set<std::string_view> without{"rate_limit_scope", "rate_limit_cost", "rate_limit_tokens", "api_key"};
  std::map<std::string_view, std::string_view> names;
  std::set<std::string_view> all;
  for (const OptionRow& row : option_table()) {
    names[row.name] = row.environment;
    BOOST_TEST(row.environment.empty() == without.contains(row.name), row.name);
    if (!row.environment.empty()) BOOST_TEST(all.insert(row.environment).second, row.environment);
    BOOST_TEST(!row.environment.ends_with("_MS"));
  }
  BOOST_TEST(names["timeout_ms"] == "PEPPERPY_NETWORK_TIMEOUT");
  BOOST_TEST(names["max_retries"] == "PEPPERPY_NETWORK_MAX_RETRIES");
  BOOST_TEST(names["rate_limit"] == "PEPPERPY_NETWORK_RATE_LIMIT");
  BOOST_TEST(names["verify_ssl"] == "PEPPERPY_NETWORK_VERIFY_SSL");
  BOOST_TEST(names["connect_timeout_ms"] == "PEPPERPY_NETWORK_CONNECT_TIMEOUT");
  BOOST_TEST(names["backoff_factor"] == "PEPPERPY_NETWORK_BACKOFF_FACTOR");
  BOOST_TEST(names["max_response_bytes"] == "PEPPERPY_NETWORK_MAX_RESPONSE_BYTES");
}

BOOST_AUTO_TEST_CASE(default_of_every_option_is_understood_in_its_variable) {
  for (const OptionRow& row : option_table()) {
    if (row.environment.empty()) continue;
    variables().clear();
    const std::string value = option_default(row) + (row.unit == "ms" ? "ms" : "");
    variables()[std::string(row.environment)] = " " + value + "\t\n";
    BOOST_TEST(text(read(), row.name) == option_default(row), row.name);
  }
}

BOOST_AUTO_TEST_CASE(four_variables_of_the_contract_are_understood) {
  set("TIMEOUT", "30");
  set("MAX_RETRIES", "3");
  set("RATE_LIMIT", "100");
  set("VERIFY_SSL", "true");
  const Options options = read();
  BOOST_TEST(options.request.timeout_ms == 30'000);
  BOOST_TEST(options.request.retry.max_retries == 3);
  BOOST_TEST((options.rate_limit.requests == Rate{.count = 100}));
  BOOST_TEST(options.tls.verify_ssl);
}

BOOST_AUTO_TEST_CASE(zero_is_not_unset) {
  set("MAX_RETRIES", "0");
  set("RATE_LIMIT", "0");
  set("TIMEOUT", "0");
  set("CONNECT_TIMEOUT", "");
  const Options options = read();
  BOOST_TEST(options.request.retry.max_retries == 0);
  BOOST_TEST(!options.rate_limit.any());
  BOOST_TEST(options.request.timeout_ms == 0);
  BOOST_TEST(options.connection.connect_timeout_ms == 10'000);
}

BOOST_AUTO_TEST_CASE(wrong_value_is_an_error_that_names_variable_option_value_and_range) {
  set("MAX_RETRIES", "eleven");
  BOOST_TEST(complaint() == "PEPPERPY_NETWORK_MAX_RETRIES: max_retries: 'eleven' is no integer of the range 0..10");
  variables().clear();
  set("CONNECT_TIMEOUT", "1 hour");
  BOOST_TEST(complaint() ==
             "PEPPERPY_NETWORK_CONNECT_TIMEOUT: connect_timeout_ms: '1 hour' is no time: seconds such as "
             "30 or 2.5, a number with ms, s or m, or none, in the range 0..86400000 of milliseconds");
  variables().clear();
  set("RATE_LIMIT_REDIS_URL", "http://:hush@a.test");
  BOOST_TEST(complaint() ==
             "PEPPERPY_NETWORK_RATE_LIMIT_REDIS_URL: rate_limit_redis_url: the value begins with neither "
             "redis:// nor unix:///");
  BOOST_TEST(lines.empty());
}

BOOST_AUTO_TEST_CASE(lenient_environment_logs_wrong_values_and_ignores_them) {
  set("ENV_LENIENT", "true");
  set("MAX_RETRIES", "eleven");
  set("TIMEOUT", "soon");
  set("BACKOFF_FACTOR", "1.5");
  set("RATE_LIMIT_REDIS_URL", "http://:hush@a.test");
  const Options options = read();
  BOOST_TEST(options.request.retry.max_retries == 3);
  BOOST_TEST(options.request.timeout_ms == 30'000);
  BOOST_TEST(options.request.retry.backoff_factor == 1.5);
  BOOST_TEST(options.env_lenient);
  BOOST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(lines[1].starts_with("ignored: PEPPERPY_NETWORK_MAX_RETRIES: max_retries: 'eleven' "));
  for (const std::string& line : lines) BOOST_TEST(line.find("hush") == line.npos);
}

BOOST_AUTO_TEST_CASE(lenience_ends_where_a_connection_would_be_less_safe) {
  for (const auto& [name, value] : std::map<std::string, std::string>{{"VERIFY_SSL", "flase"},
                                                                      {"TLS_MIN_VERSION", "1.4"},
                                                                      {"PINNED_PUBLIC_KEYS", "sha1//x"},
                                                                      {"TLS_SERVER_NAME", "a b"},
                                                                      {"NETWORK_POLICY", "public"},
                                                                      {"ALLOW_ADDRESSES", "10.0.0.1/8"},
                                                                      {"DENY_ADDRESSES", "10.1"},
                                                                      {"TRUST_ENV", "perhaps"},
                                                                      {"ENV_LENIENT", "perhaps"}}) {
    variables().clear();
    set("ENV_LENIENT", "true");
    set(name, value);
    BOOST_TEST(complaint().starts_with("PEPPERPY_NETWORK_" + name + ": "), name);
  }
  BOOST_TEST(lines.empty());
}

BOOST_AUTO_TEST_CASE(environment_that_is_not_trusted_does_not_count) {
  set("TRUST_ENV", "false");
  set("ENV_LENIENT", "perhaps");
  set("TIMEOUT", "7");
  set("VERIFY_SSL", "flase");
  const Options options = read();
  BOOST_TEST(!options.trust_env);
  BOOST_TEST(options.request.timeout_ms == 30'000);
  BOOST_TEST(options.tls.verify_ssl);
}

BOOST_AUTO_TEST_CASE(trust_that_ends_later_takes_back_what_nothing_else_has_set) {
  for (const bool by_json : {false, true}) {
    set("TIMEOUT", "7");
    set("MAX_RETRIES", "9");
    set("VERIFY_SSL", "off");
    set("USER_AGENT", "theirs");
    Options options = read();
    BOOST_TEST(text(options, "user_agent") == "theirs");
    BOOST_REQUIRE(set_option(options, "max_retries", "9").ok());  // the same value, but set
    BOOST_TEST(!set_option(options, "timeout_ms", "x").ok());     // does not count as setting it
    if (by_json) {
      BOOST_REQUIRE(set_options_json(options, R"({"user_agent": "mine", "trust_env": false})").ok());
    } else {
      BOOST_REQUIRE(set_option(options, "trust_env", "no").ok());
      BOOST_TEST(text(options, "user_agent") == "pepperpy-network/" PPN_VERSION_TEXT);
      BOOST_REQUIRE(set_option(options, "user_agent", "mine").ok());
    }
    BOOST_TEST(text(options, "timeout_ms") == "30000");
    BOOST_TEST(text(options, "max_retries") == "9");
    BOOST_TEST(text(options, "verify_ssl") == "true");
    BOOST_TEST(text(options, "user_agent") == "mine");
    BOOST_REQUIRE(set_option(options, "trust_env", "yes").ok());
    BOOST_TEST(text(options, "timeout_ms") == "30000");
  }
}

BOOST_AUTO_TEST_CASE(presets_stand_below_the_environment_and_above_the_built_in_defaults) {
  set("TIMEOUT", "7");
  Options api = *api_client_options("https://a.test/v1", "hush", get_variable);
  BOOST_TEST(text(api, "timeout_ms") == "7000");
  BOOST_TEST(text(api, "max_retries") == "2");
  BOOST_TEST(text(api, "idempotency_header") == "Idempotency-Key");
  BOOST_TEST(text(api, "max_in_flight") == "64");
  BOOST_TEST(text(api, "base_url") == "https://a.test/v1");
  BOOST_TEST(api.api_key.view() == "hush");
  BOOST_REQUIRE(set_option(api, "trust_env", "false").ok());
  BOOST_TEST(text(api, "timeout_ms") == "600000");

  BOOST_TEST(text(*request_manager_options("http://a.test", -1, -1, get_variable), "timeout_ms") == "7000");
  BOOST_TEST(text(*request_manager_options("http://a.test", -1, -1, get_variable), "max_retries") == "3");
  Options manager = *request_manager_options("http://a.test", 0, 0, get_variable);
  BOOST_REQUIRE(set_option(manager, "trust_env", "false").ok());
  BOOST_TEST(text(manager, "timeout_ms") == "0");
  BOOST_TEST(text(manager, "max_retries") == "0");
}

BOOST_AUTO_TEST_CASE(presets_name_the_argument_that_can_not_be_used) {
  const auto complaint_of = [](const Result<Options>& options) {
    if (options.ok()) return std::string();
    BOOST_TEST((options.error().code == ErrorCode::config_error));
    BOOST_TEST(options.error().message.find("hush") == std::string::npos);
    return options.error().message.substr(0, options.error().message.find(':'));
  };
  BOOST_TEST(complaint_of(request_manager_options("", -1, -1, get_variable)) == "base_url");
  BOOST_TEST(complaint_of(request_manager_options("/v1", -1, -1, get_variable)) == "base_url");
  BOOST_TEST(complaint_of(request_manager_options("http://a.test", -2, -1, get_variable)) == "timeout_ms");
  BOOST_TEST(complaint_of(request_manager_options("http://a.test", -1, 11, get_variable)) == "max_retries");
  BOOST_TEST(complaint_of(api_client_options("", "hush", get_variable)) == "base_url");
  BOOST_TEST(complaint_of(api_client_options("https://a.test", "", get_variable)) == "api_key");
  BOOST_TEST(complaint_of(api_client_options("https://a.test", "hush\n", get_variable)) == "api_key");
  BOOST_TEST(complaint_of(api_client_options("http://a.test", "hush", get_variable)) == "api_key");
  set("MAX_RETRIES", "x");
  BOOST_TEST(complaint_of(api_client_options("https://a.test", "hush", get_variable)) ==
             "PEPPERPY_NETWORK_MAX_RETRIES");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
