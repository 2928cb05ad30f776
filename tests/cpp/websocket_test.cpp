// WebSocketClient: messages by range-for and to lambdas, how they end, and what the lambdas throw.
#include "support/websocket_server.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;
using ppn::test::WebSocketPeer;
using ppn::test::WebSocketServer;

namespace {

void accept_and_echo(WebSocketPeer& peer) {
  peer.accept();
  peer.echo();
}

void accept_and_wait(WebSocketPeer& peer) {
  peer.accept();
  peer.wait_for_end();
}

ppn::HTTPClient single() {
  return ppn::HTTPClient(ppn::NetworkConfig().set("websocket_reconnect", "off"));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websockets, NoLeak)

BOOST_AUTO_TEST_CASE(messages_are_read_by_a_loop_that_ends_with_the_socket) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    for (int i = 0; i < 3; ++i) peer.read_message();
    peer.send_text(R"({"a": 1})");
    peer.send_binary(std::string("z\0z", 3));
    peer.close_with(1000, "bye");
  });
  ppn::WebSocketClient socket(server.url());
  BOOST_TEST((socket.state() == ppn::WebSocketState::described));
  socket.connect();
  socket.send_text("text");
  socket.send_binary("\xff");
  socket.send_json("[1, 2]");
  std::vector<std::string> seen;
  for (const ppn::WebSocketMessage& message : socket.messages()) {
    seen.push_back((message.is_text() ? "text:" : "binary:") + std::string(message.data()));
    if (seen.size() == 1) BOOST_TEST(message.json().get<int64_t>("/a") == 1);
  }
  BOOST_TEST((seen == std::vector<std::string>{R"(text:{"a": 1})", "binary:" + std::string("z\0z", 3)}));
  BOOST_TEST(socket.ended());
  BOOST_TEST(socket.close_code() == 1000);
  BOOST_TEST(socket.close_reason() == "bye");
  BOOST_TEST((socket.state() == ppn::WebSocketState::closed));
  socket.wait_closed();
  BOOST_TEST((server.messages() == std::vector<std::string>{"text", "\xff", "[1, 2]"}));
}

BOOST_AUTO_TEST_CASE(bad_end_is_thrown_after_the_messages_before_it) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_text("one");
    peer.close_with(1008, "no");
  });
  const ppn::HTTPClient client = single();
  ppn::WebSocketClient socket(client, server.url());
  socket.connect();
  int messages = 0;
  const auto read = [&] {
    for ([[maybe_unused]] const auto& message : socket.messages()) ++messages;
  };
  BOOST_CHECK_THROW(read(), ppn::WebSocketError);
  BOOST_TEST(messages == 1);
  BOOST_TEST(!socket.ended());
  BOOST_TEST(code_of([&] { socket.wait_closed(); }) == PPN_E_WS_CLOSED);
  BOOST_TEST(code_of([&] { socket.next(); }) == PPN_E_WS_CLOSED);
  BOOST_TEST(socket.close_code() == 1008);
}

BOOST_AUTO_TEST_CASE(refusal_is_thrown_with_the_answer_of_the_server) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.refuse("HTTP/1.1 429 No\r\nRetry-After: 3\r\nX-Id: 7\r\nContent-Length: 4\r\n\r\nslow");
  });
  const ppn::HTTPClient client = single();
  ppn::WebSocketClient socket(client, server.url());
  BOOST_TEST(code_of([&] { socket.response(); }) == PPN_E_INVALID_STATE);
  socket.connect();
  const auto error = error_of([&] { socket.wait_open(); });
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->code() == PPN_E_WS_HANDSHAKE);
  BOOST_TEST(error->status() == 429);
  BOOST_TEST(error->retryable());
  BOOST_TEST((error->retry_after() == 3s));
  BOOST_REQUIRE((error->response() != nullptr));
  BOOST_TEST(error->response()->header("X-Id").value_or("") == "7");
  BOOST_TEST(error->response()->body() == "slow");
  BOOST_TEST(socket.response().status() == 429);
}

BOOST_AUTO_TEST_CASE(lambdas_are_called_in_order_and_end_with_the_socket) {
  WebSocketServer server(std::vector<WebSocketServer::Play>{[](WebSocketPeer& peer) {
    peer.accept("Sec-WebSocket-Protocol: chat\r\n");
    peer.echo();
  }});
  ppn::HTTPClient client;
  ppn::WebSocketClient socket(client, server.url());
  std::string order;
  const auto held = std::make_shared<int>(0);
  std::promise<std::exception_ptr> ended;
  socket.header("X-Token", "t0k").headers({{"X-More", "1"}}).subprotocol("chat");
  socket
      .on_open([&, held](const ppn::Response& handshake) {
        order += handshake.status() == 101 ? 'o' : '?';
        socket.send_text("hello");
      })
      .on_message([&](const ppn::WebSocketMessage& message) {
        order += message.data() == "hello" ? 'm' : '?';
        socket.close(4000, "enough");
      })
      .on_close([&](const ppn::WebSocketClose& how) { order += how.code == 4000 && !how.error ? 'c' : '?'; })
      .on_terminated([&](std::exception_ptr error) { ended.set_value(std::move(error)); });
  socket.connect();
  BOOST_TEST((ended.get_future().get() == nullptr));
  socket.wait_closed();
  BOOST_TEST(order == "omc");
  BOOST_TEST(socket.chosen_subprotocol() == "chat");
  BOOST_TEST(code_of([&] { socket.next(); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([&] { socket.on_open([](ppn::Response) {}); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([&] { socket.connect(); }) == PPN_E_INVALID_STATE);
  const std::string request = server.requests().at(0);
  for (const char* part : {"X-Token", "t0k", "X-More", "Sec-WebSocket-Protocol: chat\r\n"}) {
    BOOST_TEST(request.find(part) != std::string::npos, part);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(held.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(what_a_lambda_throws_drops_the_connection_and_is_thrown_again) {
  for (const std::string where : {"open", "message", "close", "sent"}) {
    BOOST_TEST_CONTEXT(where) {
      const WebSocketServer server([&](WebSocketPeer& peer) {
        peer.accept();
        peer.send_text("x");
        if (where == "close") {
          peer.close_with();
        } else {
          peer.wait_for_end();
        }
      });
      const ppn::HTTPClient client = single();
      ppn::WebSocketClient socket(client, server.url());
      const auto fail = [&](const char* here) {
        if (where == here) throw std::out_of_range(here);
      };
      socket.on_open([&](const ppn::Response&) { fail("open"); });
      socket.on_close([&](const ppn::WebSocketClose&) { fail("close"); });
      if (where == "message") socket.on_message([&](const ppn::WebSocketMessage&) { fail("message"); });
      std::promise<std::exception_ptr> ended;
      socket.on_terminated([&](std::exception_ptr error) { ended.set_value(std::move(error)); });
      socket.connect();
      if (where == "sent") {
        socket.send(ppn::MessageKind::text, "y", [&](const std::exception_ptr&) { fail("sent"); });
      }
      const auto rethrow = [&] { std::rethrow_exception(ended.get_future().get()); };
      BOOST_CHECK_THROW(rethrow(), std::out_of_range);
      BOOST_CHECK_THROW(socket.wait_closed(), std::out_of_range);
      if (where == "message") continue;
      const auto read = [&] {
        while (socket.next()) {
        }
      };
      BOOST_CHECK_THROW(read(), std::out_of_range);
    }
  }
}

BOOST_AUTO_TEST_CASE(lambda_of_a_message_is_told_once_what_became_of_it) {
  const WebSocketServer server(accept_and_echo);
  const ppn::HTTPClient client = single();
  ppn::WebSocketClient socket(client, server.url());
  std::promise<std::exception_ptr> told;
  const auto on_sent = [&](std::exception_ptr error) { told.set_value(std::move(error)); };
  BOOST_TEST(code_of([&] { socket.send(ppn::MessageKind::text, "x", on_sent); }) == PPN_E_INVALID_STATE);
  socket.connect();
  socket.send(ppn::MessageKind::binary, "x", on_sent);
  BOOST_TEST((told.get_future().get() == nullptr));
  told = {};
  const WebSocketServer refusing(
      [](WebSocketPeer& peer) { peer.refuse("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"); });
  ppn::WebSocketClient refused(client, refusing.url());
  refused.connect();
  refused.send(ppn::MessageKind::text, "never", on_sent);
  const auto rethrow = [&] { std::rethrow_exception(told.get_future().get()); };
  BOOST_CHECK_THROW(rethrow(), ppn::NetworkError);
  BOOST_TEST(code_of([&] { refused.wait_closed(); }) == PPN_E_WS_HANDSHAKE);
  BOOST_TEST(refused.unsent_count() == 1U);
  const auto unsent = refused.take_unsent();
  BOOST_REQUIRE(unsent.has_value());
  BOOST_TEST((unsent->kind == ppn::MessageKind::text));
  BOOST_TEST(unsent->data.view() == "never");
  BOOST_TEST(!refused.take_unsent().has_value());
}

BOOST_AUTO_TEST_CASE(limits_of_waits_and_of_the_queue_are_kept) {
  WebSocketServer server(std::vector<WebSocketServer::Play>{[](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_signal("go");
    accept_and_echo(peer);
  }});
  const ppn::HTTPClient client = single();
  ppn::WebSocketClient socket(client, server.url());
  socket.option("websocket_send_queue_bytes", 5).option("websocket_ping_interval_ms", 0s);
  BOOST_CHECK_THROW(socket.option("timeout_ms", 5), ppn::ConfigError);
  BOOST_TEST(code_of([&] { socket.next(0s); }) == PPN_E_INVALID_STATE);
  socket.connect();
  BOOST_TEST(!socket.wait_open(0s));
  BOOST_TEST(!socket.wait_closed(1ms));
  BOOST_TEST(!socket.next(-5s).has_value());
  BOOST_TEST(!socket.ended());
  socket.send_text("12345");
  BOOST_TEST(socket.queued_bytes() == 5);
  BOOST_TEST(code_of([&] { socket.send_text("6"); }) == PPN_E_WS_QUEUE_FULL);
  BOOST_TEST(code_of([&] { socket.send_wait(ppn::MessageKind::text, "6", 1ms); }) == PPN_E_WS_QUEUE_FULL);
  BOOST_TEST(code_of([&] { socket.send_text("\xff"); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([&] { socket.send_json("{"); }) == PPN_E_JSON_PARSE);
  BOOST_TEST(code_of([&] { socket.close(1005); }) == PPN_E_INVALID_ARGUMENT);
  server.signal("go");
  socket.send_wait(ppn::MessageKind::text, "6");
  BOOST_TEST(socket.wait_open());
  BOOST_TEST(socket.next(30s)->data() == "12345");
  BOOST_TEST(socket.next()->data() == "6");
  BOOST_TEST(!socket.ping_time().has_value());
  socket.close();
  BOOST_TEST(!socket.next(30s).has_value());
  BOOST_TEST(socket.ended());
  BOOST_TEST(socket.wait_closed(30s));
  BOOST_TEST(!socket.wait_open());
}

BOOST_AUTO_TEST_CASE(lambda_gives_the_next_handshake_a_new_token_or_gives_up) {
  const WebSocketServer server({[](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with(1011, "oh");
                                },
                                [](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with(1013, "oh");
                                }});
  ppn::HTTPClient client;
  ppn::WebSocketClient socket(client, server.url());
  socket.header("X-Token", "old").option("websocket_reconnect", "on");
  int attempts = 0;
  socket.on_reconnecting([&](const ppn::ReconnectAttempt& next) {
    if (++attempts == 2) return ppn::Flow::abort;
    next.header("X-Token", next.error() && next.error()->code == PPN_E_WS_CLOSED ? "new" : "?");
    next.url(server.url("/again"));
    return next.attempt() == 1 && next.close_code() == 1011 && next.delay() <= 1s ? ppn::Flow::proceed
                                                                                  : ppn::Flow::abort;
  });
  socket.connect();
  BOOST_TEST(code_of([&] { socket.wait_closed(); }) == PPN_E_WS_CLOSED);
  BOOST_TEST(attempts == 2);
  BOOST_TEST(socket.close_code() == 1013);
  const std::string second = server.requests().at(1);
  BOOST_TEST(second.find("GET /again ") == 0U);
  BOOST_TEST(second.find("new\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(clients_with_a_base_url_take_paths_and_send_their_key) {
  const WebSocketServer server(accept_and_echo);
  const std::string base = "http" + server.url("/v1").substr(2);
  ppn::APIClient api(base, "k-e-y");
  for (int i = 0; i < 2; ++i) {
    ppn::WebSocketClient socket =
        i == 0 ? ppn::WebSocketClient(api, "realtime") : ppn::WebSocketClient(ppn::RequestManager(base), "/realtime");
    socket.connect();
    BOOST_TEST(socket.wait_open());
    socket.close();
    socket.wait_closed();
  }
  BOOST_TEST(server.requests().at(0).find("GET /v1/realtime ") == 0U);
  BOOST_TEST(server.requests().at(0).find("Bearer k-e-y\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(1).find("k-e-y") == std::string::npos);
  BOOST_TEST(code_of([] { ppn::WebSocketClient socket("http://127.0.0.1/"); }) == PPN_E_UNSUPPORTED_SCHEME);
  BOOST_TEST(code_of([] { ppn::WebSocketClient socket("ws://127.0.0.1/#x"); }) == PPN_E_INVALID_URL);
}

BOOST_AUTO_TEST_CASE(destructor_drops_unless_it_was_told_to_close) {
  for (const bool closed : {false, true}) {
    const WebSocketServer server(closed ? WebSocketServer::Play(accept_and_echo) : accept_and_wait);
    {
      ppn::WebSocketClient first(server.url());
      first.connect();
      BOOST_TEST(first.wait_open());
      ppn::WebSocketClient second = std::move(first);
      if (closed) second.close(4000, "done");
    }
    BOOST_TEST(server.wait_for_finished(1));
    BOOST_TEST(server.closes().size() == (closed ? 1U : 0U));
  }
}

BOOST_AUTO_TEST_CASE(cancel_from_another_thread_ends_the_loop_and_pause_holds_messages_back) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_text("one");
    peer.send_text("two");
    peer.wait_for_end();
  });
  const ppn::HTTPClient client = single();
  ppn::WebSocketClient socket(client, server.url());
  socket.connect();
  std::thread canceller;
  const auto read = [&] {
    for ([[maybe_unused]] const auto& message : socket.messages()) {
      if (!canceller.joinable()) canceller = std::thread([&] { socket.cancel(); });
    }
  };
  BOOST_CHECK_THROW(read(), ppn::CancelledError);
  canceller.join();

  ppn::WebSocketClient paused(client, server.url());
  std::promise<void> first;
  std::promise<void> second;
  paused.on_message([&](const ppn::WebSocketMessage& message) {
    message.data() == "one" ? first.set_value() : second.set_value();
    return ppn::Flow::pause;
  });
  paused.connect();
  first.get_future().wait();
  std::future<void> later = second.get_future();
  BOOST_TEST((later.wait_for(5ms) == std::future_status::timeout));
  paused.resume();
  later.wait();
  paused.cancel();
  BOOST_CHECK_THROW(paused.wait_closed(), ppn::CancelledError);
}

BOOST_AUTO_TEST_SUITE_END()
