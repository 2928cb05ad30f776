#include "base/base64.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "support/encodings.hpp"

namespace ppn::test {

BOOST_AUTO_TEST_SUITE(base64_texts)

BOOST_AUTO_TEST_CASE(both_alphabets_are_read_with_and_without_padding) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    for (const Alphabet alphabet : {Alphabet::standard, Alphabet::url_safe}) {
      const auto decoded = decode_base64(base64(text, alphabet));
      BOOST_REQUIRE(decoded.has_value());
      BOOST_TEST(decoded->view() == text);
    }
    text += static_cast<char>(i * 7);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_base64_is_nothing) {
  for (const char* text : {"a", "abcde", "ab c", "ab=c", "ab%3D", "\xff\xff"}) {
    BOOST_TEST(!decode_base64(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
