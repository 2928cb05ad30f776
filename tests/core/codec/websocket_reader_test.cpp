#include "codec/websocket_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "core/codec/websocket_outcome.hpp"

namespace {

using namespace ppn;
using namespace ppn::test;
using namespace std::string_literals;

using Items = std::vector<std::string>;

// However the input is cut, and whether or not the sink stops at each item.
WebSocketOutcome check_cuts(std::string_view input, const WebSocketInput& how = {}) {
  const WebSocketOutcome whole = read_frames({input}, how);
  WebSocketInput stopping = how;
  stopping.stop_at_each_item = true;
  BOOST_CHECK(read_frames({input}, stopping) == whole);
  for_each_cut(input, [&](const Pieces& pieces) {
    BOOST_CHECK(read_frames(pieces, how) == whole);
    BOOST_CHECK(read_frames(pieces, stopping) == whole);
  });
  return whole;
}

void check_items(std::string_view input, const Items& items, const WebSocketInput& how = {}) {
  const WebSocketOutcome outcome = check_cuts(input, how);
  BOOST_CHECK_EQUAL_COLLECTIONS(outcome.items.begin(), outcome.items.end(), items.begin(), items.end());
  BOOST_CHECK_EQUAL(outcome.close_code, 0);
  BOOST_CHECK(outcome.idle || outcome.closed);
}

void check_fails(std::string_view input, int close_code, ErrorCode code, const Items& before = {},
                 const WebSocketInput& how = {}) {
  const WebSocketOutcome outcome = check_cuts(input, how);
  BOOST_CHECK_EQUAL(outcome.close_code, close_code);
  BOOST_CHECK_EQUAL(describe(outcome.code).name, describe(code).name);
  BOOST_CHECK(!outcome.text.empty());
  BOOST_CHECK(!outcome.idle && !outcome.closed);
  BOOST_CHECK_EQUAL_COLLECTIONS(outcome.items.begin(), outcome.items.end(), before.begin(), before.end());
}

void check_breaks_protocol(std::string_view input, const Items& before = {}, const WebSocketInput& how = {}) {
  check_fails(input, 1002, ErrorCode::ws_protocol, before, how);
}

void check_not_utf8(std::string_view input, const Items& before = {}) {
  check_fails(input, 1007, ErrorCode::ws_invalid_utf8, before);
}

struct Views final : WebSocketSink {
  std::vector<std::string_view> seen;
  bool on_message(WebSocketMessageType, std::string_view data) override {
    seen.push_back(data);
    return true;
  }
  bool on_ping(std::string_view) override { return true; }
  bool on_pong(std::string_view) override { return true; }
  bool on_close(std::uint16_t, std::string_view) override { return true; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_reader)

// RFC 6455 5.7, the examples of a server.
BOOST_AUTO_TEST_CASE(examples_of_the_rfc_are_read) {
  check_items("\x81\x05Hello", {"text:Hello"});
  check_items("\x01\x03Hel\x80\x02lo", {"text:Hello"});
  check_items("\x89\x05Hello\x8A\x05Hello", {"ping:Hello", "pong:Hello"});
  check_items("\x82\x7E\x01\x00"s + std::string(256, 'b'), {"binary:" + std::string(256, 'b')});
  check_items("\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s + std::string(65536, 'b'),
              {"binary:" + std::string(65536, 'b')});
}

BOOST_AUTO_TEST_CASE(lengths_around_each_form_are_read) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U}) {
    const std::string data(size, 'x');
    check_items(server_frame(kFin | kBinary, data) + server_frame(kFin | kText, "next"),
                {"binary:" + data, "text:next"});
  }
}

// RFC 6455 5.4, 5.5.
BOOST_AUTO_TEST_CASE(control_frames_come_between_fragments) {
  check_items(server_frame(kText, "a") + server_frame(kFin | kPing, "p") + server_frame(kContinuation, "") +
                  server_frame(kFin | kPong, "") + server_frame(kFin | kContinuation, "b") +
                  server_frame(kFin | kText, "c"),
              {"ping:p", "pong:", "text:ab", "text:c"});
}

BOOST_AUTO_TEST_CASE(empty_frames_are_messages) {
  check_items(server_frame(kFin | kText, "") + server_frame(kFin | kBinary, ""), {"text:", "binary:"});
  check_items(server_frame(kText, "") + server_frame(kContinuation, "") + server_frame(kFin | kContinuation, ""),
              {"text:"});
  check_items(server_frame(kBinary, "") + server_frame(kFin | kContinuation, "x"), {"binary:x"});
}

BOOST_AUTO_TEST_CASE(control_frame_holds_125_bytes) {
  const std::string payload(125, 'p');
  check_items(server_frame(kFin | kPing, payload), {"ping:" + payload});
}

// RFC 6455 5.2: RSV1, RSV2, RSV3.
BOOST_AUTO_TEST_CASE(reserved_bit_breaks_the_protocol) {
  for (const unsigned bit : {0x40U, 0x20U, 0x10U}) {
    for (const unsigned opcode : {kText, kBinary, kClose, kPing, kPong}) {
      check_breaks_protocol(server_frame(kFin | kText, "before") + server_frame(kFin | bit | opcode, ""),
                            {"text:before"});
    }
    check_breaks_protocol(server_frame(kText, "") + server_frame(kFin | bit | kContinuation, ""));
  }
}

// RFC 7692 6.1: RSV1 marks the first frame of a message, and no control frame.
BOOST_AUTO_TEST_CASE(reserved_bit_of_an_extension_stands_at_the_begin_of_a_message_only) {
  WebSocketInput deflate;
  deflate.deflate = DeflateParameters();
  for (const unsigned opcode : {kClose, kPing, kPong}) {
    check_breaks_protocol(server_frame(kFin | kRsv1 | opcode, ""), {}, deflate);
  }
  check_breaks_protocol(server_frame(kText, "") + server_frame(kFin | kRsv1 | kContinuation, ""), {}, deflate);
  check_breaks_protocol(server_frame(kFin | 0x20U | kText, ""), {}, deflate);
  check_breaks_protocol(server_frame(kFin | kRsv1 | 0x10U | kText, ""), {}, deflate);
}

// RFC 6455 5.2, 11.8.
BOOST_AUTO_TEST_CASE(reserved_opcode_breaks_the_protocol) {
  for (const unsigned opcode : {0x3U, 0x4U, 0x5U, 0x6U, 0x7U, 0xBU, 0xCU, 0xDU, 0xEU, 0xFU}) {
    check_breaks_protocol(server_frame(kFin | opcode, ""));
    check_breaks_protocol(server_frame(kText, "a") + server_frame(opcode, ""));
  }
}

// RFC 6455 5.1.
BOOST_AUTO_TEST_CASE(masked_frame_breaks_the_protocol) {
  check_breaks_protocol("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
  check_breaks_protocol("\x89\x80\x00\x00\x00\x00"s);
}

// RFC 6455 5.5.
BOOST_AUTO_TEST_CASE(fragmented_or_long_control_frame_breaks_the_protocol) {
  for (const unsigned opcode : {kClose, kPing, kPong}) {
    check_breaks_protocol(server_frame(opcode, ""));
    check_breaks_protocol(server_frame(kFin | opcode, std::string(126, 'p')));
    check_breaks_protocol(server_frame(kFin | opcode, std::string(70000, 'p')).substr(0, 300));
  }
}

// RFC 6455 5.2: the minimal number of bytes, and a most significant bit of 0.
BOOST_AUTO_TEST_CASE(length_that_is_not_the_shortest_breaks_the_protocol) {
  check_breaks_protocol("\x82\x7E\x00\x00"s);
  check_breaks_protocol("\x82\x7E\x00\x7D"s + std::string(125, 'x'));
  check_breaks_protocol("\x82\x7F\x00\x00\x00\x00\x00\x00\x00\x00"s);
  check_breaks_protocol("\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF"s + std::string(70000, 'x'));
  check_breaks_protocol("\x82\x7F\x80\x00\x00\x00\x00\x00\x00\x00"s);
  check_breaks_protocol("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
}

// RFC 6455 5.4.
BOOST_AUTO_TEST_CASE(fragments_out_of_order_break_the_protocol) {
  check_breaks_protocol(server_frame(kFin | kContinuation, "a"));
  check_breaks_protocol(server_frame(kContinuation, "a"));
  check_breaks_protocol(server_frame(kFin | kText, "a") + server_frame(kFin | kContinuation, "b"), {"text:a"});
  check_breaks_protocol(server_frame(kText, "a") + server_frame(kFin | kText, "b"));
  check_breaks_protocol(server_frame(kBinary, "") + server_frame(kBinary, "b"));
}

BOOST_AUTO_TEST_CASE(faults_of_the_first_bytes_are_found_with_them) {
  const auto fails_at = [](std::string_view input) {
    return read_frames({input}).close_code == 1002 && read_frames({input.substr(0, input.size() - 1)}).close_code == 0;
  };
  BOOST_CHECK(fails_at("\xC1"));       // RSV1
  BOOST_CHECK(fails_at("\x83"));       // opcode
  BOOST_CHECK(fails_at("\x09"));       // fragmented ping
  BOOST_CHECK(fails_at("\x80"));       // nothing to continue
  BOOST_CHECK(fails_at("\x81\x80"s));  // masked
  BOOST_CHECK(fails_at("\x89\x7E"));   // long ping
  BOOST_CHECK(fails_at("\x88\x01"));   // half a code
  BOOST_CHECK(fails_at("\x01\x01x\x81"));
}

// RFC 6455 5.6, 8.1.
BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_fails_with_the_byte_that_breaks_it) {
  const auto announced = [](std::string_view text) {
    return "\x81\x7E\x10\x00"s + std::string(text);  // 4096 bytes are to come
  };
  for (const std::string_view bad :
       {"\xC0", "\xFF", "\x80", "ab\xED\xA0", "\xF4\x90", "\xE2\x82\x41", "\xCE\xBA\xE1\xBD\xB9\xCF\xFF"}) {
    check_not_utf8(announced(bad));
    BOOST_CHECK_EQUAL(read_frames({announced(bad.substr(0, bad.size() - 1))}).close_code, 0);
    check_not_utf8(server_frame(kFin | kText, bad));
    check_not_utf8(server_frame(kText, "ok") + server_frame(kFin | kContinuation, bad));
  }
}

BOOST_AUTO_TEST_CASE(character_may_be_split_over_fragments) {
  const std::string text = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xF0\x9F\x98\x80";
  std::string frames = server_frame(kText, "");
  for (const char c : text) frames += server_frame(kContinuation, std::string(1, c)) + server_frame(kFin | kPing, "");
  Items items(text.size(), "ping:");
  items.push_back("text:" + text);
  check_items(frames + server_frame(kFin | kContinuation, ""), items);
}

BOOST_AUTO_TEST_CASE(text_that_ends_inside_a_character_is_not_utf8) {
  check_not_utf8(server_frame(kFin | kText, "a\xE2\x82"));
  check_not_utf8(server_frame(kText, "\xF0\x9F\x98") + server_frame(kFin | kContinuation, ""));
  check_not_utf8(server_frame(kText, "\xC3") + server_frame(kFin | kContinuation, "") +
                 server_frame(kFin | kText, "\xA9"));
}

BOOST_AUTO_TEST_CASE(binary_and_control_frames_hold_any_bytes) {
  check_items(server_frame(kFin | kBinary, "\xFF\xC0") + server_frame(kFin | kPing, "\xFF") +
                  server_frame(kFin | kPong, "\xC3"),
              {"binary:\xFF\xC0", "ping:\xFF", "pong:\xC3"});
}

// RFC 6455 5.5.1, 7.1.5, 7.4.
BOOST_AUTO_TEST_CASE(close_frames_are_read) {
  check_items(server_frame(kFin | kClose, ""), {"close:1005:"});
  check_items(server_frame(kFin | kClose, "\x03\xE8"), {"close:1000:"});
  check_items(server_frame(kFin | kClose, "\x0F\xA0gr\xC3\xBC\xC3\x9F"), {"close:4000:gr\xC3\xBC\xC3\x9F"});
  check_items(server_frame(kFin | kClose, "\x03\xE9" + std::string(123, 'r')), {"close:1001:" + std::string(123, 'r')});
}

BOOST_AUTO_TEST_CASE(wrong_close_frames_fail) {
  check_breaks_protocol(server_frame(kFin | kClose, "\x03"));
  check_breaks_protocol(server_frame(kFin | kClose, "\x00\x00"s));
  check_breaks_protocol(server_frame(kFin | kClose, "\x03\xED"));  // 1005
  check_breaks_protocol(server_frame(kFin | kClose, "\x03\xEE"));  // 1006
  check_breaks_protocol(server_frame(kFin | kClose, "\x07\xD0"));  // 2000
  check_breaks_protocol(server_frame(kFin | kClose, "\xFF\xFF"));
  check_not_utf8(server_frame(kFin | kClose, "\x03\xE8\xCE\xBA\xFF"));
  check_not_utf8(server_frame(kFin | kClose, "\x03\xE8\xE2\x82"));
}

BOOST_AUTO_TEST_CASE(nothing_is_read_after_a_close_frame) {
  check_items(server_frame(kText, "cut off") + server_frame(kFin | kClose, "\x03\xE8") +
                  server_frame(kFin | kText, "late") + "\xFF\xFF",
              {"close:1000:"});
  WebSocketReader reader;
  Views views;
  std::string_view input("\x88\x00\xFF\xFF\xFF", 5);
  BOOST_CHECK(reader.feed(input, views) == WebSocketReader::Step::closed);
  BOOST_CHECK(input.empty());
  input = "\x81\x01x";
  BOOST_CHECK(reader.feed(input, views) == WebSocketReader::Step::closed);
  BOOST_CHECK(input.empty() && views.seen.empty());
}

BOOST_AUTO_TEST_CASE(message_above_the_limit_fails_with_the_header_that_announces_it) {
  WebSocketInput ten;
  ten.limits.message_bytes = 10;
  const auto check_too_big = [&ten](std::string_view input, const Items& before = {}) {
    check_fails(input, 1009, ErrorCode::ws_message_too_big, before, ten);
  };
  check_items(server_frame(kFin | kText, "0123456789") + server_frame(kBinary, "01234") +
                  server_frame(kFin | kContinuation, "56789"),
              {"text:0123456789", "binary:0123456789"}, ten);
  check_too_big("\x81\x0B");
  check_too_big("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
  check_too_big(server_frame(kFin | kText, "fits") + "\x81\x7E\x01\x00"s, {"text:fits"});
  check_too_big(server_frame(kBinary, "01234") + "\x80\x06");
  check_too_big(server_frame(kBinary, "0123456789") + server_frame(kContinuation, "") + "\x00\x01"s);
}

BOOST_AUTO_TEST_CASE(limit_of_16_mib_is_the_default) {
  BOOST_CHECK_EQUAL(read_frames({"\x82\x7F\x00\x00\x00\x00\x01\x00\x00\x00"s}).close_code, 0);
  BOOST_CHECK_EQUAL(read_frames({"\x82\x7F\x00\x00\x00\x00\x01\x00\x00\x01"s}).close_code, 1009);
}

BOOST_AUTO_TEST_CASE(announced_length_takes_no_memory) {
  WebSocketReader reader({std::size_t{4} << 30});
  Views views;
  std::string_view input("\x82\x7F\x00\x00\x00\x00\x80\x00\x00\x00", 10);  // 2 GiB
  BOOST_CHECK(reader.feed(input, views) == WebSocketReader::Step::need_input);
  BOOST_CHECK_LT(reader.held_bytes(), 100);
  const std::string arrived(100'000, 'x');
  input = arrived;
  BOOST_CHECK(reader.feed(input, views) == WebSocketReader::Step::need_input);
  BOOST_CHECK_LE(reader.held_bytes(), 2 * arrived.size());
  BOOST_CHECK(!reader.idle());
}

BOOST_AUTO_TEST_CASE(memory_of_a_large_message_is_given_back) {
  WebSocketReader reader;
  Views views;
  const std::string frames = server_frame(kBinary, std::string(100'000, 'x')) + server_frame(kFin | kContinuation, "");
  std::string_view input = frames;
  BOOST_CHECK(reader.feed(input, views) == WebSocketReader::Step::need_input);
  BOOST_CHECK_EQUAL(views.seen.size(), 1);
  BOOST_CHECK_LT(reader.held_bytes(), 100);
  BOOST_CHECK(reader.idle());
}

BOOST_AUTO_TEST_CASE(whole_message_is_a_view_into_the_input) {
  WebSocketReader reader;
  Views views;
  const std::string frames = server_frame(kFin | kText, "one") + server_frame(kFin | kBinary, std::string(300, 'x'));
  std::string_view input = frames;
  BOOST_CHECK(reader.feed(input, views) == WebSocketReader::Step::need_input);
  BOOST_REQUIRE_EQUAL(views.seen.size(), 2);
  BOOST_CHECK(views.seen[0].data() == frames.data() + 2);
  BOOST_CHECK(views.seen[1].data() == frames.data() + 5 + 4);
}

BOOST_AUTO_TEST_CASE(sink_that_wants_no_more_leaves_the_rest_of_the_input) {
  struct Once final : WebSocketSink {
    int items = 0;
    bool on_message(WebSocketMessageType, std::string_view) override { return ++items != 1; }
    bool on_ping(std::string_view) override { return ++items != 2; }
    bool on_pong(std::string_view) override { return ++items != 3; }
    bool on_close(std::uint16_t, std::string_view) override { return ++items != 4; }
  } sink;
  WebSocketReader reader;
  const std::string frames = server_frame(kFin | kText, "a") + server_frame(kFin | kPing, "") +
                             server_frame(kFin | kPong, "") + server_frame(kFin | kClose, "");
  std::string_view input = frames;
  for (const std::size_t left : {6U, 4U, 2U}) {
    BOOST_CHECK(reader.feed(input, sink) == WebSocketReader::Step::stopped);
    BOOST_CHECK_EQUAL(input.size(), left);
    BOOST_CHECK(reader.idle());
  }
  BOOST_CHECK(reader.feed(input, sink) == WebSocketReader::Step::closed);
  BOOST_CHECK_EQUAL(sink.items, 4);
}

BOOST_AUTO_TEST_CASE(reader_knows_whether_something_is_under_way) {
  const auto idle_after = [](std::string_view input) { return read_frames({input}).idle; };
  BOOST_CHECK(idle_after(""));
  BOOST_CHECK(!idle_after("\x81"));
  BOOST_CHECK(!idle_after("\x81\x01"));
  BOOST_CHECK(idle_after("\x81\x01x"));
  BOOST_CHECK(!idle_after("\x01\x01x"));  // the rest of the message is to come
  BOOST_CHECK(!idle_after("\x01\x01x\x89\x01p"));
  BOOST_CHECK(!idle_after("\x89\x01"));
  BOOST_CHECK(idle_after("\x89\x01p"));
}

BOOST_AUTO_TEST_CASE(missing_memory_fails_with_1011) {
  struct NoMemory final : WebSocketSink {
    bool on_message(WebSocketMessageType, std::string_view) override { throw std::bad_alloc(); }
    bool on_ping(std::string_view) override { return true; }
    bool on_pong(std::string_view) override { return true; }
    bool on_close(std::uint16_t, std::string_view) override { return true; }
  } sink;
  WebSocketReader reader;
  std::string_view input = "\x81\x01x";
  BOOST_CHECK(reader.feed(input, sink) == WebSocketReader::Step::failed);
  BOOST_CHECK_EQUAL(reader.problem().close_code, 1011);
  BOOST_CHECK(reader.problem().code == ErrorCode::out_of_memory);
  BOOST_CHECK(reader.feed(input, sink) == WebSocketReader::Step::failed);
}

BOOST_AUTO_TEST_CASE(random_messages_in_random_fragments_come_back) {
  std::mt19937 random(6455);
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  const std::vector<std::string> letters = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", std::string(1, '\0')};
  for (int round = 0; round < 300; ++round) {
    std::string frames;
    Items items;
    for (std::size_t message = below(4); message != 0; --message) {
      const bool text = below(2) == 0;
      std::string data;
      for (std::size_t size = below(round % 10 == 0 ? 70'000 : 300); data.size() < size;) {
        data += text ? letters[below(letters.size())] : std::string(1, static_cast<char>(below(256)));
      }
      std::string_view rest = data;
      bool first = true;
      for (std::size_t more = below(4); more != 0; --more, first = false) {
        const std::size_t size = below(rest.size() + 1);
        frames += server_frame(first ? (text ? kText : kBinary) : kContinuation, rest.substr(0, size));
        rest.remove_prefix(size);
        if (below(3) != 0) continue;
        frames += server_frame(kFin | kPing, "p");
        items.push_back("ping:p");
      }
      frames += server_frame(kFin | (first ? (text ? kText : kBinary) : kContinuation), rest);
      items.push_back((text ? "text:" : "binary:") + data);
    }
    Pieces pieces;
    for (std::string_view rest = frames; !rest.empty();) {
      pieces.push_back(rest.substr(0, below(200) + 1));
      rest.remove_prefix(pieces.back().size());
    }
    const WebSocketOutcome outcome = read_frames(pieces);
    BOOST_TEST_INFO("round " << round);
    BOOST_REQUIRE(outcome.items == items && outcome.idle && outcome.close_code == 0);
    BOOST_REQUIRE(read_frames({frames}) == outcome);
  }
}

BOOST_AUTO_TEST_SUITE_END()
