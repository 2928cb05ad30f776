// WebSockets through the C ABI: messages both ways, by callbacks and by a thread that waits, and how they end.
#include "capi/websocket.hpp"

#include <string>
#include <thread>
#include <vector>

using namespace ppn::test;

namespace {

struct Sockets : NoLeak {
  Client client = make_client();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websockets, Sockets)

BOOST_AUTO_TEST_CASE(messages_of_every_kind_go_both_ways) {
  const WebSocketServer server(accept_and_echo);
  const WebSocketHandle socket = open_websocket(client, server.url());
  const std::string zeros("a\0b\xff", 4);
  BOOST_TEST(send_text(socket, "gr\xc3\xbc\xc3\x9f") == PPN_OK);
  BOOST_TEST(send(socket, PPN_WEBSOCKET_BINARY, zeros) == PPN_OK);
  BOOST_TEST(send(socket, PPN_WEBSOCKET_JSON, R"({"a": [1, null]})") == PPN_OK);
  BOOST_TEST(send_text(socket, "") == PPN_OK);
  BOOST_TEST(ppn_websocket_send(socket.get(), PPN_WEBSOCKET_BINARY, nullptr, 0, nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_send(socket.get(), PPN_WEBSOCKET_TEXT, "auto", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(next(socket) == "text:gr\xc3\xbc\xc3\x9f");
  BOOST_TEST(next(socket) == "binary:" + zeros);
  BOOST_TEST(next(socket) == R"(text:{"a": [1, null]})");
  BOOST_TEST(next(socket) == "text:");
  BOOST_TEST(next(socket) == "binary:");
  BOOST_TEST(next(socket) == "text:auto");
  BOOST_TEST(next(socket, 0) == "PENDING");
  BOOST_TEST(close(socket) == PPN_OK);
  BOOST_TEST(next(socket) == "END");
  BOOST_TEST(next(socket, 0) == "END");
  BOOST_TEST(server.all_masked());
  BOOST_TEST(server.problems().empty());
}

BOOST_AUTO_TEST_CASE(messages_that_were_sent_before_the_connection_is_open_wait_for_it) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_signal("go");
    accept_and_echo(peer);
  });
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  BOOST_TEST(ppn_websocket_state(socket.get()) == PPN_WEBSOCKET_NEW);
  BOOST_TEST(connect(socket) == PPN_OK);
  BOOST_TEST(ppn_websocket_state(socket.get()) == PPN_WEBSOCKET_CONNECTING);
  BOOST_TEST(ppn_websocket_wait_open(socket.get(), 0, nullptr) == PPN_PENDING);
  BOOST_TEST(send_text(socket, "one") == PPN_OK);
  BOOST_TEST(send_text(socket, "three") == PPN_OK);
  BOOST_TEST(ppn_websocket_queued_bytes(socket.get()) == 8);
  server.signal("go");
  BOOST_TEST(next(socket) == "text:one");
  BOOST_TEST(next(socket) == "text:three");
  BOOST_TEST(ppn_websocket_state(socket.get()) == PPN_WEBSOCKET_OPEN);
  BOOST_TEST(ppn_websocket_wait_open(socket.get(), 0, nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_queued_bytes(socket.get()) == 0);
}

BOOST_AUTO_TEST_CASE(callbacks_come_in_order_and_once) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_text("one");
    peer.send_frame(ws_binary, "t", false);
    peer.send_ping();
    peer.send_frame(ws_continuation, "wo");
    peer.close_with(1000, "bye");
  });
  SocketRecorder recorder;
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(seen.order == "ommctd");
  BOOST_TEST(seen.handshake_status == 101);
  BOOST_TEST((seen.messages == std::vector<std::string>{"text:one", "binary:two"}));
  BOOST_TEST((seen.close_codes == std::vector<int32_t>{1000}));
  BOOST_TEST((seen.close_reasons == std::vector<std::string>{"bye"}));
  BOOST_TEST((seen.close_errors == std::vector<int32_t>{PPN_OK}));
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_TEST(ppn_websocket_close_code(socket.get()) == 1000);
  BOOST_TEST(close_reason(socket) == "bye");
  BOOST_TEST(ppn_websocket_state(socket.get()) == PPN_WEBSOCKET_CLOSED);
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(1000)}));
}

BOOST_AUTO_TEST_CASE(socket_with_on_message_has_nothing_for_next) {
  const WebSocketServer server(accept_and_echo);
  SocketRecorder recorder;
  const WebSocketHandle socket = make_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  const ppn_event* message = nullptr;
  BOOST_TEST(ppn_websocket_next(socket.get(), 0, &message, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(close(socket) == PPN_OK);
  BOOST_TEST(recorder.wait_for_end().code == PPN_OK);
}

BOOST_AUTO_TEST_CASE(other_callbacks_go_together_with_next) {
  const WebSocketServer server(accept_and_echo);
  SocketRecorder recorder;
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(recorder.install(socket, false), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(send_text(socket, "x") == PPN_OK);
  BOOST_TEST(next(socket) == "text:x");
  BOOST_TEST(close(socket, 4000, "over") == PPN_OK);
  BOOST_TEST(next(socket) == "END");
  BOOST_TEST(recorder.wait_for_end().order == "octd");
  // The server answers with the code alone.
  BOOST_TEST(ppn_websocket_close_code(socket.get()) == 4000);
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(4000, "over")}));
}

BOOST_AUTO_TEST_CASE(close_sends_what_was_queued_and_takes_what_still_comes) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.read_message();
    peer.read_message();
    peer.read_close();
    peer.send_text("late");
    peer.send_close(1000);
  });
  const WebSocketHandle socket = open_websocket(client, server.url());
  BOOST_TEST(send_text(socket, "one") == PPN_OK);
  BOOST_TEST(send_text(socket, "two") == PPN_OK);
  BOOST_TEST(close(socket, 1001, "leaving") == PPN_OK);
  BOOST_TEST(close(socket, 4000, "a second close is nothing") == PPN_OK);
  BOOST_TEST(send_text(socket, "three") == PPN_E_WS_CLOSED);
  BOOST_TEST(next(socket) == "text:late");
  BOOST_TEST(next(socket) == "END");
  BOOST_TEST(wait_closed(socket) == PPN_OK);
  BOOST_TEST((server.messages() == std::vector<std::string>{"one", "two"}));
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(1001, "leaving")}));
}

BOOST_AUTO_TEST_CASE(code_0_closes_with_1000) {
  const WebSocketServer server(accept_and_echo);
  const WebSocketHandle socket = open_websocket(client, server.url());
  BOOST_TEST(ppn_websocket_close(socket.get(), 0, nullptr, 0, nullptr) == PPN_OK);
  BOOST_TEST(wait_closed(socket) == PPN_OK);
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(1000)}));
}

BOOST_AUTO_TEST_CASE(close_of_the_server_is_an_end_or_an_error_by_its_code) {
  struct Case {
    int sent;
    int32_t reported;
    int32_t end;
  };
  for (const auto& [sent, reported, end] :
       {Case{1000, 1000, PPN_END}, Case{1001, 1001, PPN_END}, Case{0, 1005, PPN_END}, Case{1008, 1008, PPN_E_WS_CLOSED},
        Case{1011, 1011, PPN_E_WS_CLOSED}, Case{4999, 4999, PPN_E_WS_CLOSED}}) {
    const WebSocketServer server([code = sent](WebSocketPeer& peer) {
      peer.accept();
      peer.send_text("before");
      peer.close_with(code, code == 0 ? "" : "why");
    });
    const WebSocketHandle socket = make_single_websocket(client, server.url());
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_TEST(next(socket) == "text:before");
    const ppn_event* message = nullptr;
    ErrorHandle error;
    BOOST_TEST(ppn_websocket_next(socket.get(), -1, &message, error.out()) == end, sent);
    BOOST_TEST(wait_closed(socket) == (end == PPN_END ? PPN_OK : end), sent);
    BOOST_TEST(ppn_websocket_close_code(socket.get()) == reported);
    BOOST_TEST(close_reason(socket) == (sent == 0 ? "" : "why"));
    if (end != PPN_END) BOOST_TEST(std::string(ppn_error_message(error.get())).find("why") != std::string::npos);
    BOOST_TEST((server.closes() == std::vector{ws_close_payload(sent)}));
  }
}

BOOST_AUTO_TEST_CASE(connection_that_is_lost_is_an_error_with_code_1006) {
  for (const bool reset : {false, true}) {
    const WebSocketServer server([reset](WebSocketPeer& peer) {
      peer.accept();
      peer.send_text("last");
      peer.read_message();
      reset ? peer.reset() : peer.close();
    });
    const WebSocketHandle socket = open_websocket(client, server.url());
    BOOST_TEST(next(socket) == "text:last");
    BOOST_TEST(send_text(socket, "x") == PPN_OK);
    BOOST_TEST(next(socket) == "WS_CLOSED");
    BOOST_TEST(next(socket) == "WS_CLOSED");
    BOOST_TEST(wait_closed(socket) == PPN_E_WS_CLOSED);
    BOOST_TEST(ppn_websocket_wait_open(socket.get(), -1, nullptr) == PPN_END);
    BOOST_TEST(send_text(socket, "x") == PPN_E_WS_CLOSED);
    BOOST_TEST(ppn_websocket_close_code(socket.get()) == 1006);
  }
}

BOOST_AUTO_TEST_CASE(what_breaks_the_protocol_ends_with_its_code_and_its_error) {
  struct Case {
    std::string bytes;
    int32_t code;
    int close_code;
  };
  for (const auto& [bytes, code, close_code] :
       {Case{ws_frame(ws_text, "x", true, 4), PPN_E_WS_PROTOCOL, 1002},
        Case{ws_frame(ws_text, "\xff"), PPN_E_WS_INVALID_UTF8, 1007},
        Case{ws_frame(ws_binary, std::string(101, 'x')), PPN_E_WS_MESSAGE_TOO_BIG, 1009}}) {
    const WebSocketServer server([bytes = bytes](WebSocketPeer& peer) {
      peer.accept();
      peer.send(ws_frame(ws_text, "good") + bytes);
      peer.read_close();
    });
    const WebSocketHandle socket = make_single_websocket(client, server.url());
    set_option(socket, "websocket_max_message_bytes", "100");
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_TEST(next(socket) == "text:good");
    BOOST_TEST(next(socket) == ppn_code_name(code));
    BOOST_TEST(ppn_websocket_close_code(socket.get()) == close_code);
    BOOST_TEST((server.closes() == std::vector{ws_close_payload(close_code)}));
  }
}

BOOST_AUTO_TEST_CASE(server_that_is_silent_after_a_ping_is_given_up) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.wait_for_end();
  });
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  set_option(socket, "websocket_ping_interval_ms", "10");
  set_option(socket, "websocket_pong_timeout_ms", "10");
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(next(socket) == "WS_PING_TIMEOUT");
  BOOST_TEST(ppn_websocket_close_code(socket.get()) == 1006);
  BOOST_TEST(ppn_websocket_ping_us(socket.get()) == -1);
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.closes().empty());
}

BOOST_AUTO_TEST_CASE(ping_that_is_answered_tells_the_time_between) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_frame(ws_pong, "nobody asked");
    const PeerFrame ping = peer.read_frame();
    if (ping.opcode != ws_ping) return;
    peer.send_frame(ws_pong, ping.payload);
    peer.send_text("answered");
    peer.echo();
  });
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  set_option(socket, "websocket_ping_interval_ms", "10");
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(next(socket) == "text:answered");
  BOOST_TEST(ppn_websocket_ping_us(socket.get()) >= 0);
  BOOST_TEST(ppn_websocket_ping_us(socket.get()) < 20'000'000);
}

BOOST_AUTO_TEST_CASE(server_that_does_not_answer_a_close_is_given_up) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.wait_for_end();
  });
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  set_option(socket, "websocket_close_timeout_ms", "10");
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_websocket_wait_open(socket.get(), -1, nullptr), PPN_OK);
  BOOST_TEST(close(socket) == PPN_OK);
  BOOST_TEST(next(socket) == "WS_CLOSE_TIMEOUT");
  BOOST_TEST(wait_closed(socket) == PPN_E_WS_CLOSE_TIMEOUT);
  BOOST_TEST(ppn_websocket_close_code(socket.get()) == 1006);
}

BOOST_AUTO_TEST_CASE(wait_of_minus_1_ends_with_the_socket_on_every_thread) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_signal("go");
    accept_and_echo(peer);
  });
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(ppn_websocket_wait_closed(socket.get(), 0, nullptr) == PPN_PENDING);
  BOOST_TEST(ppn_websocket_wait_closed(socket.get(), 1, nullptr) == PPN_PENDING);
  BOOST_TEST(ppn_websocket_wait_open(socket.get(), 1, nullptr) == PPN_PENDING);
  BOOST_TEST(next(socket, 1) == "PENDING");
  std::vector<int32_t> open(3, -1);
  std::vector<int32_t> closed(3, -1);
  std::string ended;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      open[i] = ppn_websocket_wait_open(socket.get(), -1, nullptr);
      closed[i] = ppn_websocket_wait_closed(socket.get(), -1, nullptr);
    });
  }
  threads.emplace_back([&] {
    const ppn_event* message = nullptr;
    ended = ppn_websocket_next(socket.get(), -1, &message, nullptr) == PPN_END ? "END" : "?";
  });
  server.signal("go");
  BOOST_TEST(ppn_websocket_wait_open(socket.get(), INT64_MAX, nullptr) == PPN_OK);
  BOOST_TEST(close(socket) == PPN_OK);
  for (std::thread& thread : threads) thread.join();
  // A thread that looked late found it open and closed already.
  for (const int32_t code : open) BOOST_TEST((code == PPN_OK || code == PPN_END));
  for (const int32_t code : closed) BOOST_TEST(code == PPN_OK);
  BOOST_TEST(ended == "END");
  BOOST_TEST(ppn_websocket_wait_open(socket.get(), -1, nullptr) == PPN_END);
}

BOOST_AUTO_TEST_CASE(cancel_from_another_thread_ends_a_wait) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.wait_for_end();
  });
  const WebSocketHandle socket = open_websocket(client, server.url());
  std::thread canceller([&] { ppn_websocket_cancel(socket.get()); });
  BOOST_TEST(next(socket) == "CANCELLED");
  canceller.join();
  BOOST_TEST(wait_closed(socket) == PPN_E_CANCELLED);
  BOOST_TEST(ppn_websocket_cancel(socket.get()) == PPN_OK);
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.closes().empty());
}

BOOST_AUTO_TEST_SUITE_END()
