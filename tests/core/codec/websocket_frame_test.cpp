#include "codec/websocket_frame.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

namespace {

using namespace ppn;
using namespace std::string_literals;

constexpr WebSocketMask kMask = {0x37, 0xfa, 0x21, 0x3d};

std::string header(const WebSocketFrame& frame, std::uint64_t payload_bytes) {
  std::array<char, kMaxWebSocketHeader> out{};
  return std::string(out.data(), write_frame_header(out.data(), frame, payload_bytes, kMask));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_frame)

// RFC 6455 5.7, the examples of a client.
BOOST_AUTO_TEST_CASE(examples_of_the_rfc_are_written) {
  std::string out = "before";
  append_frame(out, {WebSocketOpcode::text}, "Hello", kMask);
  BOOST_CHECK_EQUAL(out, "before\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  out.clear();
  append_frame(out, {WebSocketOpcode::pong}, "Hello", kMask);
  BOOST_CHECK_EQUAL(out, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

BOOST_AUTO_TEST_CASE(length_has_its_shortest_form) {
  const std::string mask = "\x37\xfa\x21\x3d";
  const WebSocketFrame binary{WebSocketOpcode::binary};
  BOOST_CHECK_EQUAL(header(binary, 0), "\x82\x80"s + mask);
  BOOST_CHECK_EQUAL(header(binary, 125), "\x82\xFD" + mask);
  BOOST_CHECK_EQUAL(header(binary, 126), "\x82\xFE\x00\x7E"s + mask);
  BOOST_CHECK_EQUAL(header(binary, 65535), "\x82\xFE\xFF\xFF" + mask);
  BOOST_CHECK_EQUAL(header(binary, 65536), "\x82\xFF\x00\x00\x00\x00\x00\x01\x00\x00"s + mask);
  BOOST_CHECK_EQUAL(header(binary, 0x0102030405060708), "\x82\xFF\x01\x02\x03\x04\x05\x06\x07\x08" + mask);
}

BOOST_AUTO_TEST_CASE(flags_and_opcodes_stand_in_the_first_byte) {
  BOOST_CHECK_EQUAL(header({WebSocketOpcode::text, false, true}, 0)[0], '\x41');
  BOOST_CHECK_EQUAL(header({WebSocketOpcode::continuation, false, false}, 0)[0], '\x00');
  BOOST_CHECK_EQUAL(header({WebSocketOpcode::continuation, true, false}, 0)[0], '\x80');
  BOOST_CHECK_EQUAL(header({WebSocketOpcode::close}, 0)[0], '\x88');
  BOOST_CHECK_EQUAL(header({WebSocketOpcode::ping}, 0)[0], '\x89');
}

// RFC 6455 5.3: byte i of the payload with byte i modulo 4 of the mask.
BOOST_AUTO_TEST_CASE(every_size_at_every_offset_is_masked_byte_by_byte) {
  std::mt19937 random(53);
  std::string in(100, '\0');
  for (char& c : in) c = static_cast<char>(random());
  for (std::size_t size = 0; size <= in.size(); ++size) {
    for (std::size_t offset = 0; offset < 9; ++offset) {
      std::string expected = in.substr(0, size);
      for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<char>(expected[i] ^ kMask[(offset + i) % 4]);
      std::string out(size + 1, '#');
      mask_copy(out.data(), in.data(), size, kMask, offset);
      BOOST_REQUIRE_EQUAL(out, expected + '#');
      mask_copy(out.data(), out.data(), size, kMask, offset);
      BOOST_REQUIRE_EQUAL(out, in.substr(0, size) + '#');
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
