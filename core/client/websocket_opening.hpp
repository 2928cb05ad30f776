// From a URL to an open WebSocket: connect, ask for the upgrade, check the answer (RFC 6455 4.1, SEMANTICS 3.5.2).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "client/client.hpp"
#include "client/client_loop.hpp"
#include "client/response.hpp"
#include "client/websocket_options.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"
#include "codec/websocket_handshake.hpp"
#include "io/tls.hpp"
#include "io/transport.hpp"
#include "io/wait.hpp"

namespace ppn {

// What a handshake asks for. What is referred to outlives the opening.
struct WebSocketRequest {
  const Options& client_options;
  const std::optional<Url>& base;  // of the client
  const WebSocketOptions& options;
  Url url;
  HeaderList headers;
  std::vector<std::string> subprotocols;
  std::shared_ptr<TlsContext> tls;  // null for ws
};

struct OpenedWebSocket {
  std::unique_ptr<Transport> transport;
  WebSocketAgreement agreement;
  std::string unread;  // what the server has sent behind its answer
};

// As validate_header; the headers of the handshake itself are refused too. Error: invalid_header.
Status validate_websocket_header(std::string_view name, std::string_view value);

// The API key of the client goes with it when the origin is that of its base URL. `response` receives what the server
// answered, with up to 64 KiB of the body when that is no 101. The deadline of the token is that of the opening. Errors:
// those of the dialer, connect_timeout, ws_handshake (with the status; retryable for 408, 425, 429 and 5xx, and when
// there was no whole answer), cancelled.
Task<Result<OpenedWebSocket>> open_websocket(WebSocketRequest request, ClientLoop& client_loop, Token& token,
                                             std::shared_ptr<Response>& response);

}  // namespace ppn
