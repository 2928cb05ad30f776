// Who ends what: WebSockets released in every state, their clients, the runtime and the process.
#include "capi/websocket.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/certificates.hpp"
#include "support/full_backlog.hpp"
#include "support/sanitized.hpp"

using namespace ppn::test;

namespace {

// Gone, and nothing of it is left without anybody's help.
void check_gone(SocketRecorder& recorder, const std::string& heard) {
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(seen.order == heard + "d");
}

// Of this process, in KiB.
long resident_kib() {
  std::string text = "0";
  if (FILE* const file = std::fopen("/proc/self/statm", "r")) {
    long size = 0;
    long resident = 0;
    if (std::fscanf(file, "%ld %ld", &size, &resident) == 2) text = std::to_string(resident);
    std::fclose(file);
  }
  return std::stol(text) * (::sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_lifecycle, NoLeak)

BOOST_AUTO_TEST_CASE(socket_that_is_never_started_ends_its_user_data_with_its_last_reference) {
  const Client client = make_client();
  SocketRecorder recorder;
  WebSocketHandle socket = make_websocket(client, "ws://127.0.0.1:9/");
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  WebSocketHandle second(ppn_websocket_acquire(socket.get()));
  socket.reset();
  BOOST_TEST(recorder.seen().destroyed == 0);
  second.reset();
  BOOST_TEST(recorder.seen().order == "d");
}

BOOST_AUTO_TEST_CASE(socket_is_released_while_its_name_is_looked_up) {
  const Client client = make_client();
  SocketRecorder recorder;
  WebSocketHandle socket = make_single_websocket(client, "ws://no-such-name.invalid/");
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  socket.reset();
  check_gone(recorder, "");
}

BOOST_AUTO_TEST_CASE(socket_is_released_while_it_connects) {
  const FullBacklog hanging;
  const Client client = make_client();
  for (const bool waited : {false, true}) {
    SocketRecorder recorder;
    WebSocketHandle socket = make_single_websocket(client, "ws" + hanging.url().substr(4));
    BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    if (waited) BOOST_TEST(ppn_websocket_wait_open(socket.get(), 20, nullptr) == PPN_PENDING);
    socket.reset();
    check_gone(recorder, "");
  }
}

BOOST_AUTO_TEST_CASE(socket_is_released_in_its_tls_handshake) {
  CertificateFactory factory;
  const CertFiles leaf = factory.make_leaf(factory.make_ca(), loopback_names());
  const ScriptedServer server({Script{}.without_handshake().expect_bytes(5).mark("hello").hold()},
                              {.tls = leaf.identity()});
  const Client client = make_client();
  SocketRecorder recorder;
  WebSocketHandle socket = make_single_websocket(client, "wss" + server.url().substr(5));
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_REQUIRE(server.wait_for_mark("hello"));
  socket.reset();
  check_gone(recorder, "");
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(socket_is_released_in_its_handshake_and_when_it_is_open_and_closing) {
  for (const std::string when : {"asked", "open", "closing"}) {
    WebSocketServer server([&](WebSocketPeer& peer) {
      peer.read_request();
      if (when != "asked") peer.accept();
      if (when == "closing") peer.read_close();
      peer.mark("there");
      peer.wait_for_end();
    });
    const Client client = make_client();
    SocketRecorder recorder;
    WebSocketHandle socket = make_single_websocket(client, server.url());
    BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    if (when != "asked") BOOST_REQUIRE(recorder.wait_for([](const SocketSeen& seen) { return seen.order == "o"; }));
    if (when == "closing") {
      // Nobody says goodbye twice: it is cancelled, because close() alone would go on.
      BOOST_REQUIRE_EQUAL(close(socket), PPN_OK);
      BOOST_TEST(ppn_websocket_state(socket.get()) == PPN_WEBSOCKET_CLOSING);
    }
    BOOST_REQUIRE(server.wait_for_mark("there"));
    if (when == "closing") ppn_websocket_cancel(socket.get());
    socket.reset();
    const SocketSeen seen = recorder.wait_for_end();
    if (when != "closing") BOOST_TEST(seen.order == (when == "asked" ? "d" : "od"));
    BOOST_TEST(server.wait_for_finished(1));
    BOOST_TEST(server.closes().size() == (when == "closing" ? 1U : 0U));
  }
}

BOOST_AUTO_TEST_CASE(socket_that_was_told_to_close_goes_on_without_its_owner) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.mark("open");
    peer.wait_for_signal("read");
    peer.answer_close();
  });
  const Client client = make_client();
  SocketRecorder recorder;
  WebSocketHandle socket = make_single_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_REQUIRE(recorder.wait_for([](const SocketSeen& seen) { return seen.order == "o"; }));
  BOOST_TEST(send_text(socket, "all") == PPN_OK);
  BOOST_TEST(close(socket, 4000, "done") == PPN_OK);
  socket.reset();
  server.signal("read");
  check_gone(recorder, "o");
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST((server.messages() == std::vector<std::string>{"all"}));
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(4000, "done")}));
  BOOST_TEST(server.problems().empty());
}

BOOST_AUTO_TEST_CASE(socket_that_waits_to_reconnect_is_released_cancelled_and_closed) {
  for (const std::string how : {"release", "cancel", "close", "client close", "shutdown"}) {
    BOOST_TEST_CONTEXT(how) {
      // After 1012 the next try is at least five seconds away.
      const WebSocketServer server([](WebSocketPeer& peer) {
        peer.accept();
        peer.close_with(1012);
      });
      const Client client = make_client();
      WebSocketHandle socket = make_websocket(client, server.url());
      set_option(socket, "websocket_reconnect", "on");
      SocketRecorder recorder;
      BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
      BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
      BOOST_REQUIRE(recorder.wait_for([](const SocketSeen& seen) { return seen.order == "ocr"; }));
      if (how != "release") {
        while (ppn_websocket_state(socket.get()) != PPN_WEBSOCKET_RECONNECT_WAIT) std::this_thread::yield();
        // A message may be queued for the connection to come.
        BOOST_TEST(send_text(socket, "later") == PPN_OK);
      }
      if (how == "release") socket.reset();
      if (how == "cancel") BOOST_TEST(ppn_websocket_cancel(socket.get()) == PPN_OK);
      if (how == "close") BOOST_TEST(close(socket) == PPN_OK);
      if (how == "client close") BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
      if (how == "shutdown") BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
      const SocketSeen seen = recorder.wait_for_end();
      BOOST_TEST(seen.order == (how == "release" ? "ocrd" : "ocrtd"));
      BOOST_TEST((seen.attempts == std::vector<int32_t>{1}));
      BOOST_TEST(seen.delays.at(0) >= 5'000);
      if (how == "close") BOOST_TEST(seen.code == PPN_OK);
      if (how != "close" && how != "release") BOOST_TEST(seen.code == PPN_E_CANCELLED);
      if (how != "release") {
        BOOST_TEST(send_text(socket, "never") == PPN_E_WS_CLOSED);
        BOOST_TEST(ppn_websocket_unsent_count(socket.get()) == 1U);
      }
      BOOST_TEST(server.connections() == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(last_client_reference_may_go_first) {
  const WebSocketServer server(accept_and_echo);
  WebSocketHandle socket;
  {
    const Client client = make_client();
    socket = open_websocket(client, server.url());
  }
  BOOST_TEST(send_text(socket, "x") == PPN_OK);
  BOOST_TEST(next(socket) == "text:x");
}

BOOST_AUTO_TEST_CASE(response_and_message_and_unsent_outlive_what_they_came_from) {
  Response response;
  {
    const WebSocketServer server(accept_and_echo);
    const Client client = make_client();
    const WebSocketHandle socket = open_websocket(client, server.url());
    BOOST_REQUIRE_EQUAL(ppn_websocket_response(socket.get(), response.out(), nullptr), PPN_OK);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(ppn_response_status(response.get()) == 101);
}

BOOST_AUTO_TEST_CASE(close_of_the_client_cancels_its_sockets) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.wait_for_end();
  });
  const Client client = make_client();
  SocketRecorder recorder;
  const WebSocketHandle pulled = open_websocket(client, server.url());
  const WebSocketHandle pushed = make_single_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(recorder.install(pushed), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(pushed), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_websocket_wait_open(pushed.get(), -1, nullptr), PPN_OK);
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
  BOOST_TEST(next(pulled) == "CANCELLED");
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(seen.order == "octd");
  BOOST_TEST(seen.code == PPN_E_CANCELLED);
  BOOST_TEST(server.wait_for_finished(2));
}

BOOST_AUTO_TEST_CASE(drain_of_the_client_closes_with_1001) {
  const WebSocketServer server(accept_and_echo);
  const Client client = make_client();
  const WebSocketHandle socket = open_websocket(client, server.url());
  BOOST_TEST(send_text(socket, "before") == PPN_OK);
  BOOST_TEST(ppn_client_drain(client.get(), -1, nullptr) == PPN_OK);
  BOOST_TEST(next(socket) == "text:before");
  BOOST_TEST(next(socket) == "END");
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(1001)}));
}

BOOST_AUTO_TEST_CASE(drain_that_has_no_time_left_cancels) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.wait_for_end();
  });
  const Client client = make_client();
  const WebSocketHandle socket = open_websocket(client, server.url());
  BOOST_TEST(ppn_client_drain(client.get(), 20, nullptr) == PPN_PENDING);
  BOOST_TEST(next(socket) == "CANCELLED");
}

BOOST_AUTO_TEST_CASE(shutdown_gives_every_socket_its_end) {
  WebSocketServer server([](WebSocketPeer& peer) {
    peer.read_request();
    if (peer.number() > 0) peer.accept();
    peer.mark(std::to_string(peer.number()));
    peer.wait_for_end();
  });
  const Client client = make_client();
  constexpr int count = 5;
  std::vector<std::unique_ptr<SocketRecorder>> recorders;
  std::vector<WebSocketHandle> sockets;
  for (int i = 0; i < count; ++i) {
    WebSocketHandle& socket = sockets.emplace_back(make_single_websocket(client, server.url()));
    SocketRecorder& recorder = *recorders.emplace_back(std::make_unique<SocketRecorder>());
    BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_REQUIRE(server.wait_for_mark(std::to_string(i)));
  }
  // One more that the loop has perhaps not even seen.
  const WebSocketHandle fresh = make_single_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(connect(fresh), PPN_OK);
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  for (const auto& recorder : recorders) {
    BOOST_TEST(recorder->seen().terminations == 1);
    BOOST_TEST(recorder->seen().destroyed == 1);
    BOOST_TEST(recorder->seen().code == PPN_E_CANCELLED);
  }
  BOOST_TEST(wait_closed(fresh) == PPN_E_CANCELLED);
  for (const WebSocketHandle& socket : sockets) {
    BOOST_TEST(send_text(socket, "x") == PPN_E_WS_CLOSED);
    BOOST_TEST(close(socket) == PPN_OK);
    BOOST_TEST(ppn_websocket_cancel(socket.get()) == PPN_OK);
    BOOST_TEST(ppn_websocket_resume(socket.get()) == PPN_OK);
  }
}

BOOST_AUTO_TEST_CASE(shutdown_right_after_connect_loses_no_socket) {
  const WebSocketServer server(accept_and_echo);
  for (int i = 0; i < 50; ++i) {
    const Client client = make_client();
    const WebSocketHandle socket = make_single_websocket(client, server.url());
    std::thread ending([] { ppn_runtime_shutdown(nullptr); });
    const int32_t code = connect(socket);
    ending.join();
    BOOST_TEST((code == PPN_OK || code == PPN_E_CLIENT_CLOSED), ppn_code_name(code));
    ppn_websocket_cancel(socket.get());
    if (code == PPN_OK) wait_closed(socket);
  }
}

BOOST_AUTO_TEST_CASE(child_of_a_fork_is_told_so) {
  const WebSocketServer server(accept_and_echo);
  const Client client = make_client();
  WebSocketHandle socket = open_websocket(client, server.url());
  const WebSocketHandle described = make_single_websocket(client, server.url());
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    const ppn_event* message = nullptr;
    const bool told = ppn_websocket_connect(described.get(), nullptr) == PPN_E_FORKED &&
                      send_text(socket, "x") == PPN_E_FORKED && close(socket) == PPN_E_FORKED &&
                      ppn_websocket_next(socket.get(), -1, &message, nullptr) == PPN_E_FORKED &&
                      ppn_websocket_wait_closed(socket.get(), -1, nullptr) == PPN_E_FORKED &&
                      ppn_websocket_wait_open(socket.get(), -1, nullptr) == PPN_E_FORKED &&
                      ppn_websocket_cancel(socket.get()) == PPN_OK && ppn_websocket_resume(socket.get()) == PPN_OK;
    socket.reset();
    ::_exit(told ? 0 : 1);
  }
  int status = -1;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  // The parent goes on as if nothing had happened.
  BOOST_TEST(send_text(socket, "parent") == PPN_OK);
  BOOST_TEST(next(socket) == "text:parent");
  BOOST_TEST(connect(described) == PPN_OK);
  BOOST_TEST(ppn_websocket_wait_open(described.get(), -1, nullptr) == PPN_OK);
}

// PPN_TEST_WEBSOCKETS is how many (1,000; fewer under a sanitizer).
BOOST_AUTO_TEST_CASE(very_many_sockets_one_after_the_other_leave_nothing) {
  const char* const given = std::getenv("PPN_TEST_WEBSOCKETS");
  const unsigned long cycles = given != nullptr ? std::strtoul(given, nullptr, 10) : sanitized ? 200 : 1'000;
  const WebSocketServer server(accept_and_echo);
  const Client client = make_client();
  const int64_t before = ppn_debug_live_objects();
  long warm_kib = 0;
  for (unsigned long i = 0; i < cycles; ++i) {
    WebSocketHandle socket = open_websocket(client, server.url());
    BOOST_REQUIRE_EQUAL(send_text(socket, "ping"), PPN_OK);
    BOOST_REQUIRE_EQUAL(next(socket), "text:ping");
    BOOST_REQUIRE_EQUAL(close(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(wait_closed(socket), PPN_OK);
    socket.reset();
    if (i == cycles / 4) warm_kib = resident_kib();
  }
  // What a WebSocket leaves behind ends with the callbacks of its last turn on the loop.
  const Deadline deadline = default_deadline();
  while (ppn_debug_live_objects() != before && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  BOOST_TEST(ppn_debug_live_objects() == before);
  // The server notes each request, message and Close: about 300 bytes.
  if (!sanitized) BOOST_TEST(resident_kib() - warm_kib < 1'500 + static_cast<long>(cycles) / 2);
}

BOOST_AUTO_TEST_SUITE_END()
