#include <Poco/JSON/Array.h>

#include <boost/test/unit_test.hpp>

#include "core/codec/sse_outcome.hpp"

namespace {

using namespace ppn;
using namespace ppn::test;
using Poco::JSON::Object;

std::vector<std::string> tags_of(const Object& object) {
  std::vector<std::string> out;
  for (const auto& tag : *object.getArray("tags")) out.push_back(tag.convert<std::string>());
  return out;
}

void check_retry(const Object& object, const SseOutcome& outcome) {
  if (object.isNull("retry")) {
    BOOST_CHECK(!outcome.retry_ms.has_value());
  } else if (tags_of(object) == std::vector<std::string>{"impl-defined-range"}) {
    // Beyond every range: we clamp to what a signed 64-bit number holds.
    BOOST_CHECK_EQUAL(outcome.retry_ms.value_or(0), 9223372036854775807U);
  } else {
    BOOST_CHECK_EQUAL(outcome.retry_ms.value_or(0), object.getValue<Poco::UInt64>("retry"));
  }
}

void check(const Object& object, const SseOutcome& outcome) {
  BOOST_CHECK(!outcome.failed);
  const auto events = object.getArray("events");
  BOOST_REQUIRE_EQUAL(outcome.events.size(), events->size());
  for (std::size_t i = 0; i < events->size(); ++i) {
    const auto expected = events->getObject(static_cast<unsigned>(i));
    BOOST_CHECK_EQUAL(outcome.events[i].type, expected->getValue<std::string>("type"));
    BOOST_CHECK_EQUAL(outcome.events[i].data, expected->getValue<std::string>("data"));
    BOOST_CHECK_EQUAL(outcome.events[i].id, expected->getValue<std::string>("id"));
    BOOST_CHECK_EQUAL(outcome.events[i].index, i);
  }
  BOOST_CHECK_EQUAL(outcome.last_event_id, object.getValue<std::string>("last_event_id"));
  check_retry(object, outcome);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sse_vectors)

BOOST_AUTO_TEST_CASE(hold_in_one_piece) {
  const auto all = load_cases("sse_streams.json");
  BOOST_REQUIRE_GE(all.size(), 78U);
  for (const Object::Ptr& object : all) {
    BOOST_TEST_CONTEXT(object->getValue<std::string>("name")) {
      const std::string input = bytes_of(*object, "input");
      check(*object, decode_events({input}));
    }
  }
}

BOOST_AUTO_TEST_CASE(come_out_the_same_however_the_input_is_cut) {
  for (const Object::Ptr& object : load_cases("sse_streams.json")) {
    BOOST_TEST_CONTEXT(object->getValue<std::string>("name")) {
      const std::string input = bytes_of(*object, "input");
      const SseOutcome whole = decode_events({input});
      for_each_cut(input, [&](const Pieces& pieces) { BOOST_CHECK(decode_events(pieces) == whole); });
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
