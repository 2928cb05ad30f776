// Streams and WebSockets that tell when there is something, instead of being waited for; reconnects that are held.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "capi/no_retries.hpp"
#include "capi/websocket.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

// Counts its calls, and waits for them.
class Bell {
 public:
  static void on_ready(void* user) {
    Bell& self = *static_cast<Bell*>(user);
    self.in_ready();
    const std::lock_guard lock(self.mutex_);
    ++self.rings_;
    self.changed_.notify_all();
  }
  static void on_destroy(void* user) {
    Bell& self = *static_cast<Bell*>(user);
    const std::lock_guard lock(self.mutex_);
    ++self.destroyed_;
    self.changed_.notify_all();
  }
  void wait_for(int rings) {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_until(lock, default_deadline(), [&] { return rings_ >= rings; }));
  }
  void wait_for_end() {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_until(lock, default_deadline(), [&] { return destroyed_ > 0; }));
  }
  int rings() {
    const std::lock_guard lock(mutex_);
    return rings_;
  }
  int destroyed() {
    const std::lock_guard lock(mutex_);
    return destroyed_;
  }
  std::function<void()> in_ready = [] {};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rings_ = 0;
  int destroyed_ = 0;
};

Stream open_with(Bell& bell, const Client& client, const std::string& url) {
  const Request request = make_request(client, "GET", url);
  Stream stream;
  BOOST_REQUIRE(ppn_stream_open(request.get(), PPN_STREAM_EVENTS, stream.out(), nullptr) == PPN_OK);
  BOOST_REQUIRE(ppn_stream_set_ready_callback(stream.get(), Bell::on_ready, &bell, Bell::on_destroy, nullptr) ==
                PPN_OK);
  return stream;
}

Script events_at_signals() {
  return Script{}
      .expect_request()
      .wait_for_signal("head")
      .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
      .wait_for_signal("one")
      .send("data: one\n\n")
      .wait_for_signal("end")
      .close();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ready_callback, NoLeak)

BOOST_AUTO_TEST_CASE(each_look_that_finds_nothing_is_followed_by_one_call) {
  Bell bell;
  {
    ScriptedServer server({events_at_signals()});
    const Client client = make_client_without_retries();
    const Stream stream = open_with(bell, client, server.url());
    Response head;
    const ppn_event* piece = nullptr;
    BOOST_TEST(ppn_stream_response(stream.get(), 0, head.out(), nullptr) == PPN_PENDING);
    BOOST_TEST(bell.rings() == 0);
    server.signal("head");
    bell.wait_for(1);
    BOOST_TEST(ppn_stream_response(stream.get(), 0, head.out(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_stream_next(stream.get(), 0, &piece, nullptr) == PPN_PENDING);
    server.signal("one");
    bell.wait_for(2);
    BOOST_REQUIRE(ppn_stream_next(stream.get(), 0, &piece, nullptr) == PPN_OK);
    BOOST_TEST(data_of(piece) == "one");
    BOOST_TEST(ppn_stream_next(stream.get(), 0, &piece, nullptr) == PPN_PENDING);
    server.signal("end");
    bell.wait_for(3);
    BOOST_TEST(ppn_stream_next(stream.get(), 0, &piece, nullptr) == PPN_END);
    BOOST_TEST(bell.rings() == 3);
  }
  bell.wait_for_end();
  BOOST_TEST(bell.destroyed() == 1);
}

BOOST_AUTO_TEST_CASE(what_came_without_a_look_rings_nothing) {
  Bell bell;
  {
    const ScriptedServer server(
        {Script{}.expect_request().send(http_ok("data: 1\n\ndata: 2\n\n", "Content-Type: text/event-stream\r\n"))});
    const Client client = make_client_without_retries();
    const Stream stream = open_with(bell, client, server.url());
    const ppn_event* piece = nullptr;
    BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_OK);
    BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_OK);
    BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_END);
    BOOST_TEST(bell.rings() == 0);
  }
  bell.wait_for_end();
}

BOOST_AUTO_TEST_CASE(cancel_rings_on_the_thread_that_cancels) {
  Bell bell;
  std::thread::id rung;
  bell.in_ready = [&] { rung = std::this_thread::get_id(); };
  {
    const ScriptedServer server({Script{}.expect_request().hold()});
    const Client client = make_client_without_retries();
    const Stream stream = open_with(bell, client, server.url());
    const ppn_event* piece = nullptr;
    BOOST_TEST(ppn_stream_next(stream.get(), 0, &piece, nullptr) == PPN_PENDING);
    BOOST_TEST(ppn_stream_cancel(stream.get()) == PPN_OK);
    BOOST_TEST(bell.rings() == 1);
    BOOST_TEST((rung == std::this_thread::get_id()));
    BOOST_TEST(ppn_stream_next(stream.get(), 0, &piece, nullptr) == PPN_E_CANCELLED);
  }
  bell.wait_for_end();
}

BOOST_AUTO_TEST_CASE(stream_is_read_to_its_end_inside_its_callback) {
  Bell bell;
  std::vector<std::string> pieces;
  std::atomic<int32_t> last{PPN_PENDING};
  const ppn_stream* reading = nullptr;
  {
    ScriptedServer server({events_at_signals()});
    const Client client = make_client_without_retries();
    const Stream stream = open_with(bell, client, server.url());
    reading = stream.get();
    const auto look = [&] {
      const ppn_event* piece = nullptr;
      int32_t code = PPN_OK;
      while ((code = ppn_stream_next(const_cast<ppn_stream*>(reading), 0, &piece, nullptr)) == PPN_OK) {
        pieces.push_back(data_of(piece));
      }
      last = code;
    };
    bell.in_ready = look;
    look();
    for (const char* signal : {"head", "one", "end"}) server.signal(signal);
    for (int rings = 1; last == PPN_PENDING; ++rings) bell.wait_for(rings);
    BOOST_TEST(last == PPN_END);
    BOOST_TEST(pieces == std::vector<std::string>{"one"}, boost::test_tools::per_element());
    // One that waits is refused there, as it always was.
    const ppn_event* piece = nullptr;
    BOOST_TEST(ppn_stream_next(stream.get(), 0, &piece, nullptr) == PPN_END);
  }
  bell.wait_for_end();
}

BOOST_AUTO_TEST_CASE(bad_input_is_refused_and_leaves_the_user_data) {
  Bell bell;
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client_without_retries();
  {
    const Stream stream = open_with(bell, client, server.url());
    Bell other;
    ErrorHandle error;
    BOOST_TEST(ppn_stream_set_ready_callback(stream.get(), Bell::on_ready, &other, Bell::on_destroy, error.out()) ==
               PPN_E_INVALID_STATE);
    BOOST_TEST(ppn_stream_set_ready_callback(stream.get(), nullptr, &other, Bell::on_destroy, error.out()) ==
               PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(ppn_stream_set_ready_callback(nullptr, Bell::on_ready, &other, Bell::on_destroy, error.out()) ==
               PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(other.destroyed() == 0);
    ppn_stream_cancel(stream.get());
  }
  bell.wait_for_end();
  const WebSocketHandle socket = make_single_websocket(client, "ws://127.0.0.1:1/");
  BOOST_TEST(ppn_websocket_set_ready_callback(socket.get(), nullptr, nullptr, nullptr, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_set_ready_callback(nullptr, Bell::on_ready, nullptr, nullptr, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  Bell third;
  BOOST_TEST(ppn_websocket_set_ready_callback(socket.get(), Bell::on_ready, &third, nullptr, nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_set_ready_callback(socket.get(), Bell::on_ready, &third, nullptr, nullptr) ==
             PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(messages_and_end_of_a_websocket_ring) {
  Bell bell;
  {
    WebSocketServer server([](WebSocketPeer& peer) {
      peer.accept();
      peer.wait_for_signal("send");
      peer.send_text("hello");
      peer.wait_for_signal("close");
      peer.close_with();
    });
    const Client client = make_client();
    const WebSocketHandle socket = make_single_websocket(client, server.url());
    BOOST_REQUIRE(ppn_websocket_set_ready_callback(socket.get(), Bell::on_ready, &bell, Bell::on_destroy, nullptr) ==
                  PPN_OK);
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_TEST(ppn_websocket_set_ready_callback(socket.get(), Bell::on_ready, nullptr, nullptr, nullptr) ==
               PPN_E_INVALID_STATE);
    BOOST_TEST(next(socket, 0) == "PENDING");
    server.signal("send");
    bell.wait_for(1);
    BOOST_TEST(next(socket, 0) == "text:hello");
    BOOST_TEST(next(socket, 0) == "PENDING");
    server.signal("close");
    bell.wait_for(2);
    BOOST_TEST(next(socket, 0) == "END");
  }
  bell.wait_for_end();
}

BOOST_AUTO_TEST_CASE(held_reconnect_waits_for_resume_and_takes_the_new_token) {
  const WebSocketServer server({[](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with(1013);
                                },
                                [](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with();
                                }});
  const Client client = make_client(R"({"websocket_reconnect": "on", "websocket_reconnect_delay_ms": 1})");
  const WebSocketHandle socket = make_websocket(client, server.url());
  SocketRecorder recorder;
  recorder.in_reconnecting = [](auto...) { return PPN_CB_PAUSE; };
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_REQUIRE(recorder.wait_for([](const SocketSeen& seen) { return !seen.attempts.empty(); }));
  BOOST_TEST(server.connections() == 1);
  BOOST_TEST(ppn_websocket_set_header(socket.get(), "X-Token", 7, "new", 3, nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_resume(socket.get()) == PPN_OK);
  BOOST_TEST(recorder.wait_for_end().code == PPN_OK);
  BOOST_TEST(server.requests().at(1).find("X-Token: new\r\n") != std::string::npos);
  BOOST_TEST(ppn_websocket_set_header(socket.get(), "X-Token", 7, "late", 4, nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(held_reconnect_goes_on_by_itself_when_its_patience_ends) {
  const WebSocketServer server({[](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with(1013);
                                },
                                [](WebSocketPeer& peer) {
                                  peer.accept();
                                  peer.close_with();
                                }});
  const Client client = make_client(
      R"({"websocket_reconnect": "on", "websocket_reconnect_delay_ms": 1, "websocket_open_timeout_ms": 2000})");
  const WebSocketHandle socket = make_websocket(client, server.url());
  set_option(socket, "websocket_open_timeout_ms", "2000");
  SocketRecorder recorder;
  recorder.in_reconnecting = [](auto...) { return PPN_CB_PAUSE; };
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(recorder.wait_for_end().code == PPN_OK);
  BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(held_reconnect_ends_with_close_and_with_cancel) {
  for (const bool cancels : {false, true}) {
    const WebSocketServer server([](WebSocketPeer& peer) {
      peer.accept();
      peer.close_with(1013);
    });
    const Client client = make_client(R"({"websocket_reconnect": "on", "websocket_reconnect_delay_ms": 1})");
    const WebSocketHandle socket = make_websocket(client, server.url());
    SocketRecorder recorder;
    recorder.in_reconnecting = [](auto...) { return PPN_CB_PAUSE; };
    BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_REQUIRE(recorder.wait_for([](const SocketSeen& seen) { return !seen.attempts.empty(); }));
    BOOST_TEST((cancels ? ppn_websocket_cancel(socket.get()) : close(socket)) == PPN_OK);
    BOOST_TEST(recorder.wait_for_end().code == (cancels ? PPN_E_CANCELLED : PPN_OK));
    BOOST_TEST(server.connections() == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
