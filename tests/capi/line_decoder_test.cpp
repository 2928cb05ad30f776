// The decoder of lines through the ABI.
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "support/vectors.hpp"

using namespace ppn::test;

namespace {

int32_t feed(const LineDecoderHandle& decoder, std::string_view bytes) {
  return ppn_line_decoder_feed(decoder.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), nullptr);
}

// The lines that are there; returns the code of the call that gave none.
int32_t drain(const LineDecoderHandle& decoder, std::vector<std::string>& lines) {
  const ppn_event* line = nullptr;
  int32_t code = PPN_OK;
  while ((code = ppn_line_decoder_next(decoder.get(), &line, nullptr)) == PPN_OK) {
    BOOST_TEST(type_of(line) == "line");
    BOOST_TEST(ppn_event_index(line) == lines.size());
    BOOST_TEST(id_of(line).empty());
    BOOST_TEST(ppn_event_retry_ms(line) == -1);
    lines.push_back(data_of(line));
  }
  BOOST_TEST((line == nullptr));
  return code;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(line_decoder, NoLeak)

BOOST_AUTO_TEST_CASE(lines_come_out_the_same_however_they_are_fed) {
  const std::string input = "\xef\xbb\xbf{\"a\":1}\r\n\n\r\n[2]\n\xe2\x80\xa8 x\ny" + std::string("\0z\nlast", 7);
  const std::vector<std::string> expected{"{\"a\":1}", "[2]", "\xe2\x80\xa8 x", std::string("y\0z", 3), "last"};
  for_each_cut(input, [&](const Pieces& pieces) {
    const LineDecoderHandle decoder = make_line_decoder();
    std::vector<std::string> lines;
    for (const std::string_view piece : pieces) {
      BOOST_REQUIRE_EQUAL(feed(decoder, piece), PPN_OK);
      BOOST_TEST(drain(decoder, lines) == PPN_PENDING);
    }
    BOOST_TEST(lines.size() == 4U);
    BOOST_TEST(ppn_line_decoder_finish(decoder.get(), nullptr) == PPN_OK);
    BOOST_TEST(drain(decoder, lines) == PPN_END);
    BOOST_TEST(drain(decoder, lines) == PPN_END);
    BOOST_CHECK(lines == expected);
  });
}

BOOST_AUTO_TEST_CASE(finish_lets_what_waits_be_taken_first) {
  const LineDecoderHandle decoder = make_line_decoder();
  std::vector<std::string> lines;
  BOOST_TEST(feed(decoder, "a\nb\nc") == PPN_OK);
  BOOST_TEST(ppn_line_decoder_finish(decoder.get(), nullptr) == PPN_OK);
  BOOST_TEST(feed(decoder, "d") == PPN_E_INVALID_STATE);
  BOOST_TEST(drain(decoder, lines) == PPN_END);
  BOOST_CHECK((lines == std::vector<std::string>{"a", "b", "c"}));
  BOOST_TEST(ppn_line_decoder_reset(decoder.get(), nullptr) == PPN_OK);
  BOOST_TEST(feed(decoder, "d\n") == PPN_OK);
  BOOST_TEST(drain(decoder, lines) == PPN_PENDING);
  BOOST_TEST(lines.back() == "d");
  BOOST_TEST(lines.size() == 4U);
}

BOOST_AUTO_TEST_CASE(line_above_its_limit_ends_the_stream_until_it_is_reset) {
  const LineDecoderHandle decoder = make_line_decoder(4);
  std::vector<std::string> lines;
  BOOST_TEST(feed(decoder, "1234\n12345") == PPN_OK);
  BOOST_TEST(drain(decoder, lines) == PPN_E_STREAM_EVENT_TOO_LARGE);
  BOOST_TEST(ppn_line_decoder_finish(decoder.get(), nullptr) == PPN_OK);
  BOOST_TEST(drain(decoder, lines) == PPN_E_STREAM_EVENT_TOO_LARGE);
  BOOST_TEST(ppn_line_decoder_reset(decoder.get(), nullptr) == PPN_OK);
  BOOST_TEST(drain(decoder, lines) == PPN_PENDING);
  BOOST_TEST(lines.size() == 1U);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  LineDecoderHandle decoder;
  for (const int64_t bad : {int64_t{-1}, (int64_t{1} << 30) + 1, INT64_MAX}) {
    BOOST_TEST(ppn_line_decoder_new(bad, decoder.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(ppn_line_decoder_new(0, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_line_decoder_new(int64_t{1} << 30, decoder.out(), nullptr) == PPN_OK);
  const uint8_t byte = 'd';
  BOOST_TEST(ppn_line_decoder_feed(decoder.get(), nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_line_decoder_feed(decoder.get(), &byte, PPN_AUTO_LENGTH, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_line_decoder_feed(decoder.get(), nullptr, 0, nullptr) == PPN_OK);
  BOOST_TEST(ppn_line_decoder_next(decoder.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_SUITE_END()
