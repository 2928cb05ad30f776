#include "support/websocket_server.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "support/socket.hpp"

namespace ppn::test {
namespace {

const std::string handshake =
    "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// A frame of a client, masked with a key of four equal bytes.
std::string masked(int opcode, const std::string& payload, bool fin = true) {
  std::string bytes = ws_frame(opcode, payload, fin);
  const std::size_t head = bytes.size() - payload.size();
  bytes[1] = static_cast<char>(bytes[1] | 0x80);
  for (std::size_t i = head; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ 0x37);
  return bytes.insert(head, "7777");
}

std::string answer_to(const WebSocketServer& server, const std::string& bytes) {
  const UniqueFd client = connect_to_loopback(server.port(), default_deadline());
  send_all(client.get(), bytes, default_deadline());
  return receive_until_end(client.get(), default_deadline()).bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_server)

BOOST_AUTO_TEST_CASE(key_of_rfc_6455_1_3_is_answered_as_there) {
  BOOST_TEST(ws_accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

BOOST_AUTO_TEST_CASE(frames_have_the_shortest_length) {
  BOOST_TEST(ws_frame(ws_text, "Hello") == "\x81\x05Hello");
  BOOST_TEST(ws_frame(ws_text, "Hel", false, 4) == "\x41\x03Hel");
  BOOST_TEST(ws_frame(ws_binary, std::string(126, 'x')).substr(0, 4) == std::string("\x82\x7e\x00\x7e", 4));
  BOOST_TEST(ws_frame(ws_binary, std::string(65'536, 'x')).substr(0, 10) ==
             std::string("\x82\x7f\0\0\0\0\0\1\0\0", 10));
  BOOST_TEST(ws_close_payload(1000, "bye") ==
             "\x03\xe8"
             "bye");
  BOOST_TEST(ws_close_payload(0).empty());
}

BOOST_AUTO_TEST_CASE(echo_answers_messages_pings_and_the_close) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept("X-More: 1\r\n");
    peer.echo();
  });
  const std::string said = masked(ws_text, "Hel", false) + masked(ws_ping, "p") + masked(ws_continuation, "lo") +
                           masked(ws_binary, "x") + masked(ws_close, ws_close_payload(1000, "bye"));
  BOOST_TEST(answer_to(server, handshake + said) ==
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-More: 1\r\n\r\n" +
                 ws_frame(ws_pong, "p") + ws_frame(ws_text, "Hello") + ws_frame(ws_binary, "x") +
                 ws_frame(ws_close, ws_close_payload(1000)));
  BOOST_TEST((server.messages() == std::vector<std::string>{"Hello", "x"}));
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(1000, "bye")}));
  BOOST_TEST((server.requests() == std::vector{handshake}));
  BOOST_TEST(server.all_masked());
  BOOST_TEST(server.problems().empty());
}

BOOST_AUTO_TEST_CASE(step_that_can_not_be_done_is_a_problem) {
  const WebSocketServer server(std::vector<WebSocketServer::Play>{[](WebSocketPeer& peer) {
    peer.accept();
    peer.read_message();
    peer.mark("never");
  }});
  {
    const UniqueFd client = connect_to_loopback(server.port(), default_deadline());
    send_all(client.get(), handshake + ws_frame(ws_ping, "not masked"), default_deadline());
  }
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(!server.all_masked());
  BOOST_REQUIRE(server.problems().size() == 1U);
  BOOST_TEST(server.problems()[0].find("connection 0: read_frame: ") == 0U);
  BOOST_TEST(!server.wait_for_mark("never", after(std::chrono::milliseconds(0))));
  BOOST_TEST(answer_to(server, handshake).empty());
  BOOST_TEST(server.wait_for_finished(2));
  BOOST_TEST(server.problems().back() == "connection 1: no function");
}

BOOST_AUTO_TEST_CASE(server_that_ends_ends_what_waits) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.mark("open");
    peer.number() == 0 ? peer.hold() : peer.wait_for_signal("go");
  });
  const UniqueFd first = connect_to_loopback(server.port(), default_deadline());
  send_all(first.get(), handshake, default_deadline());
  BOOST_TEST(server.wait_for_mark("open"));
  const UniqueFd second = connect_to_loopback(server.port(), default_deadline());
  send_all(second.get(), handshake, default_deadline());
  BOOST_TEST(server.wait_for_connections(2));
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace ppn::test
