// Which messages have left and which have not, wherever a connection breaks.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/client/websocket_sender.hpp"

namespace ppn::test {
namespace {

using Step = WebSocketWriter::Step;

constexpr auto text = WebSocketMessageType::text;
constexpr std::size_t everything = Sender::everything;

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_unsent)

BOOST_AUTO_TEST_CASE(message_is_unsent_exactly_when_none_of_its_bytes_has_left) {
  for (const bool compressed : {false, true}) {
    const auto make = [&] {
      auto sender = std::make_unique<Sender>(4, compressed ? std::optional(DeflateParameters{}) : std::nullopt);
      sender->send("first message");
      sender->send("");
      sender->send("mid");
      sender->send("the last message");
      sender->writer->answer_ping("p");
      return sender;
    };
    const auto whole = make();
    whole->write();
    std::vector<std::pair<std::size_t, std::size_t>> spans;  // begin and end of each message
    for (const ClientFrame& frame : whole->frames()) {
      if (frame.opcode >= 8) continue;
      if (frame.opcode != 0) spans.emplace_back(frame.begin, frame.end);
      spans.back().second = frame.end;
    }
    BOOST_TEST_REQUIRE(spans.size() == 4U);
    const Texts messages{"first message", "", "mid", "the last message"};
    for (std::size_t cut = 0; cut <= whole->peer->written.size(); ++cut) {
      const auto sender = make();
      sender->peer->takes = cut;
      sender->peer->when_full = IoResult::Kind::reset;
      const Step step = sender->write();
      BOOST_TEST((step == (cut == whole->peer->written.size() ? Step::idle : Step::failed)));
      Texts expected;
      std::size_t waiting = 0;
      for (std::size_t i = 0; i < spans.size(); ++i) {
        if (cut > spans[i].first) continue;
        expected.push_back(messages[i]);
        waiting += queue_cost(messages[i].size());
      }
      BOOST_TEST(sender->unsent(ErrorCode::ws_ping_timeout) == expected);
      BOOST_TEST(sender->outbox.queued_bytes() == waiting);
      for (std::size_t i = 0; i < spans.size(); ++i) {
        const Sender::Receipt& receipt = *sender->receipts[i];
        const bool left = cut >= spans[i].second;
        const bool begun = cut > spans[i].first;
        BOOST_TEST(receipt.calls == (begun ? 1 : 0));
        if (begun) BOOST_TEST(receipt.code == (left ? 0 : static_cast<int>(ErrorCode::ws_ping_timeout)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(message_of_many_wire_buffers_is_begun_wherever_it_is_cut) {
  for (const std::size_t cut :
       {std::size_t{1}, std::size_t{65'536}, std::size_t{65'550}, std::size_t{131'100}, std::size_t{200'000}}) {
    Sender sender(1 << 20);
    sender.send(digits(300'000));
    sender.send("next");
    sender.peer->takes = cut;
    sender.peer->when_full = IoResult::Kind::reset;
    Step step = sender.write();
    BOOST_TEST((step == Step::failed));
    BOOST_TEST(sender.unsent() == Texts{"next"});
    BOOST_TEST(sender.receipts[0]->calls == 1);
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_written_or_settled_after_the_unsent_were_taken) {
  Sender sender;
  sender.send("one");
  sender.peer->takes = 0;
  sender.write();
  BOOST_TEST(sender.unsent() == Texts{"one"});
  sender.peer->takes = everything;
  sender.send("two");
  BOOST_TEST((sender.write() == Step::idle));
  BOOST_TEST(sender.peer->written.empty());
  BOOST_TEST(sender.unsent().empty());
}

BOOST_AUTO_TEST_CASE(batches_are_replaced_only_when_their_receipts_are_settled) {
  // While bytes of the first batch wait, others are queued; their receipts may not be mixed up.
  std::mt19937 generator(45);
  for (int round = 0; round < 200; ++round) {
    Sender sender(1 + static_cast<std::int64_t>(generator() % 20));
    std::string sent;
    int next = 0;
    for (int turn = 0; turn < 60; ++turn) {
      for (unsigned i = generator() % 4; i > 0; --i) sender.send(std::to_string(next++));
      sender.peer->takes = generator() % 40;
      sender.write();
      if (generator() % 10 == 0) sender.writer->release_buffers();
    }
    sender.peer->takes = everything;
    sender.write();
    int expected = 0;
    std::string message;
    for (const ClientFrame& frame : sender.frames()) {
      message += frame.payload;
      if (!frame.fin) continue;
      if (message != std::to_string(expected)) BOOST_ERROR("out of order");
      const Sender::Receipt& receipt = *sender.receipts[static_cast<std::size_t>(expected)];
      if (receipt.calls != 1 || receipt.written < frame.end) BOOST_ERROR("receipt");
      message.clear();
      ++expected;
    }
    BOOST_TEST(expected == next);
    BOOST_TEST(sender.outbox.queued_bytes() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(receipt_that_sends_the_next_message_gives_others_their_turn) {
  Sender sender;
  int sent = 0;
  std::function<void()> again = [&] {
    if (++sent < 10'000) sender.send("again", text, again);
  };
  sender.send("first", text, again);
  int turns = 0;
  while (sender.writer->write() == Step::yield) ++turns;
  BOOST_TEST(sent == 10'000);
  BOOST_TEST(turns > 100);  // of the loop: not all in one
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
