// The opening handshake of a client (RFC 6455 4.1): its key, and whether the answer is right.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "codec/http1_types.hpp"
#include "codec/permessage_deflate.hpp"

namespace ppn {

// Sec-WebSocket-Key: base64 of 16 bytes that nobody can predict.
std::string make_websocket_key(const std::array<std::uint8_t, 16>& random);

// The Sec-WebSocket-Accept that answers `key`.
std::string websocket_accept(std::string_view key);

// Tokens, each once (RFC 6455 4.1); invalid_argument, phase `validate`. A text names the place of the wrong one, from 1.
Status validate_subprotocols(std::span<const std::string> subprotocols);

struct WebSocketOffer {
  std::string_view key;                       // the Sec-WebSocket-Key that was sent
  std::span<const std::string> subprotocols;  // in the order of Sec-WebSocket-Protocol
  const DeflateOptions* deflate = nullptr;    // null: no extension was offered
};

struct WebSocketAgreement {
  std::string subprotocol;  // empty: none
  std::optional<DeflateParameters> deflate;
};

// Checks the head that answers the request: status 101, Upgrade, Connection, Sec-WebSocket-Accept, then subprotocol and
// extensions within the offer (SEMANTICS 3.5.2). ws_handshake, phase `first_byte`, with the status of the head and a
// text that says which check failed; not retryable. A status other than 101 is an answer of HTTP: callers look at it,
// and at the body that may follow, before they come here.
Result<WebSocketAgreement> check_websocket_response(const ResponseHead& head, const WebSocketOffer& offer);

}  // namespace ppn
