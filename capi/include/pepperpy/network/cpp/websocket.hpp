/** @file websocket.hpp
 *  A WebSocket: messages both ways, read by range-for or handed to a lambda. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_WEBSOCKET_HPP
#define PEPPERPY_NETWORK_CPP_WEBSOCKET_HPP

#include <pepperpy/network.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "buffer.hpp"
#include "callbacks.hpp"
#include "client.hpp"
#include "config.hpp"
#include "error.hpp"
#include "event.hpp"
#include "handle.hpp"
#include "headers.hpp"
#include "response.hpp"
#include "thrown.hpp"
#include "websocket_lambdas.hpp"

namespace ppn {
inline namespace api_v0 {

/** Where a WebSocket is. */
enum class WebSocketState : int32_t {
  described = PPN_WEBSOCKET_NEW,                 /**< not started */
  connecting = PPN_WEBSOCKET_CONNECTING,         /**< from the need of a connection to the end of its handshake */
  open = PPN_WEBSOCKET_OPEN,                     /**< messages go both ways */
  closing = PPN_WEBSOCKET_CLOSING,               /**< a Close frame was sent or received */
  reconnect_wait = PPN_WEBSOCKET_RECONNECT_WAIT, /**< waiting before the next connection */
  closed = PPN_WEBSOCKET_CLOSED                  /**< terminated */
};

/** A message that will never be sent. */
struct UnsentMessage {
  MessageKind kind; /**< text or binary */
  Buffer data;
};

/** A WebSocket (RFC 6455), kept alive by pings and, without on_message, opened again after it was lost:
 *
 *      ppn::WebSocketClient socket(client, "wss://localhost:8443/v1/realtime");
 *      socket.connect();
 *      socket.send_json(R"({"type": "response.create"})");
 *      for (const ppn::WebSocketMessage& message : socket.messages()) std::cout << message.data() << '\n';
 *
 *  Describe it, then connect once; messages may be sent from then on and wait until the connection is open. The
 *  functions that describe it throw UsageError (PPN_E_INVALID_STATE) afterwards. Options whose names begin with
 *  websocket_ set every limit, and whether it is opened again (websocket_reconnect).
 *
 *  Waiting and reading throw what terminated it: WebSocketError (PPN_E_WS_ codes; the response() of
 *  PPN_E_WS_HANDSHAKE is what the server answered), ConnectionError, TlsError, TimeoutError, CancelledError; what a
 *  lambda threw; and UsageError (PPN_E_INVALID_STATE: not started; PPN_E_WOULD_DEADLOCK: inside a lambda).
 *
 *  The destructor drops a connection without a Close frame unless close() was called; then the WebSocket goes on to its
 *  end by itself. Lambdas that are no completions are not called any more.
 *  Thread: one at a time for what describes it, next, messages, subprotocol and close_reason; the rest any. Blocks:
 *  where it says so. Since 0.1. */
class WebSocketClient {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = WebSocketMessage;
    using difference_type = std::ptrdiff_t;
    using pointer = const WebSocketMessage*;
    using reference = const WebSocketMessage&;

    Iterator() = default;
    explicit Iterator(WebSocketClient* socket) : socket_(socket) { ++*this; }

    reference operator*() const noexcept { return message_; }
    pointer operator->() const noexcept { return &message_; }
    Iterator& operator++() {
      if (const std::optional<WebSocketMessage> message = socket_->next()) {
        message_ = *message;
      } else {
        socket_ = nullptr;
      }
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& left, const Iterator& right) noexcept {
      return left.socket_ == right.socket_;
    }
    friend bool operator!=(const Iterator& left, const Iterator& right) noexcept { return !(left == right); }

   private:
    WebSocketClient* socket_ = nullptr;
    WebSocketMessage message_;
  };

  /** What messages() returns; it lives no longer than its WebSocket. */
  class Messages {
   public:
    explicit Messages(WebSocketClient& socket) noexcept : socket_(&socket) {}
    /** Blocks: for the next message. */
    Iterator begin() const { return Iterator(socket_); }
    Iterator end() const noexcept { return Iterator(); }

   private:
    WebSocketClient* socket_;
  };

  /** @param client  Gives options, TLS, resolver and address rules; its key goes along when the origin is that of its
   *                 base URL.
   *  @param url     Absolute ws or wss URL without fragment, or a path below the base URL of the client.
   *  Throws UsageError: PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME, PPN_E_CLIENT_CLOSED. Blocks: never. */
  WebSocketClient(const HTTPClient& client, std::string_view url) : WebSocketClient(client.handle(), url) {}
  /** @param client  A RequestManager or an APIClient. Throws as the constructor above. */
  template <class Client, class = std::enable_if_t<
                              std::is_same_v<decltype(std::declval<const Client&>().client()), const HTTPClient&>>>
  WebSocketClient(const Client& client, std::string_view url) : WebSocketClient(client.handle(), url) {}
  /** With a client of its own. Throws as the constructor above and as that of HTTPClient. */
  explicit WebSocketClient(std::string_view url) : WebSocketClient(HTTPClient(), url) {}

  /** Set a header of the handshake; occurrences of the same name are replaced. Throws UsageError
   *  (PPN_E_INVALID_HEADER, whose text never holds the value; also for headers that belong to the library). */
  WebSocketClient& header(std::string_view name, std::string_view value) {
    return put(ppn_websocket_set_header, name, value);
  }
  /** Set several headers, as header does. */
  WebSocketClient& headers(HeaderList fields) {
    for (const auto& field : fields) header(field.first, field.second);
    return *this;
  }
  /** Use another URL. Throws as the constructor. */
  WebSocketClient& url(std::string_view address) {
    detail::call(ppn_websocket_set_url, handle(), detail::data_of(address), address.size());
    return *this;
  }
  /** Offer a subprotocol, after those offered before. Throws UsageError (PPN_E_INVALID_ARGUMENT: no token, or offered
   *  before). */
  WebSocketClient& subprotocol(std::string_view name) {
    detail::call(ppn_websocket_add_subprotocol, handle(), detail::data_of(name), name.size());
    return *this;
  }
  /** Set an option for this WebSocket alone: one whose name begins with websocket_. Throws ConfigError. */
  template <class Value>
  WebSocketClient& option(std::string_view name, const Value& value) {
    return put(ppn_websocket_set_option, name, detail::option_text(name, value));
  }

  /** The lambdas below run on a thread of the library, one at a time, and end (with what they hold) when the WebSocket
   *  has terminated. One that throws drops the connection: its exception is what waiting and reading throw, and what
   *  on_terminated is given.
   *
   *  `lambda(Response handshake)`: a connection is open. */
  template <class Lambda>
  WebSocketClient& on_open(Lambda lambda) {
    static_assert(std::is_invocable_v<Lambda&, Response>, "on_open takes Response, by value or const reference");
    lambdas().on_open = decltype(detail::WebSocketLambdas::on_open)(std::move(lambda));
    return *this;
  }
  /** `lambda(const WebSocketMessage& message)`: a message has arrived; returns nothing or a Flow (pause: nothing more
   *  until resume). Without it messages are queued for next and messages. */
  template <class Lambda>
  WebSocketClient& on_message(Lambda lambda) {
    static_assert(std::is_invocable_v<Lambda&, const WebSocketMessage&>, "on_message takes const WebSocketMessage&");
    lambdas().on_message = decltype(detail::WebSocketLambdas::on_message)(std::move(lambda));
    return *this;
  }
  /** `lambda(const WebSocketClose& how)`: a connection that was open has ended. */
  template <class Lambda>
  WebSocketClient& on_close(Lambda lambda) {
    static_assert(std::is_invocable_v<Lambda&, const WebSocketClose&>, "on_close takes const WebSocketClose&");
    lambdas().on_close = decltype(detail::WebSocketLambdas::on_close)(std::move(lambda));
    return *this;
  }
  /** `lambda(const ReconnectAttempt& next)`: another connection will be tried; the place for a new token. Returns
   *  nothing, or Flow::abort to give up. */
  template <class Lambda>
  WebSocketClient& on_reconnecting(Lambda lambda) {
    static_assert(std::is_invocable_v<Lambda&, const ReconnectAttempt&>,
                  "on_reconnecting takes const ReconnectAttempt&");
    lambdas().on_reconnecting = decltype(detail::WebSocketLambdas::on_reconnecting)(std::move(lambda));
    return *this;
  }
  /** `lambda(std::exception_ptr error)`: the WebSocket has ended for good; exactly once. Null when it was closed as it
   *  should be. */
  template <class Lambda>
  WebSocketClient& on_terminated(Lambda lambda) {
    static_assert(std::is_invocable_v<Lambda&, std::exception_ptr>, "on_terminated takes std::exception_ptr");
    lambdas().on_terminated = decltype(detail::WebSocketLambdas::on_terminated)(std::move(lambda));
    return *this;
  }

  /** Start connecting. Throws UsageError (PPN_E_INVALID_STATE: started before; PPN_E_CLIENT_CLOSED; PPN_E_FORKED),
   *  ConfigError (trust store). Blocks: never. */
  void connect() {
    if (lambdas_ != nullptr) {
      detail::WebSocketLambdas::install(lambdas_, handle());
      installed_ = true;
    }
    detail::call(ppn_websocket_connect, handle());
  }

  /** Wait until it is open, also again after it was lost. False when it was closed as it should be. Blocks: until
   *  then. */
  bool wait_open() { return waited(ppn_websocket_wait_open, -1); }
  /** The same for a limited time; false also when it is not open in time, and state() tells the two apart. 0 looks
   *  without waiting. Blocks: up to `timeout`. */
  template <class Rep, class Period>
  bool wait_open(std::chrono::duration<Rep, Period> timeout) {
    return waited(ppn_websocket_wait_open, limit_of(timeout));
  }

  /** Queue a message. It is copied, and written in order with those of all threads. Throws UsageError
   *  (PPN_E_INVALID_ARGUMENT: text that is no UTF-8; PPN_E_INVALID_STATE: not started), ProtocolError
   *  (PPN_E_JSON_PARSE), WebSocketError (PPN_E_WS_QUEUE_FULL: nothing was queued, the connection goes on;
   *  PPN_E_WS_MESSAGE_TOO_BIG; PPN_E_WS_CLOSED: closing or terminated). Blocks: never. */
  void send(MessageKind kind, std::string_view data) {
    detail::call(ppn_websocket_send, handle(), static_cast<int32_t>(kind), detail::data_of(data), data.size());
  }
  void send_text(std::string_view text) { send(MessageKind::text, text); }
  void send_binary(std::string_view bytes) { send(MessageKind::binary, bytes); }
  void send_json(std::string_view json) { send(MessageKind::json, json); }

  /** The same, and `on_sent(std::exception_ptr error)` is told once what became of the message: null when the kernel has
   *  taken its last byte, which does not mean that the server has read it. Not called when this throws. */
  template <class Lambda>
  void send(MessageKind kind, std::string_view data, Lambda on_sent) {
    static_assert(std::is_invocable_v<Lambda&, std::exception_ptr>, "on_sent takes std::exception_ptr");
    auto told = std::make_unique<detail::SentLambda>();
    told->on_sent = decltype(detail::SentLambda::on_sent)(std::move(on_sent));
    told->thrown = thrown_;
    told->websocket = handle();
    detail::call(ppn_websocket_send_with_completion, handle(), static_cast<int32_t>(kind), detail::data_of(data),
                 data.size(), ppn_websocket_sent_fn{detail::SentLambda::sent}, static_cast<void*>(told.get()));
    static_cast<void>(told.release());  // ended by the call that tells it
  }

  /** As send, but wait for room in the queue. Blocks: until there is room or the WebSocket ends. */
  void send_wait(MessageKind kind, std::string_view data) { send_within(kind, data, -1); }
  /** The same for a limited time; then it throws PPN_E_WS_QUEUE_FULL. Blocks: up to `timeout`. */
  template <class Rep, class Period>
  void send_wait(MessageKind kind, std::string_view data, std::chrono::duration<Rep, Period> timeout) {
    send_within(kind, data, limit_of(timeout));
  }

  /** The next message, valid until the next call with this WebSocket; nothing when it was closed as it should be: by
   *  this side, or with code 1000, 1001 or none. Messages that came before an error are given before it is thrown.
   *  Blocks: for the message. */
  std::optional<WebSocketMessage> next() { return take(-1); }
  /** The same, or nothing when no message came in time; ended() tells the two apart. 0 looks without waiting. Blocks: up
   *  to `timeout`. */
  template <class Rep, class Period>
  std::optional<WebSocketMessage> next(std::chrono::duration<Rep, Period> timeout) {
    return take(limit_of(timeout));
  }
  /** For a range-for over the messages, which ends where next() gives nothing and throws what it throws. */
  Messages messages() noexcept { return Messages(*this); }
  /** Whether the messages were read to their end. */
  bool ended() const noexcept { return ended_; }

  /** Close: what was queued is sent, then a Close frame, and the answer of the server is awaited.
   *  @param code    1000 to 1003, 1007 to 1014 or 3000 to 4999.
   *  @param reason  UTF-8, at most 123 bytes.
   *  Throws UsageError (PPN_E_INVALID_ARGUMENT; PPN_E_INVALID_STATE: not started). Blocks: never. */
  void close(int32_t code = 1000, std::string_view reason = {}) {
    detail::call(ppn_websocket_close, handle(), code, detail::data_of(reason), reason.size());
  }
  /** Drop the connection without a Close frame. Thread: any, inside lambdas too. Blocks: never. */
  void cancel() noexcept { ppn_websocket_cancel(handle()); }
  /** Read on after a lambda has paused. Thread: any. Blocks: never. */
  void resume() noexcept { ppn_websocket_resume(handle()); }

  /** Wait until it has terminated. Blocks: until then. */
  void wait_closed() { waited(ppn_websocket_wait_closed, -1); }
  /** The same for a limited time; whether it has terminated. Blocks: up to `timeout`. */
  template <class Rep, class Period>
  bool wait_closed(std::chrono::duration<Rep, Period> timeout) {
    return waited(ppn_websocket_wait_closed, limit_of(timeout));
  }

  WebSocketState state() const noexcept { return static_cast<WebSocketState>(ppn_websocket_state(handle())); }
  /** What the server answered to the last handshake. Throws UsageError (PPN_E_INVALID_STATE: no answer yet). */
  Response response() const {
    detail::ResponseHandle answer;
    detail::call(ppn_websocket_response, handle(), answer.out());
    return Response(std::move(answer));
  }
  /** The subprotocol that the server chose; empty when it chose none. */
  std::string chosen_subprotocol() const { return text(ppn_websocket_subprotocol); }
  /** The code that the last connection ended with, as WebSocketClose::code; 0 when none has ended. */
  int32_t close_code() const noexcept { return ppn_websocket_close_code(handle()); }
  std::string close_reason() const { return text(ppn_websocket_close_reason); }
  /** The time between the last ping and its pong. */
  std::optional<std::chrono::microseconds> ping_time() const noexcept {
    const int64_t us = ppn_websocket_ping_us(handle());
    if (us < 0) return std::nullopt;
    return std::chrono::microseconds(us);
  }
  /** How many bytes of messages wait to be sent. */
  int64_t queued_bytes() const noexcept { return ppn_websocket_queued_bytes(handle()); }
  /** How many messages will never be sent: see ppn_websocket_unsent_count. */
  std::size_t unsent_count() const noexcept { return ppn_websocket_unsent_count(handle()); }
  /** Take the oldest of them; nothing when there is none. */
  std::optional<UnsentMessage> take_unsent() {
    int32_t kind = 0;
    detail::BufferHandle data;
    detail::ErrorOut error;
    const int32_t code = ppn_websocket_take_unsent(handle(), &kind, data.out(), error);
    if (code == PPN_END) return std::nullopt;
    if (code != PPN_OK) error.raise(code);
    return UnsentMessage{static_cast<MessageKind>(kind), Buffer(std::move(data))};
  }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_websocket* handle() const noexcept { return handle_.get(); }

 private:
  WebSocketClient(ppn_client* client, std::string_view url) {
    detail::call(ppn_websocket_new, client, detail::data_of(url), url.size(), handle_.out());
  }

  template <class Function>
  WebSocketClient& put(Function function, std::string_view name, std::string_view value) {
    detail::call(function, handle(), detail::data_of(name), name.size(), detail::data_of(value), value.size());
    return *this;
  }

  detail::WebSocketLambdas& lambdas() {
    if (installed_) detail::fail(PPN_E_INVALID_STATE, "the lambdas of the WebSocket have been handed over");
    if (lambdas_ == nullptr) lambdas_ = std::make_unique<detail::WebSocketLambdas>(thrown_);
    return *lambdas_;
  }

  template <class Rep, class Period>
  static int64_t limit_of(std::chrono::duration<Rep, Period> timeout) {
    return std::max(int64_t{0}, detail::milliseconds_of(timeout));
  }

  bool waited(int32_t(PPN_CALL* wait)(ppn_websocket*, int64_t, ppn_error**), int64_t timeout_ms) {
    detail::ErrorOut error;
    const int32_t code = wait(handle(), timeout_ms, error);
    if (code != PPN_OK && code != PPN_PENDING && code != PPN_END) raise(code, error);
    if (code != PPN_PENDING) thrown_->raise();
    return code == PPN_OK;
  }

  void send_within(MessageKind kind, std::string_view data, int64_t timeout_ms) {
    detail::call(ppn_websocket_send_wait, handle(), static_cast<int32_t>(kind), detail::data_of(data), data.size(),
                 timeout_ms);
  }

  std::optional<WebSocketMessage> take(int64_t timeout_ms) {
    const ppn_event* message = nullptr;
    detail::ErrorOut error;
    const int32_t code = ppn_websocket_next(handle(), timeout_ms, &message, error);
    if (code == PPN_OK) {
      const Event event(message);
      return WebSocketMessage(event.type() == "text" ? MessageKind::text : MessageKind::binary, event.data());
    }
    if (code == PPN_PENDING) return std::nullopt;
    if (code != PPN_END) raise(code, error);
    thrown_->raise();
    ended_ = true;
    return std::nullopt;
  }

  [[noreturn]] void raise(int32_t code, const detail::ErrorOut& error) const {
    thrown_->raise();
    detail::ResponseHandle answer;
    ppn_websocket_response(handle(), answer.out(), nullptr);
    error.raise(code, answer ? std::make_shared<const Response>(std::move(answer)) : nullptr);
  }

  std::string text(const char*(PPN_CALL* part)(ppn_websocket*, size_t*)) const {
    size_t length = 0;
    const char* const bytes = part(handle(), &length);
    return std::string(bytes, length);
  }

  detail::WebSocketHandle handle_;
  std::unique_ptr<detail::WebSocketLambdas> lambdas_;
  std::shared_ptr<detail::Thrown> thrown_ = std::make_shared<detail::Thrown>();
  bool installed_ = false;
  bool ended_ = false;
};

}  // namespace api_v0
}  // namespace ppn

#endif
