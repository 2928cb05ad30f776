// What went wrong, where, and what to do next. One Error describes one failed call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_code.hpp"

namespace ppn {

struct AttemptRecord;

// The part of a call that was under way. The order is the order of a call.
enum class Phase : std::int32_t {
  none = 0,
  config,      // reading options
  middleware,  // user code around the call or an attempt
  validate,    // checking the request before anything is sent
  backoff,     // waiting before a retry
  breaker,     // asking the circuit breaker
  rate_limit,  // waiting for the rate limiter
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

// Why there was no further attempt.
enum class StopReason : std::uint8_t {
  none = 0,              // the call succeeded, or nothing was tried
  not_retryable,         // another attempt would fail in the same way
  unsafe_method,         // the server may have done the work: a POST without an idempotency key
  max_retries,           // all retries were used
  budget,                // too many calls to this origin fail at the moment
  deadline,              // the delay would outlast the time that the call has
  retry_after_too_long,  // the server asked for more than max_retry_after_ms
  server,                // x-should-retry: false
  provider_code,         // the error body names a final reason, such as insufficient_quota
  body_not_replayable,   // the body can not be sent a second time
  committed,             // a part of the response was handed out
  decider,               // the hook of the user
  cancelled,             // the call was cancelled, or its client closed
};

// What was missing at the end of a body.
enum class Cut : std::uint8_t {
  none,
  framing,  // bytes that its framing had announced
  marker,   // the event that ends such a stream
};

// Texts here are shown to people and written to logs: one line, and never a header value or a raw URL. Of a body they
// hold no more than what a provider says about its error, without keys.
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
  // Of an error inside a stream: the HTTP status that it stands for; 0 = none.
  std::int32_t stream_status = 0;
  Cut cut = Cut::none;
  std::string partial;        // the begin of a line that was cut: data of the user, not text for people
  std::int32_t attempts = 0;  // attempts made; 0 = nothing was tried
  StopReason stop_reason = StopReason::none;
  std::string message;
  std::string url;                                        // redacted
  std::string provider_code;                              // of a JSON error body, such as "insufficient_quota"
  std::string provider_message;                           // of a JSON error body, redacted
  std::string provider_type;                              // of a JSON error body, such as "rate_limit_error"
  std::string request_id;                                 // that the server gave the request
  std::shared_ptr<const std::vector<AttemptRecord>> log;  // of the attempts, with or without the last

  Error() = default;
  // Takes `retryable` from the table of codes.
  Error(ErrorCode what, Phase where, std::string text);
};

// By its code, or by the status that an error inside a stream stands for.
bool is_rate_limited(const Error& error) noexcept;
bool is_refused_caller(const Error& error) noexcept;

}  // namespace ppn
