// Who receives what a WebSocket does. The C ABI is a handler.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "client/handler.hpp"
#include "client/response.hpp"
#include "codec/websocket_reader.hpp"

namespace ppn {

// Thread: all functions run on the I/O thread of the client, one at a time.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;

  // False: messages are queued for WebSocket::next.
  virtual bool wants_messages() const noexcept = 0;
  // Once for each connection, before its messages.
  virtual void on_open(const std::shared_ptr<Response>& handshake) = 0;
  // Views are valid until return. `pause` takes the message and stops reading until WebSocket::resume.
  virtual Flow on_message(WebSocketMessageType type, std::string_view data) = 0;
  // Once for each on_open. `error` is null when both sides closed as they should.
  virtual void on_close(int code, std::string_view reason, const Error* error) = 0;
  // Before each wait for another connection. `abort`: there shall be none; `pause`: not before WebSocket::resume.
  virtual Flow on_reconnecting(std::int64_t attempt, std::int64_t delay_ms, int code, const Error* error) = 0;
  // Exactly once. The handler is destroyed afterwards.
  virtual void on_terminated(const Error* error) noexcept = 0;
};

}  // namespace ppn
