#include <Poco/JSON/Array.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "base/ascii.hpp"
#include "core/codec/http1_outcome.hpp"

namespace {

using namespace ppn;
using namespace ppn::test;
using Poco::JSON::Object;

struct Case {
  std::string name;
  std::string level;
  std::string input;
  bool head_request = false;
  After after = After::hold;
  Object::Ptr expected;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  for (const Object::Ptr& object : load_cases("http1_responses.json")) {
    Case c;
    c.name = object->getValue<std::string>("name");
    c.level = object->getValue<std::string>("level");
    c.input = bytes_of(*object, "response");
    c.head_request = object->getValue<std::string>("request_method") == "HEAD";
    const auto after = object->getValue<std::string>("after");
    c.after = after == "close" ? After::close : after == "reset" ? After::reset : After::hold;
    c.expected = object->getObject("expected");
    out.push_back(c);
  }
  return out;
}

// Where both answers conform and the milder one is preferred, we still refuse: no line feeds without
// carriage return, no transfer coding but chunked, no chunk size of more than 16 digits.
const std::set<std::string> kStricterByChoice = {
    "bare_lf_status_line_only", "bare_lf_one_header", "bare_lf_end_of_headers",
    "trailer_bare_lf_end",      "te_identity",        "chunk_size_many_zeros",
};

std::vector<std::string> values_of(const std::vector<std::pair<std::string, std::string>>& fields,
                                   const std::string& name) {
  std::vector<std::string> out;
  for (const auto& [field, value] : fields) {
    if (equals_ignore_case(field, name)) out.push_back(value);
  }
  return out;
}

void check_fields(const Object& expected, const std::vector<std::pair<std::string, std::string>>& fields) {
  for (const auto& [name, value] : expected) {
    std::vector<std::string> wanted;
    if (value.type() == typeid(Poco::JSON::Array::Ptr)) {
      for (const auto& element : *value.extract<Poco::JSON::Array::Ptr>()) {
        wanted.push_back(latin1_bytes(element.convert<std::string>()));
      }
    } else {
      wanted.push_back(latin1_bytes(value.convert<std::string>()));
    }
    const auto got = values_of(fields, name);
    BOOST_CHECK_EQUAL_COLLECTIONS(got.begin(), got.end(), wanted.begin(), wanted.end());
  }
}

void check_accepted(const Object& expected, const Http1Outcome& outcome) {
  BOOST_CHECK(!outcome.failed);
  BOOST_REQUIRE(outcome.complete);
  BOOST_CHECK_EQUAL(outcome.status, expected.getValue<int>("status"));
  BOOST_CHECK(outcome.body == bytes_of(expected, "body"));
  BOOST_CHECK_EQUAL(outcome.reusable, expected.getValue<bool>("keepalive"));
  if (expected.has("headers")) check_fields(*expected.getObject("headers"), outcome.headers);
  if (expected.has("trailers")) check_fields(*expected.getObject("trailers"), outcome.trailers);
}

void check(const Case& c, const Http1Outcome& outcome) {
  const bool accept = c.expected->getValue<bool>("accept");
  if (c.level == "may" && outcome.complete != accept) {
    if (accept) {
      BOOST_CHECK_MESSAGE(kStricterByChoice.contains(c.name), "refused: " << outcome.message);
    } else if (c.expected->has("if_accepted_body_base64")) {
      BOOST_CHECK(outcome.body == bytes_of(*c.expected, "if_accepted_body"));
    }
  } else if (accept) {
    check_accepted(*c.expected, outcome);
  } else {
    BOOST_CHECK(!outcome.complete);
  }
  if (c.expected->has("headers_absent")) {
    for (const auto& name : *c.expected->getArray("headers_absent")) {
      BOOST_CHECK(values_of(outcome.headers, name.convert<std::string>()).empty());
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http1_vectors)

BOOST_AUTO_TEST_CASE(hold_in_one_piece) {
  const auto all = cases();
  BOOST_REQUIRE_GE(all.size(), 148U);
  for (const Case& c : all) {
    BOOST_TEST_CONTEXT(c.name) {
      check(c, decode(c.input, c.head_request, c.after));
    }
  }
}

BOOST_AUTO_TEST_CASE(come_out_the_same_however_the_input_is_cut) {
  for (const Case& c : cases()) {
    BOOST_TEST_CONTEXT(c.name) {
      const Http1Outcome whole = decode(c.input, c.head_request, c.after);
      // One decoder for all: what a response leaves behind must not reach the next one.
      Http1Decoder decoder;
      for_each_cut(c.input, [&](const Pieces& pieces) {
        const Http1Outcome cut = decode(decoder, pieces, c.head_request, c.after);
        BOOST_CHECK_MESSAGE(cut == whole, "differs in " << pieces.size() << " pieces, the first of "
                                                        << pieces.front().size() << " bytes: " << cut.message);
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(refusals_are_named) {
  for (const Case& c : cases()) {
    const Http1Outcome outcome = decode(c.input, c.head_request, After::close);
    if (outcome.complete) continue;
    BOOST_TEST_CONTEXT(c.name) {
      BOOST_CHECK(outcome.failed);
      BOOST_CHECK(category_of(outcome.code) == ErrorCategory::protocol || outcome.code == ErrorCode::connection_closed);
      BOOST_CHECK(!outcome.message.empty());
      BOOST_CHECK(std::none_of(outcome.message.begin(), outcome.message.end(),
                               [](char byte) { return static_cast<unsigned char>(byte) < 0x20; }));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
