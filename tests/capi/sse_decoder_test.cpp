// The decoder of event streams through the ABI.
#include <Poco/JSON/Array.h>

#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "support/vectors.hpp"

using namespace ppn::test;
using Poco::JSON::Object;

namespace {

int32_t feed(const SseDecoderHandle& decoder, std::string_view bytes, ppn_error** error = nullptr) {
  return ppn_sse_decoder_feed(decoder.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), error);
}

struct Outcome {
  std::vector<std::string> events;  // type, data and id
  std::string last_event_id;
  int64_t retry_ms = -1;
  uint64_t replacements = 0;
  int32_t code = -1;  // of the last call of next

  bool operator==(const Outcome&) const = default;
};

// Takes what the decoder has.
void drain(const SseDecoderHandle& decoder, Outcome& outcome) {
  const ppn_event* event = nullptr;
  while ((outcome.code = ppn_sse_decoder_next(decoder.get(), &event, nullptr)) == PPN_OK) {
    BOOST_TEST(ppn_event_index(event) == outcome.events.size());
    outcome.events.push_back(type_of(event) + "|" + data_of(event) + "|" + id_of(event));
  }
  BOOST_TEST((event == nullptr));
  size_t length = 0;
  const char* const id = ppn_sse_decoder_last_event_id(decoder.get(), &length);
  BOOST_TEST(id[length] == '\0');
  outcome.last_event_id.assign(id, length);
  outcome.retry_ms = ppn_sse_decoder_retry_ms(decoder.get());
  outcome.replacements = ppn_sse_decoder_replacements(decoder.get());
}

Outcome decode(const Pieces& pieces) {
  const SseDecoderHandle decoder = make_sse_decoder();
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    BOOST_REQUIRE_EQUAL(feed(decoder, piece), PPN_OK);
    drain(decoder, outcome);
  }
  return outcome;
}

Outcome expected_of(const Object& object) {
  Outcome outcome;
  const auto events = object.getArray("events");
  for (unsigned i = 0; i < events->size(); ++i) {
    const auto event = events->getObject(i);
    outcome.events.push_back(event->getValue<std::string>("type") + "|" + event->getValue<std::string>("data") + "|" +
                             event->getValue<std::string>("id"));
  }
  outcome.last_event_id = object.getValue<std::string>("last_event_id");
  return outcome;
}

void check(const Object& object, const Outcome& outcome) {
  const Outcome expected = expected_of(object);
  BOOST_TEST(outcome.code == PPN_PENDING);
  BOOST_TEST(outcome.events == expected.events, boost::test_tools::per_element());
  BOOST_TEST(outcome.last_event_id == expected.last_event_id);
  // Beyond every range (the vectors leave it open) is clamped to INT64_MAX, which as a number of the case is not exact.
  const bool open = object.getArray("tags")->size() == 1 &&
                    object.getArray("tags")->getElement<std::string>(0) == "impl-defined-range";
  const int64_t retry = open ? INT64_MAX : object.isNull("retry") ? -1 : object.getValue<Poco::Int64>("retry");
  BOOST_TEST(outcome.retry_ms == retry);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sse_decoder, NoLeak)

BOOST_AUTO_TEST_CASE(vectors_hold_in_one_piece) {
  const auto cases = load_cases("sse_streams.json");
  BOOST_REQUIRE_GE(cases.size(), 78U);
  for (const Object::Ptr& object : cases) {
    BOOST_TEST_CONTEXT(object->getValue<std::string>("name")) {
      const std::string input = bytes_of(*object, "input");
      check(*object, decode({input}));
    }
  }
}

BOOST_AUTO_TEST_CASE(vectors_come_out_the_same_however_they_are_fed) {
  for (const Object::Ptr& object : load_cases("sse_streams.json")) {
    BOOST_TEST_CONTEXT(object->getValue<std::string>("name")) {
      const std::string input = bytes_of(*object, "input");
      const Outcome whole = decode({input});
      for_each_cut(input, [&](const Pieces& pieces) { BOOST_CHECK(decode(pieces) == whole); });
    }
  }
}

BOOST_AUTO_TEST_CASE(pieces_may_be_fed_before_anything_is_taken) {
  const SseDecoderHandle decoder = make_sse_decoder();
  for (const char c : std::string("data: a\n\ndata: b\n\n")) BOOST_TEST(feed(decoder, {&c, 1}) == PPN_OK);
  Outcome outcome;
  drain(decoder, outcome);
  BOOST_TEST(outcome.events == (std::vector<std::string>{"message|a|", "message|b|"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_replaced_and_counted) {
  const Outcome outcome = decode({"data: a\xff\xc3(\n\n"});
  BOOST_REQUIRE_EQUAL(outcome.events.size(), 1U);
  BOOST_TEST(outcome.events[0] == "message|a\xef\xbf\xbd\xef\xbf\xbd(|");
  BOOST_TEST(outcome.replacements == 2U);
}

BOOST_AUTO_TEST_CASE(retry_comes_with_its_event_and_stays_for_the_stream) {
  const SseDecoderHandle decoder = make_sse_decoder();
  BOOST_TEST(ppn_sse_decoder_retry_ms(decoder.get()) == -1);
  BOOST_TEST(feed(decoder, "retry: 1500\ndata: a\n\ndata: b\n\n") == PPN_OK);
  const ppn_event* event = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_sse_decoder_next(decoder.get(), &event, nullptr), PPN_OK);
  BOOST_TEST(ppn_event_retry_ms(event) == 1500);
  BOOST_REQUIRE_EQUAL(ppn_sse_decoder_next(decoder.get(), &event, nullptr), PPN_OK);
  BOOST_TEST(ppn_event_retry_ms(event) == -1);
  BOOST_TEST(ppn_sse_decoder_retry_ms(decoder.get()) == 1500);
}

BOOST_AUTO_TEST_CASE(limits_end_the_stream_until_it_is_reset) {
  const std::pair<SseDecoderHandle, std::string> cases[] = {{make_sse_decoder(8), "data: 123\n\n"},
                                                            {make_sse_decoder(0, 4), "data: 12345\n\n"},
                                                            {make_sse_decoder(0, 0, 2), "a\nb\nc\n\n"}};
  for (const auto& [decoder, input] : cases) {
    BOOST_TEST(feed(decoder, "id: 7\ndata: x\n\n" + input) == PPN_OK);
    const ppn_event* event = nullptr;
    BOOST_REQUIRE_EQUAL(ppn_sse_decoder_next(decoder.get(), &event, nullptr), PPN_OK);
    for (int i = 0; i < 2; ++i) {
      ErrorHandle error;
      BOOST_TEST(ppn_sse_decoder_next(decoder.get(), &event, error.out()) == PPN_E_STREAM_EVENT_TOO_LARGE);
      BOOST_TEST((event == nullptr));
      BOOST_TEST(!std::string(ppn_error_message(error.get())).empty());
    }
    BOOST_TEST(ppn_sse_decoder_reset(decoder.get(), nullptr) == PPN_OK);
    BOOST_TEST(feed(decoder, "data: y\n\n") == PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_sse_decoder_next(decoder.get(), &event, nullptr), PPN_OK);
    BOOST_TEST(data_of(event) == "y");
    BOOST_TEST(id_of(event) == "7");
    BOOST_TEST(ppn_event_index(event) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(reset_drops_what_is_under_way_and_what_waits) {
  const SseDecoderHandle decoder = make_sse_decoder();
  BOOST_TEST(feed(decoder, "id: 1\n\ndata: lost") == PPN_OK);
  const ppn_event* event = nullptr;
  BOOST_TEST(ppn_sse_decoder_next(decoder.get(), &event, nullptr) == PPN_PENDING);
  BOOST_TEST(feed(decoder, "\n\ndata: waits\n\n") == PPN_OK);
  BOOST_TEST(ppn_sse_decoder_reset(decoder.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_sse_decoder_next(decoder.get(), &event, nullptr) == PPN_PENDING);
  // A BOM is one at the begin of each connection.
  BOOST_TEST(feed(decoder,
                  "\xef\xbb\xbf"
                  "data: new\n\n") == PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_sse_decoder_next(decoder.get(), &event, nullptr), PPN_OK);
  BOOST_TEST(data_of(event) == "new");
  BOOST_TEST(std::string(ppn_sse_decoder_last_event_id(decoder.get(), nullptr)) == "1");
}

BOOST_AUTO_TEST_CASE(what_waits_is_bounded_and_a_refused_piece_changes_nothing) {
  const SseDecoderHandle decoder = make_sse_decoder(0, 16);
  BOOST_TEST(feed(decoder, ": a comment as long as it is\ndata: a\n\ndata: b\n\n") == PPN_OK);
  ErrorHandle error;
  BOOST_TEST(feed(decoder, "d", error.out()) == PPN_E_INVALID_STATE);
  BOOST_TEST(!std::string(ppn_error_message(error.get())).empty());
  const ppn_event* event = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_sse_decoder_next(decoder.get(), &event, nullptr), PPN_OK);
  BOOST_TEST(data_of(event) == "a");
  // Nine bytes wait now.
  BOOST_TEST(feed(decoder, "data: c\n\n") == PPN_E_INVALID_STATE);
  BOOST_TEST(feed(decoder, "data:c\n") == PPN_OK);
  Outcome outcome;
  outcome.events.resize(1);
  drain(decoder, outcome);
  BOOST_TEST(feed(decoder, "\n") == PPN_OK);
  drain(decoder, outcome);
  BOOST_TEST(outcome.events.back() == "message|c|");
  BOOST_TEST(outcome.events.size() == 3U);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  SseDecoderHandle decoder;
  constexpr int64_t most = int64_t{1} << 30;
  for (const int64_t bad : {int64_t{-1}, INT64_MIN, most + 1, INT64_MAX}) {
    BOOST_TEST(ppn_sse_decoder_new(bad, 0, 0, decoder.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(ppn_sse_decoder_new(0, bad, 0, decoder.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(ppn_sse_decoder_new(0, 0, bad, decoder.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(ppn_sse_decoder_new(0, 0, 1'000'001, decoder.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((decoder.get() == nullptr));
  BOOST_TEST(ppn_sse_decoder_new(0, 0, 0, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_sse_decoder_new(most, most, 1'000'000, decoder.out(), nullptr) == PPN_OK);
  const uint8_t byte = 'd';
  BOOST_TEST(ppn_sse_decoder_feed(decoder.get(), nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_sse_decoder_feed(decoder.get(), &byte, PPN_AUTO_LENGTH, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_sse_decoder_feed(decoder.get(), &byte, PPN_AUTO_LENGTH - 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_sse_decoder_feed(decoder.get(), nullptr, 0, nullptr) == PPN_OK);
  BOOST_TEST(ppn_sse_decoder_next(decoder.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_SUITE_END()
