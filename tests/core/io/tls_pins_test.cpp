// The text of pins.
#include "io/tls_pins.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace ppn::test {
namespace {

const std::string zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const std::string ones = "//////////////////////////////////////////8=";

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_pins)

BOOST_AUTO_TEST_CASE(both_spellings_and_both_separators_are_taken) {
  BOOST_TEST(PublicKeyPins::parse("").ok());
  BOOST_TEST(PublicKeyPins::parse("")->empty());
  for (const std::string& text :
       {"sha256//" + zeros, "sha256/" + zeros, "sha256/" + ones, "sha256//" + ones,
        "sha256//" + zeros + ",sha256/" + ones, "sha256//" + zeros + ";sha256//" + ones + ";sha256//" + zeros}) {
    const auto pins = PublicKeyPins::parse(text);
    BOOST_TEST(pins.ok(), text);
    if (pins) BOOST_TEST(!pins->empty());
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
  const std::string short_one = zeros.substr(2);
  for (const std::string& text : std::vector<std::string>{
           zeros, "sha1//" + zeros, "SHA256//" + zeros, "sha256//", "sha256///" + zeros, "sha256//" + short_one,
           "sha256//A" + zeros, " sha256//" + zeros, "sha256//" + zeros + " ", "sha256//" + zeros + ",",
           "," + ("sha256//" + zeros), "sha256//" + zeros + ",," + "sha256//" + zeros,
           "sha256//" + zeros + "sha256//" + zeros, "sha256//" + std::string(44, '='),
           "sha256//" + std::string(43, '-') + "=", "sha256//" + std::string(43, 'A') + "A",
           // Bits beyond the digest are set: not the one text of these bytes.
           "sha256//" + std::string(42, 'A') + "B=", std::string("/etc/ssl/key.pem"), std::string(";")}) {
    BOOST_TEST(!PublicKeyPins::parse(text).ok(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
