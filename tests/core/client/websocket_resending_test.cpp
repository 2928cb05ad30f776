// What becomes of messages when their connection is lost (SEMANTICS 3.5.8).
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/websocket_fixture.hpp"
#include "core/client/websocket_plays.hpp"

namespace ppn::test {
namespace {

using Texts = std::vector<std::string>;

void send(WebSocket& socket, std::string_view text) {
  must(socket.send(WebSocket::Payload::text, text, {}, 0));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_resending, EngineFixture)

BOOST_AUTO_TEST_CASE(messages_that_were_not_begun_go_to_the_next_connection_only_when_they_may) {
  for (const bool resend : {false, true}) {
    WebSocketServer server(Plays{[](WebSocketPeer& peer) {
                                   peer.accept();
                                   peer.mark("open");
                                   peer.wait_for_signal("queued");
                                   peer.read_frame();  // a part of the large message has left
                                   peer.reset();
                                 },
                                 [](WebSocketPeer& peer) {
                                   peer.accept();
                                   peer.read_close();
                                   peer.send_close();
                                 }});
    const std::string large(40'000'000, 'x');
    TestSocket socket(make_client(), {.url = server.url(),
                                      .options = quick_with({{"send_queue_bytes", "100000000"},
                                                             {"max_message_bytes", "100000000"},
                                                             {"resend_unsent", resend ? "true" : "false"}}),
                                      .hooks = {.close =
                                                    [](WebSocket& lost) {
                                                      if (lost.close_code() == 1006) send(lost, "sent by on_close");
                                                    },
                                                .reconnecting =
                                                    [](WebSocket& lost, std::int64_t) {
                                                      send(lost, "sent by on_reconnecting");
                                                      return true;
                                                    }}});
    socket.start();
    BOOST_TEST(server.wait_for_mark("open"));
    BOOST_TEST(socket.wait_for("open"));
    socket.send(large);
    socket.send("two");
    socket.send("three");
    server.signal("queued");
    BOOST_TEST(socket.wait_for("open", 2));
    BOOST_TEST(socket->queued_bytes() < 1'000U);
    socket.close();
    BOOST_TEST(socket.finish().back() == "terminated OK");
    Texts resent = server.messages();
    const Texts unsent = unsent_of(*socket);
    const Texts later{"sent by on_close", "sent by on_reconnecting"};
    const Texts all{"two", "three", "sent by on_close", "sent by on_reconnecting"};
    BOOST_TEST(resent == (resend ? all : later), boost::test_tools::per_element());
    BOOST_TEST(unsent == (resend ? Texts() : Texts{"two", "three"}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(messages_that_were_queued_before_a_connection_are_for_the_first_one_that_opens) {
  const WebSocketServer server(Plays{[](WebSocketPeer& peer) { peer.refuse(refusal(503)); },
                                     [](WebSocketPeer& peer) { peer.refuse(refusal(503)); },
                                     [](WebSocketPeer& peer) {
                                       peer.accept();
                                       peer.read_message();
                                       peer.read_message();
                                       peer.close_with();
                                     }});
  TestSocket socket(make_client(), {.url = server.url(),
                                    .options = quick_reconnect(),
                                    .hooks = {.reconnecting = [](WebSocket& lost, std::int64_t attempt) {
                                      if (attempt == 2) send(lost, "while waiting");
                                      return true;
                                    }}});
  socket.start();
  socket.send("early");
  BOOST_TEST(socket.finish().back() == "terminated OK");
  const Texts expected{"early", "while waiting"};
  BOOST_TEST(server.messages() == expected, boost::test_tools::per_element());
  BOOST_TEST(socket->unsent_count() == 0U);
}

BOOST_AUTO_TEST_CASE(messages_of_a_websocket_that_never_opened_are_unsent) {
  const WebSocketServer server([](WebSocketPeer& peer) { peer.refuse(refusal(403)); });
  TestSocket socket(make_client(), {.url = server.url(), .options = quick_reconnect()});
  int told = 0;
  BOOST_TEST(!socket->send(WebSocket::Payload::text, "not started", {}, 0).ok());
  WebSocketServer silent([](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_signal("go");
    peer.refuse(refusal(403));
  });
  TestSocket waiting(make_client(), {.url = silent.url(), .options = quick_reconnect()});
  waiting.start();
  const WebSocketReceipt receipt{[](void* user, std::int32_t) { ++*static_cast<int*>(user); }, &told};
  BOOST_TEST(waiting->send(WebSocket::Payload::text, "one", receipt, 0).ok());
  BOOST_TEST(waiting->send(WebSocket::Payload::binary, "two", receipt, 0).ok());
  silent.signal("go");
  BOOST_TEST(waiting.finish() == Story{"terminated WS_HANDSHAKE"}, boost::test_tools::per_element());
  BOOST_TEST(told == 2);
  const Texts expected{"one", "two"};
  BOOST_TEST(unsent_of(*waiting) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(receipt_that_sends_again_reaches_the_next_connection_and_ends) {
  WebSocketServer server(Plays{[](WebSocketPeer& peer) {
                                 peer.accept();
                                 peer.mark("open");
                                 peer.wait_for_signal("queued");
                                 peer.reset();
                               },
                               [](WebSocketPeer& peer) {
                                 peer.accept();
                                 peer.read_message();
                                 peer.close_with();
                               }});
  struct Again {
    WebSocket* socket = nullptr;
    int times = 0;
    static void told(void* user, std::int32_t code) {
      auto& self = *static_cast<Again*>(user);
      if (code == 0) return;
      ++self.times;
      static_cast<void>(self.socket->send(WebSocket::Payload::text, "again", {&Again::told, user}, 0));
    }
  };
  TestSocket socket(make_client(), {.url = server.url(), .options = quick_with({{"send_queue_bytes", "100000000"}})});
  Again again{.socket = &*socket};
  socket.start();
  BOOST_TEST(server.wait_for_mark("open"));
  const std::string large(16'000'000, 'x');
  BOOST_TEST(socket->send(WebSocket::Payload::text, large, {}, 0).ok());
  BOOST_TEST(socket->send(WebSocket::Payload::text, "again", {&Again::told, &again}, 0).ok());
  server.signal("queued");
  BOOST_TEST(socket.finish().back() == "terminated OK");
  BOOST_TEST(again.times == 1);
  BOOST_TEST(server.messages() == Texts{"again"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
