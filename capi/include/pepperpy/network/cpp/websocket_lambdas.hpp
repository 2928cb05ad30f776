/** @file websocket_lambdas.hpp
 *  What the lambdas of a WebSocketClient are given. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_WEBSOCKET_LAMBDAS_HPP
#define PEPPERPY_NETWORK_CPP_WEBSOCKET_LAMBDAS_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "callbacks.hpp"
#include "error.hpp"
#include "handle.hpp"
#include "json.hpp"
#include "response.hpp"
#include "thrown.hpp"

namespace ppn {
inline namespace api_v0 {

/** What a message of a WebSocket is. */
enum class MessageKind : int32_t {
  text = PPN_WEBSOCKET_TEXT,     /**< UTF-8 */
  binary = PPN_WEBSOCKET_BINARY, /**< any bytes */
  json = PPN_WEBSOCKET_JSON      /**< to send: checked to be one JSON text, then sent as text */
};

/** A message that a WebSocket has received: a view, valid until the next step of its WebSocket, or the return of its
 *  lambda, also when it was copied. Blocks: never. Since 0.1. */
class WebSocketMessage {
 public:
  WebSocketMessage() = default;
  WebSocketMessage(MessageKind kind, std::string_view data) noexcept : kind_(kind), data_(data) {}

  /** MessageKind::text or MessageKind::binary. */
  MessageKind kind() const noexcept { return kind_; }
  bool is_text() const noexcept { return kind_ == MessageKind::text; }
  std::string_view data() const noexcept { return data_; }
  /** The data as JSON. Throws ProtocolError (PPN_E_JSON_PARSE). */
  Json json() const { return Json::parse(data_); }

 private:
  MessageKind kind_ = MessageKind::text;
  std::string_view data_;
};

/** How a connection of a WebSocket has ended, for on_close. */
struct WebSocketClose {
  int32_t code = 0;                  /**< see ppn_websocket_close_fn; 1006 when there was no Close frame */
  std::string_view reason;           /**< valid until the lambda returns */
  std::optional<ErrorDetails> error; /**< nothing when both sides closed as they should */
};

/** The next try to open a WebSocket that was lost, for on_reconnecting; valid until the lambda returns. */
class ReconnectAttempt {
 public:
  ReconnectAttempt(ppn_websocket* websocket, int32_t attempt, int64_t delay_ms, int32_t code, const ppn_error* error)
      : websocket_(websocket), attempt_(attempt), delay_(delay_ms), close_code_(code) {
    if (error != nullptr) error_ = detail::details_of(ppn_error_code(error), error);
  }

  /** From 1; begins anew after a connection that was stable. */
  int32_t attempt() const noexcept { return attempt_; }
  /** How long it waits. */
  std::chrono::milliseconds delay() const noexcept { return delay_; }
  /** As WebSocketClose::code; 0 when no connection had opened. */
  int32_t close_code() const noexcept { return close_code_; }
  /** What ended the last connection, or kept it from opening. */
  const std::optional<ErrorDetails>& error() const noexcept { return error_; }

  /** Set a header of the next handshake, such as a new token. Throws as WebSocketClient::header. */
  void header(std::string_view name, std::string_view value) const {
    detail::call(ppn_websocket_set_header, websocket_, detail::data_of(name), name.size(), detail::data_of(value),
                 value.size());
  }
  /** Use another URL. Throws as WebSocketClient::url. */
  void url(std::string_view address) const {
    detail::call(ppn_websocket_set_url, websocket_, detail::data_of(address), address.size());
  }

 private:
  ppn_websocket* websocket_;
  int32_t attempt_;
  std::chrono::milliseconds delay_;
  int32_t close_code_;
  std::optional<ErrorDetails> error_;
};

namespace detail {

/** The lambdas of one WebSocket. The library's own from their installation on, which lets go of them by its destroy
 *  callback; one thread at a time. */
struct WebSocketLambdas {
  explicit WebSocketLambdas(std::shared_ptr<Thrown> of_socket) noexcept : thrown(std::move(of_socket)) {}

  Function<void, Response> on_open;
  Function<Flow, const WebSocketMessage&> on_message;
  Function<void, const WebSocketClose&> on_close;
  Function<Flow, const ReconnectAttempt&> on_reconnecting;
  Function<void, std::exception_ptr> on_terminated;
  const std::shared_ptr<Thrown> thrown;

  static void install(std::unique_ptr<WebSocketLambdas>& lambdas, ppn_websocket* websocket) {
    WebSocketLambdas& self = *lambdas;
    call(ppn_websocket_set_callbacks, websocket, self.on_open ? open : ppn_websocket_open_fn{nullptr},
         self.on_message ? message : ppn_websocket_message_fn{nullptr},
         self.on_close ? close : ppn_websocket_close_fn{nullptr},
         self.on_reconnecting ? reconnecting : ppn_websocket_reconnecting_fn{nullptr},
         self.on_terminated ? terminated : ppn_websocket_terminated_fn{nullptr}, static_cast<void*>(lambdas.get()),
         ppn_destroy_fn{destroy});
    static_cast<void>(lambdas.release());
  }

 private:
  static WebSocketLambdas& of(void* user_data) noexcept { return *static_cast<WebSocketLambdas*>(user_data); }

  /** Nothing that `step` throws leaves: it is kept, and the connection is dropped. */
  template <class Step>
  void guarded(ppn_websocket* websocket, Step step) noexcept {
    try {
      step();
    } catch (...) {
      thrown->keep();
      ppn_websocket_cancel(websocket);
    }
  }
  template <class Step>
  int32_t answered(Step step) noexcept {
    try {
      return static_cast<int32_t>(step());
    } catch (...) {
      thrown->keep();
      return PPN_CB_ABORT;
    }
  }

  static void PPN_CALL open(void* user_data, ppn_websocket* websocket, ppn_response* handshake) noexcept {
    WebSocketLambdas& self = of(user_data);
    self.guarded(websocket, [&] { self.on_open(Response(ResponseHandle::share(handshake))); });
  }
  static int32_t PPN_CALL message(void* user_data, ppn_websocket*, int32_t kind, const char* data,
                                  size_t length) noexcept {
    WebSocketLambdas& self = of(user_data);
    return self.answered([&] {
      return self.on_message(WebSocketMessage(static_cast<MessageKind>(kind), {data, length}));
    });
  }
  static void PPN_CALL close(void* user_data, ppn_websocket* websocket, int32_t code, const char* reason,
                             size_t reason_length, const ppn_error* error) noexcept {
    WebSocketLambdas& self = of(user_data);
    self.guarded(websocket, [&] {
      WebSocketClose how{code, {reason, reason_length}, std::nullopt};
      if (error != nullptr) how.error = details_of(ppn_error_code(error), error);
      self.on_close(how);
    });
  }
  static int32_t PPN_CALL reconnecting(void* user_data, ppn_websocket* websocket, int32_t attempt, int64_t delay_ms,
                                       int32_t code, const ppn_error* error) noexcept {
    WebSocketLambdas& self = of(user_data);
    return self.answered(
        [&] { return self.on_reconnecting(ReconnectAttempt(websocket, attempt, delay_ms, code, error)); });
  }
  static void PPN_CALL terminated(void* user_data, ppn_websocket* websocket, const ppn_error* error) noexcept {
    WebSocketLambdas& self = of(user_data);
    self.guarded(websocket, [&] {
      std::exception_ptr end = self.thrown->get();
      if (end == nullptr && error != nullptr) end = make_exception(details_of(ppn_error_code(error), error));
      self.on_terminated(std::move(end));
    });
  }
  static void PPN_CALL destroy(void* user_data) noexcept {
    const std::unique_ptr<WebSocketLambdas> self(static_cast<WebSocketLambdas*>(user_data));
  }
};

/** The lambda of one message, told once what became of it. */
struct SentLambda {
  Function<void, std::exception_ptr> on_sent;
  std::shared_ptr<Thrown> thrown;
  ppn_websocket* websocket;  // borrowed: without its WebSocketClient it is recognised as released

  static void PPN_CALL sent(void* user_data, int32_t status) noexcept {
    const std::unique_ptr<SentLambda> self(static_cast<SentLambda*>(user_data));
    try {
      self->on_sent(status == PPN_OK ? nullptr : make_exception(details_of(status, nullptr)));
    } catch (...) {
      self->thrown->keep();
      ppn_websocket_cancel(self->websocket);
    }
  }
};

}  // namespace detail
}  // namespace api_v0
}  // namespace ppn

#endif
