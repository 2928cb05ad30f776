#include "pepperpy/network/websocket.h"

#include <memory>
#include <string_view>
#include <utility>

#include "boundary.hpp"
#include "client/websocket.hpp"
#include "lent.hpp"
#include "objects.hpp"
#include "user_ready.hpp"
#include "websocket_adapter.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

// `end` is what the end in good order stands for.
Result<int32_t> outcome_for_c(const WebSocket& socket, WebSocket::Outcome outcome, int32_t end) {
  switch (outcome) {
    case WebSocket::Outcome::done: return PPN_OK;
    case WebSocket::Outcome::pending: return PPN_PENDING;
    case WebSocket::Outcome::end: return end;
    case WebSocket::Outcome::failed: break;
  }
  return Failure(socket.error());
}

Failure not_started() {
  return Failure(ErrorCode::invalid_state, Phase::validate, "the WebSocket is not started");
}

bool is_started(const WebSocket& socket) noexcept {
  return socket.state() != WebSocket::State::described;
}

WebSocket::Payload payload_of(int32_t kind) noexcept {
  switch (kind) {
    case PPN_WEBSOCKET_BINARY: return WebSocket::Payload::binary;
    case PPN_WEBSOCKET_JSON: return WebSocket::Payload::json;
    default: return WebSocket::Payload::text;
  }
}

int32_t kind_of(WebSocketMessageType type) noexcept {
  return type == WebSocketMessageType::text ? PPN_WEBSOCKET_TEXT : PPN_WEBSOCKET_BINARY;
}

int32_t state_for_c(WebSocket::State state) noexcept {
  switch (state) {
    case WebSocket::State::described: return PPN_WEBSOCKET_NEW;
    case WebSocket::State::connecting: return PPN_WEBSOCKET_CONNECTING;
    case WebSocket::State::open: return PPN_WEBSOCKET_OPEN;
    case WebSocket::State::closing: return PPN_WEBSOCKET_CLOSING;
    case WebSocket::State::waiting: return PPN_WEBSOCKET_RECONNECT_WAIT;
    case WebSocket::State::closed: break;
  }
  return PPN_WEBSOCKET_CLOSED;
}

Status send(Arguments& in, ppn_websocket* websocket, int32_t kind, const char* data, size_t length,
            WebSocketReceipt receipt, int64_t wait_ms) {
  const auto object = in.handle(websocket, "websocket");
  in.require(kind >= PPN_WEBSOCKET_TEXT && kind <= PPN_WEBSOCKET_JSON, "kind is no PPN_WEBSOCKET_ kind");
  const std::string_view bytes = in.text_or_empty(data, length, "data");
  if (!in.ok()) return in.failure();
  return object->state->socket->send(payload_of(kind), bytes, receipt, wait_ms);
}

// Runs `change` with the WebSocket and two texts.
template <class Change>
int32_t change_with(ppn_websocket* websocket, const char* name, size_t name_length, const char* value,
                    size_t value_length, ppn_error** error, Change change) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    const std::string_view name_text = in.text(name, name_length, "name");
    const std::string_view value_text = in.text_or_empty(value, value_length, "value");
    if (!in.ok()) return in.failure();
    return change(*object->state->socket, name_text, value_text);
  });
}

// `kept` is where the text lives until it is asked for again.
template <class Get>
const char* text_of(ppn_websocket* websocket, size_t* out_length, std::string WebSocketObject::State::*kept, Get get) {
  Arguments::optional_out(out_length);
  return read(websocket, "", [&](const WebSocketObject& object) {
    std::string& text = (*object.state).*kept;
    text = get(*object.state->socket);
    if (out_length != nullptr) *out_length = text.size();
    return text.c_str();
  });
}

}  // namespace

int32_t ppn_websocket_new(ppn_client* client, const char* url, size_t url_length, ppn_websocket** out,
                          ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(client, "client");
    const std::string_view text = in.text(url, url_length, "url");
    if (!in.ok()) return in.failure();
    auto socket = WebSocket::create(object->client, text);
    if (!socket.ok()) return std::move(socket).failure();
    *out = make_handle<ppn_websocket>(WebSocketObject{std::make_unique<WebSocketObject::State>(std::move(*socket))});
    return {};
  });
}

ppn_websocket* ppn_websocket_acquire(ppn_websocket* websocket) {
  return acquire(websocket);
}

void ppn_websocket_release(ppn_websocket* websocket) {
  release(websocket);
}

int32_t ppn_websocket_set_header(ppn_websocket* websocket, const char* name, size_t name_length, const char* value,
                                 size_t value_length, ppn_error** error) {
  return change_with(
      websocket, name, name_length, value, value_length, error,
      [](WebSocket& socket, std::string_view field, std::string_view text) { return socket.set_header(field, text); });
}

int32_t ppn_websocket_set_option(ppn_websocket* websocket, const char* name, size_t name_length, const char* value,
                                 size_t value_length, ppn_error** error) {
  return change_with(websocket, name, name_length, value, value_length, error,
                     [](WebSocket& socket, std::string_view option, std::string_view text) {
                       return socket.set_option(option, text);
                     });
}

int32_t ppn_websocket_set_url(ppn_websocket* websocket, const char* url, size_t url_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    const std::string_view text = in.text(url, url_length, "url");
    if (!in.ok()) return in.failure();
    return object->state->socket->set_url(text);
  });
}

int32_t ppn_websocket_add_subprotocol(ppn_websocket* websocket, const char* name, size_t name_length,
                                      ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    const std::string_view text = in.text(name, name_length, "name");
    if (!in.ok()) return in.failure();
    return object->state->socket->add_subprotocol(text);
  });
}

int32_t ppn_websocket_set_callbacks(ppn_websocket* websocket, ppn_websocket_open_fn on_open,
                                    ppn_websocket_message_fn on_message, ppn_websocket_close_fn on_close,
                                    ppn_websocket_reconnecting_fn on_reconnecting,
                                    ppn_websocket_terminated_fn on_terminated, void* user_data, ppn_destroy_fn destroy,
                                    ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    if (!in.ok()) return in.failure();
    const WebSocketCallbacks callbacks{on_open, on_message, on_close, on_reconnecting, on_terminated};
    auto adapter = std::make_unique<WebSocketAdapter>(callbacks, object.handle(), object->state->silenced, user_data);
    WebSocketAdapter& made = *adapter;
    std::unique_ptr<WebSocketHandler> handler = std::move(adapter);
    Status set = object->state->socket->set_handler(handler);
    if (set) made.adopt(destroy);
    return set;
  });
}

int32_t ppn_websocket_resume(ppn_websocket* websocket) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    if (!in.ok()) return in.failure();
    object->state->socket->resume();
    return {};
  });
}

int32_t ppn_websocket_connect(ppn_websocket* websocket, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    if (!in.ok()) return in.failure();
    return object->state->socket->connect();
  });
}

int32_t ppn_websocket_wait_open(ppn_websocket* websocket, int64_t timeout_ms, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    const auto object = in.handle(websocket, "websocket");
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    in.may_wait();
    if (!in.ok()) return in.failure();
    WebSocket& socket = *object->state->socket;
    if (!is_started(socket)) return not_started();
    return outcome_for_c(socket, socket.wait_open(wait_ms), PPN_END);
  });
}

int32_t ppn_websocket_send(ppn_websocket* websocket, int32_t kind, const char* data, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status { return send(in, websocket, kind, data, length, {}, 0); });
}

int32_t ppn_websocket_send_with_completion(ppn_websocket* websocket, int32_t kind, const char* data, size_t length,
                                           ppn_websocket_sent_fn on_sent, void* user_data, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.callback(on_sent, "on_sent");
    return send(in, websocket, kind, data, length, {on_sent, user_data}, 0);
  });
}

int32_t ppn_websocket_send_wait(ppn_websocket* websocket, int32_t kind, const char* data, size_t length,
                                int64_t timeout_ms, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    in.may_wait();
    return send(in, websocket, kind, data, length, {}, wait_ms);
  });
}

int32_t ppn_websocket_next(ppn_websocket* websocket, int64_t timeout_ms, const ppn_event** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    in.out(out, "out");
    const auto object = in.handle(websocket, "websocket");
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    in.may_take(timeout_ms);
    if (!in.ok()) return in.failure();
    WebSocket& socket = *object->state->socket;
    if (!is_started(socket)) return not_started();
    if (socket.has_message_handler()) {
      return Failure(ErrorCode::invalid_state, Phase::validate, "messages of this WebSocket go to its on_message");
    }
    const WebSocket::Outcome outcome = socket.next(wait_ms);
    if (outcome == WebSocket::Outcome::done) {
      const WebSocketMessage& message = socket.message();
      ppn_event& view = object->state->message;
      view = {};
      view.data = message.data;
      view.type = message.type == WebSocketMessageType::text ? "text" : "binary";
      view.index = message.index;
      *out = &view;
    }
    return outcome_for_c(socket, outcome, PPN_END);
  });
}

int32_t ppn_websocket_set_ready_callback(ppn_websocket* websocket, ppn_ready_fn on_ready, void* user_data,
                                         ppn_destroy_fn destroy, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    in.require(on_ready != nullptr, "on_ready is NULL");
    if (!in.ok()) return in.failure();
    const auto made = std::make_shared<UserReady>(on_ready, user_data);
    std::shared_ptr<ReadyHook> hook = made;
    Status set = object->state->socket->set_ready_hook(hook);
    if (set) made->adopt(destroy);
    return set;
  });
}

int32_t ppn_websocket_close(ppn_websocket* websocket, int32_t code, const char* reason, size_t reason_length,
                            ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    const std::string_view text = in.text_or_empty(reason, reason == nullptr ? 0 : reason_length, "reason");
    if (!in.ok()) return in.failure();
    return object->state->socket->close(code == 0 ? 1000 : code, text);
  });
}

int32_t ppn_websocket_cancel(ppn_websocket* websocket) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    const auto object = in.handle(websocket, "websocket");
    if (!in.ok()) return in.failure();
    object->state->socket->cancel();
    return {};
  });
}

int32_t ppn_websocket_wait_closed(ppn_websocket* websocket, int64_t timeout_ms, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    const auto object = in.handle(websocket, "websocket");
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    in.may_wait();
    if (!in.ok()) return in.failure();
    WebSocket& socket = *object->state->socket;
    if (!is_started(socket)) return not_started();
    return outcome_for_c(socket, socket.wait_closed(wait_ms), PPN_OK);
  });
}

int32_t ppn_websocket_state(ppn_websocket* websocket) {
  return read(websocket, int32_t{PPN_WEBSOCKET_CLOSED},
              [](const WebSocketObject& object) { return state_for_c(object.state->socket->state()); });
}

int32_t ppn_websocket_response(ppn_websocket* websocket, ppn_response** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(websocket, "websocket");
    if (!in.ok()) return in.failure();
    std::shared_ptr<Response> response = object->state->socket->response();
    if (response == nullptr) {
      return Failure(ErrorCode::invalid_state, Phase::validate, "no handshake was answered yet");
    }
    *out = make_handle<ppn_response>(ResponseObject{std::move(response), nullptr});
    return {};
  });
}

const char* ppn_websocket_subprotocol(ppn_websocket* websocket, size_t* out_length) {
  return text_of(websocket, out_length, &WebSocketObject::State::subprotocol,
                 [](const WebSocket& socket) { return socket.subprotocol(); });
}

int32_t ppn_websocket_close_code(ppn_websocket* websocket) {
  return read(websocket, int32_t{0}, [](const WebSocketObject& object) { return object.state->socket->close_code(); });
}

const char* ppn_websocket_close_reason(ppn_websocket* websocket, size_t* out_length) {
  return text_of(websocket, out_length, &WebSocketObject::State::close_reason,
                 [](const WebSocket& socket) { return socket.close_reason(); });
}

int64_t ppn_websocket_ping_us(ppn_websocket* websocket) {
  return read(websocket, int64_t{-1}, [](const WebSocketObject& object) { return object.state->socket->ping_us(); });
}

int64_t ppn_websocket_queued_bytes(ppn_websocket* websocket) {
  return read(websocket, int64_t{0},
              [](const WebSocketObject& object) { return static_cast<int64_t>(object.state->socket->queued_bytes()); });
}

size_t ppn_websocket_unsent_count(ppn_websocket* websocket) {
  return read(websocket, size_t{0}, [](const WebSocketObject& object) { return object.state->socket->unsent_count(); });
}

int32_t ppn_websocket_take_unsent(ppn_websocket* websocket, int32_t* out_kind, ppn_buffer** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    Arguments::optional_out(out_kind);
    in.out(out, "out");
    const auto object = in.handle(websocket, "websocket");
    if (!in.ok()) return in.failure();
    // Its place first: without memory for it the message stays where it is.
    const auto bytes = std::make_shared<std::string>();
    Lent<ppn_buffer> buffer(make_handle<ppn_buffer>(BufferObject{bytes}));
    std::optional<UnsentMessage> message = object->state->socket->take_unsent();
    if (!message) return PPN_END;
    *bytes = std::move(message->data);
    if (out_kind != nullptr) *out_kind = kind_of(message->type);
    *out = acquire(buffer.get());
    return PPN_OK;
  });
}
