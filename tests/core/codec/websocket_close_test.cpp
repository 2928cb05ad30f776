#include "codec/websocket_close.hpp"

#include <boost/test/unit_test.hpp>

using namespace ppn;

BOOST_AUTO_TEST_SUITE(websocket_close)

BOOST_AUTO_TEST_CASE(codes_that_may_be_sent_are_those_of_the_registry_and_the_free_ranges) {
  for (int code = -1; code <= 70'000; ++code) {
    const bool expected = code == 1000 || code == 1001 || code == 1002 || code == 1003 ||
                          (code > 1006 && code < 1015) || (code > 2999 && code < 5000);
    BOOST_REQUIRE_EQUAL(is_close_code(code), expected);
    BOOST_REQUIRE_EQUAL(validate_close(code, "").ok(), expected);
  }
}

BOOST_AUTO_TEST_CASE(reason_is_utf8_of_123_bytes_at_most) {
  BOOST_CHECK(validate_close(1000, std::string(123, 'r')).ok());
  for (const std::string& reason : {std::string(124, 'r'), std::string("\xFF"), std::string("\xE2\x82")}) {
    const Status status = validate_close(1000, reason);
    BOOST_REQUIRE(!status.ok());
    BOOST_CHECK(status.error().code == ErrorCode::invalid_argument);
    BOOST_CHECK(status.error().phase == Phase::validate);
  }
}

BOOST_AUTO_TEST_CASE(payload_reads_back) {
  BOOST_CHECK_EQUAL(close_payload(1000, "bye"),
                    "\x03\xE8"
                    "bye");
  BOOST_CHECK_EQUAL(close_payload(4999), "\x13\x87");
  BOOST_CHECK_EQUAL(close_payload(close_code::kNoStatus), "");
  const std::string payload = close_payload(3000, "why");
  WebSocketClose close;
  BOOST_CHECK_EQUAL(parse_close(payload, close).close_code, 0);
  BOOST_CHECK_EQUAL(close.code, 3000);
  BOOST_CHECK_EQUAL(close.reason, "why");
  BOOST_CHECK_EQUAL(parse_close("", close).close_code, 0);
  BOOST_CHECK_EQUAL(close.code, 1005);
  BOOST_CHECK_EQUAL(close.reason, "");
}

BOOST_AUTO_TEST_CASE(wrong_payloads_have_their_code) {
  WebSocketClose close;
  BOOST_CHECK_EQUAL(parse_close("\x03", close).close_code, 1002);
  BOOST_CHECK_EQUAL(parse_close("\x03\xEC", close).close_code, 1002);  // 1004
  BOOST_CHECK_EQUAL(parse_close("\x03\xF7", close).close_code, 1002);  // 1015
  BOOST_CHECK_EQUAL(parse_close("\x03\xE8\x80", close).close_code, 1007);
  BOOST_CHECK_EQUAL(close.code, 1005);
}

BOOST_AUTO_TEST_SUITE_END()
