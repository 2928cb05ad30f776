// Close frames (RFC 6455 5.5.1, 7.4): codes, reasons, payloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ppn {

// Codes are an open set, so these are numbers with names (RFC 6455 7.4.1 and the IANA registry).
namespace close_code {
constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kUnsupportedData = 1003;
constexpr std::uint16_t kNoStatus = 1005;  // reported only: the Close frame held no code
constexpr std::uint16_t kAbnormal = 1006;  // reported only: the connection ended without a Close frame
constexpr std::uint16_t kInvalidData = 1007;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kMessageTooBig = 1009;
constexpr std::uint16_t kMandatoryExtension = 1010;
constexpr std::uint16_t kInternalError = 1011;
constexpr std::uint16_t kServiceRestart = 1012;
constexpr std::uint16_t kTryAgainLater = 1013;
constexpr std::uint16_t kBadGateway = 1014;
constexpr std::uint16_t kTlsHandshake = 1015;  // reported only
}  // namespace close_code

constexpr std::size_t kMaxCloseReason = 123;  // bytes; a control frame holds 125 (RFC 6455 5.5)

// Why a connection has to be failed: the code for the Close frame, the error for the user. The text is a literal and
// never repeats what the peer sent.
struct WebSocketProblem {
  std::uint16_t close_code = 0;  // 0: there is none
  ErrorCode code = ErrorCode::ok;
  const char* text = "";
};

// What a Close frame says. The reason is a view into its payload.
struct WebSocketClose {
  std::uint16_t code = close_code::kNoStatus;
  std::string_view reason;
};

// Whether `code` may stand in a Close frame, sent or received: 1000-1003, 1007-1014, 3000-4999 (SEMANTICS 3.5.4).
constexpr bool is_close_code(std::int64_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

// What an application wants to close with; invalid_argument, phase `validate`.
Status validate_close(std::int64_t code, std::string_view reason);

// The payload of a Close frame. kNoStatus gives an empty one, which is how a Close without a code is echoed. Everything
// else has passed validate_close or came from parse_close.
std::string close_payload(std::uint16_t code, std::string_view reason = {});

// Reads the payload of a received Close frame into `close`. A problem has close_code != 0: a payload of one byte or a
// code that may not be sent (1002), a reason that is not UTF-8 (1007).
WebSocketProblem parse_close(std::string_view payload, WebSocketClose& close) noexcept;

}  // namespace ppn
