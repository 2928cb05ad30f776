#include "codec/websocket_handshake.hpp"

#include <Poco/SHA1Engine.h>

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/base64.hpp"

namespace ppn {
namespace {

constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3

// How often a field stands in the head, and the value of the first.
struct Fields {
  std::size_t count = 0;
  std::string_view first;
};

Fields fields_of(const HeaderList& headers, std::string_view name) noexcept {
  Fields fields;
  for (const HeaderField field : headers) {
    if (!equals_ignore_case(field.name, name)) continue;
    if (fields.count++ == 0) fields.first = field.value;
  }
  return fields;
}

// What is wrong with the fields that every answer needs; null when nothing is.
const char* check_switch(const ResponseHead& head, std::string_view key) {
  if (head.status != 101) return "the server did not switch protocols";
  const Fields upgrade = fields_of(head.headers, "Upgrade");
  if (upgrade.count == 0) return "the answer has no Upgrade";
  if (upgrade.count != 1 || !equals_ignore_case(upgrade.first, "websocket")) {
    return "Upgrade of the answer is not websocket alone";
  }
  if (!header_has_token(head.headers, "Connection", "upgrade")) return "Connection of the answer lacks upgrade";
  const Fields accept = fields_of(head.headers, "Sec-WebSocket-Accept");
  if (accept.count == 0) return "the answer has no Sec-WebSocket-Accept";
  if (accept.count != 1) return "the answer repeats Sec-WebSocket-Accept";
  if (accept.first != websocket_accept(key)) return "Sec-WebSocket-Accept does not answer the key";
  return nullptr;
}

const char* check_subprotocol(const Fields& chosen, std::span<const std::string> offered) noexcept {
  if (chosen.count == 0) return nullptr;
  if (offered.empty()) return "the server chose a subprotocol, and none was offered";
  if (chosen.count != 1) return "the server chose more than one subprotocol";
  // Compared as they are: subprotocols have no other spelling (RFC 6455 4.1).
  if (std::find(offered.begin(), offered.end(), chosen.first) == offered.end()) {
    return "the server chose a subprotocol that was not offered";
  }
  return nullptr;
}

}  // namespace

std::string make_websocket_key(const std::array<std::uint8_t, 16>& random) {
  return encode_base64(random);
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text.append(kAcceptSuffix);
  // Not that of OpenSSL: a program without TLS would start it, and be left with what it keeps for each thread.
  Poco::SHA1Engine sha1;
  sha1.update(text);
  return encode_base64(sha1.digest());
}

Status validate_subprotocols(std::span<const std::string> subprotocols) {
  for (std::size_t i = 0; i < subprotocols.size(); ++i) {
    const bool token = is_token(subprotocols[i]);
    const auto before = subprotocols.first(i);
    if (token && std::find(before.begin(), before.end(), subprotocols[i]) == before.end()) continue;
    return Failure(ErrorCode::invalid_argument, Phase::validate,
                   "subprotocol " + std::to_string(i + 1) + (token ? " stands in the list twice" : " is not a token"));
  }
  return {};
}

Result<WebSocketAgreement> check_websocket_response(const ResponseHead& head, const WebSocketOffer& offer) {
  const auto refuse = [&head](Error error) {
    error.http_status = head.status;
    return Failure(std::move(error));
  };
  const Fields chosen = fields_of(head.headers, "Sec-WebSocket-Protocol");
  const char* wrong = check_switch(head, offer.key);
  if (wrong == nullptr) wrong = check_subprotocol(chosen, offer.subprotocols);
  if (wrong != nullptr) return refuse(Error(ErrorCode::ws_handshake, Phase::first_byte, wrong));
  auto deflate = read_extension_answer(head.headers, offer.deflate);
  if (!deflate) return refuse(std::move(deflate.error()));
  return WebSocketAgreement{std::string(chosen.first), *deflate};
}

}  // namespace ppn
