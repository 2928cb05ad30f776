// WebSockets, middleware and the mailbox as a binding sees them.
#include <string>
#include <thread>
#include <vector>

#include "bindings/shim/notes.hpp"
#include "capi/no_retries.hpp"
#include "shim/mailbox.hpp"
#include "support/scripted_server.hpp"
#include "support/websocket_server.hpp"

using namespace ppn::test;

namespace {

using Socket = Owned<ppnb_socket, ppnb_socket_release>;
using Middleware = Owned<ppn_middleware, ppn_middleware_release>;

Socket open_socket(const Client& client, const std::string& url, std::int64_t token, bool holds = false) {
  Socket socket;
  ErrorHandle error;
  BOOST_REQUIRE_MESSAGE(
      ppnb_socket_new(client.get(), url.data(), url.size(), holds ? 1 : 0, token, socket.out(), error.out()) == PPN_OK,
      ppn_error_message(error.get()));
  BOOST_REQUIRE_EQUAL(ppn_websocket_connect(ppnb_socket_websocket(socket.get()), nullptr), PPN_OK);
  return socket;
}

std::int64_t take(const Socket& socket, std::vector<std::string>& messages) {
  std::vector<std::uint8_t> buffer(4'096);
  const std::int64_t taken = ppnb_socket_take(socket.get(), buffer.data(), buffer.size(), nullptr);
  if (taken <= 0) return taken;
  for (Fields& message : records_of(std::string(buffer.begin(), buffer.begin() + taken))) {
    message.int64();
    message.int64();
    const std::string type = message.text();
    BOOST_TEST(message.text().empty());
    messages.push_back(type + ":" + message.text());
  }
  return taken;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shim_websockets, NoLeak)

BOOST_AUTO_TEST_CASE(conversation_is_told_step_by_step) {
  Notes notes;
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_text("one");
    peer.send_text("two");
    peer.read_message();
    peer.close_with(1000, "bye");
  });
  const Client client = make_client(R"({"websocket_reconnect": "off"})");
  const Socket socket = open_socket(client, server.url(), 4);
  std::vector<std::string> messages;
  std::size_t rings = 0;
  while (messages.size() < 2) {
    if (take(socket, messages) == PPNB_NOTHING) notes.wait_for("message 4", ++rings);
  }
  BOOST_TEST(messages == (std::vector<std::string>{"text:one", "text:two"}), boost::test_tools::per_element());
  BOOST_TEST(ppnb_socket_send(socket.get(), PPN_WEBSOCKET_TEXT, "hello", 5, 77, nullptr) == PPN_OK);
  notes.wait_for("sent 77 OK");
  notes.wait_for("terminated 4 OK");
  BOOST_TEST(take(socket, messages) == PPNB_END);
  const std::vector<std::string> lines = notes.all();
  BOOST_TEST(lines.front() == "open 4 101");
  BOOST_TEST((std::find(lines.begin(), lines.end(), "close 4 1000 bye OK") != lines.end()));
  BOOST_TEST(text_of(ppnb_socket_close_reason(socket.get())) == "bye");
  BOOST_TEST(text_of(ppnb_socket_subprotocol(socket.get())).empty());
  BOOST_TEST(ppnb_socket_send(socket.get(), PPN_WEBSOCKET_TEXT, "late", 4, 78, nullptr) == PPN_E_WS_CLOSED);
}

BOOST_AUTO_TEST_CASE(released_socket_tells_nothing_but_what_it_owes) {
  Notes notes;
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.echo();
  });
  const Client client = make_client(R"({"websocket_reconnect": "off"})");
  Socket socket = open_socket(client, server.url(), 4);
  notes.wait_for("open 4 101");
  socket.reset();
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(notes.all() == std::vector<std::string>{"open 4 101"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(held_reconnect_waits_for_the_binding) {
  Notes notes;
  const WebSocketServer server({[](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with(1013);
                                },
                                [](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with();
                                }});
  const Client client = make_client(R"({"websocket_reconnect": "on", "websocket_reconnect_delay_ms": 1})");
  const Socket socket = open_socket(client, server.url(), 4, true);
  notes.wait_for("reconnecting 4 1 1013");
  BOOST_TEST(server.connections() == 1);
  ppn_websocket* const handle = ppnb_socket_websocket(socket.get());
  BOOST_TEST(ppn_websocket_set_header(handle, "X-Token", 7, "new", 3, nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_resume(handle) == PPN_OK);
  notes.wait_for("terminated 4 OK");
  BOOST_TEST(server.requests().at(1).find("X-Token: new\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(step_is_finished_by_another_thread) {
  Notes notes;
  std::thread finisher;
  std::string method;
  notes.in_step = [&](std::int32_t step, ppn_middleware_context* context) {
    const auto finish = [context, &method] {
      ppn_middleware_context_set_header(context, "X-Step", 6, "before", 6, nullptr);
      method = text_of(ppnb_context_text(context, PPNB_CONTEXT_METHOD));
      ppn_middleware_context_finish(context, nullptr);
      ppn_middleware_context_release(context);
    };
    if (step == PPNB_STEP_BEFORE) {
      finisher = std::thread(finish);
    } else {
      ppn_middleware_context_finish(context, nullptr);
      ppn_middleware_context_release(context);
    }
  };
  {
    const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
    const Client client = make_client_without_retries();
    Middleware middleware;
    BOOST_REQUIRE_EQUAL(ppnb_middleware_new("m", 1, PPN_MIDDLEWARE_APPLICATION, PPNB_STEP_BEFORE | PPNB_STEP_AFTER, 6,
                                            middleware.out(), nullptr),
                        PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_client_add_middleware(client.get(), middleware.get(), nullptr), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppnb_request_start(make_request(client, "GET", server.url()).get(), 1, nullptr), PPN_OK);
    notes.wait_for("complete 1 0 OK 200 OK");
    finisher.join();
    BOOST_TEST(method == "GET");
    BOOST_TEST(server.requests().at(0).find("X-Step: before\r\n") != std::string::npos);
  }
  notes.wait_for("released 6");
  const std::vector<std::string> expected = {"step 6 1", "step 6 2", "complete 1 0 OK 200 OK", "released 6"};
  BOOST_TEST(notes.all() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(new_token_is_asked_for_and_given_later) {
  Notes notes;
  notes.in_refresh = [](ppn_middleware* middleware) { ppn_middleware_set_token(middleware, "fresh", 5, nullptr); };
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
                                   .expect_request()
                                   .send(http_ok("ok"))});
  const Client client = make_client();
  Middleware middleware;
  const std::string url = server.url();
  BOOST_REQUIRE_EQUAL(ppnb_middleware_new_token_refresh(url.data(), url.size(), "Authorization", 13, "Bearer", 6,
                                                        "stale", 5, 6, middleware.out(), nullptr),
                      PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_client_add_middleware(client.get(), middleware.get(), nullptr), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppnb_request_start(make_request(client, "GET", url).get(), 1, nullptr), PPN_OK);
  notes.wait_for("complete 1 0 OK 200 OK");
  BOOST_TEST(server.requests().at(1).find("Authorization: Bearer fresh\r\n") != std::string::npos);
  BOOST_TEST(notes.all().front() == "refresh 6");
}

BOOST_AUTO_TEST_CASE(mailbox_gives_notes_in_their_form_and_wakes) {
  ppnb_mailbox_open();
  std::vector<std::int64_t> note(7);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(note.data());
  BOOST_TEST(ppnb_mailbox_take(bytes, 56, 0) == 0);
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  const Client client = make_client_without_retries();
  BOOST_REQUIRE_EQUAL(ppnb_request_start(make_request(client, "GET", server.url()).get(), 1LL << 40, nullptr), PPN_OK);
  BOOST_TEST(ppnb_mailbox_take(bytes, 55, 0) == 0);
  BOOST_REQUIRE(ppnb_mailbox_take(bytes, 56, 60'000) == 56);
  BOOST_TEST(note[0] == PPNB_NOTE_CALL_COMPLETE);
  BOOST_TEST(note[1] == 1LL << 40);
  BOOST_TEST(note[2] == 0);
  BOOST_TEST(note[3] == PPN_OK);
  const Response response(reinterpret_cast<ppn_response*>(note[5]));
  BOOST_TEST(ppn_response_status(response.get()) == 200);
  BOOST_TEST(note[6] == 0);
  ppnb_mailbox_wake();
  BOOST_TEST(ppnb_mailbox_take(bytes, 56, -1) == 0);
  BOOST_TEST(ppnb_stop_handlers(60'000) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
