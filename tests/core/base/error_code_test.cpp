#include "base/error_code.hpp"

#include <boost/test/unit_test.hpp>
#include <cctype>
#include <set>
#include <string>

#include "base/error.hpp"

using namespace ppn;

BOOST_AUTO_TEST_SUITE(error_code)

BOOST_AUTO_TEST_CASE(table_is_ascending_and_begins_with_ok) {
  const auto table = error_code_table();
  BOOST_REQUIRE(!table.empty());
  BOOST_TEST((table.front().code == ErrorCode::ok));
  for (std::size_t i = 1; i < table.size(); ++i) BOOST_TEST((table[i - 1].code < table[i].code));
}

BOOST_AUTO_TEST_CASE(names_are_upper_case_and_occur_once) {
  std::set<std::string_view> names;
  for (const ErrorCodeInfo& row : error_code_table()) {
    BOOST_TEST(names.insert(row.name).second, std::string(row.name) + " occurs twice");
    for (const char c : row.name) BOOST_TEST((std::isupper(c) || std::isdigit(c) || c == '_'));
    BOOST_TEST(!row.text.empty());
    BOOST_TEST(row.text.back() != '.');
  }
}

BOOST_AUTO_TEST_CASE(describe_finds_every_code_of_the_table) {
  for (const ErrorCodeInfo& row : error_code_table()) BOOST_TEST(&describe(row.code) == &row);
}

BOOST_AUTO_TEST_CASE(timeouts_are_those_of_this_side) {
  // By their names and the category, so that a new code is not forgotten.
  for (const ErrorCodeInfo& row : error_code_table()) {
    const bool status = category_of(row.code) == ErrorCategory::status;
    const bool named = row.name.find("TIMEOUT") != std::string_view::npos && !status;
    BOOST_TEST(is_timeout(row.code) == (named || category_of(row.code) == ErrorCategory::timeout), row.name);
  }
  BOOST_TEST(is_timeout(ErrorCode::dns_timeout));
  BOOST_TEST(is_timeout(ErrorCode::too_slow));
  BOOST_TEST(!is_timeout(ErrorCode::http_gateway_timeout));
  BOOST_TEST(!is_timeout(ErrorCode::ok));
}

BOOST_AUTO_TEST_CASE(unknown_number_is_described_as_internal) {
  BOOST_TEST(describe(static_cast<ErrorCode>(998)).name == "INTERNAL");
  BOOST_TEST(describe(static_cast<ErrorCode>(-1)).name == "INTERNAL");
  BOOST_TEST(describe(static_cast<ErrorCode>(100'000)).name == "INTERNAL");
}

BOOST_AUTO_TEST_CASE(category_is_the_hundreds_digit) {
  BOOST_TEST((category_of(ErrorCode::ok) == ErrorCategory::none));
  BOOST_TEST((category_of(ErrorCode::invalid_url) == ErrorCategory::usage));
  BOOST_TEST((category_of(ErrorCode::connect_failed) == ErrorCategory::network));
  BOOST_TEST((category_of(ErrorCode::cert_expired) == ErrorCategory::tls));
  BOOST_TEST((category_of(ErrorCode::read_timeout) == ErrorCategory::timeout));
  BOOST_TEST((category_of(ErrorCode::body_truncated) == ErrorCategory::protocol));
  BOOST_TEST((category_of(ErrorCode::http_unavailable) == ErrorCategory::status));
  BOOST_TEST((category_of(ErrorCode::stream_truncated) == ErrorCategory::stream));
  BOOST_TEST((category_of(ErrorCode::ws_closed) == ErrorCategory::websocket));
  BOOST_TEST((category_of(ErrorCode::cancelled) == ErrorCategory::policy));
}

BOOST_AUTO_TEST_CASE(statuses_below_400_are_no_error) {
  for (int status = 100; status < 400; ++status) BOOST_TEST((error_code_of_status(status) == ErrorCode::ok));
}

BOOST_AUTO_TEST_CASE(each_error_status_has_its_code) {
  BOOST_TEST((error_code_of_status(400) == ErrorCode::http_bad_request));
  BOOST_TEST((error_code_of_status(401) == ErrorCode::http_unauthorized));
  BOOST_TEST((error_code_of_status(418) == ErrorCode::http_other_4xx));
  BOOST_TEST((error_code_of_status(429) == ErrorCode::http_too_many_requests));
  BOOST_TEST((error_code_of_status(500) == ErrorCode::http_server_error));
  BOOST_TEST((error_code_of_status(529) == ErrorCode::http_overloaded));
  BOOST_TEST((error_code_of_status(599) == ErrorCode::http_other_5xx));
  BOOST_TEST((error_code_of_status(600) == ErrorCode::http_other_status));
  BOOST_TEST((error_code_of_status(0) == ErrorCode::http_other_status));
}

BOOST_AUTO_TEST_CASE(new_error_takes_retryable_from_the_table) {
  BOOST_TEST(Error(ErrorCode::connect_timeout, Phase::connect, "text").retryable);
  BOOST_TEST(!Error(ErrorCode::cert_hostname, Phase::tls, "text").retryable);
}

BOOST_AUTO_TEST_CASE(every_phase_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int phase = 0; phase <= static_cast<int>(Phase::deliver); ++phase) {
    BOOST_TEST(names.insert(phase_name(static_cast<Phase>(phase))).second);
  }
  BOOST_TEST(phase_name(static_cast<Phase>(99)) == "none");
}

BOOST_AUTO_TEST_SUITE_END()
