// Options as whole texts: JSON, the environment, dumps. What variables there are is in environment_test.cpp.
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "client/options.hpp"
#include "codec/json.hpp"

using namespace ppn;

namespace {

// The environment of a test; apply_environment takes a plain function.
std::map<std::string, std::string>& environment() {
  static std::map<std::string, std::string> variables;
  return variables;
}

const char* get_variable(const char* name) {
  const auto found = environment().find(name);
  return found != environment().end() ? found->second.c_str() : nullptr;
}

struct CleanEnvironment {
  CleanEnvironment() { environment().clear(); }
};

std::string error_of(const Status& status) {
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST((status.error().code == ErrorCode::config_error));
  BOOST_TEST((status.error().phase == Phase::config));
  return status.error().message;
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

std::int64_t timeout_of(const std::string& variable) {
  environment()["PEPPERPY_NETWORK_TIMEOUT"] = variable;
  Options options;
  const Status status = apply_environment(options, get_variable);
  return status.ok() ? options.request.timeout_ms : -1;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(options_text, CleanEnvironment)

BOOST_AUTO_TEST_CASE(json_sets_each_type_by_its_own_value_or_a_string) {
  Options options;
  BOOST_REQUIRE(set_options_json(options, R"({"timeout_ms": 5000, "verify_ssl": false, "user_agent": "u"})").ok());
  BOOST_TEST(options.request.timeout_ms == 5'000);
  BOOST_TEST(!options.tls.verify_ssl);
  BOOST_TEST(options.user_agent == "u");
  BOOST_REQUIRE(set_options_json(options, R"({"timeout_ms": "6000", "verify_ssl": "yes"})").ok());
  BOOST_TEST(options.request.timeout_ms == 6'000);
  BOOST_TEST(options.tls.verify_ssl);
  BOOST_TEST(set_options_json(options, " {} ").ok());
}

BOOST_AUTO_TEST_CASE(json_takes_numbers_and_lists_where_they_are_meant) {
  Options options;
  BOOST_REQUIRE(set_options_json(options, R"({"timeout_ms": 30000, "max_retries": 3, "backoff_factor": 1.5,
                                              "rate_limit": 100, "retry_codes": [500, 502, 503]})")
                    .ok());
  BOOST_TEST(options.request.retry.backoff_factor == 1.5);
  BOOST_TEST((options.rate_limit.requests == Rate{.count = 100}));
  BOOST_TEST(options.request.retry.retry_codes.to_text() == "500,502,503");
  BOOST_REQUIRE(set_options_json(options, R"({"backoff_factor": 2, "rate_limit": "5/s:2", "retry_codes": []})").ok());
  BOOST_TEST(options.request.retry.backoff_factor == 2);
  BOOST_TEST((options.rate_limit.requests == Rate{.count = 5, .period_ms = 1'000, .burst = 2}));
  BOOST_TEST(options.request.retry.retry_codes.to_text() == "");
  for (const char* text :
       {R"({"backoff_factor": true})", R"({"backoff_factor": [1]})", R"({"backoff_factor": 1e400})",
        R"({"backoff_factor": -1})", R"({"rate_limit": 1.5})", R"({"rate_limit": -1})", R"({"rate_limit": [1]})",
        R"({"retry_codes": 503})", R"({"retry_codes": ["503"]})", R"({"retry_codes": [399]})",
        R"({"retry_codes": [[503]]})", R"({"retry_codes": [503.0]})", R"({"user_agent": ["x"]})"}) {
    const std::string message = error_of(set_options_json(options, text));
    BOOST_TEST(message.substr(0, message.find(':')) == std::string(text).substr(2, std::string(text).find(':') - 3));
  }
}

BOOST_AUTO_TEST_CASE(json_of_another_type_is_refused) {
  Options options;
  for (const char* text :
       {R"({"timeout_ms": 1.5})", R"({"timeout_ms": true})", R"({"timeout_ms": null})", R"({"timeout_ms": [1]})",
        R"({"verify_ssl": 1})", R"({"user_agent": 5})", R"({"timeout_ms": 99999999999999999999})",
        R"({"timeout_ms": 1e3})", "[]", "5", "\"timeout_ms\"", "null"}) {
    error_of(set_options_json(options, text));
  }
  BOOST_TEST(options.request.timeout_ms == 30'000);
}

BOOST_AUTO_TEST_CASE(json_that_fails_changes_nothing) {
  Options options;
  error_of(set_options_json(options, R"({"chunk_bytes": 5, "timeout_ms": -1})"));
  BOOST_TEST(options.request.chunk_bytes == 64 << 10);
  BOOST_TEST(mentions(error_of(set_options_json(options, R"({"timeout_ms": 5, "tmeout": 1})")), "'tmeout'"));
  BOOST_TEST(options.request.timeout_ms == 30'000);
}

BOOST_AUTO_TEST_CASE(text_that_is_no_json_is_a_json_error) {
  Options options;
  for (const std::string& text : {std::string(), std::string("{"), std::string("{\"timeout_ms\": 5,}"),
                                  std::string("{\"timeout_ms\": 5} x"), std::string(1 << 20, ' ') + "{}"}) {
    const Status status = set_options_json(options, text);
    BOOST_REQUIRE(!status.ok());
    BOOST_TEST((status.error().code == ErrorCode::json_parse));
    BOOST_TEST((status.error().phase == Phase::config));
  }
}

BOOST_AUTO_TEST_CASE(timeout_variable_counts_seconds_unless_it_names_a_unit) {
  BOOST_TEST(timeout_of("30") == 30'000);
  BOOST_TEST(timeout_of("2.5") == 2'500);
  BOOST_TEST(timeout_of("0.29") == 290);
  BOOST_TEST(timeout_of("1.1") == 1'100);
  BOOST_TEST(timeout_of(" 7 \n") == 7'000);
  BOOST_TEST(timeout_of("250ms") == 250);
  BOOST_TEST(timeout_of("3s") == 3'000);
  BOOST_TEST(timeout_of("1.5m") == 90'000);
  BOOST_TEST(timeout_of("10MS") == 10);
}

BOOST_AUTO_TEST_CASE(timeout_variable_zero_or_none_means_no_limit) {
  BOOST_TEST(timeout_of("0") == 0);
  BOOST_TEST(timeout_of("none") == 0);
  BOOST_TEST(timeout_of("None") == 0);
}

BOOST_AUTO_TEST_CASE(tiny_timeout_never_becomes_no_limit) {
  BOOST_TEST(timeout_of("0.0001") == 1);
  BOOST_TEST(timeout_of("0.1ms") == 1);
}

BOOST_AUTO_TEST_CASE(timeout_variable_that_is_no_time_is_refused) {
  for (const char* text : {"-1", "+1", "1e3", "abc", "5 s", "5h", "1.", ".5", "1..2", "inf", "nan", "0x10", "s",
                           "86401", "99999999999999999999", "1,5"}) {
    BOOST_TEST(timeout_of(text) == -1, text);
  }
  environment()["PEPPERPY_NETWORK_TIMEOUT"] = "soon";
  Options options;
  BOOST_TEST(mentions(error_of(apply_environment(options, get_variable)), "PEPPERPY_NETWORK_TIMEOUT"));
}

BOOST_AUTO_TEST_CASE(verification_variable_fails_closed) {
  Options options;
  environment()["PEPPERPY_NETWORK_VERIFY_SSL"] = " Off ";
  BOOST_REQUIRE(apply_environment(options, get_variable).ok());
  BOOST_TEST(!options.tls.verify_ssl);

  options = {};
  environment()["PEPPERPY_NETWORK_VERIFY_SSL"] = "flase";
  BOOST_TEST(mentions(error_of(apply_environment(options, get_variable)), "PEPPERPY_NETWORK_VERIFY_SSL"));
  BOOST_TEST(options.tls.verify_ssl);
}

BOOST_AUTO_TEST_CASE(empty_variable_counts_as_unset) {
  Options options;
  environment()["PEPPERPY_NETWORK_TIMEOUT"] = "";
  environment()["PEPPERPY_NETWORK_VERIFY_SSL"] = "  ";
  BOOST_REQUIRE(apply_environment(options, get_variable).ok());
  BOOST_TEST(options.request.timeout_ms == 30'000);
  BOOST_TEST(options.tls.verify_ssl);
}

BOOST_AUTO_TEST_CASE(environment_that_fails_changes_nothing) {
  Options options;
  environment()["PEPPERPY_NETWORK_TIMEOUT"] = "5";
  environment()["PEPPERPY_NETWORK_VERIFY_SSL"] = "maybe";
  error_of(apply_environment(options, get_variable));
  BOOST_TEST(options.request.timeout_ms == 30'000);
}

BOOST_AUTO_TEST_CASE(dump_can_be_read_back) {
  Options options;
  BOOST_REQUIRE(set_option(options, "timeout_ms", "1234").ok());
  BOOST_REQUIRE(set_option(options, "verify_ssl", "no").ok());
  BOOST_REQUIRE(set_option(options, "ca_file", "/tmp/\"quoted\".pem").ok());
  const std::string dump = dump_options(options);
  Options read;
  BOOST_REQUIRE(set_options_json(read, dump).ok());
  BOOST_TEST(dump_options(read) == dump);
  BOOST_TEST(read.request.timeout_ms == 1'234);
  BOOST_TEST(!read.tls.verify_ssl);
  BOOST_TEST(read.tls.ca_file == "/tmp/\"quoted\".pem");
  const auto document = JsonDocument::parse(dump);
  BOOST_REQUIRE(document.ok());
  BOOST_TEST(document->root().size() == option_table().size());
}

BOOST_AUTO_TEST_SUITE_END()
