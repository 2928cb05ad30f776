#include "codec/fed_decoder.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "codec/line_decoder.hpp"
#include "codec/sse_decoder.hpp"

using namespace ppn;

namespace {

using Lines = FedDecoder<LineDecoder>;

std::vector<std::string> lines_of(Lines& fed) {
  std::vector<std::string> lines;
  while (fed.next() == LineDecoder::Step::line) lines.emplace_back(fed.decoder().line());
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fed_decoder)

BOOST_AUTO_TEST_CASE(input_is_kept_until_it_is_asked_for) {
  Lines fed(LineDecoder(), 100);
  {
    std::string input = "one\ntwo\nthr";
    BOOST_TEST(fed.feed(input));
    input.assign(input.size(), 'x');
  }
  BOOST_TEST((lines_of(fed) == std::vector<std::string>{"one", "two"}));
  BOOST_TEST(fed.feed("ee\n"));
  BOOST_TEST((lines_of(fed) == std::vector<std::string>{"three"}));
  BOOST_TEST(lines_of(fed).empty());
}

BOOST_AUTO_TEST_CASE(feeding_goes_on_behind_what_waits) {
  Lines fed(LineDecoder(), 100);
  std::string expected;
  std::string seen;
  // Two lines in, one out: the part that was taken is dropped on the way, and the rest never loses its place.
  for (char c = 'a'; c <= 'p'; ++c) {
    const std::string two = std::string(2, c) + "\n" + std::string(1, c) + "\n";
    BOOST_TEST(fed.feed(two));
    expected += two;
    BOOST_REQUIRE((fed.next() == LineDecoder::Step::line));
    seen += std::string(fed.decoder().line()) + "\n";
  }
  for (const std::string& line : lines_of(fed)) seen += line + "\n";
  BOOST_TEST(seen == expected);
}

BOOST_AUTO_TEST_CASE(what_waits_is_bounded_and_a_refused_piece_changes_nothing) {
  Lines fed(LineDecoder(), 8);
  BOOST_TEST(fed.feed("a piece that finds nothing waiting may be as long as it is\n1234567\n"));
  BOOST_TEST(!fed.feed("x"));
  BOOST_REQUIRE((fed.next() == LineDecoder::Step::line));
  BOOST_TEST(fed.feed(""));
  BOOST_TEST(!fed.feed("x"));
  BOOST_REQUIRE((fed.next() == LineDecoder::Step::line));
  BOOST_TEST(fed.decoder().line() == "1234567");
  BOOST_TEST(fed.feed("1\n345678\n"));
  BOOST_REQUIRE((fed.next() == LineDecoder::Step::line));
  BOOST_TEST(!fed.feed("12"));
  BOOST_TEST(fed.feed("1"));
  BOOST_TEST((lines_of(fed) == std::vector<std::string>{"345678"}));
}

BOOST_AUTO_TEST_CASE(piece_may_be_fed_back) {
  Lines fed(LineDecoder(), 1'000);
  BOOST_TEST(fed.feed("abc\nlast\n"));
  for (int i = 0; i < 5; ++i) {
    BOOST_REQUIRE((fed.next() == LineDecoder::Step::line));
    BOOST_TEST(fed.feed(std::string_view(fed.decoder().line().data(), fed.decoder().line().size() + 1)));
  }
}

BOOST_AUTO_TEST_CASE(restart_drops_what_waits_and_what_is_under_way) {
  Lines fed(LineDecoder(4), 100);
  BOOST_TEST(fed.feed("12345"));
  BOOST_TEST((fed.next() == LineDecoder::Step::failed));
  BOOST_TEST((fed.next() == LineDecoder::Step::failed));
  fed.restart();
  BOOST_TEST(
      fed.feed("\xEF\xBB\xBF"
               "abcd\nxy\nz"));
  BOOST_REQUIRE((fed.next() == LineDecoder::Step::line));
  BOOST_TEST(fed.decoder().line() == "abcd");
  fed.restart();
  BOOST_TEST((fed.next() == LineDecoder::Step::need_input));
  BOOST_TEST(!fed.decoder().finish().has_value());
}

BOOST_AUTO_TEST_CASE(events_survive_the_feeding_of_the_next_piece) {
  FedDecoder<SseDecoder> fed(SseDecoder(), 1'000);
  BOOST_TEST(fed.feed("id: 1\ndata: a\n\ndata: b\ndata"));
  BOOST_REQUIRE((fed.next() == SseDecoder::Step::event));
  BOOST_TEST(fed.decoder().event().data == "a");
  BOOST_TEST(fed.feed(": c\n\n"));
  BOOST_REQUIRE((fed.next() == SseDecoder::Step::event));
  BOOST_TEST(fed.decoder().event().data == "b\nc");
  fed.restart();
  BOOST_TEST(fed.decoder().last_event_id() == "1");
}

BOOST_AUTO_TEST_SUITE_END()
