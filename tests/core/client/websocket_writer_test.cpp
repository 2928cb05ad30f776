// What a WebSocket writes, over a transport without a socket.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "codec/websocket_inflater.hpp"
#include "core/client/websocket_sender.hpp"

namespace ppn::test {
namespace {

using Step = WebSocketWriter::Step;

constexpr auto text = WebSocketMessageType::text;
constexpr std::size_t everything = Sender::everything;

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_writer)

BOOST_AUTO_TEST_CASE(nothing_to_send_writes_nothing) {
  Sender sender;
  BOOST_TEST((sender.write() == Step::idle));
  BOOST_TEST(sender.peer->written.empty());
  BOOST_TEST(sender.unsent().empty());
}

BOOST_AUTO_TEST_CASE(messages_become_frames_in_order) {
  Sender sender;
  sender.send("one");
  sender.send(std::string_view("\0\x01", 2), WebSocketMessageType::binary);
  sender.send("");
  BOOST_TEST((sender.write() == Step::idle));
  BOOST_TEST(sender.shown() == Texts({"1+:one", std::string("2+:\0\x01", 5), "1+:"}));
  BOOST_TEST(sender.outbox.queued_bytes() == 0U);
  for (const auto& receipt : sender.receipts) BOOST_TEST(receipt->code == 0);
  BOOST_TEST(sender.unsent().empty());
}

BOOST_AUTO_TEST_CASE(long_message_becomes_fragments) {
  Sender sender(4);
  sender.send("0123456789");
  sender.send("abcd");
  sender.send("efghi");
  sender.write();
  BOOST_TEST(sender.shown() == Texts({"1-:0123", "0-:4567", "0+:89", "1+:abcd", "1-:efgh", "0+:i"}));
}

BOOST_AUTO_TEST_CASE(messages_larger_than_a_wire_buffer_arrive_whole) {
  for (const std::int64_t fragment : {1'000, 65'536, 1 << 20}) {
    for (const std::size_t size :
         {std::size_t{65'535}, std::size_t{65'536}, std::size_t{65'537}, std::size_t{700'001}}) {
      Sender sender(fragment);
      const std::string message = digits(size);
      sender.send("before");
      sender.send(message);
      sender.send("after");
      BOOST_TEST((sender.write() == Step::idle));
      std::string joined;
      const auto frames = sender.frames();
      for (std::size_t i = 1; i + 1 < frames.size(); ++i) {
        joined += frames[i].payload;
        if (frames[i].payload.size() > static_cast<std::size_t>(fragment)) BOOST_ERROR("too long");
        if (frames[i].fin != (i + 2 == frames.size())) BOOST_ERROR("fin");
      }
      BOOST_TEST((joined == message));
      BOOST_TEST(frames.front().payload == "before");
      BOOST_TEST(frames.back().payload == "after");
    }
  }
}

BOOST_AUTO_TEST_CASE(control_frames_go_between_fragments_and_never_inside_a_frame) {
  // The peer takes a few bytes at a time, and each time it is pinged and a ping of our own is due.
  for (std::size_t step = 1; step < 40; ++step) {
    Sender sender(100'000);
    const std::string message = digits(400'000);
    sender.send(message);
    sender.peer->takes = 70'000 + step;
    BOOST_TEST((sender.write() == Step::blocked));
    sender.writer->answer_ping("answer");
    sender.writer->ping("ours");
    sender.peer->takes = everything;
    BOOST_TEST((sender.write() == Step::idle));
    std::string joined;
    std::vector<int> opcodes;
    for (const ClientFrame& frame : sender.frames()) {
      opcodes.push_back(frame.opcode);
      if (frame.opcode < 8) joined += frame.payload;
      if (frame.opcode == 10) BOOST_TEST(frame.payload == "answer");
      if (frame.opcode == 9) BOOST_TEST(frame.payload == "ours");
    }
    BOOST_TEST((joined == message));
    // Not behind the rest of the message.
    BOOST_TEST(opcodes == std::vector<int>({1, 0, 10, 9, 0, 0}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(only_the_last_ping_is_answered) {
  Sender sender;
  for (int i = 0; i < 1'000; ++i) sender.writer->answer_ping(std::to_string(i));
  sender.send("data");
  sender.write();
  BOOST_TEST(sender.shown() == Texts({"10+:999", "1+:data"}));
  sender.writer->answer_ping("");
  sender.write();
  BOOST_TEST(sender.shown() == Texts({"10+:999", "1+:data", "10+:"}));
}

BOOST_AUTO_TEST_CASE(would_block_at_every_byte_changes_nothing) {
  const Texts expected{"10+:pong", "1-:01234567", "0+:89", "1+:", "2+:bin", "8+:\x03\xe8"};
  std::size_t total = 0;
  for (std::size_t chunk = 1; chunk < 80; ++chunk) {
    Sender sender(8);
    sender.send("0123456789");
    sender.send("");
    sender.send("bin", WebSocketMessageType::binary);
    sender.writer->answer_ping("pong");
    sender.writer->close("\x03\xe8", true);
    int turns = 0;
    do {
      sender.peer->takes = chunk;
      ++turns;
    } while (sender.write() == Step::blocked && turns < 1'000);
    BOOST_TEST(sender.shown() == expected);
    BOOST_TEST(sender.writer->close_written());
    BOOST_TEST(sender.writer->written_bytes() == sender.peer->written.size());
    if (chunk == 1) total = sender.peer->written.size();
    BOOST_TEST(sender.peer->written.size() == total);
    for (const auto& receipt : sender.receipts) BOOST_TEST(receipt->calls == 1);
  }
}

BOOST_AUTO_TEST_CASE(completion_comes_once_and_with_the_last_byte_not_before) {
  Sender sender(5);
  sender.send("0123456789");
  sender.send("");
  sender.send("abcdefgh");
  Step step = Step::blocked;
  while (step == Step::blocked) {
    sender.peer->takes = 1;
    step = sender.write();
  }
  const auto frames = sender.frames();
  BOOST_TEST(frames.size() == 5U);
  BOOST_TEST(sender.receipts[0]->written == frames[1].end);
  BOOST_TEST(sender.receipts[1]->written == frames[2].end);
  BOOST_TEST(sender.receipts[2]->written == frames[4].end);
  for (const auto& receipt : sender.receipts) BOOST_TEST(receipt->code == 0);
}

BOOST_AUTO_TEST_CASE(message_counts_as_waiting_until_it_has_left) {
  Sender sender;
  sender.send("0123456789");
  sender.send("ab");
  sender.peer->takes = 15;
  BOOST_TEST((sender.write() == Step::blocked));
  BOOST_TEST(sender.outbox.queued_bytes() == 12U);
  sender.peer->takes = 1;
  sender.write();
  BOOST_TEST(sender.outbox.queued_bytes() == 2U);
  sender.peer->takes = everything;
  sender.write();
  BOOST_TEST(sender.outbox.queued_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(close_behind_the_queue_lets_everything_go_first) {
  Sender sender(4);
  sender.send("012345");
  sender.writer->close("\x03\xe8why", true);
  sender.send("ab");  // until the first write these are queued before
  BOOST_TEST(!sender.writer->close_written());
  sender.write();
  BOOST_TEST(sender.shown() == Texts({"1-:0123", "0+:45", "1+:ab", "8+:\x03\xe8why"}));
  BOOST_TEST(sender.writer->close_written());
  sender.send("late");
  sender.writer->answer_ping("late");
  sender.writer->ping("late");
  sender.writer->close("\x03\xe9", false);
  BOOST_TEST((sender.write() == Step::idle));
  BOOST_TEST(sender.frames().size() == 4U);
  BOOST_TEST(sender.receipts[2]->calls == 0);
}

BOOST_AUTO_TEST_CASE(close_behind_the_queue_waits_for_a_batch_that_follows_the_one_under_way) {
  Sender sender;
  sender.send("first");
  sender.peer->takes = 3;
  BOOST_TEST((sender.write() == Step::blocked));
  sender.send("second");
  sender.writer->close("\x03\xe8", true);
  sender.send("third");
  sender.peer->takes = everything;
  sender.write();
  BOOST_TEST(sender.shown() == Texts({"1+:first", "1+:second", "1+:third", "8+:\x03\xe8"}));
}

BOOST_AUTO_TEST_CASE(close_behind_the_queue_waits_for_what_was_returned_and_for_what_came_later) {
  Sender sender;
  sender.send("one");
  sender.send("two");
  WebSocketBatch taken;
  BOOST_TEST(sender.outbox.take(taken));
  sender.outbox.put_back(std::move(taken));
  sender.send("three");
  sender.writer->close("\x03\xe8", true);
  sender.write();
  BOOST_TEST(sender.shown() == Texts({"1+:one", "1+:two", "1+:three", "8+:\x03\xe8"}));
}

BOOST_AUTO_TEST_CASE(close_behind_the_queue_does_not_wait_for_senders_that_never_stop) {
  Sender sender;
  int sent = 0;
  std::function<void()> again = [&] {
    if (++sent < 1'000) sender.send("again", text, again);
  };
  sender.send("first", text, again);
  sender.writer->close("\x03\xe8", true);
  sender.write();
  BOOST_TEST(sender.writer->close_written());
  BOOST_TEST(sent <= 2);
}

BOOST_AUTO_TEST_CASE(close_at_once_ends_the_frame_under_way_and_leaves_the_rest) {
  for (std::size_t taken = 0; taken < 80'000; taken += 7'919) {
    Sender sender(100'000);
    sender.send(digits(250'000));
    sender.send("never");
    sender.peer->takes = taken;
    BOOST_TEST((sender.write() == Step::blocked));
    sender.writer->close("\x03\xea", false);
    sender.peer->takes = everything;
    BOOST_TEST((sender.write() == Step::idle));
    const auto frames = sender.frames();
    BOOST_TEST(frames.back().opcode == 8);
    BOOST_TEST(frames.size() == (taken > 65'550 ? 3U : 2U));  // the second frame begins behind the first wire buffer
    BOOST_TEST(sender.unsent() == Texts{"never"});
    BOOST_TEST(sender.receipts[0]->code == static_cast<int>(ErrorCode::ws_closed));
    BOOST_TEST(sender.receipts[1]->calls == 0);
  }
}

BOOST_AUTO_TEST_CASE(close_at_once_overtakes_a_close_behind_the_queue) {
  Sender sender;
  sender.send("data");
  sender.writer->close("\x03\xe8", true);
  sender.writer->close("\x03\xea", false);
  sender.writer->close("\x03\xe9", true);
  sender.write();
  BOOST_TEST(sender.shown() == Texts{"8+:\x03\xea"});
  // What was not taken is still in the queue.
  WebSocketBatch batch;
  BOOST_TEST(sender.outbox.take(batch));
}

BOOST_AUTO_TEST_CASE(masks_differ_and_no_two_writers_share_their_sequence) {
  std::set<std::uint32_t> masks;
  std::size_t count = 0;
  for (int writer = 0; writer < 10; ++writer) {
    Sender sender(10);
    sender.send(digits(1'000));
    sender.writer->ping("ping");
    sender.write();
    for (const ClientFrame& frame : sender.frames()) {
      masks.insert(frame.mask);
      ++count;
    }
  }
  BOOST_TEST(count == 1'010U);
  BOOST_TEST(masks.size() >= count - 1);  // of 2^32; that one is drawn twice may happen once in 8,000 runs
}

BOOST_AUTO_TEST_CASE(compressed_messages_carry_the_mark_on_their_first_frame_and_inflate) {
  for (const bool keeps_context : {false, true}) {
    DeflateParameters agreed;
    agreed.client_no_context_takeover = agreed.server_no_context_takeover = !keeps_context;
    Sender sender(16, agreed);
    const Texts messages{digits(5'000), "", digits(100), digits(5'000), std::string(200'000, 'a')};
    for (const std::string& message : messages) sender.send(message);
    BOOST_TEST((sender.write() == Step::idle));
    // What the client compresses is read as what a server would.
    WebSocketInflater inflater(agreed, 1 << 20);
    Texts inflated;
    std::string payload;
    for (const ClientFrame& frame : sender.frames()) {
      BOOST_TEST(frame.rsv == (frame.opcode == 0 ? 0 : 4));
      payload += frame.payload;
      if (!frame.fin) continue;
      std::string_view input = payload;
      std::string out;
      while (inflater.next(input, out) == WebSocketInflater::Step::more) {
      }
      while (inflater.finish(out) == WebSocketInflater::Step::more) {
      }
      inflated.push_back(out);
      payload.clear();
    }
    BOOST_TEST((inflated == messages));
  }
}

BOOST_AUTO_TEST_CASE(messages_below_the_least_size_are_sent_as_they_are) {
  Sender sender(1'000, DeflateParameters{});
  sender.options.deflate_min_bytes = 10;
  sender.writer =
      std::make_unique<WebSocketWriter>(sender.transport, sender.outbox, sender.options, DeflateParameters{});
  sender.send("123456789");
  sender.send("1234567890");
  sender.write();
  const auto frames = sender.frames();
  BOOST_TEST(frames[0].rsv == 0);
  BOOST_TEST(frames[0].payload == "123456789");
  BOOST_TEST(frames[1].rsv == 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
