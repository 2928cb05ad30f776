// The ends of a WebSocket: the closing handshake from either side, and peers that do not play along (SEMANTICS 3.5.4).
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "core/client/websocket_fixture.hpp"

namespace ppn::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Ends the message off which it is called.
SocketHooks closing_at(std::size_t message, std::int64_t code = 1000) {
  return {.message = [=](WebSocket& socket, std::size_t count) {
    if (count == message) must(socket.close(code, "bye"));
    return Flow::proceed;
  }};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_closing, EngineFixture)

BOOST_AUTO_TEST_CASE(our_close_is_answered_and_the_connection_ends) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.answer_close();
  });
  const auto client = make_client();
  TestSocket socket(client, {.url = server.url()});
  socket.start();
  BOOST_TEST(socket.wait_for("open"));
  socket.close(4'000, "bye");
  const Story expected{"open", "close 4000 OK", "terminated OK"};
  BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
  BOOST_TEST(server.closes() == std::vector<std::string>{ws_close_payload(4'000, "bye")});
  BOOST_TEST((socket->state() == WebSocket::State::closed));
  BOOST_TEST((socket->wait_closed(0) == WebSocket::Outcome::end));
  check_loop_is_empty(client);
}

BOOST_AUTO_TEST_CASE(close_of_the_server_is_answered_with_its_code) {
  for (const auto& [code, outcome] : std::vector<std::pair<int, std::string>>{
           {1000, "OK"}, {1001, "OK"}, {0, "OK"}, {1008, "WS_CLOSED"}, {1011, "WS_CLOSED"}, {4'321, "WS_CLOSED"}}) {
    const WebSocketServer server([code = code](WebSocketPeer& peer) {
      peer.accept();
      peer.close_with(code);
    });
    TestSocket socket(make_client(), {.url = server.url(), .options = {{"reconnect", "off"}}});
    const std::string reported = std::to_string(code == 0 ? 1005 : code);
    const Story expected{"open", "close " + reported + " " + outcome, "terminated " + outcome};
    BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
    BOOST_TEST(server.closes() == std::vector<std::string>{ws_close_payload(code)});
    BOOST_TEST(server.problems().empty());
  }
}

BOOST_AUTO_TEST_CASE(both_sides_may_close_at_once) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_close(1001, "server");
    peer.read_close();
  });
  TestSocket socket(make_client(), {.url = server.url(),
                                    .hooks = {.open = [](WebSocket& opened) { must(opened.close(1000, "client")); }}});
  const Story story = socket.start().finish();
  const Story expected{"open", "close 1001 server OK", "terminated OK"};
  BOOST_TEST(story == expected, boost::test_tools::per_element());
  BOOST_TEST(server.closes().size() == 1U);
}

BOOST_AUTO_TEST_CASE(server_that_never_answers_a_close_is_left_after_the_close_timeout) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.wait_for_end();
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = {{"close_timeout_ms", "30"}}});
  socket.start();
  BOOST_TEST(socket.wait_for("open"));
  socket.close();
  const Story expected{"open", "close 1006 WS_CLOSE_TIMEOUT", "terminated WS_CLOSE_TIMEOUT"};
  BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(server_that_talks_on_instead_of_answering_a_close_is_left_too) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    for (;;) peer.send_text("more");
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = {{"close_timeout_ms", "30"}}});
  socket.start();
  BOOST_TEST(socket.wait_for_messages(1));
  socket.close();
  BOOST_TEST(socket.finish().back() == "terminated WS_CLOSE_TIMEOUT");
}

BOOST_AUTO_TEST_CASE(server_that_keeps_tcp_open_after_both_closes_is_left_within_two_seconds) {
  for (const bool ours_first : {true, false}) {
    const WebSocketServer server([&](WebSocketPeer& peer) {
      peer.accept();
      if (ours_first) {
        peer.answer_close();
      } else {
        peer.close_with(1000);
      }
      peer.wait_for_end();
    });
    TestSocket socket(make_client(), {.url = server.url(), .options = {{"close_timeout_ms", "60000"}}});
    socket.start();
    BOOST_TEST(socket.wait_for("open"));
    if (ours_first) socket.close();
    const auto begin = steady_clock::now();
    const Story expected{"open", "close 1000 OK", "terminated OK"};
    BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
    BOOST_TEST((steady_clock::now() - begin < std::chrono::seconds(20)));  // not the close timeout
  }
}

BOOST_AUTO_TEST_CASE(cancel_while_only_the_end_of_tcp_is_missing_keeps_the_good_end) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.close_with(1000, "done");
    peer.mark("both");
    peer.wait_for_end();
  });
  TestSocket socket(make_client(), {.url = server.url()});
  socket.start();
  BOOST_TEST(server.wait_for_mark("both"));
  socket->cancel();
  const Story expected{"open", "close 1000 done OK", "terminated OK"};
  BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(data_after_our_close_is_still_delivered) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_text("first");
    const std::string close = peer.read_close();
    peer.send_text("second");
    peer.send_ping("p");
    peer.send_text("third");
    peer.send_frame(ws_close, close.substr(0, 2));
  });
  TestSocket socket(make_client(), {.url = server.url(), .hooks = closing_at(1)});
  const Story expected{"open", "message first", "message second", "message third", "close 1000 OK", "terminated OK"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_after_our_close) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.read_close();
    peer.send_ping("answer me");
    peer.mark("closed");
    peer.wait_for_signal("go");
    peer.send_close();
    if (peer.read_frame().opcode >= 0) peer.mark("more");  // fails at the end of the connection
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = {{"ping_interval_ms", "20"}}});
  socket.start();
  BOOST_TEST(socket.wait_for("open"));
  socket.close();
  BOOST_TEST(server.wait_for_mark("closed"));
  const Status late = socket->send(WebSocket::Payload::text, "late", {}, 0);
  BOOST_REQUIRE(!late.ok());
  BOOST_TEST((late.error().code == ErrorCode::ws_closed));
  server.signal("go");
  BOOST_TEST(socket.finish().back() == "terminated OK");
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(!server.wait_for_mark("more", after(milliseconds(0))));
  BOOST_TEST(server.messages().empty());
}

BOOST_AUTO_TEST_CASE(what_was_queued_before_a_close_is_sent_before_it) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.answer_close();
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = {{"send_queue_bytes", "100000000"}}});
  socket.start();
  BOOST_TEST(socket.wait_for("open"));
  const std::string large(3'000'000, 'x');
  for (int i = 0; i < 3; ++i) socket.send(large);
  socket.send("last");
  socket.close();
  BOOST_TEST(socket.finish().back() == "terminated OK");
  BOOST_TEST(server.messages().size() == 4U);
  BOOST_TEST(server.messages().back() == "last");
  BOOST_TEST(socket->unsent_count() == 0U);
}

BOOST_AUTO_TEST_CASE(server_that_closes_while_a_large_queue_waits_gets_it_or_it_is_unsent) {
  for (const bool reads : {true, false}) {
    WebSocketServer server([&](WebSocketPeer& peer) {
      peer.accept();
      peer.wait_for_signal("queued");
      peer.send_close(1000, "enough");
      if (reads) {
        peer.read_close();
      } else {
        peer.hold();
      }
    });
    TestSocket socket(make_client(),
                      {.url = server.url(),
                       .options = {{"send_queue_bytes", "100000000"}, {"close_timeout_ms", reads ? "60000" : "50"}}});
    socket.start();
    BOOST_TEST(socket.wait_for("open"));
    const std::string large(1'000'000, 'x');
    for (int i = 0; i < 30; ++i) socket.send(large);
    server.signal("queued");
    const Story expected{"open", "close 1000 enough OK", "terminated OK"};
    BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
    const std::size_t unsent = socket->unsent_count();
    if (reads) {
      BOOST_TEST(server.messages().size() == 30U);
      BOOST_TEST(unsent == 0U);
    } else {
      // One may be cut in the middle, and it is not among them.
      BOOST_TEST(unsent > 0U);
      BOOST_TEST(unsent < 30U);
    }
    BOOST_TEST(socket->queued_bytes() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(receipts_are_settled_once_however_it_ends) {
  for (const bool cancelled : {false, true}) {
    WebSocketServer server([](WebSocketPeer& peer) {
      peer.accept();
      peer.mark("open");
      peer.hold();
    });
    TestSocket socket(make_client(), {.url = server.url(),
                                      .options = {{"send_queue_bytes", "100000000"}, {"close_timeout_ms", "30"}}});
    struct Receipt {
      int calls = 0;
      std::int32_t code = -1;
    };
    std::vector<Receipt> receipts(50);
    socket.start();
    for (Receipt& receipt : receipts) {
      const WebSocketReceipt told{[](void* user, std::int32_t code) {
                                    ++static_cast<Receipt*>(user)->calls;
                                    static_cast<Receipt*>(user)->code = code;
                                  },
                                  &receipt};
      BOOST_TEST(socket->send(WebSocket::Payload::binary, std::string(1'000'000, 'x'), told, 0).ok());
    }
    BOOST_TEST(server.wait_for_mark("open"));
    if (cancelled) {
      socket->cancel();
    } else {
      socket.close();
    }
    socket.finish();
    std::size_t failed = 0;
    bool in_order = true;
    for (const Receipt& receipt : receipts) {
      BOOST_TEST(receipt.calls == 1);
      if (receipt.code == 0 && failed > 0) in_order = false;
      if (receipt.code != 0) ++failed;
    }
    BOOST_TEST(in_order);
    BOOST_TEST(failed > 0U);
    BOOST_TEST(socket->unsent_count() <= failed);
    BOOST_TEST(socket->unsent_count() + 1 >= failed);
  }
}

BOOST_AUTO_TEST_CASE(problem_closes_the_queue_at_once) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_frame(3, "");  // a reserved opcode
    peer.read_close();
    peer.mark("told");
    peer.wait_for_signal("go");
  });
  TestSocket socket(make_client(), {.url = server.url()});
  socket.start();
  BOOST_TEST(server.wait_for_mark("told"));
  const Status late = socket->send(WebSocket::Payload::text, "late", {}, 0);
  BOOST_REQUIRE(!late.ok());
  BOOST_TEST((late.error().code == ErrorCode::ws_closed));
  server.signal("go");
  BOOST_TEST(socket.finish().back() == "terminated WS_PROTOCOL");
}

BOOST_AUTO_TEST_CASE(closing_again_and_again_changes_nothing) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.answer_close();
  });
  TestSocket socket(make_client(), {.url = server.url(),
                                    .hooks = {.close =
                                                  [](WebSocket& closed) {
                                                    must(closed.close(1001, ""));
                                                    closed.resume();
                                                  },
                                              .terminated =
                                                  [](WebSocket& ended) {
                                                    must(ended.close(1001, ""));
                                                    ended.cancel();
                                                    ended.resume();
                                                  }}});
  socket.start();
  BOOST_TEST(socket.wait_for("open"));
  socket.close(1000, "first");
  socket.close(1002, "second");
  const Story expected{"open", "close 1000 OK", "terminated OK"};
  BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
  socket.close();
  socket->cancel();
  BOOST_TEST(server.closes() == std::vector<std::string>{ws_close_payload(1000, "first")});
}

BOOST_AUTO_TEST_CASE(forgotten_websocket_ends_by_itself) {
  for (const bool closes : {false, true}) {
    const WebSocketServer server([](WebSocketPeer& peer) {
      peer.accept();
      peer.answer_close();
    });
    const auto client = make_client();
    TestSocket socket(client, {.url = server.url()});
    socket.start();
    BOOST_TEST(socket.wait_for("open"));
    if (closes) socket.close();
    const auto weak = socket.forget();
    BOOST_TEST(socket.finish().back() == (closes ? "terminated OK" : "terminated CANCELLED"));
    BOOST_TEST(server.wait_for_finished(1));
    BOOST_TEST(server.closes().size() == (closes ? 1U : 0U));
    static_cast<void>(loop_of(client));  // the turn of its end is over
    BOOST_TEST(weak.expired());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
