// Short ways to WebSockets, and callbacks that write down what they see.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "capi/capi.hpp"
#include "support/deadline.hpp"
#include "support/websocket_server.hpp"

namespace ppn::test {

inline WebSocketHandle make_websocket(const Client& client, std::string_view url) {
  WebSocketHandle socket;
  ErrorHandle error;
  BOOST_REQUIRE_MESSAGE(ppn_websocket_new(client.get(), url.data(), url.size(), socket.out(), error.out()) == PPN_OK,
                        ppn_error_message(error.get()));
  return socket;
}

inline void set_option(const WebSocketHandle& socket, std::string_view name, std::string_view value) {
  BOOST_REQUIRE_EQUAL(
      ppn_websocket_set_option(socket.get(), name.data(), name.size(), value.data(), value.size(), nullptr), PPN_OK);
}

// One that is not opened again, unless its options say otherwise.
inline WebSocketHandle make_single_websocket(const Client& client, std::string_view url) {
  WebSocketHandle socket = make_websocket(client, url);
  set_option(socket, "websocket_reconnect", "off");
  return socket;
}

inline int32_t connect(const WebSocketHandle& socket) {
  return ppn_websocket_connect(socket.get(), nullptr);
}

// Connected and open.
inline WebSocketHandle open_websocket(const Client& client, std::string_view url) {
  WebSocketHandle socket = make_single_websocket(client, url);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  ErrorHandle error;
  // PPN_END: a server that closes at once was quicker than this thread.
  const int32_t opened = ppn_websocket_wait_open(socket.get(), -1, error.out());
  BOOST_REQUIRE_MESSAGE(opened == PPN_OK || opened == PPN_END, ppn_error_message(error.get()));
  return socket;
}

inline int32_t send(const WebSocketHandle& socket, int32_t kind, std::string_view data) {
  return ppn_websocket_send(socket.get(), kind, data.data(), data.size(), nullptr);
}
inline int32_t send_text(const WebSocketHandle& socket, std::string_view text) {
  return send(socket, PPN_WEBSOCKET_TEXT, text);
}

inline int32_t close(const WebSocketHandle& socket, int32_t code = 1000, std::string_view reason = "") {
  return ppn_websocket_close(socket.get(), code, reason.data(), reason.size(), nullptr);
}

inline int32_t wait_closed(const WebSocketHandle& socket) {
  return ppn_websocket_wait_closed(socket.get(), -1, nullptr);
}

// "text:hello", "binary:..", or the name of the code that came instead.
inline std::string next(const WebSocketHandle& socket, int64_t timeout_ms = -1) {
  const ppn_event* message = nullptr;
  const int32_t code = ppn_websocket_next(socket.get(), timeout_ms, &message, nullptr);
  if (code == PPN_OK) return type_of(message) + ":" + data_of(message);
  BOOST_TEST((message == nullptr));
  return code == PPN_END ? "END" : code == PPN_PENDING ? "PENDING" : ppn_code_name(code);
}

inline std::string close_reason(const WebSocketHandle& socket) {
  size_t length = 0;
  const char* const reason = ppn_websocket_close_reason(socket.get(), &length);
  return std::string(reason, length);
}

// The server of most tests.
inline void accept_and_echo(WebSocketPeer& peer) {
  peer.accept();
  peer.echo();
}

// Every completion of a message, in order.
class Receipts {
 public:
  int32_t send(const WebSocketHandle& socket, std::string_view data) {
    const int32_t code = ppn_websocket_send_with_completion(socket.get(), PPN_WEBSOCKET_BINARY, data.data(),
                                                            data.size(), on_sent, this, nullptr);
    if (code == PPN_OK) ++accepted_;
    return code;
  }
  std::vector<int32_t> codes() {
    const std::lock_guard lock(mutex_);
    return codes_;
  }
  std::vector<int32_t> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_until(lock, default_deadline(), [&] { return codes_.size() >= count; }));
    return codes_;
  }
  // Once every message that was accepted has been told.
  std::vector<int32_t> wait_for_all() { return wait_for(static_cast<std::size_t>(accepted_)); }
  std::function<void()> in_sent = [] {};

 private:
  static void on_sent(void* user, int32_t status) {
    Receipts& self = *static_cast<Receipts*>(user);
    self.in_sent();
    const std::lock_guard lock(self.mutex_);
    self.codes_.push_back(status);
    self.changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int32_t> codes_;
  std::atomic<int> accepted_{0};
};

struct SocketSeen {
  std::string order;  // o m c r t d: a letter for each callback
  std::vector<std::string> messages;
  std::vector<int32_t> close_codes;
  std::vector<std::string> close_reasons;
  std::vector<int32_t> close_errors;
  std::vector<int32_t> attempts;
  std::vector<int64_t> delays;
  int terminations = 0;
  int destroyed = 0;
  bool overlapped = false;  // two callbacks at the same time
  int32_t handshake_status = 0;
  int32_t code = -1;  // PPN_OK for an end without error
  std::string text;   // of the error
};

class SocketRecorder {
 public:
  // What a callback does before it returns. Set before the WebSocket is started.
  std::function<void(ppn_websocket*)> in_open = [](auto...) {};
  std::function<int32_t(ppn_websocket*)> in_message = [](auto...) { return PPN_CB_CONTINUE; };
  std::function<void(ppn_websocket*)> in_close = [](auto...) {};
  std::function<int32_t(ppn_websocket*)> in_reconnecting = [](auto...) { return PPN_CB_CONTINUE; };
  std::function<void(ppn_websocket*)> in_terminated = [](auto...) {};
  std::function<void()> in_destroy = [] {};

  int32_t install(const WebSocketHandle& socket, bool messages = true) {
    return ppn_websocket_set_callbacks(socket.get(), on_open, messages ? on_message : nullptr, on_close,
                                       on_reconnecting, on_terminated, this, on_destroy, nullptr);
  }

  SocketSeen seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // False when the deadline passed first.
  bool wait_for(const std::function<bool(const SocketSeen&)>& reached, Deadline deadline = default_deadline()) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [&] { return reached(seen_); });
  }
  bool wait_for_messages(std::size_t count) {
    return wait_for([count](const SocketSeen& seen) { return seen.messages.size() >= count; });
  }
  // The end of everything: after destroy nothing touches this object any more.
  SocketSeen wait_for_end() {
    BOOST_REQUIRE(wait_for([](const SocketSeen& seen) { return seen.destroyed > 0; }));
    const SocketSeen end = seen();
    BOOST_TEST(!end.overlapped);
    BOOST_TEST(end.destroyed == 1);
    return end;
  }

 private:
  // A callback that runs. What it does for a test comes after what it has written down.
  template <class Change, class Action>
  auto run(char letter, Change change, Action action) {
    note([&](SocketSeen& seen) {
      seen.order += letter;
      seen.overlapped |= inside_++ > 0;
      change(seen);
    });
    struct Left {
      SocketRecorder& self;
      ~Left() {
        const std::lock_guard lock(self.mutex_);
        --self.inside_;
      }
    } left{*this};
    return action();
  }
  template <class Change>
  void note(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(seen_);
    changed_.notify_all();
  }
  static SocketRecorder& of(void* user) { return *static_cast<SocketRecorder*>(user); }

  static void on_open(void* user, ppn_websocket* socket, ppn_response* handshake) {
    of(user).run(
        'o', [&](SocketSeen& seen) { seen.handshake_status = ppn_response_status(handshake); },
        [&] { of(user).in_open(socket); });
  }
  static int32_t on_message(void* user, ppn_websocket* socket, int32_t kind, const char* data, size_t length) {
    return of(user).run(
        'm',
        [&](SocketSeen& seen) {
          seen.messages.push_back((kind == PPN_WEBSOCKET_TEXT ? "text:" : "binary:") + std::string(data, length));
        },
        [&] { return of(user).in_message(socket); });
  }
  static void on_close(void* user, ppn_websocket* socket, int32_t code, const char* reason, size_t length,
                       const ppn_error* error) {
    of(user).run(
        'c',
        [&](SocketSeen& seen) {
          seen.close_codes.push_back(code);
          seen.close_reasons.emplace_back(reason, length);
          seen.close_errors.push_back(ppn_error_code(error));
        },
        [&] { of(user).in_close(socket); });
  }
  static int32_t on_reconnecting(void* user, ppn_websocket* socket, int32_t attempt, int64_t delay_ms, int32_t,
                                 const ppn_error*) {
    return of(user).run(
        'r',
        [&](SocketSeen& seen) {
          seen.attempts.push_back(attempt);
          seen.delays.push_back(delay_ms);
        },
        [&] { return of(user).in_reconnecting(socket); });
  }
  static void on_terminated(void* user, ppn_websocket* socket, const ppn_error* error) {
    of(user).run(
        't',
        [&](SocketSeen& seen) {
          ++seen.terminations;
          seen.code = ppn_error_code(error);
          seen.text = ppn_error_message(error);
        },
        [&] { of(user).in_terminated(socket); });
  }
  static void on_destroy(void* user) {
    SocketRecorder& self = of(user);
    self.in_destroy();
    self.note([&](SocketSeen& seen) {
      seen.order += 'd';
      ++seen.destroyed;
      seen.overlapped |= self.inside_ > 0;
    });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  SocketSeen seen_;
};

}  // namespace ppn::test
