// The one table of error codes: number, name, one line of text, category, and whether a retry can help.
// The C header capi/include/pepperpy/network/error.h repeats the numbers; a test compares both.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ppn {

// Numbers are append-only and never reused. Gaps of 100 separate the categories.
enum class ErrorCode : std::int32_t {
  ok = 0,

  invalid_argument = 101,
  invalid_url = 102,
  invalid_header = 103,
  invalid_state = 104,
  unsupported_scheme = 105,
  config_error = 106,
  client_closed = 107,
  body_not_replayable = 108,
  out_of_memory = 109,
  abi_mismatch = 110,
  would_deadlock = 111,
  forked = 112,

  dns_failed = 201,
  dns_timeout = 202,
  connect_failed = 203,
  connect_timeout = 204,
  connection_reset = 205,
  connection_closed = 206,
  write_failed = 207,
  read_failed = 208,
  pool_timeout = 209,
  pool_queue_full = 210,
  address_denied = 211,
  proxy_failed = 220,
  proxy_auth = 221,
  proxy_status = 222,

  tls_handshake = 301,
  cert_untrusted = 302,
  cert_expired = 303,
  cert_hostname = 304,
  cert_revoked = 305,
  pin_mismatch = 306,
  tls_version = 307,
  client_cert = 308,

  timeout = 401,
  write_timeout = 402,
  first_byte_timeout = 403,
  read_timeout = 404,
  attempt_timeout = 405,
  stream_idle_timeout = 406,
  stream_ceiling = 407,
  too_slow = 408,

  http_protocol = 501,
  headers_too_large = 502,
  body_truncated = 503,
  body_too_large = 504,
  decode_failed = 505,
  decode_limit = 506,
  too_many_redirects = 507,
  redirect_blocked = 508,
  json_parse = 509,
  content_type = 510,
  json_value = 511,

  http_bad_request = 601,
  http_unauthorized = 602,
  http_forbidden = 603,
  http_not_found = 604,
  http_conflict = 605,
  http_unprocessable = 606,
  http_too_many_requests = 607,
  http_payload_too_large = 608,
  http_request_timeout = 609,
  http_server_error = 620,
  http_bad_gateway = 621,
  http_unavailable = 622,
  http_gateway_timeout = 623,
  http_overloaded = 624,
  http_other_4xx = 640,
  http_other_5xx = 641,
  http_other_status = 642,

  stream_truncated = 701,
  stream_error_event = 702,
  stream_event_too_large = 703,
  stream_consumed = 704,

  ws_handshake = 801,
  ws_protocol = 802,
  ws_invalid_utf8 = 803,
  ws_message_too_big = 804,
  ws_ping_timeout = 805,
  ws_close_timeout = 806,
  ws_closed = 807,
  ws_queue_full = 808,
  ws_reconnect_exhausted = 809,

  cancelled = 901,
  rate_limited = 902,
  rate_limit_queue_full = 903,
  rate_limit_cost = 904,
  rate_limit_backend = 905,
  circuit_open = 906,
  middleware_failed = 907,
  replay_no_match = 908,
  internal = 999,
};

// The hundreds digit of the number, as a type.
enum class ErrorCategory : std::int32_t {
  none = 0,
  usage = 1,
  network = 2,
  tls = 3,
  timeout = 4,
  protocol = 5,
  status = 6,
  stream = 7,
  websocket = 8,
  policy = 9,
};

struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;  // upper case, without prefix: "CONNECT_TIMEOUT"
  std::string_view text;  // one line, no full stop
  bool retryable;         // whether the same request may succeed when it is sent again
};

// Every code, ascending.
std::span<const ErrorCodeInfo> error_code_table() noexcept;

// The row of `code`; the row of `internal` for a number that is in no row.
const ErrorCodeInfo& describe(ErrorCode code) noexcept;

constexpr ErrorCategory category_of(ErrorCode code) noexcept {
  return static_cast<ErrorCategory>(static_cast<std::int32_t>(code) / 100);
}

// Whether a limit of time of this side passed. The statuses 408 and 504 are answers of the server.
bool is_timeout(ErrorCode code) noexcept;

// Whether requests come too fast, for the server (429) or for a limiter of this side.
bool is_rate_limited(ErrorCode code) noexcept;

// Whether the server refused who asks: 401, 403.
bool is_refused_caller(ErrorCode code) noexcept;

// The code of SEMANTICS 3.12 that stands for an HTTP status (6xx); `ok` for 1xx to 3xx.
ErrorCode error_code_of_status(int http_status) noexcept;

// The one status that this code stands for; 0 for codes of several and of none.
int http_status_of(ErrorCode code) noexcept;

}  // namespace ppn
