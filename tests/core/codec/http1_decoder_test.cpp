#include <boost/test/unit_test.hpp>

#include "core/codec/http1_outcome.hpp"

namespace {

using namespace ppn;
using namespace ppn::test;
using Step = Http1Decoder::Step;

std::string with_fields(std::size_t count) {
  std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (std::size_t i = 1; i < count; ++i) text += "X-" + std::to_string(i) + ": v\r\n";
  return text + "\r\n";
}

std::string chunked(const std::string& framing) {
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framing;
}

Http1Outcome decode_with(const Http1Limits& limits, std::string_view input) {
  Http1Decoder decoder(limits);
  return decode(decoder, {input});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http1_decoder)

BOOST_AUTO_TEST_CASE(body_is_a_slice_of_the_input) {
  const std::string input = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  Http1Decoder decoder;
  decoder.begin(false);
  std::string_view rest = input;
  BOOST_REQUIRE(decoder.next(rest) == Step::head);
  BOOST_CHECK_EQUAL(decoder.head().reason, "OK");
  BOOST_CHECK_EQUAL(decoder.content_length().value(), 5U);
  BOOST_REQUIRE(decoder.next(rest) == Step::data);
  BOOST_CHECK(decoder.data().data() == input.data() + input.size() - 5);
  BOOST_CHECK(decoder.next(rest) == Step::end);
  BOOST_CHECK(decoder.keep_alive());
  BOOST_CHECK_EQUAL(decoder.body_bytes(), 5U);
}

BOOST_AUTO_TEST_CASE(bytes_after_the_end_stay_in_the_input) {
  const Http1Outcome outcome = decode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n");
  BOOST_CHECK_EQUAL(outcome.body, "ok");
  BOOST_CHECK_EQUAL(outcome.left_over, "HTTP/1.1 500 No\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(switch_of_protocols_that_was_asked_for_hands_over_the_rest) {
  const std::string head =
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
  for (std::size_t cut = 1; cut <= head.size(); ++cut) {
    Http1Decoder decoder;
    decoder.begin(false, true);
    std::string_view first = std::string_view(head).substr(0, cut);
    Step step = decoder.next(first);
    while (step == Step::interim) step = decoder.next(first);
    const std::string rest = head.substr(cut) + "\x81\x02hi";
    std::string_view second = rest;
    while (step == Step::need_input || step == Step::interim) step = decoder.next(second);
    BOOST_REQUIRE(step == Step::head);
    BOOST_CHECK_EQUAL(decoder.head().status, 101);
    BOOST_CHECK(decoder.next(second) == Step::end);
    BOOST_CHECK_EQUAL(second, "\x81\x02hi");
    BOOST_CHECK(!decoder.keep_alive());
  }
}

BOOST_AUTO_TEST_CASE(pipelined_responses_are_read_one_after_another) {
  std::string_view input =
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 404 No\r\nTransfer-Encoding: "
      "chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n";
  Http1Decoder decoder;
  decoder.begin(false);
  BOOST_CHECK(decoder.next(input) == Step::head);
  BOOST_CHECK(decoder.next(input) == Step::data);
  BOOST_CHECK(decoder.next(input) == Step::end);
  BOOST_CHECK(decoder.next(input) == Step::end);
  decoder.begin(false);
  BOOST_CHECK(!decoder.started());
  BOOST_CHECK(decoder.next(input) == Step::head);
  BOOST_CHECK(decoder.started());
  BOOST_CHECK_EQUAL(decoder.head().status, 404);
  BOOST_CHECK(decoder.next(input) == Step::data);
  BOOST_CHECK_EQUAL(decoder.data(), "b");
  BOOST_CHECK(decoder.next(input) == Step::end);
  BOOST_CHECK(input.empty());
}

BOOST_AUTO_TEST_CASE(interim_responses_come_before_the_response) {
  std::string_view input = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  Http1Decoder decoder;
  decoder.begin(false);
  BOOST_REQUIRE(decoder.next(input) == Step::interim);
  BOOST_CHECK_EQUAL(decoder.head().status, 103);
  BOOST_CHECK_EQUAL(decoder.head().headers.find("link").value(), "</a>");
  BOOST_REQUIRE(decoder.next(input) == Step::head);
  BOOST_CHECK_EQUAL(decoder.head().status, 200);
  BOOST_CHECK(!decoder.head().headers.contains("link"));
  BOOST_CHECK(decoder.next(input) == Step::end);
}

BOOST_AUTO_TEST_CASE(sixteen_interim_responses_pass_and_one_more_fails) {
  std::string interim;
  for (int i = 0; i < 16; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  const std::string last = "HTTP/1.1 204 No Content\r\n\r\n";
  BOOST_CHECK(decode(interim + last).complete);
  BOOST_CHECK_EQUAL(decode(interim + last).interim, 16);
  BOOST_CHECK(decode(interim + "HTTP/1.1 100 Continue\r\n\r\n" + last).code == ErrorCode::http_protocol);
}

BOOST_AUTO_TEST_CASE(switching_protocols_unasked_fails) {
  const auto outcome = decode("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
  BOOST_CHECK(outcome.code == ErrorCode::http_protocol);
  BOOST_CHECK(outcome.phase == Phase::first_byte);
}

BOOST_AUTO_TEST_CASE(close_before_the_first_byte_is_a_closed_connection) {
  const auto outcome = decode("", false, After::close);
  BOOST_CHECK(outcome.code == ErrorCode::connection_closed);
  BOOST_CHECK(outcome.phase == Phase::first_byte);
}

BOOST_AUTO_TEST_CASE(close_within_a_head_is_a_protocol_error) {
  for (const std::string_view head : {"H", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r",
                                      "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP"}) {
    BOOST_CHECK(decode(head, false, After::close).code == ErrorCode::http_protocol);
  }
}

BOOST_AUTO_TEST_CASE(body_shorter_than_content_length_is_truncated) {
  Http1Decoder decoder;
  const auto outcome = decode(decoder, {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"}, false, After::close);
  BOOST_CHECK(outcome.code == ErrorCode::body_truncated);
  BOOST_CHECK(outcome.phase == Phase::body);
  BOOST_CHECK_EQUAL(outcome.message, "the body ended after 5 of 10 bytes");
  BOOST_CHECK_EQUAL(decoder.error().received_bytes, 5U);
  BOOST_CHECK_EQUAL(decoder.error().http_status, 200);
  BOOST_CHECK(!decoder.keep_alive());
}

BOOST_AUTO_TEST_CASE(chunked_body_without_last_chunk_is_truncated) {
  for (const std::string framing : {"", "5", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n",
                                    "5\r\nhello\r\n0\r\nX: 1\r\n", "5\r\nhello\r\n0\r\n\r"}) {
    BOOST_CHECK(decode(chunked(framing), false, After::close).code == ErrorCode::body_truncated);
  }
}

BOOST_AUTO_TEST_CASE(body_without_framing_ends_with_the_connection) {
  Http1Decoder decoder;
  const auto outcome = decode(decoder, {"HTTP/1.1 200 OK\r\n\r\nab", "cd"}, false, After::close);
  BOOST_CHECK(outcome.complete);
  BOOST_CHECK_EQUAL(outcome.body, "abcd");
  BOOST_CHECK(decoder.close_delimited());
  BOOST_CHECK(!decoder.keep_alive());
  BOOST_CHECK(!decoder.content_length().has_value());
}

BOOST_AUTO_TEST_CASE(close_after_a_complete_message_is_an_end) {
  BOOST_CHECK(decode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, After::close).complete);
}

BOOST_AUTO_TEST_CASE(folds_become_one_space) {
  const auto outcome = decode("HTTP/1.1 204 No\r\nA: one \t\r\n \t two\r\n\tthree\r\nB:\r\n x\r\nC: last\r\n\r\n");
  BOOST_REQUIRE(outcome.complete);
  BOOST_REQUIRE_EQUAL(outcome.headers.size(), 3U);
  BOOST_CHECK_EQUAL(outcome.headers[0].second, "one two three");
  BOOST_CHECK_EQUAL(outcome.headers[1].second, "x");
  BOOST_CHECK_EQUAL(outcome.headers[2].second, "last");
}

BOOST_AUTO_TEST_CASE(folds_that_could_hide_something_fail) {
  for (const std::string_view lines : {" A: 1\r\n", "A: 1\r\n \t\r\n", "Content-Length:\r\n 5\r\n",
                                       "transfer-encoding: chunked\r\n , x\r\n", "A: 1\r\n b\x01\r\n"}) {
    const auto outcome = decode("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n");
    BOOST_CHECK(outcome.code == ErrorCode::http_protocol);
  }
}

BOOST_AUTO_TEST_CASE(lengths_that_contradict_each_other_fail) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string_view lines :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n", "Content-Length: 5,\r\n",
        "Content-Length:\r\n", "Content-Length: 5 5\r\n", "Content-Length: -1\r\n", "Content-Length: 1.0\r\n",
        "Content-Length: 9223372036854775808\r\n", "Content-Length: 18446744073709551621\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked;q=1\r\n"}) {
    BOOST_TEST_CONTEXT(lines) {
      const auto outcome = decode(ok + std::string(lines) + "\r\nhello");
      BOOST_CHECK(outcome.code == ErrorCode::http_protocol);
      BOOST_CHECK(outcome.phase == Phase::first_byte);
    }
  }
}

BOOST_AUTO_TEST_CASE(equal_lengths_are_one_length) {
  for (const std::string_view lines : {"Content-Length: 5\r\nContent-Length: 05\r\n", "Content-Length: 5, 5\r\n"}) {
    BOOST_CHECK_EQUAL(decode("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\nhello").body, "hello");
  }
}

BOOST_AUTO_TEST_CASE(largest_length_is_taken) {
  Http1Decoder decoder;
  decoder.begin(false);
  std::string_view input = "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n";
  BOOST_REQUIRE(decoder.next(input) == Step::head);
  BOOST_CHECK_EQUAL(decoder.content_length().value(), 9223372036854775807U);
}

BOOST_AUTO_TEST_CASE(answers_to_head_have_no_body) {
  const auto outcome = decode("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true);
  BOOST_CHECK(outcome.complete);
  BOOST_CHECK(outcome.reusable);
  BOOST_CHECK(!decode("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", true).reusable);
}

BOOST_AUTO_TEST_CASE(statuses_without_content_have_no_body) {
  for (const std::string_view status : {"204 No Content", "304 Not Modified"}) {
    const auto outcome = decode("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 5\r\n\r\n");
    BOOST_CHECK(outcome.complete);
    BOOST_CHECK(outcome.reusable);
  }
}

BOOST_AUTO_TEST_CASE(persistence_follows_version_and_connection_options) {
  const auto reusable = [](const std::string& version, const std::string& lines) {
    return decode(version + " 200 OK\r\nContent-Length: 0\r\n" + lines + "\r\n").reusable;
  };
  BOOST_CHECK(reusable("HTTP/1.1", ""));
  BOOST_CHECK(reusable("HTTP/1.2", ""));
  BOOST_CHECK(!reusable("HTTP/1.1", "Connection: foo , Close\r\n"));
  BOOST_CHECK(!reusable("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  BOOST_CHECK(reusable("HTTP/1.1", "Connection: closed\r\n"));
  BOOST_CHECK(!reusable("HTTP/1.0", ""));
  BOOST_CHECK(reusable("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  BOOST_CHECK(!reusable("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

BOOST_AUTO_TEST_CASE(other_protocols_fail_before_their_line_ends) {
  Http1Decoder decoder;
  for (const std::string_view begin : {"SSH-2.0", "HTTP/2", "h", "\x15\x03\x01", "\r\n"}) {
    decoder.begin(false);
    std::string_view input = begin;
    BOOST_CHECK(decoder.next(input) == Step::failed);
    BOOST_CHECK(decoder.error().code == ErrorCode::http_protocol);
  }
}

BOOST_AUTO_TEST_CASE(status_line_may_end_after_the_code) {
  BOOST_CHECK_EQUAL(decode("HTTP/1.1 204\r\n\r\n").status, 204);
  BOOST_CHECK_EQUAL(decode("HTTP/1.1 204 \r\n\r\n").reason, "");
  BOOST_CHECK(decode("HTTP/1.1 204x\r\n\r\n").failed);
}

BOOST_AUTO_TEST_CASE(number_of_fields_is_limited) {
  BOOST_CHECK(decode(with_fields(500)).complete);
  BOOST_CHECK(decode(with_fields(501)).code == ErrorCode::headers_too_large);
}

BOOST_AUTO_TEST_CASE(trailers_count_among_the_fields) {
  Http1Limits limits;
  limits.fields = 3;
  BOOST_CHECK(decode_with(limits, chunked("0\r\nA: 1\r\nB: 2\r\n\r\n")).complete);
  BOOST_CHECK(decode_with(limits, chunked("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n")).code == ErrorCode::headers_too_large);
}

BOOST_AUTO_TEST_CASE(trailers_count_after_the_head_was_taken) {
  Http1Limits limits;
  limits.fields = 2;
  const std::string input = chunked("0\r\nA: 1\r\nB: 2\r\n\r\n");
  Http1Decoder decoder(limits);
  decoder.begin(false);
  std::string_view rest = input;
  BOOST_REQUIRE(decoder.next(rest) == Step::head);
  BOOST_CHECK_EQUAL(decoder.take_head().headers.size(), 1U);
  BOOST_CHECK(decoder.next(rest) == Step::failed);
  BOOST_CHECK(decoder.error().code == ErrorCode::headers_too_large);
}

BOOST_AUTO_TEST_CASE(length_of_a_line_is_limited) {
  Http1Limits limits;
  limits.line_bytes = 32;
  const std::string line = "A: " + std::string(27, 'v');  // 32 with CRLF
  BOOST_CHECK(decode_with(limits, "HTTP/1.1 204 No\r\n" + line + "\r\n\r\n").complete);
  BOOST_CHECK(decode_with(limits, "HTTP/1.1 204 No\r\n" + line + "v\r\n\r\n").code == ErrorCode::headers_too_large);
  // Also before the line ends: nobody has to send the rest.
  BOOST_CHECK(decode_with(limits, "HTTP/1.1 204 No\r\n" + line + "vvvv").code == ErrorCode::headers_too_large);
}

BOOST_AUTO_TEST_CASE(all_heads_of_a_response_share_one_budget) {
  const std::string interim = "HTTP/1.1 100 Go\r\n\r\n";
  const std::string last = "HTTP/1.1 204 No\r\n\r\n";
  Http1Limits limits;
  limits.head_bytes = static_cast<std::uint32_t>(interim.size() + last.size());
  BOOST_CHECK(decode_with(limits, interim + last).complete);
  limits.head_bytes -= 1;
  BOOST_CHECK(decode_with(limits, interim + last).code == ErrorCode::headers_too_large);
}

BOOST_AUTO_TEST_CASE(limit_that_is_met_first_is_named_however_the_input_is_cut) {
  Http1Limits limits;
  limits.line_bytes = 60;
  limits.head_bytes = 70;
  const std::string input = "HTTP/1.1 204 No\r\nA: " + std::string(80, 'v') + "\r\n\r\n";
  const Http1Outcome whole = decode_with(limits, input);
  BOOST_CHECK(whole.code == ErrorCode::headers_too_large);
  for_each_cut(input, [&](const Pieces& pieces) {
    Http1Decoder decoder(limits);
    BOOST_CHECK(decode(decoder, pieces) == whole);
  });
}

BOOST_AUTO_TEST_CASE(extensions_of_a_chunk_are_limited) {
  const auto with_extension = [](std::size_t size) {
    return chunked("1;" + std::string(size, 'x') + "\r\na\r\n1;" + std::string(size, 'y') + "\r\nb\r\n0\r\n\r\n");
  };
  BOOST_CHECK_EQUAL(decode(with_extension(1000)).body, "ab");
  BOOST_CHECK(decode(with_extension(1025)).code == ErrorCode::http_protocol);
}

BOOST_AUTO_TEST_CASE(chunk_sizes_outside_63_bits_fail) {
  for (const std::string size : {"8000000000000000", "FFFFFFFFFFFFFFFF", "10000000000000005", "00000000000000005"}) {
    BOOST_CHECK(decode(chunked(size + "\r\nhello\r\n0\r\n\r\n")).code == ErrorCode::http_protocol);
  }
  BOOST_CHECK_EQUAL(decode(chunked("0000000000000005\r\nhello\r\n0\r\n\r\n")).body, "hello");
}

BOOST_AUTO_TEST_CASE(bare_line_feeds_pass_only_when_asked_for) {
  const std::string input = "HTTP/1.1 200 OK\nContent-Length: 2\nA: b\n\nok";
  BOOST_CHECK(decode(input).code == ErrorCode::http_protocol);
  Http1Limits limits;
  limits.accept_bare_lf = true;
  const auto outcome = decode_with(limits, input);
  BOOST_CHECK_EQUAL(outcome.body, "ok");
  BOOST_CHECK_EQUAL(outcome.headers.at(1).second, "b");
}

BOOST_AUTO_TEST_CASE(trailers_are_kept_apart) {
  Http1Decoder decoder;
  const std::string input = chunked("1\r\na\r\n0\r\nX-T: 1\r\nContent-Length: 9\r\n\r\n");
  const auto outcome = decode(decoder, {input});
  BOOST_CHECK(outcome.complete);
  BOOST_CHECK_EQUAL(outcome.trailers.size(), 2U);
  BOOST_CHECK_EQUAL(outcome.headers.size(), 1U);
  BOOST_CHECK_EQUAL(outcome.trailers.at(0).first, "X-T");
  BOOST_CHECK_EQUAL(outcome.trailers.at(0).second, "1");
  BOOST_CHECK(decoder.take_trailers()->empty());  // they were taken
}

BOOST_AUTO_TEST_CASE(failure_is_final_until_the_next_response) {
  Http1Decoder decoder;
  decoder.begin(false);
  std::string_view bad = "nonsense\r\n";
  BOOST_CHECK(decoder.next(bad) == Step::failed);
  std::string_view good = "HTTP/1.1 204 No\r\n\r\n";
  BOOST_CHECK(decoder.next(good) == Step::failed);
  BOOST_CHECK(decoder.end_of_input() == Step::failed);
  decoder.begin(false);
  BOOST_CHECK(decoder.next(good) == Step::head);
}

BOOST_AUTO_TEST_CASE(messages_do_not_repeat_what_the_peer_sent) {
  for (const std::string_view lines : {"X-Secret: sk-12345\x01\r\n", "sk-12345 : x\r\n", "Content-Length: sk-12345\r\n",
                                       "Transfer-Encoding: sk-12345\r\n"}) {
    const auto outcome = decode("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n");
    BOOST_REQUIRE(outcome.failed);
    BOOST_CHECK(outcome.message.find("sk-12345") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
