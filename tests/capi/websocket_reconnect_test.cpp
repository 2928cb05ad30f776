// WebSockets that are opened again. The first delay is up to a second by chance, so each test here waits for one.
#include "capi/websocket.hpp"

#include <string>
#include <thread>
#include <vector>

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(websocket_reconnect, NoLeak)

BOOST_AUTO_TEST_CASE(socket_that_is_iterated_goes_on_over_the_next_connection) {
  const WebSocketServer server({[](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.send_text("first");
                                  peer.read_message();
                                  peer.close();
                                },
                                [](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.send_text("second");
                                  peer.close_with();
                                }});
  const Client client = make_client();
  const WebSocketHandle socket = make_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(next(socket) == "text:first");
  BOOST_TEST(send_text(socket, "drop me") == PPN_OK);
  BOOST_TEST(next(socket) == "text:second");
  BOOST_TEST(next(socket) == "END");
  BOOST_TEST(server.connections() == 2);
  BOOST_TEST(ppn_websocket_close_code(socket.get()) == 1000);
}

BOOST_AUTO_TEST_CASE(next_handshake_has_what_on_reconnecting_puts_in) {
  const WebSocketServer server({[](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with(1011);
                                },
                                [](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with();
                                }});
  const Client client = make_client();
  const WebSocketHandle socket = make_websocket(client, server.url("/?token=old"));
  set_option(socket, "websocket_reconnect", "on");
  BOOST_TEST(ppn_websocket_set_header(socket.get(), "X-Token", 7, "old", 3, nullptr) == PPN_OK);
  SocketRecorder recorder;
  std::vector<int32_t> codes;
  recorder.in_reconnecting = [&](ppn_websocket* given) {
    const std::string url = server.url("/?token=new");
    codes.push_back(ppn_websocket_set_header(given, "x-token", 7, "new", 3, nullptr));
    codes.push_back(ppn_websocket_set_url(given, url.data(), url.size(), nullptr));
    codes.push_back(ppn_websocket_add_subprotocol(given, "a", 1, nullptr));
    codes.push_back(ppn_websocket_set_url(given, "wss://127.0.0.1/", PPN_AUTO_LENGTH, nullptr));
    return PPN_CB_CONTINUE;
  };
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(seen.order == "ocroctd");
  BOOST_TEST((seen.close_codes == std::vector<int32_t>{1011, 1000}));
  BOOST_TEST((seen.close_errors == std::vector<int32_t>{PPN_E_WS_CLOSED, PPN_OK}));
  BOOST_TEST((codes == std::vector<int32_t>{PPN_OK, PPN_OK, PPN_E_INVALID_STATE, PPN_E_INVALID_URL}));
  const std::string second = server.requests().at(1);
  BOOST_TEST(second.find("GET /?token=new ") == 0U);
  BOOST_TEST(second.find("new\r\n") != std::string::npos);
  BOOST_TEST(second.find("old") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(abort_in_on_reconnecting_ends_with_what_had_ended_it) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.close_with(1013, "later");
  });
  const Client client = make_client();
  const WebSocketHandle socket = make_websocket(client, server.url());
  set_option(socket, "websocket_reconnect", "on");
  SocketRecorder recorder;
  recorder.in_reconnecting = [](auto...) { return PPN_CB_ABORT; };
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(seen.order == "ocrtd");
  BOOST_TEST(seen.code == PPN_E_WS_CLOSED);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(socket_that_never_comes_back_is_exhausted) {
  const WebSocketServer server(
      {[](WebSocketPeer& peer) {
         peer.accept();
         peer.send_text("last");
         peer.close();
       },
       [](WebSocketPeer& peer) { peer.refuse("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"); }});
  const Client client = make_client(R"({"websocket_reconnect_attempts": 1})");
  const WebSocketHandle socket = make_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(next(socket) == "text:last");
  const ppn_event* message = nullptr;
  ErrorHandle error;
  BOOST_TEST(ppn_websocket_next(socket.get(), -1, &message, error.out()) == PPN_E_WS_RECONNECT_EXHAUSTED);
  BOOST_TEST(ppn_error_attempts(error.get()) == 1);
  BOOST_TEST(wait_closed(socket) == PPN_E_WS_RECONNECT_EXHAUSTED);
  BOOST_TEST(ppn_websocket_wait_open(socket.get(), -1, nullptr) == PPN_E_WS_RECONNECT_EXHAUSTED);
  BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(unsent_messages_go_first_on_the_next_connection_when_wanted) {
  for (const bool resend : {true, false}) {
    WebSocketServer server({[](WebSocketPeer& peer) {
                              peer.read_request();
                              peer.wait_for_signal("queued");
                              peer.accept();
                              peer.wait_for_signal("drop");
                              peer.reset();
                            },
                            [](WebSocketPeer& peer) {
                              peer.accept();
                              peer.answer_close();
                            }});
    const Client client = make_client();
    const WebSocketHandle socket = make_websocket(client, server.url());
    set_option(socket, "websocket_reconnect", "on");
    set_option(socket, "websocket_resend_unsent", resend ? "true" : "false");
    set_option(socket, "websocket_send_queue_bytes", "100000000");
    set_option(socket, "websocket_max_message_bytes", "100000000");
    SocketRecorder recorder;
    Receipts receipts;
    BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    // Queued together: the first leaves, a part of the second does, which the kernel does not take whole.
    BOOST_REQUIRE_EQUAL(receipts.send(socket, "left"), PPN_OK);
    BOOST_REQUIRE_EQUAL(receipts.send(socket, std::string(std::size_t{32} << 20, 'x')), PPN_OK);
    BOOST_REQUIRE_EQUAL(receipts.send(socket, "waits"), PPN_OK);
    server.signal("queued");
    receipts.wait_for(1);
    server.signal("drop");
    BOOST_REQUIRE(recorder.wait_for([](const SocketSeen& seen) { return seen.order == "ocro"; }));
    BOOST_REQUIRE_EQUAL(receipts.send(socket, "after"), PPN_OK);
    BOOST_TEST(close(socket) == PPN_OK);
    BOOST_TEST(recorder.wait_for_end().order == "ocroctd");
    const std::vector<std::string> both{"waits", "after"};
    const std::vector<std::string> last{"after"};
    BOOST_TEST((server.messages() == (resend ? both : last)));
    BOOST_TEST(ppn_websocket_unsent_count(socket.get()) == (resend ? 0U : 1U));
    BOOST_TEST((receipts.wait_for_all() ==
                std::vector<int32_t>{PPN_OK, PPN_E_WS_CLOSED, resend ? PPN_OK + 0 : PPN_E_WS_CLOSED + 0, PPN_OK}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
