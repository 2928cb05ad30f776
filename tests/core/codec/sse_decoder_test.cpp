#include <boost/test/unit_test.hpp>

#include "core/codec/sse_outcome.hpp"

namespace {

using namespace ppn;
using namespace ppn::test;
using Step = SseDecoder::Step;

}  // namespace

BOOST_AUTO_TEST_SUITE(sse)

BOOST_AUTO_TEST_CASE(whole_event_is_a_view_into_the_input) {
  const std::string input = "event: tick\nid: 7\ndata: caf\xC3\xA9\n\n";
  std::string_view rest = input;
  SseDecoder decoder;
  BOOST_REQUIRE(decoder.next(rest) == Step::event);
  BOOST_CHECK(decoder.event().data.data() == input.data() + input.find("caf"));
  BOOST_CHECK_EQUAL(decoder.event().type, "tick");
  BOOST_CHECK_EQUAL(decoder.event().id, "7");
  BOOST_CHECK(decoder.next(rest) == Step::need_input);
}

BOOST_AUTO_TEST_CASE(lone_carriage_return_dispatches_at_once) {
  std::string_view input = "data: x\r\r";
  SseDecoder decoder;
  BOOST_CHECK(decoder.next(input) == Step::event);
  std::string_view more = "\ndata: y\r\n\r";
  BOOST_CHECK(decoder.next(more) == Step::event);
  BOOST_CHECK_EQUAL(decoder.event().data, "y");
  BOOST_CHECK_EQUAL(decoder.events(), 2U);
}

BOOST_AUTO_TEST_CASE(offsets_count_from_the_first_line_of_each_event) {
  const std::string input =
      "\xEF\xBB\xBF"
      "data: a\r\n\r\n: c\r\nid: 1\r\ndata: b\r\n\r\n\r\ndata: c\n\n";
  const SseOutcome whole = decode_events({input});
  BOOST_REQUIRE_EQUAL(whole.events.size(), 3U);
  BOOST_CHECK_EQUAL(whole.events[0].byte_offset, input.find("data: a"));
  BOOST_CHECK_EQUAL(whole.events[1].byte_offset, input.find("id: 1"));
  BOOST_CHECK_EQUAL(whole.events[2].byte_offset, input.find("data: c"));
  for_each_cut(input, [&](const Pieces& pieces) { BOOST_CHECK(decode_events(pieces) == whole); });
}

BOOST_AUTO_TEST_CASE(plain_events_leave_nothing_of_their_neighbours) {
  const std::string input =
      "data: a\n\nid: 1\nevent: tick\nretry: 5\ndata: b\n\ndata:c\n\ndata:  d\n\ndata: e\ndata: "
      "f\n\ndata:\n\ndata\n\ndatas: x\n\n"
      "data: g\xC3\xA9\n\ndata: \xC3\n\ndata: h\r\n\r\n\ndata: i\n\rdata: j\n\n";
  const SseOutcome whole = decode_events({input});
  const std::vector<std::string> data = {"a", "b", "c", " d", "e\nf", "", "", "g\xC3\xA9", "\xEF\xBF\xBD",
                                         "h", "i", "j"};
  BOOST_REQUIRE_EQUAL(whole.events.size(), data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    BOOST_CHECK_EQUAL(whole.events[i].data, data[i]);
    BOOST_CHECK_EQUAL(whole.events[i].type, i == 1 ? "tick" : "message");
    BOOST_CHECK_EQUAL(whole.events[i].id, i == 0 ? "" : "1");
    BOOST_CHECK_EQUAL(whole.events[i].retry_ms.value_or(0), i == 1 ? 5U : 0U);
    BOOST_CHECK_EQUAL(whole.events[i].index, i);
  }
  for_each_cut(input, [&](const Pieces& pieces) { BOOST_CHECK(decode_events(pieces) == whole); });
}

BOOST_AUTO_TEST_CASE(retry_belongs_to_the_event_it_came_with) {
  const SseOutcome outcome = decode_events({"retry: 5\n\ndata: a\n\nretry: 7\ndata: b\n\ndata: c\n\n"});
  BOOST_REQUIRE_EQUAL(outcome.events.size(), 3U);
  BOOST_CHECK(!outcome.events[0].retry_ms.has_value());
  BOOST_CHECK_EQUAL(outcome.events[1].retry_ms.value_or(0), 7U);
  BOOST_CHECK(!outcome.events[2].retry_ms.has_value());
  BOOST_CHECK_EQUAL(outcome.retry_ms.value_or(0), 7U);
}

BOOST_AUTO_TEST_CASE(what_is_not_delivered_is_counted) {
  const SseOutcome outcome = decode_events({": a\n:\nfoo: x\ndata: \xFF\xFE\n\n"});
  BOOST_CHECK_EQUAL(outcome.comments, 2U);
  BOOST_CHECK_EQUAL(outcome.ignored_fields, 1U);
  BOOST_CHECK_EQUAL(outcome.replacements, 2U);
}

BOOST_AUTO_TEST_CASE(lines_are_limited) {
  SseLimits limits;
  limits.line_bytes = 10;
  BOOST_CHECK_EQUAL(decode_events({"data: 1234\n\n"}, limits).events.size(), 1U);
  for (const std::string_view input : {"data: 12345\n\n", "data: 12345", ":2345678901\n", "data: 1\ndata: 12345\n\n"}) {
    BOOST_CHECK(decode_events({input}, limits).failed);
    for_each_cut(input, [&](const Pieces& pieces) { BOOST_CHECK(decode_events(pieces, limits).failed); });
  }
}

BOOST_AUTO_TEST_CASE(data_of_an_event_is_limited) {
  SseLimits limits;
  limits.event_bytes = 7;
  BOOST_CHECK_EQUAL(decode_events({"data: 123\ndata: 456\n\n"}, limits).events.size(), 1U);
  for (const std::string_view input : {"data: 123\ndata: 4567\n\n", "data: 12345678\n\n", "data: \xFF\xFF\xFF\n\n",
                                       "data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n"}) {
    BOOST_CHECK(decode_events({input}, limits).failed);
    for_each_cut(input, [&](const Pieces& pieces) { BOOST_CHECK(decode_events(pieces, limits).failed); });
  }
}

BOOST_AUTO_TEST_CASE(fields_of_an_event_are_limited_and_comments_are_not) {
  SseLimits limits;
  limits.fields = 3;
  std::string comments;
  for (int i = 0; i < 100; ++i) comments += ": still here\n";
  BOOST_CHECK_EQUAL(decode_events({comments + "a\nb\ndata\n\na\nb\ndata\n\n"}, limits).events.size(), 2U);
  BOOST_CHECK(decode_events({"a\nb\nc\ndata\n\n"}, limits).failed);
}

BOOST_AUTO_TEST_CASE(failure_is_named_and_final) {
  SseLimits limits;
  limits.line_bytes = 4;
  SseDecoder decoder(limits);
  std::string_view input = "data: too long\n";
  BOOST_CHECK(decoder.next(input) == Step::failed);
  BOOST_CHECK(decoder.error().code == ErrorCode::stream_event_too_large);
  BOOST_CHECK(decoder.error().phase == Phase::body);
  std::string_view more = "\n";
  BOOST_CHECK(decoder.next(more) == Step::failed);
}

BOOST_AUTO_TEST_CASE(reset_keeps_the_place_in_the_stream_and_drops_the_rest) {
  SseDecoder decoder;
  decode_events(decoder, {"id: 1\nretry: 9\ndata: a\n\nid: 2\nevent: x\ndata: lost\nda"});
  decoder.reset();
  BOOST_CHECK_EQUAL(decoder.last_event_id(), "1");
  const SseOutcome outcome = decode_events(decoder, {"\xEF\xBB\xBF"
                                                     "data: b\n\n"});
  BOOST_REQUIRE_EQUAL(outcome.events.size(), 1U);
  BOOST_CHECK(outcome.events[0] == (SeenEvent{"message", "b", "1", std::nullopt, 1, 3}));
  BOOST_CHECK_EQUAL(outcome.retry_ms.value_or(0), 9U);
}

BOOST_AUTO_TEST_CASE(long_lines_cost_no_more_per_byte_than_short_ones) {
  // Quadratic work would take minutes here and run into the limit of the test.
  const std::string input = "data: " + std::string(1'000'000, 'y') + "\n\n";
  SseDecoder decoder;
  std::size_t events = 0;
  for (const char& c : input) {
    std::string_view byte(&c, 1);
    while (decoder.next(byte) == Step::event) ++events;
  }
  BOOST_CHECK_EQUAL(events, 1U);
}

BOOST_AUTO_TEST_SUITE_END()
