// What went wrong, where, and what to do next. One Error describes one failed call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error_code.hpp"

namespace ppn {

// The part of a call that was under way. The order is the order of a call.
enum class Phase : std::int32_t {
  none = 0,
  config,      // reading options
  validate,    // checking the request before anything is sent
  pool,        // waiting for a connection of the pool
  dns,         // resolving the host name
  connect,     // TCP
  tls,         // TLS handshake
  send,        // writing the request
  first_byte,  // request written, response not begun
  body,        // reading the response
  deliver,     // handing the response to the user
};

std::string_view phase_name(Phase phase) noexcept;

// How much of the request the kernel had accepted. `none` makes every retry safe.
enum class Sent : std::int32_t { none = 0, partial = 1, full = 2 };

// Texts here are shown to people and written to logs: one line, and never a header value, a body or a raw URL.
struct Error {
  ErrorCode code = ErrorCode::internal;
  Phase phase = Phase::none;
  bool retryable = false;  // from the table of codes, unless the call knows better
  Sent sent = Sent::none;
  int http_status = 0;               // 0 = no response
  int os_errno = 0;                  // 0 = none
  unsigned long tls_error = 0;       // OpenSSL error or X509_V_ERR number; 0 = none
  std::int64_t retry_after_ms = -1;  // -1 = not known
  std::uint64_t received_bytes = 0;  // of the response body
  std::int32_t attempts = 0;         // attempts made; 0 = nothing was tried
  std::string message;
  std::string url;  // redacted

  Error() = default;
  // Takes `retryable` from the table of codes.
  Error(ErrorCode what, Phase where, std::string text);
};

}  // namespace ppn
