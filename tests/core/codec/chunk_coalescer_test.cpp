#include "codec/chunk_coalescer.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace ppn::test {
namespace {

// Feeds pieces that have all arrived but the last, and takes what is held at the end, as before a wait.
std::vector<std::string> chunks_of(const std::vector<std::string>& pieces, std::size_t limit) {
  ChunkCoalescer coalescer(limit);
  std::vector<std::string> chunks;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string_view input = pieces[i];
    while (coalescer.next(input, i + 1 < pieces.size())) chunks.emplace_back(coalescer.chunk());
    BOOST_TEST(input.empty());
  }
  if (coalescer.flush()) chunks.emplace_back(coalescer.chunk());
  BOOST_TEST(!coalescer.holds());
  return chunks;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

using Strings = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(chunk_coalescer)

BOOST_AUTO_TEST_CASE(small_pieces_that_arrived_together_are_one_chunk) {
  BOOST_TEST(chunks_of({"a", "b", "c"}, 100) == Strings{"abc"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_chunk_is_larger_than_the_limit) {
  BOOST_TEST(chunks_of({"abcde", "fg", "hij"}, 4) == (Strings{"abcd", "efgh", "ij"}), boost::test_tools::per_element());
  BOOST_TEST(chunks_of({"abc"}, 1) == (Strings{"a", "b", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(piece_with_nothing_behind_it_is_not_copied) {
  const std::string piece = "alone";
  ChunkCoalescer coalescer(100);
  std::string_view input = piece;
  BOOST_TEST(coalescer.next(input, false));
  BOOST_TEST(static_cast<const void*>(coalescer.chunk().data()) == static_cast<const void*>(piece.data()));
}

BOOST_AUTO_TEST_CASE(large_piece_is_not_copied_and_does_not_overtake_what_is_held) {
  const std::string large(8'192, 'x');
  ChunkCoalescer coalescer(65'536);
  std::string_view input = "small";
  BOOST_TEST(!coalescer.next(input, true));
  input = large;
  BOOST_TEST(coalescer.next(input, true));
  BOOST_TEST(coalescer.chunk() == "small");
  BOOST_TEST(coalescer.next(input, true));
  BOOST_TEST(static_cast<const void*>(coalescer.chunk().data()) == static_cast<const void*>(large.data()));
  BOOST_TEST(coalescer.chunk().size() == large.size());
  BOOST_TEST(!coalescer.next(input, true));
}

BOOST_AUTO_TEST_CASE(what_is_held_is_there_before_a_wait) {
  ChunkCoalescer coalescer(100);
  std::string_view input = "ab";
  BOOST_TEST(!coalescer.next(input, true));
  BOOST_TEST(coalescer.holds());
  BOOST_TEST(coalescer.flush());
  BOOST_TEST(coalescer.chunk() == "ab");
  BOOST_TEST(!coalescer.flush());
  input = "c";
  BOOST_TEST(coalescer.next(input, false));
  BOOST_TEST(coalescer.chunk() == "c");
}

BOOST_AUTO_TEST_CASE(every_cut_gives_the_same_bytes_in_order) {
  std::string body;
  for (int i = 0; i < 300; ++i) body += std::to_string(i);
  for (const std::size_t limit : {1U, 2U, 7U, 64U, 100'000U}) {
    for (std::size_t size = 1; size < body.size(); size += 1 + size / 8) {
      Strings pieces;
      for (std::size_t at = 0; at < body.size(); at += size) pieces.push_back(body.substr(at, size));
      const Strings chunks = chunks_of(pieces, limit);
      BOOST_REQUIRE_EQUAL(joined(chunks), body);
      for (const std::string& chunk : chunks) BOOST_REQUIRE(!chunk.empty() && chunk.size() <= limit);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
