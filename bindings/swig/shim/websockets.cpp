#include "websockets.hpp"

#include <cstdint>
#include <new>

#include "notify.hpp"
#include "pieces.hpp"

using namespace ppn_bindings;

struct ppnb_socket {
  ppn_websocket* websocket;
  Pieces pieces;
};

namespace {

void PPN_CALL on_ready(void* user_data) {
  notify(websocket_handler, [&](WebSocketHandler& handler) { handler.on_ready(as_token(user_data)); });
}

void PPN_CALL on_open(void* user_data, ppn_websocket* /*websocket*/, ppn_response* handshake) {
  GivenResponse kept(ppn_response_acquire(handshake));
  notify(websocket_handler, [&](WebSocketHandler& handler) { handler.on_open(as_token(user_data), kept.give()); });
}

void PPN_CALL on_close(void* user_data, ppn_websocket* /*websocket*/, std::int32_t code, const char* reason,
                       std::size_t reason_length, const ppn_error* error) {
  GivenBuffer text(buffer_of(reason, reason_length));
  GivenError why(ppn_error_acquire(error));
  notify(websocket_handler, [&](WebSocketHandler& handler) {
    ppn_buffer* const given = text.give();
    handler.on_close(as_token(user_data), code, given, why.give());
  });
}

std::int32_t tell_reconnecting(void* user_data, std::int32_t attempt, std::int64_t delay_ms, std::int32_t code,
                               const ppn_error* error, std::int32_t answer) noexcept {
  GivenError why(ppn_error_acquire(error));
  const bool told = notify(websocket_handler, [&](WebSocketHandler& handler) {
    handler.on_reconnecting(as_token(user_data), attempt, delay_ms, code, why.give());
  });
  return told ? answer : PPN_CB_CONTINUE;  // nobody would resume it
}

std::int32_t PPN_CALL on_reconnecting(void* user_data, ppn_websocket* /*websocket*/, std::int32_t attempt,
                                      std::int64_t delay_ms, std::int32_t code, const ppn_error* error) {
  return tell_reconnecting(user_data, attempt, delay_ms, code, error, PPN_CB_CONTINUE);
}

std::int32_t PPN_CALL on_reconnecting_held(void* user_data, ppn_websocket* /*websocket*/, std::int32_t attempt,
                                           std::int64_t delay_ms, std::int32_t code, const ppn_error* error) {
  return tell_reconnecting(user_data, attempt, delay_ms, code, error, PPN_CB_PAUSE);
}

void PPN_CALL on_terminated(void* user_data, ppn_websocket* /*websocket*/, const ppn_error* error) {
  GivenError why(ppn_error_acquire(error));
  notify(websocket_handler, [&](WebSocketHandler& handler) { handler.on_terminated(as_token(user_data), why.give()); });
}

void PPN_CALL on_sent(void* user_data, std::int32_t status) {
  notify(websocket_handler, [&](WebSocketHandler& handler) { handler.on_sent(as_token(user_data), status); });
}

}  // namespace

std::int32_t ppnb_socket_new(ppn_client* client, const char* url, std::size_t url_length, std::int32_t holds_reconnects,
                             std::int64_t token, ppnb_socket** out, ppn_error** error) {
  auto* const socket = new (std::nothrow) ppnb_socket{};
  if (socket == nullptr) return PPN_E_OUT_OF_MEMORY;
  std::int32_t status = ppn_websocket_new(client, url, url_length, &socket->websocket, error);
  if (status == PPN_OK) {
    status = ppn_websocket_set_callbacks(socket->websocket, on_open, nullptr, on_close,
                                         holds_reconnects != 0 ? on_reconnecting_held : on_reconnecting, on_terminated,
                                         as_user_data(token), nullptr, error);
  }
  if (status == PPN_OK) {
    status = ppn_websocket_set_ready_callback(socket->websocket, on_ready, as_user_data(token), nullptr, error);
  }
  if (status != PPN_OK) {
    ppnb_socket_release(socket);
    return status;
  }
  *out = socket;
  return PPN_OK;
}

void ppnb_socket_release(ppnb_socket* socket) {
  if (socket == nullptr) return;
  ppn_websocket_release(socket->websocket);
  delete socket;
}

ppn_websocket* ppnb_socket_websocket(const ppnb_socket* socket) {
  return socket->websocket;
}

std::int64_t ppnb_socket_take(ppnb_socket* socket, std::uint8_t* buffer, std::size_t capacity, ppn_error** error) {
  return take_pieces(socket->pieces, buffer, capacity, error, [&](const ppn_event** out, ppn_error** why) {
    return ppn_websocket_next(socket->websocket, 0, out, why);
  });
}

std::int64_t ppnb_socket_needed(const ppnb_socket* socket) {
  return needed_for(socket->pieces);
}

std::int32_t ppnb_socket_send(ppnb_socket* socket, std::int32_t kind, const char* data, std::size_t length,
                              std::int64_t token, ppn_error** error) {
  return ppn_websocket_send_with_completion(socket->websocket, kind, data, length, on_sent, as_user_data(token), error);
}

ppn_buffer* ppnb_socket_subprotocol(ppnb_socket* socket) {
  std::size_t length = 0;
  const char* const text = ppn_websocket_subprotocol(socket->websocket, &length);
  return buffer_of(text, length);
}

ppn_buffer* ppnb_socket_close_reason(ppnb_socket* socket) {
  std::size_t length = 0;
  const char* const text = ppn_websocket_close_reason(socket->websocket, &length);
  return buffer_of(text, length);
}
