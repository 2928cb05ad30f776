/** @file error.hpp
 *  Exceptions: one family, thrown by the category of the code. Part of <pepperpy/network.hpp>.
 *
 *      NetworkError
 *      |- UsageError                 1xx   nothing was sent
 *      |  `- ConfigError             106
 *      |- ConnectionError            2xx
 *      |- TlsError                   3xx
 *      |- TimeoutError               4xx   is_timeout() also knows the timeouts of other categories
 *      |- ProtocolError              5xx
 *      |- StatusError                6xx   by Response::raise_for_status, and by streams of events
 *      |  `- BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403, NotFoundError 404,
 *      |     ConflictError 409, UnprocessableError 422, TooManyRequestsError 429, ServerError 5xx
 *      |- StreamError                7xx
 *      |- WebSocketError             8xx
 *      |- CancelledError             901
 *      |- RateLimitError             902 to 905
 *      `- CircuitOpenError           906
 *
 *  Other codes, those of later versions included, are thrown as NetworkError itself.
 */
#ifndef PEPPERPY_NETWORK_CPP_ERROR_HPP
#define PEPPERPY_NETWORK_CPP_ERROR_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attempt.hpp"

namespace ppn {
inline namespace api_v0 {

class Response;

/** The hundreds digit of a code. */
enum class Category : int32_t {
  usage = 1,
  network = 2,
  tls = 3,
  timeout = 4,
  protocol = 5,
  status = 6,
  stream = 7,
  websocket = 8,
  policy = 9
};

/** What an error knows; the fields are those of ppn_error (network/error.h). A program fills one to make an error of
 *  its own for a test. Since 0.1. */
struct ErrorDetails {
  int32_t code = PPN_E_INTERNAL;
  std::string message = {};   /**< one line for people; empty stands for the text of the code */
  std::string phase = "none"; /**< "dns", "connect", "tls", "send", "first_byte", "body" and others */
  std::string url = {};       /**< without its secrets; empty when the call had none */
  int32_t status = 0;         /**< HTTP status that came with the error; 0 when there was no response */
  bool retryable = false;
  std::optional<std::chrono::milliseconds> retry_after = {}; /**< the delay that the server asked for */
  int32_t attempts = 0;
  Sent sent = Sent::none;
  uint64_t received_bytes = 0;
  int32_t os_errno = 0;
  uint64_t tls_error = 0;
  int32_t stop_reason = 0;               /**< a PPN_STOP_ constant: why there was no further attempt */
  std::string provider_code = {};        /**< of a JSON error body, such as "insufficient_quota" */
  std::string provider_message = {};     /**< of a JSON error body, without keys */
  std::string request_id = {};           /**< that the server gave the request */
  std::string provider_type = {};        /**< of a JSON error body or error event, such as "rate_limit_error" */
  int32_t stream_status = 0;             /**< HTTP status that an error inside a stream stands for; 0 = none */
  int32_t stream_framing = -1;           /**< of a stream that was cut: see ppn_error_stream_framing */
  std::string partial = {};              /**< the begin of a line that was cut */
  std::vector<Attempt> attempt_log = {}; /**< oldest first, at most 16 */
};

/** Base of every exception of this library. Copying does not throw and shares what is inside. Since 0.1. */
class NetworkError : public std::exception {
 public:
  /** @param response  Optional: what had arrived of the response. */
  explicit NetworkError(ErrorDetails details, std::shared_ptr<const Response> response = nullptr)
      : inside_(std::make_shared<const Inside>(std::move(details), std::move(response))) {}

  /** "CONNECT_FAILED: ..." */
  const char* what() const noexcept override { return inside_->what.c_str(); }

  /** A PPN_E_ constant. */
  int32_t code() const noexcept { return details().code; }
  /** The code without prefix, such as "CONNECT_TIMEOUT". */
  const char* name() const noexcept { return ppn_code_name(code()); }
  Category category() const noexcept { return static_cast<Category>(code() / 100); }
  const std::string& message() const noexcept { return details().message; }
  const std::string& phase() const noexcept { return details().phase; }
  const std::string& url() const noexcept { return details().url; }
  int32_t status() const noexcept { return details().status; }
  /** Whether the same request may succeed when it is sent again; look at sent() before one that is not idempotent. */
  bool retryable() const noexcept { return details().retryable; }
  std::optional<std::chrono::milliseconds> retry_after() const noexcept { return details().retry_after; }
  int32_t attempts() const noexcept { return details().attempts; }
  Sent sent() const noexcept { return details().sent; }
  uint64_t received_bytes() const noexcept { return details().received_bytes; }
  int32_t os_errno() const noexcept { return details().os_errno; }
  uint64_t tls_error() const noexcept { return details().tls_error; }
  /** A PPN_STOP_ constant: why there was no further attempt. */
  int32_t stop_reason() const noexcept { return details().stop_reason; }
  /** What a JSON error body calls the error, such as "insufficient_quota"; empty when there is none. */
  const std::string& provider_code() const noexcept { return details().provider_code; }
  /** What a JSON error body says to people, without keys; empty when there is none. */
  const std::string& provider_message() const noexcept { return details().provider_message; }
  /** The name that the server gave the request; empty when there is none. */
  const std::string& request_id() const noexcept { return details().request_id; }
  /** The kind of the error, such as "rate_limit_error"; empty when there is none. */
  const std::string& provider_type() const noexcept { return details().provider_type; }
  /** The HTTP status that an error inside a stream stands for, such as 529 for overloaded_error; 0 when there is none. */
  int32_t stream_status() const noexcept { return details().stream_status; }
  /** What a stream that was cut lacked, as ppn_error_stream_framing says it, and the begin of its last line (bytes). */
  int32_t stream_framing() const noexcept { return details().stream_framing; }
  const std::string& partial() const noexcept { return details().partial; }
  /** Each attempt of the call, oldest first: network/attempts.h. */
  const std::vector<Attempt>& attempt_log() const noexcept { return details().attempt_log; }
  const ErrorDetails& details() const noexcept { return inside_->details; }

  /** Whether a limit of time of this side passed, whichever it was: see ppn_error_is_timeout. */
  bool is_timeout() const noexcept {
    switch (code()) {
      case PPN_E_DNS_TIMEOUT:
      case PPN_E_CONNECT_TIMEOUT:
      case PPN_E_POOL_TIMEOUT:
      case PPN_E_WS_PING_TIMEOUT:
      case PPN_E_WS_CLOSE_TIMEOUT: return true;
      default: return category() == Category::timeout;
    }
  }

  /** Whether requests come too fast, for the server (429) or for a limiter of this program. */
  bool is_rate_limited() const noexcept {
    return code() == PPN_E_HTTP_TOO_MANY_REQUESTS || code() == PPN_E_RATE_LIMITED ||
           code() == PPN_E_RATE_LIMIT_QUEUE_FULL || stream_status() == 429;
  }
  /** Whether the server refused who asks: status 401 or 403. */
  bool is_auth() const noexcept {
    const int32_t of = stream_status();
    return code() == PPN_E_HTTP_UNAUTHORIZED || code() == PPN_E_HTTP_FORBIDDEN || of == 401 || of == 403;
  }
  /** What had arrived of the response, such as the body that explains a status; NULL when no head had. Lives as long as
   *  the error and its copies. */
  const Response* response() const noexcept { return inside_->response.get(); }

 private:
  struct Inside {
    Inside(ErrorDetails given, std::shared_ptr<const Response> with)
        : details(std::move(given)), response(std::move(with)) {
      if (details.message.empty()) details.message = ppn_code_text(details.code);
      what = std::string(ppn_code_name(details.code)) + ": " + details.message;
    }

    ErrorDetails details;
    std::shared_ptr<const Response> response;
    std::string what;
  };

  std::shared_ptr<const Inside> inside_;
};

/** The call was wrong and nothing was sent: 1xx. */
class UsageError : public NetworkError {
  using NetworkError::NetworkError;
};
/** An option is unknown, malformed or out of range: PPN_E_CONFIG_ERROR. */
class ConfigError : public UsageError {
  using UsageError::UsageError;
};
/** DNS, connect, reset, pool: 2xx. */
class ConnectionError : public NetworkError {
  using NetworkError::NetworkError;
};
/** Handshake and certificates: 3xx. */
class TlsError : public NetworkError {
  using NetworkError::NetworkError;
};
/** A limit of time has passed: 4xx. */
class TimeoutError : public NetworkError {
  using NetworkError::NetworkError;
};
/** The response breaks HTTP, its limits or its format: 5xx. */
class ProtocolError : public NetworkError {
  using NetworkError::NetworkError;
};
/** A status that is no success: 6xx. */
class StatusError : public NetworkError {
  using NetworkError::NetworkError;
};
/** 400 */
class BadRequestError : public StatusError {
  using StatusError::StatusError;
};
/** 401 */
class AuthenticationError : public StatusError {
  using StatusError::StatusError;
};
/** 403 */
class PermissionDeniedError : public StatusError {
  using StatusError::StatusError;
};
/** 404 */
class NotFoundError : public StatusError {
  using StatusError::StatusError;
};
/** 409 */
class ConflictError : public StatusError {
  using StatusError::StatusError;
};
/** 422 */
class UnprocessableError : public StatusError {
  using StatusError::StatusError;
};
/** 429, see retry_after(). */
class TooManyRequestsError : public StatusError {
  using StatusError::StatusError;
};
/** 500 to 599. */
class ServerError : public StatusError {
  using StatusError::StatusError;
};
/** A stream ended early or broke its limits: 7xx. */
class StreamError : public NetworkError {
  using NetworkError::NetworkError;
};
/** 8xx */
class WebSocketError : public NetworkError {
  using NetworkError::NetworkError;
};
/** The call was cancelled: PPN_E_CANCELLED. */
class CancelledError : public NetworkError {
  using NetworkError::NetworkError;
};
/** A rate limiter of this program refused the call: 902 to 905. */
class RateLimitError : public NetworkError {
  using NetworkError::NetworkError;
};
/** The circuit breaker is open: PPN_E_CIRCUIT_OPEN. */
class CircuitOpenError : public NetworkError {
  using NetworkError::NetworkError;
};

/** The exception of the class that belongs to the code, ready for std::rethrow_exception. Since 0.1. */
inline std::exception_ptr make_exception(ErrorDetails details, std::shared_ptr<const Response> response = nullptr);

/** Throws the exception that belongs to the code of these details. Since 0.1. */
[[noreturn]] inline void throw_error(ErrorDetails details) {
  std::rethrow_exception(make_exception(std::move(details)));
}
/** Throws the exception of a code, to rehearse what a program does when it happens. Since 0.1. */
[[noreturn]] inline void throw_error(int32_t code, std::string message = {}) {
  ErrorDetails details;
  details.code = code;
  details.message = std::move(message);
  throw_error(std::move(details));
}

namespace detail {

template <class Exception>
std::exception_ptr exception_of(ErrorDetails&& details, std::shared_ptr<const Response>&& response) {
  return std::make_exception_ptr(Exception(std::move(details), std::move(response)));
}

using ExceptionMaker = std::exception_ptr (*)(ErrorDetails&&, std::shared_ptr<const Response>&&);

inline ExceptionMaker maker_of(int32_t code) noexcept {
  switch (code) {
    case PPN_E_CONFIG_ERROR: return exception_of<ConfigError>;
    case PPN_E_HTTP_BAD_REQUEST: return exception_of<BadRequestError>;
    case PPN_E_HTTP_UNAUTHORIZED: return exception_of<AuthenticationError>;
    case PPN_E_HTTP_FORBIDDEN: return exception_of<PermissionDeniedError>;
    case PPN_E_HTTP_NOT_FOUND: return exception_of<NotFoundError>;
    case PPN_E_HTTP_CONFLICT: return exception_of<ConflictError>;
    case PPN_E_HTTP_UNPROCESSABLE: return exception_of<UnprocessableError>;
    case PPN_E_HTTP_TOO_MANY_REQUESTS: return exception_of<TooManyRequestsError>;
    case PPN_E_HTTP_SERVER_ERROR:
    case PPN_E_HTTP_BAD_GATEWAY:
    case PPN_E_HTTP_UNAVAILABLE:
    case PPN_E_HTTP_GATEWAY_TIMEOUT:
    case PPN_E_HTTP_OVERLOADED:
    case PPN_E_HTTP_OTHER_5XX: return exception_of<ServerError>;
    case PPN_E_CANCELLED: return exception_of<CancelledError>;
    case PPN_E_RATE_LIMITED:
    case PPN_E_RATE_LIMIT_QUEUE_FULL:
    case PPN_E_RATE_LIMIT_COST:
    case PPN_E_RATE_LIMIT_BACKEND: return exception_of<RateLimitError>;
    case PPN_E_CIRCUIT_OPEN: return exception_of<CircuitOpenError>;
    default: break;
  }
  switch (static_cast<Category>(code / 100)) {
    case Category::usage: return exception_of<UsageError>;
    case Category::network: return exception_of<ConnectionError>;
    case Category::tls: return exception_of<TlsError>;
    case Category::timeout: return exception_of<TimeoutError>;
    case Category::protocol: return exception_of<ProtocolError>;
    case Category::status: return exception_of<StatusError>;
    case Category::stream: return exception_of<StreamError>;
    case Category::websocket: return exception_of<WebSocketError>;
    case Category::policy: break;
  }
  return exception_of<NetworkError>;
}

/** `error` is borrowed and may be NULL, which leaves the code. */
inline ErrorDetails details_of(int32_t code, const ppn_error* error) {
  ErrorDetails details;
  details.code = code;
  if (error == nullptr) return details;
  details.message = ppn_error_message(error);
  details.phase = ppn_error_phase(error);
  details.url = ppn_error_url(error);
  details.status = ppn_error_http_status(error);
  details.retryable = ppn_error_is_retryable(error) != 0;
  if (const int64_t ms = ppn_error_retry_after_ms(error); ms >= 0) {
    details.retry_after = std::chrono::milliseconds(ms);
  }
  details.attempts = ppn_error_attempts(error);
  details.sent = static_cast<Sent>(ppn_error_sent(error));
  details.received_bytes = ppn_error_received_bytes(error);
  details.os_errno = ppn_error_os_errno(error);
  details.tls_error = ppn_error_tls_error(error);
  details.stop_reason = ppn_error_stop_reason(error);
  details.provider_code = ppn_error_provider_code(error);
  details.provider_message = ppn_error_provider_message(error);
  details.provider_type = ppn_error_provider_type(error);
  details.stream_status = ppn_error_stream_status(error);
  details.stream_framing = ppn_error_stream_framing(error);
  size_t length = 0;
  if (const char* const partial = ppn_error_stream_partial(error, &length)) details.partial.assign(partial, length);
  details.request_id = ppn_error_request_id(error);
  details.attempt_log = attempts_of(error, ppn_error_attempt_count, ppn_error_attempt_int64, ppn_error_attempt_text);
  return details;
}

/** The error that the wrapper itself finds. */
[[noreturn]] inline void fail(int32_t code, std::string_view message) {
  ErrorDetails details;
  details.code = code;
  details.message = message;
  details.phase = "validate";
  std::rethrow_exception(make_exception(std::move(details)));
}

/** The last parameter of a call into the C ABI. */
class ErrorOut {
 public:
  ErrorOut() = default;
  ErrorOut(const ErrorOut&) = delete;
  ErrorOut& operator=(const ErrorOut&) = delete;
  ~ErrorOut() { ppn_error_release(error_); }

  operator ppn_error**() noexcept { return &error_; }

  std::exception_ptr exception(int32_t code, std::shared_ptr<const Response> response = nullptr) const {
    return make_exception(details_of(code, error_), std::move(response));
  }

  /** What it holds, as after a call that gave an error for its result. */
  std::optional<ErrorDetails> details() const {
    if (error_ == nullptr) return std::nullopt;
    return details_of(ppn_error_code(error_), error_);
  }

  [[noreturn]] void raise(int32_t code, std::shared_ptr<const Response> response = nullptr) const {
    std::rethrow_exception(exception(code, std::move(response)));
  }

 private:
  ppn_error* error_ = nullptr;
};

/** Calls a function of the C ABI whose last parameter is the error; throws unless it returns PPN_OK. */
template <class Function, class... Arguments>
void call(Function function, Arguments... arguments) {
  ErrorOut error;
  const int32_t code = function(arguments..., error);
  if (code != PPN_OK) error.raise(code);
}

}  // namespace detail

inline std::exception_ptr make_exception(ErrorDetails details, std::shared_ptr<const Response> response) {
  const detail::ExceptionMaker make = detail::maker_of(details.code);
  return make(std::move(details), std::move(response));
}

}  // namespace api_v0
}  // namespace ppn

#endif
