// What may be called inside the callbacks of a WebSocket: everything that does not wait, its own end and release included.
#include "capi/websocket.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

using namespace ppn::test;

namespace {

enum class Where { open, message, close, reconnecting, terminated, destroy };
constexpr Where all_places[] = {Where::open,         Where::message,    Where::close,
                                Where::reconnecting, Where::terminated, Where::destroy};

bool is_last(Where where) {
  return where == Where::terminated || where == Where::destroy;
}

// Two messages and a close of the server that is worth a new connection, which is not waited for.
void two_messages(WebSocketPeer& peer) {
  peer.accept();
  peer.send(ws_frame(ws_text, "one") + ws_frame(ws_text, "two") +
            ws_frame(ws_close, ws_close_payload(1012, "restart")));
  peer.read_close();
}

// Runs `action` once inside a callback of a WebSocket. Its handle is the caller's.
SocketSeen run_inside(Where where, const std::function<void(ppn_websocket*)>& action,
                      WebSocketHandle* handle = nullptr) {
  const WebSocketServer server(two_messages);
  const Client client = make_client();
  WebSocketHandle own = make_websocket(client, server.url());
  ppn_websocket* const socket = own.get();
  if (handle == nullptr) handle = &own;
  if (handle != &own) *handle = WebSocketHandle(own.detach());
  set_option(*handle, "websocket_reconnect", "on");
  SocketRecorder recorder;
  std::atomic<bool> done{false};
  std::atomic<bool> connected{false};  // a call that still runs on this thread keeps the WebSocket
  const auto once = [&](ppn_websocket* given) {
    connected.wait(false);
    if (!done.exchange(true)) action(given);
  };
  if (where == Where::open) recorder.in_open = once;
  if (where == Where::message) {
    recorder.in_message = [&](ppn_websocket* given) {
      once(given);
      return PPN_CB_CONTINUE;
    };
  }
  if (where == Where::close) recorder.in_close = once;
  // It ends there unless the action has made an end before.
  recorder.in_reconnecting = [&, where](ppn_websocket* given) {
    if (where == Where::reconnecting) once(given);
    return PPN_CB_ABORT;
  };
  if (where == Where::terminated) recorder.in_terminated = once;
  if (where == Where::destroy) recorder.in_destroy = [&] { once(socket); };
  BOOST_REQUIRE_EQUAL(recorder.install(*handle), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(*handle), PPN_OK);
  connected = true;
  connected.notify_all();
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(done.load());
  return seen;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_reentrancy, NoLeak)

BOOST_AUTO_TEST_CASE(calls_that_wait_are_refused) {
  for (const Where where : all_places) {
    std::vector<int32_t> codes;
    run_inside(where, [&](ppn_websocket* socket) {
      const ppn_event* message = nullptr;
      for (const int64_t timeout_ms : {-1, 0, 10}) {
        codes.push_back(ppn_websocket_wait_open(socket, timeout_ms, nullptr));
        codes.push_back(ppn_websocket_wait_closed(socket, timeout_ms, nullptr));
        // A look waits for nothing; here it finds that the messages go to on_message.
        const int32_t looked = ppn_websocket_next(socket, timeout_ms, &message, nullptr);
        codes.push_back(timeout_ms == 0 && looked == PPN_E_INVALID_STATE ? PPN_E_WOULD_DEADLOCK : looked);
        codes.push_back(ppn_websocket_send_wait(socket, PPN_WEBSOCKET_TEXT, "x", 1, timeout_ms, nullptr));
      }
    });
    BOOST_TEST((codes == std::vector<int32_t>(12, PPN_E_WOULD_DEADLOCK)));
  }
}

BOOST_AUTO_TEST_CASE(getters_and_sends_work_everywhere) {
  for (const Where where : all_places) {
    std::vector<int32_t> codes;
    Receipts receipts;
    run_inside(where, [&](ppn_websocket* socket) {
      Response response;
      Buffer unsent;
      codes.push_back(ppn_websocket_response(socket, response.out(), nullptr));
      codes.push_back(ppn_websocket_resume(socket));
      codes.push_back(ppn_response_status(response.get()) == 101 ? PPN_OK : -1);
      ppn_websocket_take_unsent(socket, nullptr, unsent.out(), nullptr);
      const int32_t sent = ppn_websocket_send(socket, PPN_WEBSOCKET_TEXT, "x", 1, nullptr);
      codes.push_back(sent == PPN_E_WS_CLOSED && where >= Where::close ? PPN_OK : sent);
    });
    BOOST_TEST((codes == std::vector<int32_t>(4, PPN_OK)));
  }
}

BOOST_AUTO_TEST_CASE(close_of_itself_ends_it_and_nothing_is_tried_again) {
  for (const Where where : all_places) {
    std::atomic<int32_t> code{-1};
    const SocketSeen seen = run_inside(
        where, [&](ppn_websocket* socket) { code = ppn_websocket_close(socket, 1000, "enough", 6, nullptr); });
    BOOST_TEST(code == PPN_OK);
    BOOST_TEST(seen.terminations == 1);
    BOOST_TEST((seen.close_codes.size() == 1U));
    if (where <= Where::close) BOOST_TEST(seen.order == "ommctd");
    if (where == Where::reconnecting || is_last(where)) BOOST_TEST(seen.order == "ommcrtd");
  }
}

BOOST_AUTO_TEST_CASE(cancel_of_itself_ends_it_at_once) {
  for (const Where where : all_places) {
    std::atomic<int32_t> code{-1};
    const SocketSeen seen = run_inside(where, [&](ppn_websocket* socket) { code = ppn_websocket_cancel(socket); });
    BOOST_TEST(code == PPN_OK);
    if (where == Where::open) BOOST_TEST(seen.order == "octd");
    if (where == Where::message) BOOST_TEST(seen.order == "omctd");
    if (where == Where::open || where == Where::message) {
      BOOST_TEST(seen.code == PPN_E_CANCELLED);
      BOOST_TEST((seen.close_codes == std::vector<int32_t>{1006}));
    }
    if (where == Where::close) BOOST_TEST(seen.order == "ommctd");
    BOOST_TEST(seen.terminations == 1);
  }
}

BOOST_AUTO_TEST_CASE(release_of_itself_is_the_last_thing_that_is_heard) {
  for (const Where where : all_places) {
    WebSocketHandle handle;
    const SocketSeen seen = run_inside(
        where, [&](ppn_websocket*) { handle.reset(); }, &handle);
    const std::string whole = "ommcrtd";
    const std::size_t heard = where == Where::open           ? 1
                              : where == Where::message      ? 2
                              : where == Where::close        ? 4
                              : where == Where::reconnecting ? 5
                                                             : 6;
    BOOST_TEST(seen.order == whole.substr(0, heard) + "d");
  }
}

BOOST_AUTO_TEST_CASE(release_after_close_inside_a_callback_still_says_goodbye) {
  for (const Where where : {Where::open, Where::message}) {
    WebSocketServer server([](WebSocketPeer& peer) {
      peer.accept();
      peer.send_text("one");
      peer.answer_close();
    });
    const Client client = make_client();
    SocketRecorder recorder;
    WebSocketHandle socket = make_single_websocket(client, server.url());
    std::atomic<bool> connected{false};  // a call that still runs on this thread keeps the WebSocket
    const auto leave = [&](auto...) {
      connected.wait(false);
      send_text(socket, "last words");
      close(socket, 4001, "bye");
      socket.reset();
      return PPN_CB_CONTINUE;
    };
    if (where == Where::open) recorder.in_open = leave;
    if (where == Where::message) recorder.in_message = leave;
    BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    connected = true;
    connected.notify_all();
    BOOST_TEST(recorder.wait_for_end().order == (where == Where::open ? "od" : "omd"));
    BOOST_TEST(server.wait_for_finished(1));
    BOOST_TEST((server.messages() == std::vector<std::string>{"last words"}));
    BOOST_TEST((server.closes() == std::vector{ws_close_payload(4001, "bye")}));
  }
}

BOOST_AUTO_TEST_CASE(other_sockets_are_made_connected_and_released) {
  const WebSocketServer other(accept_and_echo);
  for (const Where where : all_places) {
    const Client client = make_client();
    std::vector<int32_t> codes;
    run_inside(where, [&](ppn_websocket*) {
      WebSocketHandle socket;
      const std::string url = other.url();
      codes.push_back(ppn_websocket_new(client.get(), url.data(), url.size(), socket.out(), nullptr));
      codes.push_back(ppn_websocket_set_header(socket.get(), "a", 1, "b", 1, nullptr));
      codes.push_back(ppn_websocket_connect(socket.get(), nullptr));
      codes.push_back(ppn_websocket_send(socket.get(), PPN_WEBSOCKET_TEXT, "x", 1, nullptr));
    });
    BOOST_TEST((codes == std::vector<int32_t>(4, PPN_OK)));
  }
}

BOOST_AUTO_TEST_CASE(closing_the_client_inside_a_callback_ends_it) {
  for (const Where where : all_places) {
    const WebSocketServer server(two_messages);
    const Client client = make_client();
    std::atomic<int32_t> code{-1};
    const SocketSeen seen = run_inside(where, [&](ppn_websocket*) { code = ppn_client_close(client.get(), nullptr); });
    BOOST_TEST(code == PPN_OK);
    BOOST_TEST(seen.terminations == 1);
  }
}

BOOST_AUTO_TEST_CASE(pause_takes_its_message_and_holds_the_next_ones_back) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send(ws_frame(ws_text, "one") + ws_frame(ws_text, "two") + ws_frame(ws_text, "three"));
    peer.close_with();
  });
  const Client client = make_client();
  SocketRecorder recorder;
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  recorder.in_message = [](auto...) { return PPN_CB_PAUSE; };
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  for (std::size_t count = 1; count <= 3; ++count) {
    BOOST_REQUIRE(recorder.wait_for_messages(count));
    // Whatever the loop does up to here, it hands out no further message.
    BOOST_TEST(send_text(socket, "look") == PPN_OK);
    BOOST_TEST(recorder.seen().messages.size() == count);
    BOOST_TEST(ppn_websocket_resume(socket.get()) == PPN_OK);
  }
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(seen.order == "ommmctd");
  BOOST_TEST(ppn_websocket_resume(socket.get()) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(resume_inside_the_callback_takes_its_pause_back) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send(ws_frame(ws_text, "one") + ws_frame(ws_text, "two"));
    peer.close_with();
  });
  const Client client = make_client();
  SocketRecorder recorder;
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  recorder.in_message = [](ppn_websocket* given) {
    ppn_websocket_resume(given);
    return PPN_CB_PAUSE;
  };
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(recorder.wait_for_end().order == "ommctd");
}

BOOST_AUTO_TEST_CASE(paused_socket_is_ended_by_close_cancel_and_release) {
  for (const std::string how : {"close", "cancel", "release"}) {
    const WebSocketServer server([](WebSocketPeer& peer) {
      peer.accept();
      peer.send(ws_frame(ws_text, "one") + ws_frame(ws_text, "two"));
      peer.wait_for_end();
    });
    const Client client = make_client();
    WebSocketHandle socket = make_single_websocket(client, server.url());
    set_option(socket, "websocket_close_timeout_ms", "20");
    SocketRecorder recorder;
    recorder.in_message = [](auto...) { return PPN_CB_PAUSE; };
    BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_REQUIRE(recorder.wait_for_messages(1));
    if (how == "close") BOOST_TEST(close(socket) == PPN_OK);
    if (how == "cancel") ppn_websocket_cancel(socket.get());
    if (how == "release") socket.reset();
    const SocketSeen seen = recorder.wait_for_end();
    BOOST_TEST(seen.order == (how == "release" ? "omd" : "omctd"));
    if (how == "close") BOOST_TEST(seen.code == PPN_E_WS_CLOSE_TIMEOUT);
    if (how == "cancel") BOOST_TEST(seen.code == PPN_E_CANCELLED);
  }
}

BOOST_AUTO_TEST_CASE(abort_drops_the_connection) {
  const WebSocketServer server(two_messages);
  const Client client = make_client();
  SocketRecorder recorder;
  const WebSocketHandle socket = make_websocket(client, server.url());
  recorder.in_message = [](auto...) { return PPN_CB_ABORT; };
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(seen.order == "omctd");
  BOOST_TEST(seen.code == PPN_E_CANCELLED);
  BOOST_TEST(wait_closed(socket) == PPN_E_CANCELLED);
}

BOOST_AUTO_TEST_SUITE_END()
