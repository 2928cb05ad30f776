#include "codec/http1_encoder.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace {

using namespace ppn;

std::string head(std::string_view method, std::string_view url, RequestFraming framing,
                 const HeaderList& headers = {}) {
  std::string out;
  append_request_head(out, method, *parse_url(url), headers, framing);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http1_encoder)

BOOST_AUTO_TEST_CASE(request_is_written_in_order) {
  HeaderList headers;
  headers.add("Accept", "*/*");
  headers.add("X-Empty", "");
  headers.add("accept", "b");
  BOOST_CHECK_EQUAL(head("GET", "https://H:8443/a%2Fb?c", {}, headers),
                    "GET /a%2Fb?c HTTP/1.1\r\nHost: h:8443\r\nAccept: */*\r\nX-Empty: \r\naccept: b\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(framing_is_written_once) {
  BOOST_CHECK_EQUAL(head("POST", "http://h", {RequestFraming::length, 1234567890123}),
                    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1234567890123\r\n\r\n");
  BOOST_CHECK_EQUAL(head("POST", "http://h", {RequestFraming::chunked, 0}),
                    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  BOOST_CHECK_EQUAL(head("GET", "http://h", {RequestFraming::length, 0}),
                    "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(methods_that_carry_content_say_when_there_is_none) {
  for (const std::string_view method : {"POST", "PUT", "PATCH"}) {
    BOOST_CHECK(head(method, "http://h", {}).find("\r\nContent-Length: 0\r\n") != std::string::npos);
  }
  for (const std::string_view method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
    BOOST_CHECK(head(method, "http://h", {}).find("Content-Length") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(ipv6_host_has_brackets) {
  BOOST_CHECK(head("GET", "http://[::1]:81/", {}).find("\r\nHost: [::1]:81\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(chunks_carry_their_size_in_hex) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{26}, std::size_t{65'536}}) {
    std::string room = std::string(kChunkRoomBefore, '?') + std::string(size, 'a') + std::string(kChunkRoomAfter, '?');
    const std::string_view chunk = enclose_chunk(room.data() + kChunkRoomBefore, size);
    const char* const line = size == 1 ? "1\r\n" : size == 26 ? "1a\r\n" : "10000\r\n";
    BOOST_CHECK_EQUAL(chunk, line + std::string(size, 'a') + "\r\n");
  }
  char nothing = '?';
  BOOST_CHECK(enclose_chunk(&nothing, 0).empty());
  BOOST_CHECK_EQUAL(nothing, '?');
  BOOST_CHECK_EQUAL(kLastChunk, "0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(methods_are_tokens_other_than_connect) {
  for (const std::string_view method : {"GET", "QUERY", "M-SEARCH", "get"}) BOOST_CHECK(validate_method(method).ok());
  for (const std::string_view method : {"", "GET ", "G T", "GET\r\nX: y", "GE\xC3\x89", "CONNECT", "G/T"}) {
    const Status status = validate_method(method);
    BOOST_REQUIRE(!status.ok());
    BOOST_CHECK(status.error().code == ErrorCode::invalid_argument);
    BOOST_CHECK(status.error().phase == Phase::validate);
  }
  BOOST_CHECK(!validate_method(std::string_view("GET\0", 4)).ok());
  BOOST_CHECK(!validate_method(std::string(65, 'A')).ok());
}

BOOST_AUTO_TEST_SUITE_END()
