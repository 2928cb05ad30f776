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

// RFC 4648 10.
BOOST_AUTO_TEST_CASE(bytes_are_encoded_with_padding) {
  const auto encoded = [](std::string_view text) {
    return encode_base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  BOOST_TEST(encoded("") == "");
  BOOST_TEST(encoded("f") == "Zg==");
  BOOST_TEST(encoded("fo") == "Zm8=");
  BOOST_TEST(encoded("foo") == "Zm9v");
  BOOST_TEST(encoded("foob") == "Zm9vYg==");
  BOOST_TEST(encoded("fooba") == "Zm9vYmE=");
  BOOST_TEST(encoded("foobar") == "Zm9vYmFy");
  BOOST_TEST(encoded("\xFF\xEF\xBE") == "/+++");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
