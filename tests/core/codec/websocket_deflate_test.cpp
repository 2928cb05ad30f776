#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <random>

#include "codec/websocket_deflater.hpp"
#include "codec/websocket_inflater.hpp"
#include "core/codec/websocket_outcome.hpp"

namespace {

using namespace ppn;
using namespace ppn::test;
using namespace std::string_literals;

constexpr std::size_t kLimit = std::size_t{16} << 20;

// With context takeover unless said otherwise.
WebSocketInput deflate_input(const DeflateParameters& agreed = {}, std::size_t limit = kLimit) {
  WebSocketInput input;
  input.deflate = agreed;
  input.limits.message_bytes = limit;
  return input;
}

std::string compressed(WebSocketDeflater& deflater, std::string_view message) {
  std::string out;
  deflater.compress(message, true, out);
  return out;
}

std::string compressed(std::string_view message, int level = 1) {
  WebSocketDeflater deflater({}, level);
  return compressed(deflater, message);
}

// A deflater of another make: `flush` as zlib knows it, the tail removed when there is one.
std::string foreign_compressed(std::string_view message, int flush, int level = 6) {
  z_stream stream{};
  BOOST_REQUIRE_EQUAL(deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, message.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, flush);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (flush != Z_FINISH) out.resize(out.size() - 4);
  return out;
}

WebSocketOutcome check_cuts(std::string_view frames, const WebSocketInput& how) {
  const WebSocketOutcome whole = read_frames({frames}, how);
  for_each_cut(frames, [&](const Pieces& pieces) { BOOST_CHECK(read_frames(pieces, how) == whole); });
  return whole;
}

void check_items(std::string_view frames, const std::vector<std::string>& items,
                 const WebSocketInput& how = deflate_input()) {
  const WebSocketOutcome outcome = check_cuts(frames, how);
  BOOST_CHECK_EQUAL_COLLECTIONS(outcome.items.begin(), outcome.items.end(), items.begin(), items.end());
  BOOST_TEST_INFO(outcome.text);
  BOOST_CHECK(outcome.idle);
}

void check_fails(std::string_view frames, int close_code, ErrorCode code, const WebSocketInput& how = deflate_input()) {
  const WebSocketOutcome outcome = check_cuts(frames, how);
  BOOST_CHECK(outcome.items.empty());
  BOOST_CHECK_EQUAL(outcome.close_code, close_code);
  BOOST_CHECK_EQUAL(describe(outcome.code).name, describe(code).name);
}

// What a chat looks like: words that come again.
std::string prose(std::mt19937& random, std::size_t size) {
  const std::vector<std::string> words = {"{\"delta\":", "\"hello\"",          ",\"index\":", "0}",
                                          "\n",          "gr\xC3\xBC\xC3\x9F", "xyzzy"};
  std::string text;
  while (text.size() < size) text += words[random() % words.size()];
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_deflate)

// RFC 7692 7.2.3.1 to 7.2.3.5, byte for byte.
BOOST_AUTO_TEST_CASE(examples_of_the_rfc_are_read) {
  check_items("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"s, {"text:Hello"});
  check_items("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"s, {"text:Hello"});
  check_items("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"s,
              {"text:Hello", "text:Hello"});
  check_items("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00"s, {"text:Hello", "text:Hello"});
  check_items("\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s, {"text:Hello"});          // no compression
  check_items("\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s, {"text:Hello"});                      // BFINAL
  check_items("\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s, {"text:Hello"});  // two blocks
}

// RFC 7692 7.2.3.1, 7.2.3.2, 7.2.3.6.
BOOST_AUTO_TEST_CASE(examples_of_the_rfc_are_written) {
  WebSocketDeflater deflater({}, 6);
  BOOST_CHECK_EQUAL(compressed(deflater, "Hello"), "\xf2\x48\xcd\xc9\xc9\x07\x00"s);
  BOOST_CHECK_EQUAL(compressed(deflater, "Hello"), "\xf2\x00\x11\x00\x00"s);
  BOOST_CHECK_EQUAL(compressed(deflater, ""), "\0"s);
  BOOST_CHECK_EQUAL(compressed(deflater, ""), "\0"s);
  BOOST_CHECK_EQUAL(compressed(""), "\0"s);
}

BOOST_AUTO_TEST_CASE(context_is_taken_over_only_when_agreed) {
  // The second Hello of 7.2.3.2 refers to the first.
  const std::string frames = "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00"s;
  const WebSocketOutcome outcome = check_cuts(frames, deflate_input({false, true}));
  BOOST_CHECK(outcome.items == std::vector<std::string>{"text:Hello"});
  BOOST_CHECK_EQUAL(outcome.close_code, 1002);
  WebSocketDeflater without({true, false}, 1);
  const std::string first = compressed(without, "Hello");
  BOOST_CHECK_EQUAL(compressed(without, "Hello"), first);
}

BOOST_AUTO_TEST_CASE(empty_messages_are_read) {
  for (const bool no_context : {false, true}) {
    const std::string hello = server_frame(kFin | kRsv1 | kText, compressed("Hello"));
    check_items(hello + "\xc1\x01\x00"s + hello + "\xc2\x00"s + hello,
                {"text:Hello", "text:", "text:Hello", "binary:", "text:Hello"}, deflate_input({false, no_context}));
    check_items("\x41\x00\x00\x00\x80\x00"s + hello, {"text:", "text:Hello"}, deflate_input({false, no_context}));
  }
}

BOOST_AUTO_TEST_CASE(messages_that_are_not_compressed_stand_between_others) {
  WebSocketDeflater deflater({}, 1);
  const std::string first = server_frame(kFin | kRsv1 | kText, compressed(deflater, "again and again"));
  const std::string second = server_frame(kFin | kRsv1 | kText, compressed(deflater, "again and again"));
  check_items(first + server_frame(kFin | kText, "plain") + server_frame(kFin | kPing, "") + second,
              {"text:again and again", "text:plain", "ping:", "text:again and again"});
}

BOOST_AUTO_TEST_CASE(final_blocks_keep_the_context) {
  const std::string hello = "\xf3\x48\xcd\xc9\xc9\x07\x00"s;  // with BFINAL
  const std::string again = "\xf2\x00\x11\x00\x00"s;          // refers to it
  check_items(server_frame(kFin | kRsv1 | kText, hello + '\0') + server_frame(kFin | kRsv1 | kText, again),
              {"text:Hello", "text:Hello"});
  // Without the octet that completes the tail; some senders leave it out.
  check_items(server_frame(kFin | kRsv1 | kText, hello) + server_frame(kFin | kRsv1 | kText, again),
              {"text:Hello", "text:Hello"});
  check_items(server_frame(kFin | kRsv1 | kText, hello + again) + server_frame(kFin | kRsv1 | kText, again),
              {"text:HelloHello", "text:Hello"});
  check_items(server_frame(kFin | kRsv1 | kText, hello), {"text:Hello"}, deflate_input({false, true}));
}

BOOST_AUTO_TEST_CASE(message_that_ends_again_and_again_is_refused) {
  std::string ends;
  for (int i = 0; i < 1000; ++i) ends += "\x03\x00"s;  // an empty final block
  check_items(server_frame(kFin | kRsv1 | kText, ends + '\0'), {"text:"});
  check_fails(server_frame(kFin | kRsv1 | kText, ends + ends), 1002, ErrorCode::ws_protocol);
}

BOOST_AUTO_TEST_CASE(what_is_no_deflate_data_breaks_the_protocol) {
  for (const std::string& data :
       {"\x06"s, "\x07zzz"s, "\xFF\xFF\xFF"s, "\x00\x05\x00\x00\x00"s, "\xf2\x00\x11\x00\x00"s}) {
    check_fails(server_frame(kFin | kRsv1 | kText, data), 1002, ErrorCode::ws_protocol);
  }
}

BOOST_AUTO_TEST_CASE(message_that_ends_inside_a_block_breaks_the_protocol) {
  const std::string whole = compressed("Hello, this is longer than a few bytes");
  const std::string payload = compressed("Hello, this");
  // A sender that leaves the tail on: behind it another one is no block (RFC 7692 7.2.1).
  check_fails(server_frame(kFin | kRsv1 | kText, payload + "\x00\x00\xff\xff"s), 1002, ErrorCode::ws_protocol);
  for (std::size_t size = 1; size + 1 < whole.size(); ++size) {
    const WebSocketOutcome outcome =
        read_frames({server_frame(kFin | kRsv1 | kText, whole.substr(0, size))}, deflate_input());
    BOOST_CHECK_EQUAL(outcome.close_code, 1002);
  }
  check_fails(server_frame(kFin | kRsv1 | kBinary, "\x00\x05\x00\xfa\xff\x48\x65"s), 1002, ErrorCode::ws_protocol);
}

BOOST_AUTO_TEST_CASE(text_is_checked_after_inflating) {
  check_fails(server_frame(kFin | kRsv1 | kText, compressed("ab\xFF")), 1007, ErrorCode::ws_invalid_utf8);
  check_fails(server_frame(kFin | kRsv1 | kText, compressed("ab\xE2\x82")), 1007, ErrorCode::ws_invalid_utf8);
  check_items(server_frame(kFin | kRsv1 | kBinary, compressed("ab\xFF")), {"binary:ab\xFF"});
  // Found with the fragment that brings it, although the message goes on.
  WebSocketDeflater deflater({}, 1);
  std::string sent;
  deflater.compress(std::string(70'000, 'a') + "\xFF" + std::string(70'000, 'a'), true, sent);
  check_fails(server_frame(kRsv1 | kText, sent), 1007, ErrorCode::ws_invalid_utf8);
  const std::string split = compressed("\xE2\x82\xAC");
  check_items(server_frame(kRsv1 | kText, split.substr(0, 2)) + server_frame(kFin | kContinuation, split.substr(2)),
              {"text:\xE2\x82\xAC"});
}

BOOST_AUTO_TEST_CASE(limit_holds_after_inflating) {
  for (const std::size_t limit : {std::size_t{1}, std::size_t{100}, std::size_t{65'536}, std::size_t{100'000}}) {
    const WebSocketInput how = deflate_input({}, limit);
    check_items(server_frame(kFin | kRsv1 | kBinary, compressed(std::string(limit, 'x'))),
                {"binary:" + std::string(limit, 'x')}, how);
    check_fails(server_frame(kFin | kRsv1 | kBinary, compressed(std::string(limit + 1, 'x'))), 1009,
                ErrorCode::ws_message_too_big, how);
  }
}

BOOST_AUTO_TEST_CASE(message_that_does_not_shrink_may_be_as_large_as_its_limit) {
  std::mt19937 random(7692);
  std::string noise(100'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  const std::string stored = foreign_compressed(noise, Z_SYNC_FLUSH, 0);
  BOOST_REQUIRE_GT(stored.size(), noise.size());
  const WebSocketInput how = deflate_input({}, noise.size());
  BOOST_CHECK(read_frames({server_frame(kFin | kRsv1 | kBinary, stored)}, how).items == std::vector{"binary:" + noise});
  // Far larger is refused by what the header announces.
  check_fails("\xc2\x7f\x00\x00\x00\x00\x00\x02\x00\x00"s, 1009, ErrorCode::ws_message_too_big, how);
}

BOOST_AUTO_TEST_CASE(message_of_blocks_without_content_has_an_end) {
  std::string nothing;
  for (int i = 0; i < 100; ++i) nothing += "\x00\x00\x00\xff\xff"s;
  std::string frames = server_frame(kRsv1 | kText, nothing);
  for (int i = 0; i < 3; ++i) frames += server_frame(kContinuation, nothing);
  check_fails(frames, 1009, ErrorCode::ws_message_too_big, deflate_input({}, 100));
}

BOOST_AUTO_TEST_CASE(message_that_expands_a_thousand_times_is_refused) {
  const std::string bomb = compressed(std::string(12'000'000, '\0'), 6);
  BOOST_REQUIRE_LT(bomb.size(), 12'000);
  const auto is_refused = [&](const Pieces& pieces, std::size_t limit) {
    const WebSocketOutcome outcome = read_frames(pieces, deflate_input({}, limit));
    BOOST_CHECK(outcome.items.empty());
    BOOST_CHECK_EQUAL(outcome.close_code, 1009);
    BOOST_CHECK(outcome.code == ErrorCode::ws_message_too_big);
    return outcome;
  };
  const std::string frame = server_frame(kFin | kRsv1 | kBinary, bomb);
  const WebSocketOutcome whole = is_refused({frame}, kLimit);
  BOOST_CHECK(whole.text.find("1000 times") != std::string::npos);
  Pieces bytes;
  for (std::size_t i = 0; i < frame.size(); ++i) bytes.push_back(std::string_view(frame).substr(i, 1));
  BOOST_CHECK(is_refused(bytes, kLimit) == whole);
  BOOST_CHECK(is_refused({frame}, 1000).text.find("larger than allowed") != std::string::npos);
  // Up to 1 MiB any ratio goes.
  const std::string small(1'000'000, '\0');
  BOOST_CHECK(read_frames({server_frame(kFin | kRsv1 | kBinary, compressed(small, 6))}, deflate_input()).items ==
              std::vector{"binary:" + small});
}

BOOST_AUTO_TEST_CASE(one_call_appends_a_bounded_part) {
  const std::string bomb = compressed(std::string(900'000, '\0'), 6);
  WebSocketInflater inflater({}, kLimit);
  std::string_view input = bomb;
  std::string out;
  auto step = WebSocketInflater::Step::more;
  while (step == WebSocketInflater::Step::more) {
    const std::size_t before = out.size();
    step = input.empty() ? inflater.finish(out) : inflater.next(input, out);
    BOOST_REQUIRE_LE(out.size() - before, WebSocketInflater::kOutputStep);
    if (step == WebSocketInflater::Step::done && out.size() < 900'000) step = WebSocketInflater::Step::more;
  }
  BOOST_CHECK(out == std::string(900'000, '\0'));
}

// RFC 7692 7.2.3.4, by zlib itself.
BOOST_AUTO_TEST_CASE(messages_of_senders_that_finish_their_stream_are_read) {
  std::mt19937 random(4);
  const std::string message = prose(random, 50'000);
  check_items(server_frame(kFin | kRsv1 | kText, foreign_compressed(message, Z_FINISH) + '\0') +
                  server_frame(kFin | kRsv1 | kText, foreign_compressed(message, Z_FINISH)),
              {"text:" + message, "text:" + message});
  check_items(server_frame(kFin | kRsv1 | kText, foreign_compressed(message, Z_FULL_FLUSH)), {"text:" + message});
}

BOOST_AUTO_TEST_CASE(every_combination_of_parameters_comes_back) {
  std::mt19937 random(1951);
  for (const bool no_context : {false, true}) {
    for (int bits = 8; bits <= 15; ++bits) {
      for (const int level : {1, 3, 6}) {
        DeflateParameters agreed;
        agreed.client_no_context_takeover = agreed.server_no_context_takeover = no_context;
        agreed.client_max_window_bits = agreed.server_max_window_bits = bits;
        WebSocketDeflater deflater(agreed, level);
        std::string frames;
        std::vector<std::string> items;
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{5}, std::size_t{400}, std::size_t{40'000}, std::size_t{400}}) {
          const std::string message = prose(random, size);
          // In pieces of random size, each of which becomes a frame.
          std::string_view rest = message;
          unsigned opcode = kRsv1 | kText;
          while (true) {
            const std::string_view piece = rest.substr(0, random() % 10'000);
            rest.remove_prefix(piece.size());
            std::string payload;
            deflater.compress(piece, rest.empty(), payload);
            frames += server_frame(opcode | (rest.empty() ? kFin : 0), payload);
            opcode = kContinuation;
            if (rest.empty()) break;
          }
          items.push_back("text:" + message);
          if (no_context) BOOST_CHECK(!deflater.holds_stream());
        }
        BOOST_TEST_INFO("bits " << bits << " level " << level << " no context " << no_context);
        const WebSocketOutcome outcome = read_frames({frames}, deflate_input(agreed));
        BOOST_REQUIRE(outcome.items == items && outcome.idle);
        Pieces pieces;
        for (std::string_view rest = frames; !rest.empty(); rest.remove_prefix(pieces.back().size())) {
          pieces.push_back(rest.substr(0, random() % 100 + 1));
        }
        BOOST_REQUIRE(read_frames(pieces, deflate_input(agreed)) == outcome);
      }
    }
  }
}

// A window of 256 bytes: nothing may refer further back, although zlib has no such window itself.
BOOST_AUTO_TEST_CASE(window_of_8_bits_is_kept_to) {
  std::mt19937 random(8);
  DeflateParameters agreed;
  agreed.client_max_window_bits = agreed.server_max_window_bits = 8;
  const std::string part = prose(random, 200) + prose(random, 300);
  std::string message;
  for (int i = 0; i < 20; ++i) message += part;  // repeats at a distance above 256
  message += std::string(5000, '=');
  WebSocketDeflater deflater(agreed, 6);
  std::string sent;
  deflater.compress(message, true, sent);
  BOOST_CHECK_LT(sent.size(), message.size());
  z_stream strict{};
  BOOST_REQUIRE_EQUAL(inflateInit2(&strict, -8), Z_OK);
  sent += "\x00\x00\xff\xff"s;
  // A byte a call, so that zlib has nothing but its window to refer to.
  std::string read;
  strict.next_in = reinterpret_cast<Bytef*>(sent.data());
  strict.avail_in = static_cast<uInt>(sent.size());
  int result = Z_OK;
  while (result == Z_OK) {
    char byte = 0;
    strict.next_out = reinterpret_cast<Bytef*>(&byte);
    strict.avail_out = 1;
    result = inflate(&strict, Z_SYNC_FLUSH);
    if (strict.avail_out == 0) read += byte;
  }
  inflateEnd(&strict);
  BOOST_CHECK_EQUAL(result, Z_BUF_ERROR);
  BOOST_CHECK(read == message);
}

BOOST_AUTO_TEST_CASE(pieces_give_what_the_whole_gives) {
  std::mt19937 random(7);
  const std::string message = prose(random, 200'000);
  WebSocketDeflater deflater({}, 1);
  std::string sent;
  for (std::size_t at = 0; at < message.size(); at += 64 * 1024) {
    deflater.compress(std::string_view(message).substr(at, 64 * 1024), false, sent);
  }
  deflater.compress("", true, sent);
  check_items(server_frame(kFin | kRsv1 | kText, sent), {"text:" + message});
  BOOST_CHECK_LT(sent.size(), message.size() / 3);
}

BOOST_AUTO_TEST_CASE(idle_connection_without_contexts_holds_no_stream) {
  const DeflateParameters none{true, true, 15, 15};
  WebSocketDeflater deflater(none, 1);
  BOOST_CHECK(!deflater.holds_stream());
  std::string sent;
  deflater.compress("Hello", false, sent);
  BOOST_CHECK(deflater.holds_stream());
  deflater.compress("", true, sent);
  BOOST_CHECK(!deflater.holds_stream());

  WebSocketInflater inflater(none, kLimit);
  std::string out;
  std::string_view input = sent;
  BOOST_CHECK(inflater.next(input, out) == WebSocketInflater::Step::done);
  BOOST_CHECK(inflater.holds_stream());
  BOOST_CHECK(inflater.finish(out) == WebSocketInflater::Step::done);
  BOOST_CHECK(!inflater.holds_stream());
  BOOST_CHECK_EQUAL(out, "Hello");
}

BOOST_AUTO_TEST_CASE(streams_of_a_thread_are_used_again_without_their_past) {
  const DeflateParameters none{true, true, 15, 15};
  const std::string first = compressed("a message of its own, and of its own again");
  std::vector<std::unique_ptr<WebSocketDeflater>> many;  // more at a time than are kept
  for (int i = 0; i < 6; ++i) {
    many.push_back(std::make_unique<WebSocketDeflater>(none, i % 2 == 0 ? 1 : 6));
    std::string ignored;
    many.back()->compress("some other words", false, ignored);
  }
  many.clear();
  for (int i = 0; i < 6; ++i) {
    WebSocketDeflater deflater(none, 1);
    BOOST_CHECK(compressed(deflater, "a message of its own, and of its own again") == first);
    check_items(server_frame(kFin | kRsv1 | kText, first), {"text:a message of its own, and of its own again"},
                deflate_input(none));
  }
}

BOOST_AUTO_TEST_SUITE_END()
