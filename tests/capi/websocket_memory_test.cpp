// Every allocation of a WebSocket failing in its turn, on the thread of its user and on the I/O thread: it ends once, with
// an error that is named, every completion is told once, and nothing is left.
#include "capi/failing_allocations.hpp"

#if PPN_TEST_FAILING_ALLOCATIONS

#include <atomic>
#include <functional>
#include <string>

#include "capi/websocket.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

constexpr long too_many = 2'000;

// Calls `function` with ever more memory until it succeeds.
void check_each_allocation(const char* name, const std::function<int32_t(ppn_error**)>& function) {
  for (long allowed = 0; allowed < too_many; ++allowed) {
    ErrorHandle error;
    int32_t code = -1;
    {
      const FailAfter limit(allowed);
      code = function(error.out());
    }
    if (code == PPN_OK) {
      BOOST_TEST(allowed > 0, name << " allocates nothing");
      return;
    }
    BOOST_TEST(code == PPN_E_OUT_OF_MEMORY, name << " returned " << code << " after " << allowed);
    BOOST_TEST(ppn_error_code(error.get()) == PPN_E_OUT_OF_MEMORY);
  }
  BOOST_ERROR(name << " never succeeded");
}

// Runs on the I/O thread, at the end of a call of its own.
class Helper {
 public:
  void run(std::function<void()> action) {
    Errand errand{std::move(action)};
    const Request request = make_request(client_, "GET", server_.url());
    BOOST_REQUIRE_EQUAL(
        ppn_request_set_callbacks(request.get(), nullptr, nullptr, on_complete, &errand, on_destroy, nullptr), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    errand.done.wait(false);
  }

 private:
  struct Errand {
    std::function<void()> action;
    std::atomic<bool> done{false};
  };
  static void on_complete(void* user, ppn_request*, ppn_response*, const ppn_error*) {
    static_cast<Errand*>(user)->action();
  }
  static void on_destroy(void* user) {
    Errand& errand = *static_cast<Errand*>(user);
    errand.done = true;
    errand.done.notify_all();
  }
  static Script all_day() {
    Script script;
    for (int i = 0; i < 5'000; ++i) script.expect_request().send(http_ok("helped"));
    return script;
  }

  ScriptedServer server_{{all_day()}, {.repeat_last = true}};
  Client client_ = make_client();
};

// What a WebSocket calls back, counted without taking memory.
struct Counted {
  std::atomic<int> opens{0};
  std::atomic<int> messages{0};
  std::atomic<int> closes{0};
  std::atomic<int> terminations{0};
  std::atomic<int> destroyed{0};
  std::atomic<int> sent{0};
  std::atomic<int> not_sent{0};
  std::atomic<int32_t> code{-1};

  void install(const WebSocketHandle& socket, bool messages_too) {
    const auto open = [](void* user, ppn_websocket*, ppn_response*) { ++of(user).opens; };
    const auto message = [](void* user, ppn_websocket*, int32_t, const char*, size_t) -> int32_t {
      ++of(user).messages;
      return PPN_CB_CONTINUE;
    };
    const auto close = [](void* user, ppn_websocket*, int32_t, const char*, size_t, const ppn_error*) {
      ++of(user).closes;
    };
    const auto terminated = [](void* user, ppn_websocket*, const ppn_error* error) {
      ++of(user).terminations;
      of(user).code = ppn_error_code(error);
    };
    const auto destroy = [](void* user) {
      ++of(user).destroyed;
      of(user).destroyed.notify_all();
    };
    BOOST_REQUIRE_EQUAL(ppn_websocket_set_callbacks(socket.get(), open, messages_too ? +message : nullptr, close,
                                                    nullptr, terminated, this, destroy, nullptr),
                        PPN_OK);
  }
  static void on_sent(void* user, int32_t status) { status == PPN_OK ? ++of(user).sent : ++of(user).not_sent; }
  static Counted& of(void* user) { return *static_cast<Counted*>(user); }
};

const std::string& payload() {
  static const std::string text(300, 'x');
  return text;
}

// One connection that is played to its good end.
void converse(WebSocketPeer& peer) {
  peer.accept("X-Long-Header: a value that is too long for the string itself\r\n");
  peer.send_text(peer.read_message());
  peer.send_text(peer.read_message());
  peer.send_ping("are you there, in more letters than a short string has");
  peer.close_with(1000, "a reason that is too long for the string itself");
}

void check_conversation(const WebSocketServer& server, const std::string& ca_file, bool for_good, bool pushed,
                        bool deflate) {
  Helper helper;
  bool failed = true;
  int ended_by_it = 0;
  long allowed = 0;
  for (; failed && allowed < too_many; ++allowed) {
    BOOST_TEST_CONTEXT("allocation " << allowed << (for_good ? " and all later ones" : "")) {
      const Client client = make_client("{\"ca_file\": \"" + ca_file + "\"}");
      const WebSocketHandle socket = make_single_websocket(client, server.url());
      set_option(socket, "websocket_close_timeout_ms", "200");
      if (deflate) set_option(socket, "websocket_deflate", "true");
      Counted counted;
      counted.install(socket, pushed);
      std::atomic<int> accepted{0};
      std::atomic<int32_t> started{-1};
      helper.run([&] {
        started = ppn_websocket_connect(socket.get(), nullptr);
        for (int i = 0; i < 2; ++i) {
          if (ppn_websocket_send_with_completion(socket.get(), PPN_WEBSOCKET_TEXT, payload().data(), payload().size(),
                                                 Counted::on_sent, &counted, nullptr) == PPN_OK) {
            ++accepted;
          }
        }
        for_good ? fail_all_after(allowed) : fail_once_after(allowed);
      });
      BOOST_REQUIRE_EQUAL(started.load(), PPN_OK);
      BOOST_REQUIRE_EQUAL(accepted.load(), 2);
      int pulled = 0;
      const ppn_event* message = nullptr;
      int32_t last = pushed ? PPN_END + 0 : PPN_OK + 0;
      while (last == PPN_OK) {
        last = ppn_websocket_next(socket.get(), 20'000, &message, nullptr);
        if (last == PPN_OK) ++pulled;
      }
      counted.destroyed.wait(0);
      std::atomic<bool> failed_there{false};
      helper.run([&] { failed_there = take_failed_once(); });
      failed = failed_there;
      const int32_t code = counted.code;
      BOOST_TEST((code == PPN_OK || code == PPN_E_OUT_OF_MEMORY), ppn_code_name(code));
      BOOST_TEST(wait_closed(socket) == code);
      if (!pushed) BOOST_TEST(last == (code == PPN_OK ? PPN_END + 0 : code));
      if (code != PPN_OK) ++ended_by_it;
      BOOST_TEST(counted.terminations == 1);
      BOOST_TEST(counted.destroyed == 1);
      BOOST_TEST(counted.closes == counted.opens);
      BOOST_TEST(counted.sent + counted.not_sent == 2);
      if (!failed) {
        BOOST_TEST(code == PPN_OK);
        BOOST_TEST(counted.sent == 2);
        BOOST_TEST((pushed ? counted.messages.load() : pulled) == 2);
      }
    }
  }
  BOOST_TEST(!failed);
  BOOST_TEST(allowed > 20);  // else little was tried
  BOOST_TEST(ended_by_it > 0);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_memory, NoLeak)

BOOST_AUTO_TEST_CASE(missing_memory_is_an_error_of_its_own) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_end();
  });
  const WebSocketServer open(accept_and_echo);
  const Client client = make_client();
  const std::string url = server.url("/a/path/that/is/too/long/for/the/string/itself");
  const std::string long_text(100, 'v');
  check_each_allocation("new", [&](ppn_error** error) {
    WebSocketHandle made;
    return ppn_websocket_new(client.get(), url.data(), url.size(), made.out(), error);
  });
  WebSocketHandle socket = make_single_websocket(client, url);
  check_each_allocation("set_header", [&](ppn_error** error) {
    return ppn_websocket_set_header(socket.get(), "X-Name", 6, long_text.data(), long_text.size(), error);
  });
  check_each_allocation(
      "set_url", [&](ppn_error** error) { return ppn_websocket_set_url(socket.get(), url.data(), url.size(), error); });
  check_each_allocation("add_subprotocol", [&](ppn_error** error) {
    return ppn_websocket_add_subprotocol(socket.get(), long_text.data(), long_text.size(), error);
  });
  check_each_allocation("set_option", [&](ppn_error** error) {
    return ppn_websocket_set_option(socket.get(), "websocket_reconnect_codes", PPN_AUTO_LENGTH,
                                    "4000,4001,4002,4003,4004,4005", PPN_AUTO_LENGTH, error);
  });
  SocketRecorder recorder;
  check_each_allocation("set_callbacks", [&](ppn_error** error) {
    return ppn_websocket_set_callbacks(socket.get(), nullptr, nullptr, nullptr, nullptr, nullptr, &recorder, nullptr,
                                       error);
  });
  // A connect that failed is not tried again. The thread of the library runs before.
  open_websocket(client, open.url());
  int32_t connected = -1;
  for (long allowed = 0; allowed < too_many && connected != PPN_OK; ++allowed) {
    const Client fresh = make_client();  // whose loop, pool and dialer are made by the first connect
    socket = make_single_websocket(fresh, url);
    const FailAfter limit(allowed);
    connected = ppn_websocket_connect(socket.get(), nullptr);
    BOOST_TEST((connected == PPN_OK || connected == PPN_E_OUT_OF_MEMORY), ppn_code_name(connected));
  }
  BOOST_TEST(connected == PPN_OK);
  int told = 0;
  const auto on_sent = [](void* user, int32_t) { ++*static_cast<int*>(user); };
  check_each_allocation("send", [&](ppn_error** error) {
    return ppn_websocket_send_with_completion(socket.get(), PPN_WEBSOCKET_TEXT, long_text.data(), long_text.size(),
                                              on_sent, &told, error);
  });
  BOOST_TEST(ppn_websocket_queued_bytes(socket.get()) == 100);
  check_each_allocation("close", [&](ppn_error** error) {
    return ppn_websocket_close(socket.get(), 1000, long_text.data(), long_text.size(), error);
  });
  BOOST_TEST(wait_closed(socket) == PPN_OK);
  BOOST_TEST(told == 1);
  BOOST_TEST(ppn_websocket_unsent_count(socket.get()) == 1U);
  check_each_allocation("take_unsent", [&](ppn_error** error) {
    Buffer data;
    return ppn_websocket_take_unsent(socket.get(), nullptr, data.out(), error);
  });
}

BOOST_AUTO_TEST_CASE(close_without_memory_leaves_the_websocket_as_it_was) {
  const Client client = make_client();
  const WebSocketServer server(accept_and_echo);
  const WebSocketHandle socket = open_websocket(client, server.url());
  const std::string reason(100, 'v');
  bool failed = false;
  int32_t code = PPN_E_OUT_OF_MEMORY;
  for (long allowed = 0; code != PPN_OK && allowed < too_many; ++allowed) {
    {
      const FailAfter limit(allowed);
      code = ppn_websocket_close(socket.get(), 4001, reason.data(), reason.size(), nullptr);
    }
    if (code == PPN_OK) break;
    failed = true;
    BOOST_TEST(ppn_websocket_state(socket.get()) == PPN_WEBSOCKET_OPEN);
    BOOST_TEST(send_text(socket, "still here") == PPN_OK);
    BOOST_TEST(next(socket) == "text:still here");
  }
  BOOST_TEST(failed);
  BOOST_TEST(wait_closed(socket) == PPN_OK);
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(4001, reason)}));
}

BOOST_AUTO_TEST_CASE(socket_without_memory_on_the_io_thread_ends_once) {
  const WebSocketServer server(converse);
  for (const bool for_good : {false, true}) {
    for (const bool pushed : {false, true}) check_conversation(server, "", for_good, pushed, false);
  }
}

BOOST_AUTO_TEST_CASE(socket_without_memory_over_tls_and_with_deflate_ends_once) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const WebSocketServer server({converse},
                               {.tls = factory.make_leaf(ca, loopback_names()).identity(), .repeat_last = true});
  for (const bool for_good : {false, true}) check_conversation(server, ca.certificate_file, for_good, true, true);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
