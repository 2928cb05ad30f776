// How an exchange sends a body that comes piece by piece.
#include <boost/test/unit_test.hpp>
#include <deque>
#include <memory>
#include <string>

#include "core/http/fake_transport.hpp"
#include "http/exchange.hpp"
#include "io/event_loop.hpp"

namespace ppn::test {
namespace {

using Step = Exchange::Step;

// Pieces that the test has written down; after them it pauses, ends or fails.
struct FakeBody final : BodySource {
  enum class After { last, pause, undone_pause, fail };

  std::deque<std::string> pieces = {};
  After after = After::last;
  int asked = 0;
  bool waits = false;
  std::string current = {};

  std::optional<std::uint64_t> length() const noexcept override { return std::nullopt; }
  Result<Piece> next() override {
    ++asked;
    if (!pieces.empty()) {
      current = pieces.front();
      pieces.pop_front();
      return Piece{.bytes = current, .last = pieces.empty() && after == After::last};
    }
    if (after == After::fail) return Failure(ErrorCode::write_failed, Phase::send, "no more");
    if (after == After::last) return Piece{.last = true};
    waits = after == After::pause;
    return Piece{.kind = Piece::Kind::paused};
  }
  Status rewind() override { return {}; }
  bool paused() const noexcept override { return waits; }
  void resume() noexcept override { waits = false; }
};

struct ExchangeFixture {
  EventLoop loop;
  std::shared_ptr<FakePeer> peer = std::make_shared<FakePeer>();
  Connection connection{std::make_unique<FakeTransport>(peer), Http1Limits{}};
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n\r\n";
  FakeBody body;
  Exchange exchange{connection, loop, head, &body, false};
};

const std::string refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(exchange_body, ExchangeFixture)

BOOST_AUTO_TEST_CASE(pieces_follow_the_head_and_the_first_travels_with_it) {
  body.pieces = {"one", "two", "three"};
  peer->takes = head.size() + 3;
  BOOST_TEST((exchange.send() == Step::blocked));
  BOOST_TEST(peer->written == head + "one");
  peer->takes = 100;
  BOOST_TEST((exchange.send() == Step::done));
  BOOST_TEST((exchange.sent() == Sent::full));
  BOOST_TEST(peer->written == head + "onetwothree");
}

BOOST_AUTO_TEST_CASE(piece_is_asked_for_only_when_the_last_one_is_taken) {
  body.pieces = {std::string(100, 'a'), std::string(100, 'b'), std::string(100, 'c')};
  for (int i = 0; i < 8; ++i) {
    peer->takes = 10;
    BOOST_TEST((exchange.send() == Step::blocked));
    BOOST_TEST(body.asked == 1);
  }
  peer->takes = static_cast<std::size_t>(-1);
  BOOST_TEST((exchange.send() == Step::done));
  BOOST_TEST(body.asked == 3);
}

BOOST_AUTO_TEST_CASE(request_is_sent_in_full_only_with_its_last_piece) {
  body.pieces = {"one"};
  body.after = FakeBody::After::pause;
  BOOST_TEST((exchange.send() == Step::paused));
  BOOST_TEST((exchange.sent() == Sent::partial));
  body.after = FakeBody::After::last;
  body.resume();
  BOOST_TEST((exchange.send() == Step::done));
  BOOST_TEST((exchange.sent() == Sent::full));
}

BOOST_AUTO_TEST_CASE(head_does_not_wait_for_a_body_that_pauses) {
  body.after = FakeBody::After::pause;
  BOOST_TEST((exchange.send() == Step::paused));
  BOOST_TEST(peer->written == head);
  BOOST_TEST((exchange.sent() == Sent::partial));
}

BOOST_AUTO_TEST_CASE(head_that_is_not_taken_is_blocked_and_not_paused) {
  body.after = FakeBody::After::pause;
  peer->takes = 5;
  BOOST_TEST((exchange.send() == Step::blocked));
  peer->takes = 100;
  BOOST_TEST((exchange.send() == Step::paused));
}

BOOST_AUTO_TEST_CASE(pause_that_was_undone_lets_others_go_first) {
  body.after = FakeBody::After::undone_pause;
  BOOST_TEST((exchange.send() == Step::yield));
  BOOST_TEST((exchange.send() == Step::yield));
}

BOOST_AUTO_TEST_CASE(answer_is_noticed_while_the_body_pauses) {
  body.after = FakeBody::After::pause;
  BOOST_TEST((exchange.send() == Step::paused));
  peer->incoming = {"HTTP/1.1 100 Continue\r\n\r\n"};
  BOOST_TEST((exchange.send() == Step::paused));
  peer->incoming = {refusal};
  BOOST_TEST((exchange.send() == Step::head));
  BOOST_TEST((exchange.receive() == Step::data));
  BOOST_TEST((exchange.receive() == Step::end));
  BOOST_TEST(!exchange.reusable());
  BOOST_TEST(peer->written == head);
}

BOOST_AUTO_TEST_CASE(peer_that_goes_away_while_the_body_pauses_is_noticed) {
  body.after = FakeBody::After::pause;
  BOOST_TEST((exchange.send() == Step::paused));
  peer->after = IoResult::Kind::end;
  BOOST_TEST((exchange.send() == Step::failed));
  BOOST_TEST((exchange.error().code == ErrorCode::connection_closed));
}

BOOST_AUTO_TEST_CASE(answer_to_a_body_that_goes_on_is_noticed_between_two_turns) {
  for (int i = 0; i < 100; ++i) body.pieces.push_back(std::string(10'000, 'x'));
  peer->incoming = {refusal};
  BOOST_TEST((exchange.send() == Step::head));
  BOOST_TEST(peer->written.size() < 300'000U);
}

BOOST_AUTO_TEST_CASE(small_pieces_give_way_to_other_calls_too) {
  for (int i = 0; i < 1'000; ++i) body.pieces.push_back("x");
  int turns = 0;
  for (Step step = exchange.send(); step != Step::done; step = exchange.send()) {
    BOOST_REQUIRE((step == Step::yield));
    ++turns;
  }
  BOOST_TEST(turns >= 10);
  BOOST_TEST(peer->written == head + std::string(1'000, 'x'));
}

BOOST_AUTO_TEST_CASE(body_that_fails_at_once_leaves_nothing_sent) {
  body.after = FakeBody::After::fail;
  BOOST_TEST((exchange.send() == Step::failed));
  BOOST_TEST((exchange.error().code == ErrorCode::write_failed));
  BOOST_TEST((exchange.sent() == Sent::none));
  BOOST_TEST(peer->written.empty());
}

BOOST_AUTO_TEST_CASE(body_that_fails_on_the_way_leaves_the_request_incomplete) {
  body.pieces = {"one"};
  body.after = FakeBody::After::fail;
  BOOST_TEST((exchange.send() == Step::failed));
  BOOST_TEST((exchange.sent() == Sent::partial));
  BOOST_TEST(!exchange.reusable());
}

BOOST_AUTO_TEST_CASE(empty_body_is_the_head_alone) {
  BOOST_TEST((exchange.send() == Step::done));
  BOOST_TEST((exchange.sent() == Sent::full));
  BOOST_TEST(peer->written == head);
}

BOOST_AUTO_TEST_CASE(last_piece_may_be_empty) {
  body.pieces = {"one", ""};
  BOOST_TEST((exchange.send() == Step::done));
  BOOST_TEST((exchange.sent() == Sent::full));
  BOOST_TEST(peer->written == head + "one");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
