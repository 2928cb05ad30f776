// What a decoder keeps of a head while the body takes its time.
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/http1_decoder.hpp"

using namespace ppn;
using Step = Http1Decoder::Step;

BOOST_AUTO_TEST_SUITE(http1_release)

// A stream may be silent for hours, and its connection keeps nothing of the head meanwhile.
BOOST_AUTO_TEST_CASE(body_and_trailers_are_read_after_the_memory_of_the_head_was_released) {
  Http1Decoder decoder;
  std::string_view begin_of_head = "HTTP/1.1 200 OK\r\nTransfer-";
  BOOST_REQUIRE(decoder.next(begin_of_head) == Step::need_input);
  decoder.release_memory();  // without effect inside a head
  std::string_view input = "Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\nHTTP/1.1 204 No\r\nA: b\r\n\r\n";
  BOOST_REQUIRE(decoder.next(input) == Step::head);
  BOOST_CHECK_EQUAL(decoder.take_head().headers.size(), 1U);
  decoder.release_memory();
  BOOST_REQUIRE(decoder.next(input) == Step::data);
  BOOST_CHECK_EQUAL(decoder.data(), "abc");
  decoder.release_memory();
  BOOST_REQUIRE(decoder.next(input) == Step::end);
  BOOST_CHECK_EQUAL(decoder.take_trailers()->find("x-t").value_or(""), "1");
  BOOST_CHECK(decoder.keep_alive());
  decoder.release_memory();
  decoder.begin(false);
  BOOST_REQUIRE(decoder.next(input) == Step::head);
  BOOST_CHECK_EQUAL(decoder.head().status, 204);
  BOOST_CHECK_EQUAL(decoder.head().headers.find("a").value_or(""), "b");
}

BOOST_AUTO_TEST_CASE(head_whose_memory_was_released_counts_against_the_budget_of_its_trailers) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string trailers = "X-T: 12345\r\n\r\n";
  for (const std::uint32_t missing : {0U, 1U}) {
    Http1Limits limits;
    limits.head_bytes = static_cast<std::uint32_t>(head.size() + trailers.size()) - missing;
    Http1Decoder decoder(limits);
    std::string_view input = head;
    BOOST_REQUIRE(decoder.next(input) == Step::head);
    decoder.release_memory();
    const std::string end = "0\r\n" + trailers;
    input = end;
    BOOST_CHECK(decoder.next(input) == (missing == 0 ? Step::end : Step::failed));
    BOOST_CHECK(decoder.error().code == (missing == 0 ? Error().code : ErrorCode::headers_too_large));
    BOOST_CHECK_EQUAL(decoder.error().http_status, missing == 0 ? 0 : 200);
  }
}

BOOST_AUTO_TEST_SUITE_END()
