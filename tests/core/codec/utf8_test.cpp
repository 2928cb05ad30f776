#include "codec/utf8.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ppn;

std::string lossy(std::string_view text, std::size_t replacements) {
  std::string out;
  BOOST_CHECK_EQUAL(append_utf8_lossy(out, text), replacements);
  BOOST_CHECK(is_utf8(out));
  return out;
}

std::string encode(std::uint32_t code) {
  std::string out;
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(every_scalar_value_and_no_other_is_valid) {
  for (std::uint32_t code = 0; code < 0x110800; ++code) {
    const bool valid = code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
    if (is_utf8(encode(code)) != valid) BOOST_REQUIRE_MESSAGE(false, "wrong verdict on " << code);
  }
}

BOOST_AUTO_TEST_CASE(invalid_bytes_are_found_at_every_place) {
  for (std::size_t place = 0; place < 40; ++place) {
    std::string text(40, 'x');
    text[place] = '\xC3';
    BOOST_CHECK(!is_utf8(text));
    BOOST_CHECK_EQUAL(utf8_prefix(text), place);
    if (place + 1 < text.size()) {
      text[place + 1] = '\xA9';
      BOOST_CHECK(is_utf8(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(maximal_subparts_are_replaced_as_one) {
  BOOST_CHECK_EQUAL(lossy("plain", 0), "plain");
  BOOST_CHECK_EQUAL(lossy("a\x80"
                          "b",
                          1),
                    "a\uFFFDb");
  BOOST_CHECK_EQUAL(lossy("\xE2\x82"
                          "x",
                          1),
                    "\uFFFDx");
  BOOST_CHECK_EQUAL(lossy("\xE2\x82", 1), "\uFFFD");
  BOOST_CHECK_EQUAL(lossy("\xF0\x9F\x98", 1), "\uFFFD");
  BOOST_CHECK_EQUAL(lossy("\xC0\xAF", 2), "\uFFFD\uFFFD");
  BOOST_CHECK_EQUAL(lossy("\xED\xA0\x80", 3), "\uFFFD\uFFFD\uFFFD");
  BOOST_CHECK_EQUAL(lossy("\xF4\x90\x80\x80", 4), "\uFFFD\uFFFD\uFFFD\uFFFD");
  BOOST_CHECK_EQUAL(lossy("\xE0\x80\x80", 3), "\uFFFD\uFFFD\uFFFD");
  // The example of the Unicode standard, table 3-8.
  BOOST_CHECK_EQUAL(lossy("a\xF1\x80\x80\xE1\x80\xC2"
                          "b\x80"
                          "c\x80\xBF"
                          "d",
                          6),
                    "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
}

BOOST_AUTO_TEST_SUITE_END()
