// The ends of clients and of the runtime, with WebSockets in each state.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/runtime.hpp"
#include "core/client/websocket_fixture.hpp"

namespace ppn::test {
namespace {

// One WebSocket in each state, with its servers.
class EveryState {
 public:
  explicit EveryState(const std::shared_ptr<Client>& client)
      : described(client, {.url = talking_.url()}),
        connecting(client, {.url = silent_.url()}),
        open(client, {.url = talking_.url()}),
        paused(client, {.url = talking_.url(),
                        .options = {{"close_timeout_ms", "30"}},
                        .hooks = {.message = [](WebSocket&, std::size_t) { return Flow::pause; }}}),
        iterated(client, {.url = talking_.url(), .takes_messages = false}),
        closing(client, {.url = deaf_.url(), .options = {{"close_timeout_ms", "800"}}}),
        waiting(client, {.url = restarting_.url(), .options = {{"reconnect", "on"}}}) {
    for (TestSocket* socket : started()) socket->start();
    BOOST_TEST(silent_.wait_for_mark("asked"));
    BOOST_TEST(open.wait_for_messages(1));
    BOOST_TEST(paused.wait_for_messages(1));
    BOOST_TEST((iterated->next(-1) == WebSocket::Outcome::done));
    BOOST_TEST(closing.wait_for("open"));
    closing.close();
    BOOST_TEST(deaf_.wait_for_mark("closing"));
    BOOST_TEST(waiting.wait_for("reconnecting"));
  }

  std::vector<TestSocket*> started() { return {&connecting, &open, &paused, &iterated, &closing, &waiting}; }

 private:
  WebSocketServer silent_{[](WebSocketPeer& peer) {
    peer.read_request();
    peer.mark("asked");
    peer.wait_for_end();
  }};
  WebSocketServer talking_{[](WebSocketPeer& peer) {
    peer.accept();
    peer.send_text("one");
    peer.answer_close();
  }};
  WebSocketServer deaf_{[](WebSocketPeer& peer) {
    peer.accept();
    peer.read_close();
    peer.mark("closing");
    peer.wait_for_end();
  }};
  WebSocketServer restarting_{[](WebSocketPeer& peer) {
    peer.accept();
    peer.close_with(1012);
  }};

 public:
  TestSocket described, connecting, open, paused, iterated, closing, waiting;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_shutdown, EngineFixture)

BOOST_AUTO_TEST_CASE(closed_client_cancels_websockets_in_every_state) {
  const auto client = make_client();
  EveryState sockets(client);
  client->close();
  for (TestSocket* socket : sockets.started()) BOOST_TEST(socket->finish().back() == "terminated CANCELLED");
  BOOST_TEST((sockets.iterated->next(-1) == WebSocket::Outcome::failed));
  const Status late = sockets.described->connect();
  BOOST_REQUIRE(!late.ok());
  BOOST_TEST((late.error().code == ErrorCode::client_closed));
  BOOST_TEST(sockets.described.story().empty());
}

BOOST_AUTO_TEST_CASE(shutdown_ends_websockets_in_every_state_before_it_returns) {
  const auto client = make_client();
  EveryState sockets(client);
  BOOST_TEST(Runtime::shutdown().ok());
  for (TestSocket* socket : sockets.started()) {
    BOOST_TEST(socket->story().back() == "terminated CANCELLED");
    BOOST_TEST((socket->socket()->state() == WebSocket::State::closed));
    // Whatever is asked of it now, nothing happens.
    const Status late = socket->socket()->send(WebSocket::Payload::text, "late", {}, 0);
    BOOST_REQUIRE(!late.ok());
    BOOST_TEST((late.error().code == ErrorCode::ws_closed));
    socket->close();
    socket->socket()->cancel();
    socket->socket()->resume();
    socket->finish();
  }
}

BOOST_AUTO_TEST_CASE(drained_client_says_goodbye) {
  const auto client = make_client();
  EveryState sockets(client);
  const auto quiet = client->drain(-1);
  BOOST_REQUIRE(quiet.ok());
  const auto last = [](const TestSocket& socket) { return socket.finish().back(); };
  BOOST_TEST(*quiet);
  BOOST_TEST(last(sockets.connecting) == "terminated OK");
  BOOST_TEST(last(sockets.open) == "terminated OK");
  BOOST_TEST(last(sockets.iterated) == "terminated OK");
  BOOST_TEST(last(sockets.waiting) == "terminated OK");
  BOOST_TEST(last(sockets.closing) == "terminated WS_CLOSE_TIMEOUT");
  BOOST_TEST(sockets.open->close_code() == 1001);
}

BOOST_AUTO_TEST_CASE(drain_that_takes_too_long_cancels_the_rest) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.wait_for_end();
  });
  const auto client = make_client();
  TestSocket socket(client, {.url = server.url()});
  socket.start();
  BOOST_TEST(socket.wait_for("open"));
  const auto quiet = client->drain(20);
  BOOST_REQUIRE(quiet.ok());
  BOOST_TEST(!*quiet);
  const Story expected{"open", "close 1006 CANCELLED", "terminated CANCELLED"};
  BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(websocket_that_is_cancelled_before_it_starts_ends_when_it_starts) {
  const WebSocketServer server([](WebSocketPeer& peer) { peer.accept(); });
  TestSocket socket(make_client(), {.url = server.url()});
  socket->cancel();
  BOOST_TEST(socket.start().finish() == Story{"terminated CANCELLED"}, boost::test_tools::per_element());
  BOOST_TEST(!socket->connect().ok());
}

BOOST_AUTO_TEST_CASE(abort_by_a_message_drops_the_connection) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    for (int i = 0; i < 10; ++i) peer.send_text("m");
    peer.wait_for_end();
  });
  TestSocket socket(
      make_client(),
      {.url = server.url(), .options = quick_reconnect(), .hooks = {.message = [](WebSocket&, std::size_t count) {
                                                            return count == 3 ? Flow::abort : Flow::proceed;
                                                          }}});
  const Story expected{"open", "message m", "message m", "message m", "close 1006 CANCELLED", "terminated CANCELLED"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(everything_at_once_from_many_threads_ends_each_websocket_once) {
  // A server that closes, drops, talks and refuses by turns.
  const WebSocketServer server([](WebSocketPeer& peer) {
    if (peer.number() % 5 == 4) return peer.refuse("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    peer.accept();
    peer.send_text("hello");
    if (peer.number() % 5 == 1) return peer.reset();
    if (peer.number() % 5 == 2) return peer.close_with(1001);
    if (peer.number() % 5 == 3) return peer.answer_close();
    peer.read_message();
  });
  const auto client = make_client();
  for (int round = 0; round < 20; ++round) {
    auto options = quick_reconnect();
    options[1].second = "3";
    options.emplace_back("resend_unsent", round % 2 == 0 ? "true" : "false");
    TestSocket socket(client, {.url = server.url(), .options = options, .takes_messages = false});
    WebSocket& shared = *socket;
    std::vector<std::thread> users;
    users.emplace_back([&] { must(shared.connect()); });
    users.emplace_back([&] {
      while (shared.state() == WebSocket::State::described) std::this_thread::yield();
      while (shared.next(-1) == WebSocket::Outcome::done) {
      }
    });
    users.emplace_back([&] {
      while (shared.state() == WebSocket::State::described) std::this_thread::yield();
      for (int i = 0; i < 50; ++i) {
        static_cast<void>(shared.send(WebSocket::Payload::text, "m", {}, i % 2));
        shared.resume();
      }
    });
    users.emplace_back([&] {
      while (shared.state() == WebSocket::State::described) std::this_thread::yield();
      static_cast<void>(shared.wait_open(-1));
      if (round % 3 == 0) static_cast<void>(shared.close(1000, ""));
      if (round % 3 == 1) shared.cancel();
      if (round % 3 == 2) static_cast<void>(shared.wait_closed(50));
      static_cast<void>(shared.close(1000, ""));
    });
    users.emplace_back([&] {
      while (shared.state() == WebSocket::State::described) std::this_thread::yield();
      static_cast<void>(shared.wait_closed(-1));
      static_cast<void>(shared.error());
      while (shared.take_unsent()) {
      }
    });
    for (std::thread& user : users) user.join();
    socket.finish();
    BOOST_TEST(shared.queued_bytes() == 0U);
  }
  check_loop_is_empty(client);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
