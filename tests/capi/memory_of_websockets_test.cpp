// Every allocation that the I/O thread makes for a WebSocket, failing in its turn, alone or with all that follow: who was
// told of a connection is told of its end, receipts are settled once, and the WebSocket terminates once.
#include "capi/failing_allocations.hpp"

#if PPN_TEST_FAILING_ALLOCATIONS

#include <atomic>
#include <functional>
#include <string>

#include "capi/capi.hpp"
#include "support/scripted_server.hpp"
#include "support/websocket_server.hpp"

using namespace ppn::test;

namespace {

// Runs a function on the I/O thread, at the end of a request.
class OnLoop {
 public:
  OnLoop(const Client& client, const std::string& url, std::function<void()> function)
      : request_(make_request(client, "GET", url)), function_(std::move(function)) {
    BOOST_REQUIRE_EQUAL(
        ppn_request_set_callbacks(request_.get(), nullptr, nullptr, on_complete, this, nullptr, nullptr), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request_.get(), nullptr), PPN_OK);
    done_.wait(false);
  }

 private:
  static void on_complete(void* user, ppn_request*, ppn_response*, const ppn_error*) {
    OnLoop& self = *static_cast<OnLoop*>(user);
    self.function_();
    self.done_ = true;
    self.done_.notify_all();
  }

  Request request_;
  std::function<void()> function_;
  std::atomic<bool> done_{false};
};

// A WebSocket that sends two messages when it opens; its callbacks take no memory themselves.
class Victim {
 public:
  Victim(const Client& client, const std::string& url, bool reconnects) {
    BOOST_REQUIRE_EQUAL(ppn_websocket_new(client.get(), url.data(), url.size(), &socket_, nullptr), PPN_OK);
    set("websocket_reconnect", reconnects ? "on" : "off");
    set("websocket_reconnect_max_delay_ms", "1");
    set("websocket_reconnect_attempts", "3");
    set("websocket_resend_unsent", "true");
    BOOST_REQUIRE_EQUAL(ppn_websocket_set_callbacks(socket_, on_open, on_message, on_close, on_reconnecting,
                                                    on_terminated, this, on_destroy, nullptr),
                        PPN_OK);
  }
  ~Victim() { ppn_websocket_release(socket_); }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  int32_t start() { return ppn_websocket_connect(socket_, nullptr); }
  // The code it ended with.
  int32_t wait(long allowed) {
    destroyed_.wait(0);
    BOOST_TEST(destroyed_.load() == 1, allowed);
    BOOST_TEST(terminated_.load() == 1, allowed);
    BOOST_TEST(opened_.load() == closed_.load(), allowed);
    BOOST_TEST(accepted_.load() == settled_.load(), allowed);
    BOOST_TEST(ppn_websocket_state(socket_) == PPN_WEBSOCKET_CLOSED);
    BOOST_TEST(ppn_websocket_queued_bytes(socket_) == 0);
    return code_;
  }

 private:
  static Victim& of(void* user) { return *static_cast<Victim*>(user); }

  static void on_open(void* user, ppn_websocket* socket, ppn_response*) {
    Victim& self = of(user);
    ++self.opened_;
    for (int i = 0; i < 2; ++i) {
      static constexpr char text[] = "a message that is too long for the string itself";
      const int32_t sent =
          ppn_websocket_send_with_completion(socket, PPN_WEBSOCKET_TEXT, text, sizeof text - 1, on_sent, user, nullptr);
      if (sent == PPN_OK) {
        ++self.accepted_;
      } else {
        ppn_websocket_cancel(socket);  // the server would wait for it
      }
    }
  }
  static int32_t on_message(void*, ppn_websocket*, int32_t, const char*, size_t) { return PPN_CB_CONTINUE; }
  static void on_close(void* user, ppn_websocket*, int32_t, const char*, size_t, const ppn_error*) {
    ++of(user).closed_;
  }
  static int32_t on_reconnecting(void*, ppn_websocket*, int32_t, int64_t, int32_t, const ppn_error*) {
    return PPN_CB_CONTINUE;
  }
  static void on_terminated(void* user, ppn_websocket*, const ppn_error* error) {
    of(user).code_ = ppn_error_code(error);
    ++of(user).terminated_;
  }
  static void on_sent(void* user, int32_t) { ++of(user).settled_; }
  static void on_destroy(void* user) {
    ++of(user).destroyed_;
    of(user).destroyed_.notify_all();
  }

  void set(const std::string& name, const std::string& value) {
    BOOST_REQUIRE_EQUAL(
        ppn_websocket_set_option(socket_, name.data(), name.size(), value.data(), value.size(), nullptr), PPN_OK);
  }

  ppn_websocket* socket_ = nullptr;
  std::atomic<int> opened_{0};
  std::atomic<int> closed_{0};
  std::atomic<int> accepted_{0};
  std::atomic<int> settled_{0};
  std::atomic<int> terminated_{0};
  std::atomic<int> destroyed_{0};
  std::atomic<int32_t> code_{-1};
};

constexpr long too_many = 2'000;

// `drops`: the first connection ends without a Close.
void check_websocket(bool stays_out, bool drops) {
  Script all_day;
  for (int i = 0; i < 2 * too_many; ++i) all_day.expect_request().send(http_ok("helped"));
  const ScriptedServer helper({all_day}, {.repeat_last = true});
  const Client client = make_client();
  bool failed = true;
  int ended_by_it = 0;
  for (long allowed = 0; failed && allowed < too_many; ++allowed) {
    const WebSocketServer server([&](WebSocketPeer& peer) {
      peer.accept();
      peer.send_text(std::string(200, 'm'));
      peer.send_frame(ws_text, "in ", false);
      peer.send_ping("in between");
      peer.send_frame(ws_continuation, "two pieces");
      if (drops && peer.number() == 0) return;
      peer.read_message();
      peer.close_with(1000, "a reason that is too long for the string itself");
    });
    Victim victim(client, server.url(), drops);
    std::atomic<int32_t> started{-1};
    OnLoop(client, helper.url(), [&] {
      started = victim.start();
      stays_out ? fail_all_after(allowed) : fail_once_after(allowed);
    });
    BOOST_REQUIRE_EQUAL(started.load(), PPN_OK);
    const int32_t code = victim.wait(allowed);
    OnLoop(client, helper.url(), [&] { failed = take_failed_once(); });
    if (code != PPN_OK) ++ended_by_it;
    if (!failed) BOOST_TEST(code == PPN_OK);
  }
  BOOST_TEST(!failed);
  BOOST_TEST(ended_by_it > 0);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_of_websockets, NoLeak)

BOOST_AUTO_TEST_CASE(any_allocation_that_fails_ends_a_websocket_once) {
  check_websocket(false, false);
}

BOOST_AUTO_TEST_CASE(any_allocation_that_fails_while_it_is_opened_again_ends_it_once) {
  check_websocket(false, true);
}

BOOST_AUTO_TEST_CASE(memory_that_stays_out_ends_a_websocket_once) {
  check_websocket(true, false);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
