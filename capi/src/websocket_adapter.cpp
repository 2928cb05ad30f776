#include "websocket_adapter.hpp"

#include <new>

#include "error_handle.hpp"
#include "flow.hpp"
#include "lent.hpp"
#include "pepperpy/network/request.h"
#include "pepperpy/network/websocket.h"

namespace ppn::capi {
namespace {

// The trampolines are noexcept, as those of callback_adapter.cpp, and for the same reason.

std::int32_t call(ppn_websocket_message_fn function, void* user, ppn_websocket* handle, std::int32_t kind,
                  std::string_view data) noexcept {
  return function(user, handle, kind, data.data() != nullptr ? data.data() : "", data.size());
}

void call(ppn_websocket_open_fn function, void* user, ppn_websocket* handle, ppn_response* response) noexcept {
  function(user, handle, response);
}

void call(ppn_websocket_close_fn function, void* user, ppn_websocket* handle, std::int32_t code,
          std::string_view reason, const ppn_error* error) noexcept {
  function(user, handle, code, reason.data() != nullptr ? reason.data() : "", reason.size(), error);
}

std::int32_t call(ppn_websocket_reconnecting_fn function, void* user, ppn_websocket* handle, std::int64_t attempt,
                  std::int64_t delay_ms, std::int32_t code, const ppn_error* error) noexcept {
  return function(user, handle, static_cast<std::int32_t>(attempt), delay_ms, code, error);
}

ppn_error* lend(const Error* error) noexcept {
  if (error == nullptr) return nullptr;
  try {
    return make_error(Error(*error));
  } catch (const std::bad_alloc&) {
    return out_of_memory_error();
  }
}

}  // namespace

void WebSocketAdapter::on_open(const std::shared_ptr<Response>& handshake) {
  if (callbacks_.on_open == nullptr || *silenced_) return;
  const Lent<ppn_response> lent(capi::lend(handshake));
  call(callbacks_.on_open, user_.get(), handle_, lent.get());
}

Flow WebSocketAdapter::on_message(WebSocketMessageType type, std::string_view data) {
  if (*silenced_) return Flow::proceed;
  const std::int32_t kind = type == WebSocketMessageType::text ? PPN_WEBSOCKET_TEXT : PPN_WEBSOCKET_BINARY;
  return flow_of(call(callbacks_.on_message, user_.get(), handle_, kind, data));
}

void WebSocketAdapter::on_close(int code, std::string_view reason, const Error* error) {
  if (callbacks_.on_close == nullptr || *silenced_) return;
  const Lent<ppn_error> lent(lend(error));
  call(callbacks_.on_close, user_.get(), handle_, code, reason, lent.get());
}

Flow WebSocketAdapter::on_reconnecting(std::int64_t attempt, std::int64_t delay_ms, int code, const Error* error) {
  if (*silenced_) return Flow::abort;
  if (callbacks_.on_reconnecting == nullptr) return Flow::proceed;
  const Lent<ppn_error> lent(lend(error));
  return flow_of(call(callbacks_.on_reconnecting, user_.get(), handle_, attempt, delay_ms, code, lent.get()));
}

void WebSocketAdapter::on_terminated(const Error* error) noexcept {
  if (callbacks_.on_terminated == nullptr || *silenced_) return;
  const Lent<ppn_error> lent(lend(error));
  callbacks_.on_terminated(user_.get(), handle_, lent.get());
}

}  // namespace ppn::capi
