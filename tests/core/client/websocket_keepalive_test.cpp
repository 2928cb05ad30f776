// Pings, pongs, and what counts as life (SEMANTICS 3.5.5).
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

#include "client/client_loop.hpp"
#include "core/client/websocket_fixture.hpp"

namespace ppn::test {
namespace {

using std::chrono::milliseconds;

using Options = std::vector<std::pair<std::string, std::string>>;

Options pings_with(const char* pong_timeout_ms) {
  return {{"ping_interval_ms", "20"}, {"pong_timeout_ms", pong_timeout_ms}, {"reconnect", "off"}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_keepalive, EngineFixture)

BOOST_AUTO_TEST_CASE(half_open_peer_is_noticed_and_no_close_is_waited_for) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    const PeerFrame ping = peer.read_frame();
    if (ping.opcode == ws_ping && ping.payload.size() == 8) peer.mark("pinged");
    peer.hold();
  });
  const auto client = make_client();
  TestSocket socket(client, {.url = server.url(), .options = pings_with("40")});
  const Story expected{"open", "close 1006 WS_PING_TIMEOUT", "terminated WS_PING_TIMEOUT"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
  BOOST_TEST(server.wait_for_mark("pinged"));
  BOOST_TEST(server.closes().empty());
  BOOST_TEST(socket->ping_us() == -1);
  check_loop_is_empty(client);
}

BOOST_AUTO_TEST_CASE(answered_pings_keep_it_alive_and_measure_the_round_trip) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    std::string last;
    for (int i = 0; i < 5; ++i) {
      const PeerFrame ping = peer.read_frame();
      if (ping.opcode != ws_ping || ping.payload == last) peer.mark("wrong");
      last = ping.payload;
      peer.send_frame(ws_pong, ping.payload);
    }
    peer.close_with();
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = pings_with("20000")});
  BOOST_TEST(socket.start().finish().back() == "terminated OK");
  BOOST_TEST(!server.wait_for_mark("wrong", after(milliseconds(0))));
  BOOST_TEST(socket->ping_us() >= 0);
  BOOST_TEST(socket->ping_us() < 20'000'000);
}

BOOST_AUTO_TEST_CASE(any_byte_is_life_even_one_of_a_frame_that_is_not_complete) {
  // Every ping is answered by one byte of a long message, never by a pong.
  const std::string message(12, 'm');
  const WebSocketServer server([&](WebSocketPeer& peer) {
    peer.accept();
    const std::string frame = ws_frame(ws_text, message);
    for (const char byte : frame) {
      while (peer.read_frame().opcode != ws_ping) {
      }
      peer.send({&byte, 1});
    }
    peer.close_with();
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = pings_with("20000")});
  const Story expected{"open", "message " + message, "close 1000 OK", "terminated OK"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
  BOOST_TEST(socket->ping_us() == -1);
}

BOOST_AUTO_TEST_CASE(pongs_that_answer_nothing_measure_nothing) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_frame(ws_pong, "");
    peer.send_frame(ws_pong, std::string(8, '\0'));
    const PeerFrame ping = peer.read_frame();
    peer.send_frame(ws_pong, ping.payload.substr(1));
    peer.close_with();
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = pings_with("20000")});
  BOOST_TEST(socket.start().finish().back() == "terminated OK");
  BOOST_TEST(socket->ping_us() == -1);
}

BOOST_AUTO_TEST_CASE(pong_that_comes_twice_measures_once) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    const PeerFrame ping = peer.read_frame();
    peer.send_frame(ws_pong, ping.payload);
    peer.send_text("measured");
    peer.wait_for_signal("later");
    peer.send_frame(ws_pong, ping.payload);
    peer.close_with();
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = pings_with("0")});
  socket.start();
  BOOST_TEST(socket.wait_for_messages(1));
  const std::int64_t measured = socket->ping_us();
  BOOST_TEST(measured >= 0);
  BOOST_TEST(!socket.wait_for("close", 1, after(milliseconds(10))));
  server.signal("later");
  BOOST_TEST(socket.finish().back() == "terminated OK");
  BOOST_TEST(socket->ping_us() == measured);
}

BOOST_AUTO_TEST_CASE(pings_of_the_server_are_answered_before_queued_data_and_only_the_last_one) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    std::string burst = peer.acceptance();
    for (int i = 0; i < 100; ++i) burst += ws_frame(ws_ping, std::to_string(i));
    peer.send(burst);
    const PeerFrame first = peer.read_frame();
    if (first.opcode == ws_pong && first.payload == "99") peer.mark("pong first");
    peer.answer_close();
  });
  TestSocket socket(make_client(), {.url = server.url(), .hooks = {.open = [](WebSocket& opened) {
                                                           must(opened.send(WebSocket::Payload::text, "data", {}, 0));
                                                           must(opened.close(1000, ""));
                                                         }}});
  BOOST_TEST(socket.start().finish().back() == "terminated OK");
  BOOST_TEST(server.wait_for_mark("pong first", after(milliseconds(0))));
  BOOST_TEST(server.messages() == std::vector<std::string>{"data"});
}

BOOST_AUTO_TEST_CASE(zero_turns_pings_off) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    const PeerFrame first = peer.read_frame();
    if (first.opcode == ws_close) peer.mark("no ping");
    peer.send_close();
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = {{"ping_interval_ms", "0"}}});
  socket.start();
  BOOST_TEST(socket.wait_for("open"));
  BOOST_TEST(!socket.wait_for("close", 1, after(milliseconds(60))));
  socket.close();
  BOOST_TEST(socket.finish().back() == "terminated OK");
  BOOST_TEST(server.wait_for_mark("no ping"));
}

BOOST_AUTO_TEST_CASE(loop_that_was_busy_longer_than_the_timeout_looks_at_the_pong_first) {
  // The callback of something else holds the loop until the pong has come and its time is over.
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    const PeerFrame ping = peer.read_frame();
    peer.mark("pinged");
    peer.wait_for_signal("busy");
    peer.send_frame(ws_pong, ping.payload);
    peer.mark("answered");
    peer.answer_close();
  });
  const auto client = make_client();
  TestSocket socket(client, {.url = server.url(), .options = pings_with("1000")});
  socket.start();
  BOOST_TEST(server.wait_for_mark("pinged"));
  (*client->client_loop())->loop().submit([&] {
    server.signal("busy");
    server.wait_for_mark("answered");
    const auto over = std::chrono::steady_clock::now() + milliseconds(1'100);
    while (std::chrono::steady_clock::now() < over) {
    }
    must(socket->close(1000, ""));
  });
  BOOST_TEST(socket.finish().back() == "terminated OK");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
