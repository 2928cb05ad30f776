#include "base/error_code.hpp"

#include <algorithm>
#include <array>

namespace ppn {
namespace {

using enum ErrorCode;

constexpr auto rows = std::to_array<ErrorCodeInfo>({
    {ok, "OK", "success", false},

    {invalid_argument, "INVALID_ARGUMENT", "an argument is missing, out of range or malformed", false},
    {invalid_url, "INVALID_URL", "the URL is malformed", false},
    {invalid_header, "INVALID_HEADER", "a header name or value is malformed or reserved", false},
    {invalid_state, "INVALID_STATE", "the object is not in a state that allows this call", false},
    {unsupported_scheme, "UNSUPPORTED_SCHEME", "the URL scheme is not supported here", false},
    {config_error, "CONFIG_ERROR", "a configuration value is unknown, malformed or out of range", false},
    {client_closed, "CLIENT_CLOSED", "the client or the runtime is shut down", false},
    {body_not_replayable, "BODY_NOT_REPLAYABLE", "the request body can not be sent a second time", false},
    {out_of_memory, "OUT_OF_MEMORY", "memory could not be allocated", false},
    {abi_mismatch, "ABI_MISMATCH", "the header and the library do not match", false},
    {would_deadlock, "WOULD_DEADLOCK", "a blocking call was made inside a callback", false},
    {forked, "FORKED", "the object belongs to the parent of this forked process", false},

    {dns_failed, "DNS_FAILED", "the host name could not be resolved", true},
    {dns_timeout, "DNS_TIMEOUT", "the host name was not resolved in time", true},
    {connect_failed, "CONNECT_FAILED", "no connection could be made", true},
    {connect_timeout, "CONNECT_TIMEOUT", "the connection was not ready in time", true},
    {connection_reset, "CONNECTION_RESET", "the peer reset the connection", true},
    {connection_closed, "CONNECTION_CLOSED", "the peer closed the connection before a response", true},
    {write_failed, "WRITE_FAILED", "the request could not be written", true},
    {read_failed, "READ_FAILED", "the response could not be read", true},
    {pool_timeout, "POOL_TIMEOUT", "no connection of the pool became free in time", true},
    {pool_queue_full, "POOL_QUEUE_FULL", "too many calls wait for a connection", true},
    {address_denied, "ADDRESS_DENIED", "the network policy denies this address", false},
    {proxy_failed, "PROXY_FAILED", "the proxy could not be used", true},
    {proxy_auth, "PROXY_AUTH", "the proxy refused the credentials", false},
    {proxy_status, "PROXY_STATUS", "the proxy answered with an error status", false},

    {tls_handshake, "TLS_HANDSHAKE", "the TLS handshake failed", false},
    {cert_untrusted, "CERT_UNTRUSTED", "the certificate chain is not trusted", false},
    {cert_expired, "CERT_EXPIRED", "a certificate is expired or not yet valid", false},
    {cert_hostname, "CERT_HOSTNAME", "the certificate does not name this host", false},
    {cert_revoked, "CERT_REVOKED", "the certificate is revoked", false},
    {pin_mismatch, "PIN_MISMATCH", "the public key matches no pin", false},
    {tls_version, "TLS_VERSION", "client and server share no TLS version", false},
    {client_cert, "CLIENT_CERT", "the client certificate is missing or was refused", false},

    {timeout, "TIMEOUT", "the total deadline passed", true},
    {write_timeout, "WRITE_TIMEOUT", "the peer accepted no byte in time", true},
    {first_byte_timeout, "FIRST_BYTE_TIMEOUT", "the response did not begin in time", true},
    {read_timeout, "READ_TIMEOUT", "the response stopped and did not go on in time", true},
    {attempt_timeout, "ATTEMPT_TIMEOUT", "one attempt took too long", true},
    {stream_idle_timeout, "STREAM_IDLE_TIMEOUT", "the stream was silent for too long", true},
    {stream_ceiling, "STREAM_CEILING", "the stream lasted longer than allowed", false},
    {too_slow, "TOO_SLOW", "the transfer was slower than allowed", true},

    {http_protocol, "HTTP_PROTOCOL", "the peer broke the HTTP protocol", false},
    {headers_too_large, "HEADERS_TOO_LARGE", "the response head is larger than allowed", false},
    {body_truncated, "BODY_TRUNCATED", "the connection ended before the body did", true},
    {body_too_large, "BODY_TOO_LARGE", "the response body is larger than allowed", false},
    {decode_failed, "DECODE_FAILED", "the content coding is broken or unknown", false},
    {decode_limit, "DECODE_LIMIT", "the decoded body is larger than allowed", false},
    {too_many_redirects, "TOO_MANY_REDIRECTS", "there were more redirects than allowed", false},
    {redirect_blocked, "REDIRECT_BLOCKED", "the redirect is not allowed", false},
    {json_parse, "JSON_PARSE", "the text is not valid JSON", false},
    {content_type, "CONTENT_TYPE", "the response has another content type than required", false},
    {json_value, "JSON_VALUE", "the JSON has no value of the wanted type at this place", false},

    {http_bad_request, "HTTP_BAD_REQUEST", "status 400", false},
    {http_unauthorized, "HTTP_UNAUTHORIZED", "status 401", false},
    {http_forbidden, "HTTP_FORBIDDEN", "status 403", false},
    {http_not_found, "HTTP_NOT_FOUND", "status 404", false},
    {http_conflict, "HTTP_CONFLICT", "status 409", false},
    {http_unprocessable, "HTTP_UNPROCESSABLE", "status 422", false},
    {http_too_many_requests, "HTTP_TOO_MANY_REQUESTS", "status 429", true},
    {http_payload_too_large, "HTTP_PAYLOAD_TOO_LARGE", "status 413", false},
    {http_request_timeout, "HTTP_REQUEST_TIMEOUT", "status 408", true},
    {http_server_error, "HTTP_SERVER_ERROR", "status 500", true},
    {http_bad_gateway, "HTTP_BAD_GATEWAY", "status 502", true},
    {http_unavailable, "HTTP_UNAVAILABLE", "status 503", true},
    {http_gateway_timeout, "HTTP_GATEWAY_TIMEOUT", "status 504", true},
    {http_overloaded, "HTTP_OVERLOADED", "status 529", true},
    {http_other_4xx, "HTTP_OTHER_4XX", "another 4xx status", false},
    {http_other_5xx, "HTTP_OTHER_5XX", "another 5xx status", false},
    {http_other_status, "HTTP_OTHER_STATUS", "a status that is no success and no error class", false},

    {stream_truncated, "STREAM_TRUNCATED", "the stream ended before its end was announced", true},
    {stream_error_event, "STREAM_ERROR_EVENT", "the server reported an error inside the stream", false},
    {stream_event_too_large, "STREAM_EVENT_TOO_LARGE", "a line or event is larger than allowed", false},
    {stream_consumed, "STREAM_CONSUMED", "the stream was read to its end before", false},

    {ws_handshake, "WS_HANDSHAKE", "the WebSocket handshake was refused", false},
    {ws_protocol, "WS_PROTOCOL", "the peer broke the WebSocket protocol", false},
    {ws_invalid_utf8, "WS_INVALID_UTF8", "a text message is not UTF-8", false},
    {ws_message_too_big, "WS_MESSAGE_TOO_BIG", "a message is larger than allowed", false},
    {ws_ping_timeout, "WS_PING_TIMEOUT", "the peer did not answer a ping in time", true},
    {ws_close_timeout, "WS_CLOSE_TIMEOUT", "the peer did not finish the close handshake in time", false},
    {ws_closed, "WS_CLOSED", "the WebSocket is closed", false},
    {ws_queue_full, "WS_QUEUE_FULL", "the send queue is full", true},
    {ws_reconnect_exhausted, "WS_RECONNECT_EXHAUSTED", "all attempts to reconnect failed", false},

    {cancelled, "CANCELLED", "the call was cancelled", false},
    {rate_limited, "RATE_LIMITED", "the rate limiter refused the call", true},
    {rate_limit_queue_full, "RATE_LIMIT_QUEUE_FULL", "too many calls wait for the rate limiter", true},
    {rate_limit_cost, "RATE_LIMIT_COST", "the cost of the call exceeds the whole limit", false},
    {rate_limit_backend, "RATE_LIMIT_BACKEND", "the shared rate limit can not be reached", true},
    {circuit_open, "CIRCUIT_OPEN", "the circuit breaker is open", true},
    {middleware_failed, "MIDDLEWARE_FAILED", "a middleware failed", false},
    {replay_no_match, "REPLAY_NO_MATCH", "no recorded exchange matches the request", false},
    {internal, "INTERNAL", "an internal error; please report it", false},
});

static_assert(std::ranges::is_sorted(rows, {}, &ErrorCodeInfo::code));

}  // namespace

std::span<const ErrorCodeInfo> error_code_table() noexcept {
  return rows;
}

const ErrorCodeInfo& describe(ErrorCode code) noexcept {
  const auto row = std::ranges::lower_bound(rows, code, {}, &ErrorCodeInfo::code);
  return row != rows.end() && row->code == code ? *row : rows.back();
}

bool is_timeout(ErrorCode code) noexcept {
  switch (code) {
    case dns_timeout:
    case connect_timeout:
    case pool_timeout:
    case ws_ping_timeout:
    case ws_close_timeout: return true;
    default: return category_of(code) == ErrorCategory::timeout;
  }
}

bool is_rate_limited(ErrorCode code) noexcept {
  return code == http_too_many_requests || code == rate_limited || code == rate_limit_queue_full;
}

bool is_refused_caller(ErrorCode code) noexcept {
  return code == http_unauthorized || code == http_forbidden;
}

ErrorCode error_code_of_status(int http_status) noexcept {
  if (http_status >= 100 && http_status < 400) return ok;
  switch (http_status) {
    case 400: return http_bad_request;
    case 401: return http_unauthorized;
    case 403: return http_forbidden;
    case 404: return http_not_found;
    case 408: return http_request_timeout;
    case 409: return http_conflict;
    case 413: return http_payload_too_large;
    case 422: return http_unprocessable;
    case 429: return http_too_many_requests;
    case 500: return http_server_error;
    case 502: return http_bad_gateway;
    case 503: return http_unavailable;
    case 504: return http_gateway_timeout;
    case 529: return http_overloaded;
    default: break;
  }
  if (http_status >= 400 && http_status < 500) return http_other_4xx;
  if (http_status >= 500 && http_status < 600) return http_other_5xx;
  return http_other_status;
}

int http_status_of(ErrorCode code) noexcept {
  if (category_of(code) != ErrorCategory::status || code >= http_other_4xx) return 0;
  int status = 400;
  while (error_code_of_status(status) != code) ++status;
  return status;
}

}  // namespace ppn
