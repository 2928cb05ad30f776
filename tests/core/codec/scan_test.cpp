#include "codec/scan.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

namespace ppn::test {

BOOST_AUTO_TEST_SUITE(scanning)

// Every length and every place of a line end and of a byte above 127, at every alignment.
BOOST_AUTO_TEST_CASE(line_end_is_found_wherever_it_lies) {
  std::minstd_rand random(1);
  for (std::size_t size = 0; size < 80; ++size) {
    for (int round = 0; round < 200; ++round) {
      std::string text(size, 'x');
      for (int marks = 0; size > 0 && marks < round % 4; ++marks) {
        const char mark = "\n\r\x80\xff\x7f\x0b"[random() % 6];
        text[random() % size] = mark;
      }
      const std::string shifted = std::string(random() % 16, '\n') + text;
      const char* const begin = shifted.data() + (shifted.size() - size);
      const char* const end = begin + size;
      const char* const expected = std::find_if(begin, end, [](char c) { return c == '\n' || c == '\r'; });
      const bool expected_ascii =
          std::all_of(begin, expected, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
      bool ascii = true;
      BOOST_REQUIRE(scan::find_line_end(begin, end, ascii) == expected);
      BOOST_REQUIRE_EQUAL(ascii, expected_ascii);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
