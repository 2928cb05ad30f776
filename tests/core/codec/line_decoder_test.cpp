#include "codec/line_decoder.hpp"

#include <boost/test/unit_test.hpp>

#include "support/vectors.hpp"

namespace {

using namespace ppn;
using namespace ppn::test;

struct Lines {
  std::vector<std::string> lines;
  std::optional<std::string> last;
  bool failed = false;

  bool operator==(const Lines&) const = default;
};

Lines decode(const Pieces& pieces, std::size_t limit = LineDecoder::kDefaultLimit) {
  LineDecoder decoder(limit);
  Lines out;
  for (std::string_view piece : pieces) {
    LineDecoder::Step step = LineDecoder::Step::line;
    while ((step = decoder.next(piece)) == LineDecoder::Step::line) out.lines.emplace_back(decoder.line());
    if (step == LineDecoder::Step::failed) {
      out.failed = true;
      BOOST_CHECK(decoder.error().code == ErrorCode::stream_event_too_large);
      return out;
    }
    BOOST_CHECK(piece.empty());
  }
  if (const auto last = decoder.finish()) out.last = std::string(*last);
  return out;
}

void check(std::string_view input, const std::vector<std::string>& lines, const std::optional<std::string>& last = {}) {
  const Lines whole = decode({input});
  BOOST_CHECK_EQUAL_COLLECTIONS(whole.lines.begin(), whole.lines.end(), lines.begin(), lines.end());
  BOOST_CHECK(whole.last == last);
  for_each_cut(input, [&](const Pieces& pieces) { BOOST_CHECK(decode(pieces) == whole); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(line_decoder)

BOOST_AUTO_TEST_CASE(line_feed_alone_ends_a_line) {
  check("{\"a\":1}\n{\"b\":2}\r\n", {"{\"a\":1}", "{\"b\":2}"});
  check("a\rb\n", {"a\rb"});
  check(
      "a\xE2\x80\xA8"
      "b\xC2\x85"
      "c\n",
      {"a\xE2\x80\xA8"
       "b\xC2\x85"
       "c"});
  check("a\r\r\n", {"a\r"});
}

BOOST_AUTO_TEST_CASE(empty_lines_are_skipped) {
  check("\n\r\n\na\n\n\r\nb\n", {"a", "b"});
  check("", {});
  check(" \n", {" "});
}

BOOST_AUTO_TEST_CASE(last_line_without_line_feed_is_kept) {
  check("a\nb", {"a"}, "b");
  check("b\r", {}, "b");
  check("\r", {});
}

BOOST_AUTO_TEST_CASE(byte_order_mark_is_dropped_once) {
  check(
      "\xEF\xBB\xBF"
      "a\n\xEF\xBB\xBF"
      "b\n",
      {"a",
       "\xEF\xBB\xBF"
       "b"});
  check(
      "\xEF\xBB"
      "a\n",
      {"\xEF\xBB"
       "a"});
  check("\xEF\xBB\xBF", {});
  check("\xEF\xBB", {}, "\xEF\xBB");
  check("\xEF\nb", {"\xEF"}, "b");
}

BOOST_AUTO_TEST_CASE(lines_are_limited) {
  for_each_cut("12345\n123456\n", [](const Pieces& pieces) {
    const Lines out = decode(pieces, 5);
    BOOST_CHECK(out.failed);
    BOOST_CHECK_EQUAL(out.lines.size(), 1U);
  });
  BOOST_CHECK(decode({"123456"}, 5).failed);
}

BOOST_AUTO_TEST_CASE(whole_lines_are_views_into_the_input) {
  const std::string input = "abc\n";
  std::string_view rest = input;
  LineDecoder decoder;
  BOOST_REQUIRE(decoder.next(rest) == LineDecoder::Step::line);
  BOOST_CHECK(decoder.line().data() == input.data());
}

BOOST_AUTO_TEST_SUITE_END()
