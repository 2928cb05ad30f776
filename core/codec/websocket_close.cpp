#include "codec/websocket_close.hpp"

#include "codec/utf8.hpp"

namespace ppn {
namespace {

Failure refuse(const char* text) {
  return Failure(ErrorCode::invalid_argument, Phase::validate, text);
}

}  // namespace

Status validate_close(std::int64_t code, std::string_view reason) {
  if (!is_close_code(code)) return refuse("a WebSocket is closed with 1000-1003, 1007-1014 or 3000-4999");
  if (reason.size() > kMaxCloseReason) return refuse("the reason of a Close frame is longer than 123 bytes");
  if (!is_utf8(reason)) return refuse("the reason of a Close frame is not UTF-8");
  return {};
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code == close_code::kNoStatus) return payload;
  payload.reserve(2 + reason.size());
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xFF));
  payload.append(reason);
  return payload;
}

WebSocketProblem parse_close(std::string_view payload, WebSocketClose& close) noexcept {
  close = {};
  if (payload.empty()) return {};
  if (payload.size() == 1) {
    return {close_code::kProtocolError, ErrorCode::ws_protocol, "a Close frame holds half a code"};
  }
  const auto high = static_cast<unsigned char>(payload[0]);
  const auto low = static_cast<unsigned char>(payload[1]);
  const auto code = static_cast<std::uint16_t>(high << 8 | low);
  if (!is_close_code(code)) {
    return {close_code::kProtocolError, ErrorCode::ws_protocol, "a Close frame holds a code that is never sent"};
  }
  payload.remove_prefix(2);
  if (!is_utf8(payload)) {
    return {close_code::kInvalidData, ErrorCode::ws_invalid_utf8, "the reason of a Close frame is not UTF-8"};
  }
  close = {code, payload};
  return {};
}

}  // namespace ppn
