#include "codec/utf8_validator.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "codec/utf8.hpp"
#include "support/vectors.hpp"

namespace {

using namespace ppn;
using namespace ppn::test;

constexpr std::size_t kNever = std::string_view::npos;

// The byte that makes `text` invalid, when it is fed byte by byte.
std::size_t breaks_at(std::string_view text) {
  Utf8Validator validator;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!validator.feed(text.substr(i, 1))) return i;
  }
  return kNever;
}

void check(std::string_view text, std::size_t breaks, bool complete) {
  BOOST_CHECK_EQUAL(breaks_at(text), breaks);
  BOOST_CHECK_EQUAL(is_utf8(text), breaks == kNever && complete);
  for_each_cut(text, [&](const Pieces& pieces) {
    Utf8Validator validator;
    bool valid = true;
    for (const std::string_view piece : pieces) valid = validator.feed(piece);  // false is final
    BOOST_CHECK_EQUAL(valid, breaks == kNever);
    if (valid) BOOST_CHECK_EQUAL(validator.complete(), complete);
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(utf8_validator)

BOOST_AUTO_TEST_CASE(boundaries_of_each_length_are_valid) {
  check("", kNever, true);
  check(std::string(1, '\0'), kNever, true);
  for (const char* text : {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\xEF\xBB\xBF"}) {
    check(text, kNever, true);
    check(std::string(text) + "plain ASCII behind it", kNever, true);
  }
}

BOOST_AUTO_TEST_CASE(invalid_byte_is_found_at_once) {
  check("\x80", 0, false);
  check("\xBF", 0, false);
  check("\xC0\x80", 0, false);  // overlong
  check("\xC1\xBF", 0, false);
  check("\xE0\x9F\xBF", 1, false);
  check("\xF0\x8F\xBF\xBF", 1, false);
  check("\xED\xA0\x80", 1, false);  // surrogates
  check("\xED\xBF\xBF", 1, false);
  check("\xF4\x90\x80\x80", 1, false);  // above U+10FFFF
  check("\xF5\x80\x80\x80", 0, false);
  check("\xFE", 0, false);
  check("\xFF", 0, false);
  check("\xC3\x41", 1, false);
  check("\xE2\x82\x41", 2, false);
  check("\xF0\x9F\x98\x41", 3, false);
  check("long enough for words \xE2\x28\xA1 and more", 23, false);
  check(
      "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"
      "edited",
      12, false);
}

BOOST_AUTO_TEST_CASE(unfinished_character_is_no_fault_yet) {
  for (const char* text : {"\xC3", "\xE2", "\xE2\x82", "\xF0", "\xF0\x9F", "\xF0\x9F\x98", "text \xF0\x9F\x98"}) {
    check(text, kNever, false);
  }
}

BOOST_AUTO_TEST_CASE(reset_begins_anew) {
  Utf8Validator validator;
  BOOST_CHECK(!validator.feed("\xFF"));
  BOOST_CHECK(!validator.feed("a"));
  validator.reset();
  BOOST_CHECK(validator.feed("\xE2"));
  BOOST_CHECK(!validator.complete());
  validator.reset();
  BOOST_CHECK(validator.complete());
  BOOST_CHECK(validator.feed("a"));
}

BOOST_AUTO_TEST_CASE(random_bytes_have_the_verdict_of_the_whole_text) {
  std::mt19937 random(3629);
  const std::vector<std::string> parts = {
      "a", "ascii run of some length", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\x80", "\xED\xA0", "\xF4"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t count = random() % 12; count != 0; --count) {
      text += parts[random() % (round % 2 == 0 ? 5 : parts.size())];
    }
    Utf8Validator validator;
    bool valid = true;
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view piece = rest.substr(0, random() % 9 + 1);
      valid = validator.feed(piece);
      rest.remove_prefix(piece.size());
    }
    BOOST_REQUIRE_EQUAL(valid && validator.complete(), is_utf8(text));
  }
}

BOOST_AUTO_TEST_SUITE_END()
