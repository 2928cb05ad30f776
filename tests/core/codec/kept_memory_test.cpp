// One huge line, event or head does not keep its memory for the rest of a long connection.
#include <malloc.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "base/free_memory.hpp"
#include "codec/http1_decoder.hpp"
#include "codec/line_decoder.hpp"
#include "codec/sse_decoder.hpp"
#include "support/sanitized.hpp"

namespace ppn::test {
namespace {

constexpr std::size_t huge = std::size_t{8} << 20;

std::size_t heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Sanitizers have an allocator of their own, which does not tell.
bool can_measure(boost::unit_test::test_unit_id /*id*/) {
  return !sanitized;
}

// Input in two pieces, so that it has to be kept in between.
template <class Decoder>
void feed_in_two(Decoder& decoder, std::string_view whole) {
  std::string_view first = whole.substr(0, whole.size() / 2);
  BOOST_TEST((decoder.next(first) == Decoder::Step::need_input));
  std::string_view second = whole.substr(whole.size() / 2);
  BOOST_TEST((decoder.next(second) != Decoder::Step::need_input));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kept_memory)

BOOST_AUTO_TEST_CASE(freed_containers_have_no_room_left) {
  std::string text(huge, 'x');
  free_memory(text);
  BOOST_TEST(text.empty());
  BOOST_TEST(text.capacity() == std::string().capacity());
}

BOOST_AUTO_TEST_CASE(huge_line_is_freed, *boost::unit_test::precondition(can_measure)) {
  const std::string line = std::string(huge, 'l') + "\n";
  const std::size_t before = heap_bytes();
  LineDecoder decoder(2 * huge);
  feed_in_two(decoder, line);
  BOOST_TEST(heap_bytes() > before + huge);
  std::string_view next = "short\n";
  BOOST_TEST((decoder.next(next) == LineDecoder::Step::line));
  BOOST_TEST(heap_bytes() < before + huge / 8);
}

BOOST_AUTO_TEST_CASE(huge_event_is_freed, *boost::unit_test::precondition(can_measure)) {
  const std::string event = "data: " + std::string(huge, 'e') + "\n\n";
  const std::size_t before = heap_bytes();
  SseDecoder decoder({.line_bytes = 2 * huge, .event_bytes = 2 * huge});
  feed_in_two(decoder, event);
  BOOST_TEST(heap_bytes() > before + huge);
  std::string_view next = "data: short\n\n";
  BOOST_TEST((decoder.next(next) == SseDecoder::Step::event));
  BOOST_TEST(heap_bytes() < before + huge / 8);
}

BOOST_AUTO_TEST_CASE(huge_head_is_freed_before_the_next_response, *boost::unit_test::precondition(can_measure)) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Huge: " + std::string(huge, 'h') + "\r\n\r\n";
  Http1Limits limits;
  limits.head_bytes = limits.line_bytes = std::uint32_t{2} * huge;
  const std::size_t before = heap_bytes();
  Http1Decoder decoder(limits);
  decoder.begin(false);
  feed_in_two(decoder, head);
  BOOST_TEST(heap_bytes() > before + huge);
  { const ResponseHead taken = decoder.take_head(); }
  decoder.begin(false);
  BOOST_TEST(heap_bytes() < before + huge / 8);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
