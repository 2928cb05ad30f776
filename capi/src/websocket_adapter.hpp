// Hands a running WebSocket to the callbacks of its user.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "client/websocket_handler.hpp"
#include "pepperpy/network/websocket_callbacks.h"
#include "user_callbacks.hpp"

namespace ppn::capi {

struct WebSocketCallbacks {
  ppn_websocket_open_fn on_open = nullptr;
  ppn_websocket_message_fn on_message = nullptr;
  ppn_websocket_close_fn on_close = nullptr;
  ppn_websocket_reconnecting_fn on_reconnecting = nullptr;
  ppn_websocket_terminated_fn on_terminated = nullptr;
};

// Keeps no reference to the handle that callbacks receive: with the user's last one it falls silent.
class WebSocketAdapter final : public WebSocketHandler {
 public:
  WebSocketAdapter(const WebSocketCallbacks& callbacks, ppn_websocket* handle,
                   std::shared_ptr<const std::atomic<bool>> silenced, void* user)
      : callbacks_(callbacks), handle_(handle), silenced_(std::move(silenced)), user_(user) {}

  // From here on the user's data is ended with the adapter.
  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }

  bool wants_messages() const noexcept override { return callbacks_.on_message != nullptr; }
  void on_open(const std::shared_ptr<Response>& handshake) override;
  Flow on_message(WebSocketMessageType type, std::string_view data) override;
  void on_close(int code, std::string_view reason, const Error* error) override;
  Flow on_reconnecting(std::int64_t attempt, std::int64_t delay_ms, int code, const Error* error) override;
  void on_terminated(const Error* error) noexcept override;

 private:
  const WebSocketCallbacks callbacks_;
  ppn_websocket* const handle_;
  const std::shared_ptr<const std::atomic<bool>> silenced_;
  UserData user_;
};

}  // namespace ppn::capi
