// What waits to be sent: a queue that is full, a message larger than all of it, completions that are told exactly once
// however the WebSocket ends, and messages that will never be sent.
#include "capi/websocket.hpp"

#include <string>
#include <thread>
#include <vector>

using namespace ppn::test;

namespace {

// More than the kernel takes for a peer that does not read.
constexpr std::size_t kEndless = std::size_t{32} << 20;

struct Queued : NoLeak {
  Client client = make_client();

  // Open, with a queue of this many bytes.
  WebSocketHandle open(const WebSocketServer& server, const char* queue_bytes) const {
    WebSocketHandle socket = make_single_websocket(client, server.url());
    set_option(socket, "websocket_send_queue_bytes", queue_bytes);
    set_option(socket, "websocket_ping_interval_ms", "0");
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_websocket_wait_open(socket.get(), -1, nullptr), PPN_OK);
    return socket;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_queue, Queued)

BOOST_AUTO_TEST_CASE(full_queue_refuses_and_the_connection_goes_on) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_signal("go");
    accept_and_echo(peer);
  });
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  set_option(socket, "websocket_send_queue_bytes", "10");
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(send_text(socket, "12345") == PPN_OK);
  BOOST_TEST(send_text(socket, "123456") == PPN_E_WS_QUEUE_FULL);
  BOOST_TEST(send_text(socket, "67890") == PPN_OK);
  BOOST_TEST(send_text(socket, "") == PPN_E_WS_QUEUE_FULL);
  ErrorHandle error;
  BOOST_TEST(ppn_websocket_send_wait(socket.get(), PPN_WEBSOCKET_TEXT, "1", 1, 5, error.out()) == PPN_E_WS_QUEUE_FULL);
  BOOST_TEST(std::string(ppn_error_message(error.get())).find("websocket_send_queue_bytes") != std::string::npos);
  BOOST_TEST(ppn_websocket_queued_bytes(socket.get()) == 10);
  int32_t waited = -1;
  std::thread waiting(
      [&] { waited = ppn_websocket_send_wait(socket.get(), PPN_WEBSOCKET_TEXT, "waited", 6, -1, nullptr); });
  server.signal("go");
  waiting.join();
  BOOST_TEST(waited == PPN_OK);
  for (const char* text : {"text:12345", "text:67890", "text:waited"}) BOOST_TEST(next(socket) == text);
  BOOST_TEST(ppn_websocket_queued_bytes(socket.get()) == 0);
  BOOST_TEST(send_text(socket, "fits again") == PPN_OK);
  BOOST_TEST(next(socket) == "text:fits again");
}

BOOST_AUTO_TEST_CASE(message_larger_than_the_queue_fits_when_nothing_waits) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_signal("go");
    accept_and_echo(peer);
  });
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  set_option(socket, "websocket_send_queue_bytes", "10");
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  const std::string large(200'000, 'x');
  BOOST_TEST(send_text(socket, large) == PPN_OK);
  BOOST_TEST(send_text(socket, large) == PPN_E_WS_QUEUE_FULL);
  BOOST_TEST(send_text(socket, "1") == PPN_E_WS_QUEUE_FULL);
  server.signal("go");
  BOOST_TEST(next(socket) == "text:" + large);
  BOOST_TEST(send_text(socket, large) == PPN_OK);
  BOOST_TEST(next(socket) == "text:" + large);
}

BOOST_AUTO_TEST_CASE(completion_is_told_once_a_message_has_left) {
  const WebSocketServer server(accept_and_echo);
  const WebSocketHandle socket = open(server, "1000000");
  Receipts receipts;
  for (int i = 0; i < 100; ++i) BOOST_REQUIRE_EQUAL(receipts.send(socket, std::string(5'000, 'x')), PPN_OK);
  BOOST_TEST((receipts.wait_for_all() == std::vector<int32_t>(100, PPN_OK)));
  BOOST_TEST(close(socket) == PPN_OK);
  BOOST_TEST(receipts.send(socket, "x") == PPN_E_WS_CLOSED);
  for (int i = 0; i < 100; ++i) BOOST_TEST(next(socket).size() == 5'007U);
  BOOST_TEST(next(socket) == "END");
  BOOST_TEST(receipts.codes().size() == 100U);
}

BOOST_AUTO_TEST_CASE(completion_is_told_once_in_every_ending) {
  for (const std::string how : {"cancel", "drop", "reset", "server close", "close timeout", "release",
                                "close and release", "client close", "shutdown"}) {
    BOOST_TEST_CONTEXT(how) {
      WebSocketServer server([&](WebSocketPeer& peer) {
        peer.accept();
        peer.mark("open");
        peer.wait_for_signal("end");
        if (how == "drop") peer.close();
        if (how == "reset") peer.reset();
        if (how == "server close") peer.send_close(1011, "oh");
        if (how != "drop" && how != "reset") peer.hold();
      });
      const Client own = make_client();
      WebSocketHandle socket = make_single_websocket(own, server.url());
      set_option(socket, "websocket_close_timeout_ms", "30");
      set_option(socket, "websocket_send_queue_bytes", "100000000");
      set_option(socket, "websocket_max_message_bytes", "100000000");
      BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
      BOOST_REQUIRE(server.wait_for_mark("open"));
      Receipts receipts;
      // One that has left, one of which a part has, one that has not begun.
      BOOST_TEST(receipts.send(socket, "left") == PPN_OK);
      receipts.wait_for_all();
      BOOST_TEST(receipts.send(socket, std::string(kEndless, 'x')) == PPN_OK);
      BOOST_TEST(receipts.send(socket, "waits") == PPN_OK);
      if (how == "cancel") ppn_websocket_cancel(socket.get());
      if (how == "close timeout" || how == "close and release") close(socket);
      if (how == "release" || how == "close and release") socket.reset();
      if (how == "client close") ppn_client_close(own.get(), nullptr);
      if (how == "shutdown") ppn_runtime_shutdown(nullptr);
      server.signal("end");
      const std::vector<int32_t> codes = receipts.wait_for_all();
      BOOST_TEST(codes.size() == 3U);
      BOOST_TEST(codes[0] == PPN_OK);
      BOOST_TEST(codes[1] > 0);
      BOOST_TEST(codes[2] > 0);
      if (socket.get() != nullptr) wait_closed(socket);
      BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
      BOOST_TEST(receipts.codes().size() == 3U);
    }
  }
}

BOOST_AUTO_TEST_CASE(completion_of_a_socket_that_never_opens_is_told) {
  for (const std::string how : {"refused", "cancelled", "closed", "released"}) {
    WebSocketServer server([&](WebSocketPeer& peer) {
      peer.read_request();
      peer.mark("asked");
      peer.wait_for_signal("end");
      if (how == "refused") peer.send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    });
    WebSocketHandle socket = make_single_websocket(client, server.url());
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    Receipts receipts;
    BOOST_TEST(receipts.send(socket, "one") == PPN_OK);
    BOOST_TEST(receipts.send(socket, "two") == PPN_OK);
    BOOST_REQUIRE(server.wait_for_mark("asked"));
    if (how == "cancelled") ppn_websocket_cancel(socket.get());
    if (how == "closed") BOOST_TEST(close(socket) == PPN_OK);
    if (how == "released") socket.reset();
    server.signal("end");
    const std::vector<int32_t> codes = receipts.wait_for_all();
    for (const int32_t code : codes) BOOST_TEST(code != PPN_OK, how);
    if (socket.get() == nullptr) continue;
    wait_closed(socket);
    // Nothing of them was written, so they can be had back, in order.
    BOOST_TEST(ppn_websocket_unsent_count(socket.get()) == 2U, how);
    for (const char* text : {"one", "two"}) {
      Buffer data;
      int32_t kind = 0;
      BOOST_TEST(ppn_websocket_take_unsent(socket.get(), &kind, data.out(), nullptr) == PPN_OK);
      BOOST_TEST(kind == PPN_WEBSOCKET_BINARY);
      BOOST_TEST(bytes_of(data.get()) == text);
    }
    Buffer none;
    BOOST_TEST(ppn_websocket_take_unsent(socket.get(), nullptr, none.out(), nullptr) == PPN_END);
    BOOST_TEST((none.get() == nullptr));
  }
}

BOOST_AUTO_TEST_CASE(message_of_which_a_part_was_written_is_not_given_back) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_signal("queued");
    peer.accept();
    peer.wait_for_signal("never");
  });
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  set_option(socket, "websocket_send_queue_bytes", "100000000");
  set_option(socket, "websocket_max_message_bytes", "100000000");
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  Receipts receipts;
  BOOST_TEST(receipts.send(socket, "left") == PPN_OK);
  BOOST_TEST(receipts.send(socket, std::string(kEndless, 'x')) == PPN_OK);
  // Queued together: when the first is told, a part of the second has been written with it.
  BOOST_TEST(send_text(socket, "whole") == PPN_OK);
  server.signal("queued");
  receipts.wait_for(1);
  ppn_websocket_cancel(socket.get());
  BOOST_TEST(wait_closed(socket) == PPN_E_CANCELLED);
  BOOST_TEST(ppn_websocket_unsent_count(socket.get()) == 1U);
  Buffer data;
  int32_t kind = 0;
  BOOST_TEST(ppn_websocket_take_unsent(socket.get(), &kind, data.out(), nullptr) == PPN_OK);
  BOOST_TEST(kind == PPN_WEBSOCKET_TEXT);
  BOOST_TEST(bytes_of(data.get()) == "whole");
  const std::vector<int32_t> codes = receipts.wait_for_all();
  BOOST_TEST((codes == std::vector<int32_t>{PPN_OK, PPN_E_CANCELLED}));
}

BOOST_AUTO_TEST_CASE(completion_may_use_its_socket) {
  const WebSocketServer server(accept_and_echo);
  const WebSocketHandle socket = open(server, "1000000");
  Receipts receipts;
  Receipts further;
  std::vector<int32_t> codes;
  receipts.in_sent = [&] {
    codes.push_back(further.send(socket, "second"));
    codes.push_back(ppn_websocket_send_wait(socket.get(), PPN_WEBSOCKET_TEXT, "x", 1, 0, nullptr));
    codes.push_back(ppn_websocket_wait_closed(socket.get(), 0, nullptr));
    codes.push_back(close(socket));
  };
  BOOST_TEST(receipts.send(socket, "first") == PPN_OK);
  BOOST_TEST(next(socket) == "binary:first");
  BOOST_TEST(next(socket) == "binary:second");
  BOOST_TEST(next(socket) == "END");
  BOOST_TEST((receipts.wait_for_all() == std::vector<int32_t>{PPN_OK}));
  BOOST_TEST((further.wait_for_all() == std::vector<int32_t>{PPN_OK}));
  BOOST_TEST((codes == std::vector<int32_t>{PPN_OK, PPN_E_WOULD_DEADLOCK, PPN_E_WOULD_DEADLOCK, PPN_OK}));
}

BOOST_AUTO_TEST_CASE(send_that_waits_ends_with_the_socket) {
  for (const bool cancelled : {true, false}) {
    WebSocketServer server([](WebSocketPeer& peer) {
      peer.read_request();
      peer.wait_for_end();
    });
    const WebSocketHandle socket = make_single_websocket(client, server.url());
    set_option(socket, "websocket_send_queue_bytes", "1");
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_TEST(send_text(socket, "1") == PPN_OK);
    int32_t code = -1;
    std::thread waiting([&] { code = ppn_websocket_send_wait(socket.get(), PPN_WEBSOCKET_TEXT, "2", 1, -1, nullptr); });
    cancelled ? ppn_websocket_cancel(socket.get()) : close(socket);
    waiting.join();
    BOOST_TEST(code == PPN_E_WS_CLOSED);
  }
}

BOOST_AUTO_TEST_CASE(messages_of_many_threads_arrive_whole_and_in_the_order_of_each) {
  constexpr int kThreads = 4;
  constexpr int kMessages = 500;
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.answer_close();
  });
  const WebSocketHandle socket = open(server, "1000");
  std::vector<std::thread> threads;
  std::vector<int> refused(kThreads, 0);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kMessages; ++i) {
        const std::string text =
            std::to_string(t) + ":" + std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), '.');
        const int32_t code =
            ppn_websocket_send_wait(socket.get(), PPN_WEBSOCKET_TEXT, text.data(), text.size(), -1, nullptr);
        if (code != PPN_OK) ++refused[static_cast<std::size_t>(t)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(close(socket) == PPN_OK);
  BOOST_TEST(wait_closed(socket) == PPN_OK);
  BOOST_TEST((refused == std::vector<int>(kThreads, 0)));
  std::vector<int> next_of(kThreads, 0);
  for (const std::string& message : server.messages()) {
    const auto thread = static_cast<std::size_t>(message[0] - '0');
    const int number = next_of.at(thread)++;
    BOOST_REQUIRE_EQUAL(message, std::to_string(thread) + ":" + std::to_string(number) +
                                     std::string(static_cast<std::size_t>(number % 90), '.'));
  }
  BOOST_TEST((next_of == std::vector<int>(kThreads, kMessages)));
}

BOOST_AUTO_TEST_SUITE_END()
