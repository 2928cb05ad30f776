// WebSockets that are opened again (SEMANTICS 3.5.8); the waits themselves are in ../policy/websocket_reconnect_test.cpp.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "core/client/websocket_fixture.hpp"
#include "core/client/websocket_plays.hpp"

namespace ppn::test {
namespace {

using std::chrono::milliseconds;
using Texts = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_reconnecting, EngineFixture)

BOOST_AUTO_TEST_CASE(fresh_token_of_the_hook_reaches_the_next_handshake) {
  const WebSocketServer server(Plays{accept_and_drop, accept_and_close});
  const auto client = make_client();
  TestSocket socket(client, {.url = server.url("/?token=old"),
                             .options = quick_reconnect(),
                             .hooks = {.reconnecting = [&](WebSocket& lost, std::int64_t) {
                               must(lost.set_header("X-Token", "new"));
                               must(lost.set_url(server.url("/?token=new")));
                               return true;
                             }}});
  BOOST_TEST(socket->set_header("X-Token", "old").ok());
  const Story expected{"open", "close 1006 WS_CLOSED", "reconnecting 1 1006", "open", "close 1000 OK", "terminated OK"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
  const auto requests = server.requests();
  BOOST_REQUIRE(requests.size() == 2U);
  BOOST_TEST(requests[0].starts_with("GET /?token=old "));
  BOOST_TEST(requests[0].find("X-Token: old\r\n") != std::string::npos);
  BOOST_TEST(requests[1].starts_with("GET /?token=new "));
  BOOST_TEST(requests[1].find("X-Token: new\r\n") != std::string::npos);
  BOOST_TEST(requests[1].find("old") == std::string::npos);
  // Outside of the hook it stays as it is.
  const Status late = socket->set_header("X-Token", "late");
  BOOST_REQUIRE(!late.ok());
  BOOST_TEST((late.error().code == ErrorCode::invalid_state));
  check_loop_is_empty(client);
}

BOOST_AUTO_TEST_CASE(hook_that_says_no_ends_it_with_what_was_wrong) {
  const WebSocketServer server(Plays{accept_and_drop});
  TestSocket socket(make_client(), {.url = server.url(),
                                    .options = quick_reconnect(),
                                    .hooks = {.reconnecting = [](WebSocket&, std::int64_t) { return false; }}});
  const Story expected{"open", "close 1006 WS_CLOSED", "reconnecting 1 1006", "terminated WS_CLOSED"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(attempts_run_out_at_a_server_that_refuses) {
  const WebSocketServer server([](WebSocketPeer& peer) { peer.refuse(refusal(503)); });
  TestSocket socket(make_client(), {.url = server.url(), .options = quick_with({{"reconnect_attempts", "3"}})});
  const Story expected{"reconnecting 1 0", "reconnecting 2 0", "reconnecting 3 0", "terminated WS_RECONNECT_EXHAUSTED"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
  BOOST_TEST(server.connections() == 4);
  BOOST_TEST(socket->error().attempts == 3);
  BOOST_TEST(socket->error().http_status == 503);
  BOOST_TEST(socket->response()->body == "busy");
}

BOOST_AUTO_TEST_CASE(attempts_run_out_at_a_server_that_drops_whoever_comes) {
  const WebSocketServer server(accept_and_drop);
  TestSocket socket(make_client(), {.url = server.url(), .options = quick_with({{"reconnect_attempts", "2"}})});
  const Story expected{"open", "close 1006 WS_CLOSED", "reconnecting 1 1006",
                       "open", "close 1006 WS_CLOSED", "reconnecting 2 1006",
                       "open", "close 1006 WS_CLOSED", "terminated WS_RECONNECT_EXHAUSTED"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(server_that_is_away_is_tried_again) {
  std::string nobody;
  {
    const WebSocketServer server(accept_and_close);
    nobody = server.url();
  }
  const auto client = make_client();
  TestSocket socket(client, {.url = nobody, .options = quick_with({{"reconnect_attempts", "2"}})});
  const Story expected{"reconnecting 1 0", "reconnecting 2 0", "terminated WS_RECONNECT_EXHAUSTED"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
  BOOST_TEST(socket.error_text().find("refused") != std::string::npos);
  TestSocket once(client, {.url = nobody, .options = {{"reconnect", "off"}}});
  BOOST_TEST(once.start().finish() == Story{"terminated CONNECT_FAILED"}, boost::test_tools::per_element());
  check_loop_is_empty(client);
}

BOOST_AUTO_TEST_CASE(refusals_are_final_or_retryable_by_their_status) {
  for (const int status : {400, 401, 403, 404, 426, 501, 505}) {
    const WebSocketServer server([=](WebSocketPeer& peer) { peer.refuse(refusal(status)); });
    TestSocket socket(make_client(), {.url = server.url(), .options = quick_reconnect()});
    BOOST_TEST(socket.start().finish() == Story{"terminated WS_HANDSHAKE"}, boost::test_tools::per_element());
    BOOST_TEST(socket->error().http_status == status);
    BOOST_TEST(!socket->error().retryable);
  }
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    const WebSocketServer server(Plays{[=](WebSocketPeer& peer) { peer.refuse(refusal(status)); }, accept_and_close});
    TestSocket socket(make_client(), {.url = server.url(), .options = quick_reconnect()});
    const Story expected{"reconnecting 1 0", "open", "close 1000 OK", "terminated OK"};
    BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(handshake_that_is_wrong_is_final_and_one_that_is_cut_is_not) {
  for (const char* wrong : {"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
                            "SSH-2.0-OpenSSH_9.2\r\n"}) {
    const WebSocketServer server([=](WebSocketPeer& peer) {
      peer.read_request();
      peer.send(wrong);
      peer.wait_for_end();
    });
    TestSocket socket(make_client(), {.url = server.url(), .options = quick_reconnect()});
    BOOST_TEST(socket.start().finish() == Story{"terminated WS_HANDSHAKE"}, boost::test_tools::per_element());
  }
  const WebSocketServer server(Plays{[](WebSocketPeer& peer) {
                                       peer.read_request();
                                       peer.send("HTTP/1.1 101 Sw");
                                       peer.close();
                                     },
                                     accept_and_close});
  TestSocket socket(make_client(), {.url = server.url(), .options = quick_reconnect()});
  const Story expected{"reconnecting 1 0", "open", "close 1000 OK", "terminated OK"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(server_that_asks_for_too_long_a_wait_is_final) {
  const WebSocketServer server([](WebSocketPeer& peer) { peer.refuse(refusal(503, "Retry-After: 86000\r\n")); });
  TestSocket socket(make_client(), {.url = server.url(), .options = quick_reconnect()});
  BOOST_TEST(socket.start().finish() == Story{"terminated WS_HANDSHAKE"}, boost::test_tools::per_element());
  BOOST_TEST(socket->error().retry_after_ms == 86'000'000);
}

BOOST_AUTO_TEST_CASE(close_codes_decide_and_the_list_adds_to_them) {
  for (const int code : {1000, 1008, 3000, 4000, 4001}) {
    const WebSocketServer server(Plays{[=](WebSocketPeer& peer) {
                                         peer.accept();
                                         peer.close_with(code);
                                       },
                                       accept_and_close});
    TestSocket socket(make_client(), {.url = server.url(), .options = quick_with({{"reconnect_codes", "4001"}})});
    socket.start().finish();
    BOOST_TEST(server.connections() == (code == 4001 ? 2 : 1));
  }
}

BOOST_AUTO_TEST_CASE(by_default_it_reconnects_for_whoever_iterates_and_not_for_callbacks) {
  const auto greet = [](WebSocketPeer& peer) {
    peer.accept();
    peer.send_text("from " + std::to_string(peer.number()));
    peer.number() < 2 ? peer.send_close(1001) : peer.send_close(1000);
    peer.read_close();
  };
  SocketOptions quick = quick_reconnect();
  quick.erase(quick.begin());  // the option "reconnect" itself
  {
    const WebSocketServer server(greet);
    TestSocket socket(make_client(), {.url = server.url(), .options = quick, .takes_messages = false});
    socket.start();
    Texts received;
    while (socket->next(-1) == WebSocket::Outcome::done) received.push_back(socket->message().data);
    const Texts expected{"from 0", "from 1", "from 2"};
    BOOST_TEST(received == expected, boost::test_tools::per_element());
  }
  const WebSocketServer server(greet);
  TestSocket socket(make_client(), {.url = server.url(), .options = quick});
  const Story expected{"open", "message from 0", "close 1001 OK", "terminated OK"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(close_and_cancel_end_the_wait_for_another_connection_at_once) {
  for (const bool closes : {true, false}) {
    const WebSocketServer server([](WebSocketPeer& peer) {
      peer.accept();
      peer.close_with(1012);  // 5 to 30 s
    });
    const auto client = make_client();
    TestSocket socket(client, {.url = server.url(), .options = quick_reconnect()});
    socket.start();
    BOOST_TEST(socket.wait_for("reconnecting"));
    socket.send("queued while waiting");
    if (closes) {
      socket.close();
    } else {
      socket->cancel();
    }
    const Story expected{"open", "close 1012 WS_CLOSED", "reconnecting 1 1012",
                         closes ? "terminated OK" : "terminated CANCELLED"};
    BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
    BOOST_TEST(unsent_of(*socket) == Texts{"queued while waiting"}, boost::test_tools::per_element());
    check_loop_is_empty(client);
  }
}

BOOST_AUTO_TEST_CASE(close_and_cancel_end_an_opening_at_once) {
  for (const bool closes : {true, false}) {
    const WebSocketServer server([](WebSocketPeer& peer) {
      peer.read_request();
      peer.mark("asked");
      peer.wait_for_end();
    });
    const auto client = make_client();
    TestSocket socket(client, {.url = server.url(), .options = quick_reconnect()});
    socket.start();
    BOOST_TEST(server.wait_for_mark("asked"));
    BOOST_TEST((socket->state() == WebSocket::State::connecting));
    if (closes) {
      socket.close();
    } else {
      socket->cancel();
    }
    BOOST_TEST(socket.finish() == Story{closes ? "terminated OK" : "terminated CANCELLED"},
               boost::test_tools::per_element());
    check_loop_is_empty(client);
  }
}

BOOST_AUTO_TEST_CASE(close_inside_any_callback_of_the_end_starts_no_other_connection) {
  for (const bool in_hook : {false, true}) {
    const WebSocketServer server(accept_and_drop);
    TestSocket socket(make_client(), {.url = server.url(),
                                      .options = quick_reconnect(),
                                      .hooks = {.close =
                                                    [=](WebSocket& lost) {
                                                      if (!in_hook) must(lost.close(1000, ""));
                                                    },
                                                .reconnecting =
                                                    [=](WebSocket& lost, std::int64_t) {
                                                      must(lost.close(1000, ""));
                                                      return true;
                                                    }}});
    const Story story = socket.start().finish();
    BOOST_TEST(server.connections() == 1);
    BOOST_TEST(story.back() == (in_hook ? "terminated OK" : "terminated WS_CLOSED"));
  }
}

BOOST_AUTO_TEST_CASE(opening_has_its_own_deadline_which_ends_with_it) {
  WebSocketServer server(Plays{[](WebSocketPeer& peer) {
                                 peer.read_request();
                                 peer.wait_for_end();
                               },
                               [](WebSocketPeer& peer) {
                                 peer.accept();
                                 peer.wait_for_signal("go");
                                 peer.close_with();
                               }});
  TestSocket socket(make_client(), {.url = server.url(), .options = quick_with({{"open_timeout_ms", "300"}})});
  socket.start();
  BOOST_TEST(socket.wait_for("open"));
  // Longer than the opening may take: its deadline is not that of the conversation.
  BOOST_TEST(!socket.wait_for("close", 1, after(milliseconds(400))));
  server.signal("go");
  const Story expected{"reconnecting 1 0", "open", "close 1000 OK", "terminated OK"};
  BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(waits_for_open_see_every_connection) {
  WebSocketServer server(Plays{[](WebSocketPeer& peer) {
                                 peer.accept();
                                 peer.wait_for_signal("drop");
                                 peer.close();
                               },
                               accept_and_close});
  TestSocket socket(make_client(), {.url = server.url(), .options = quick_reconnect()});
  socket.start();
  BOOST_TEST((socket->wait_open(-1) == WebSocket::Outcome::done));
  BOOST_TEST((socket->wait_open(0) == WebSocket::Outcome::done));
  BOOST_TEST((socket->wait_closed(0) == WebSocket::Outcome::pending));
  server.signal("drop");
  BOOST_TEST((socket->wait_closed(-1) == WebSocket::Outcome::end));
  BOOST_TEST((socket->wait_open(-1) == WebSocket::Outcome::end));
  socket.finish();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
