/** @file error.h
 *  Status codes and the error object.
 *
 *  A code says what happened; its hundreds digit is the category. Codes are never renumbered and never reused; later
 *  versions add codes, so a program must expect some that it does not know.
 */
#ifndef PEPPERPY_NETWORK_ERROR_H
#define PEPPERPY_NETWORK_ERROR_H

#include "export.h"

PPN_BEGIN_DECLS

/** Status codes, int32_t in signatures. */
enum {
  PPN_OK = 0, /**< success */

  /* Usage: nothing was sent, unless a body callback broke its word */
  PPN_E_INVALID_ARGUMENT = 101,    /**< an argument is missing, out of range or malformed */
  PPN_E_INVALID_URL = 102,         /**< the URL is malformed */
  PPN_E_INVALID_HEADER = 103,      /**< a header name or value is malformed or reserved */
  PPN_E_INVALID_STATE = 104,       /**< the object is not in a state that allows this call */
  PPN_E_UNSUPPORTED_SCHEME = 105,  /**< the URL scheme is not supported here */
  PPN_E_CONFIG_ERROR = 106,        /**< a configuration value is unknown, malformed or out of range */
  PPN_E_CLIENT_CLOSED = 107,       /**< the client or the runtime is shut down */
  PPN_E_BODY_NOT_REPLAYABLE = 108, /**< the request body can not be sent a second time */
  PPN_E_OUT_OF_MEMORY = 109,       /**< memory could not be allocated */
  PPN_E_ABI_MISMATCH = 110,        /**< the header and the library do not match */
  PPN_E_WOULD_DEADLOCK = 111,      /**< a blocking call was made inside a callback */
  PPN_E_FORKED = 112,              /**< the object belongs to the parent of this forked process */

  /* Network */
  PPN_E_DNS_FAILED = 201,        /**< the host name could not be resolved */
  PPN_E_DNS_TIMEOUT = 202,       /**< the host name was not resolved in time */
  PPN_E_CONNECT_FAILED = 203,    /**< no connection could be made */
  PPN_E_CONNECT_TIMEOUT = 204,   /**< the connection was not ready in time */
  PPN_E_CONNECTION_RESET = 205,  /**< the peer reset the connection */
  PPN_E_CONNECTION_CLOSED = 206, /**< the peer closed the connection before a response */
  PPN_E_WRITE_FAILED = 207,      /**< the request could not be written */
  PPN_E_READ_FAILED = 208,       /**< the response could not be read */
  PPN_E_POOL_TIMEOUT = 209,      /**< no connection of the pool became free in time */
  PPN_E_POOL_QUEUE_FULL = 210,   /**< too many calls wait for a connection */
  PPN_E_ADDRESS_DENIED = 211,    /**< the network policy denies this address */
  PPN_E_PROXY_FAILED = 220,      /**< the proxy could not be used */
  PPN_E_PROXY_AUTH = 221,        /**< the proxy refused the credentials */
  PPN_E_PROXY_STATUS = 222,      /**< the proxy answered with an error status */

  /* TLS */
  PPN_E_TLS_HANDSHAKE = 301,  /**< the TLS handshake failed */
  PPN_E_CERT_UNTRUSTED = 302, /**< the certificate chain is not trusted */
  PPN_E_CERT_EXPIRED = 303,   /**< a certificate is expired or not yet valid */
  PPN_E_CERT_HOSTNAME = 304,  /**< the certificate does not name this host */
  PPN_E_CERT_REVOKED = 305,   /**< the certificate is revoked */
  PPN_E_PIN_MISMATCH = 306,   /**< the public key matches no pin */
  PPN_E_TLS_VERSION = 307,    /**< client and server share no TLS version */
  PPN_E_CLIENT_CERT = 308,    /**< the client certificate is missing or was refused */

  /* Timeouts */
  PPN_E_TIMEOUT = 401,             /**< the total deadline passed */
  PPN_E_WRITE_TIMEOUT = 402,       /**< the peer accepted no byte in time */
  PPN_E_FIRST_BYTE_TIMEOUT = 403,  /**< the response did not begin in time */
  PPN_E_READ_TIMEOUT = 404,        /**< the response stopped and did not go on in time */
  PPN_E_ATTEMPT_TIMEOUT = 405,     /**< one attempt took too long */
  PPN_E_STREAM_IDLE_TIMEOUT = 406, /**< the stream was silent for too long */
  PPN_E_STREAM_CEILING = 407,      /**< the stream lasted longer than allowed */
  PPN_E_TOO_SLOW = 408,            /**< the transfer was slower than allowed */

  /* Protocol */
  PPN_E_HTTP_PROTOCOL = 501,      /**< the peer broke the HTTP protocol */
  PPN_E_HEADERS_TOO_LARGE = 502,  /**< the response head is larger than allowed */
  PPN_E_BODY_TRUNCATED = 503,     /**< the connection ended before the body did */
  PPN_E_BODY_TOO_LARGE = 504,     /**< the response body is larger than allowed */
  PPN_E_DECODE_FAILED = 505,      /**< the content coding is broken or unknown */
  PPN_E_DECODE_LIMIT = 506,       /**< the decoded body is larger than allowed */
  PPN_E_TOO_MANY_REDIRECTS = 507, /**< there were more redirects than allowed */
  PPN_E_REDIRECT_BLOCKED = 508,   /**< the redirect is not allowed */
  PPN_E_JSON_PARSE = 509,         /**< the text is not valid JSON */
  PPN_E_CONTENT_TYPE = 510,       /**< the response has another content type than required */
  PPN_E_JSON_VALUE = 511,         /**< the JSON has no value of the wanted type at this place */

  /* HTTP status */
  PPN_E_HTTP_BAD_REQUEST = 601,       /**< status 400 */
  PPN_E_HTTP_UNAUTHORIZED = 602,      /**< status 401 */
  PPN_E_HTTP_FORBIDDEN = 603,         /**< status 403 */
  PPN_E_HTTP_NOT_FOUND = 604,         /**< status 404 */
  PPN_E_HTTP_CONFLICT = 605,          /**< status 409 */
  PPN_E_HTTP_UNPROCESSABLE = 606,     /**< status 422 */
  PPN_E_HTTP_TOO_MANY_REQUESTS = 607, /**< status 429 */
  PPN_E_HTTP_PAYLOAD_TOO_LARGE = 608, /**< status 413 */
  PPN_E_HTTP_REQUEST_TIMEOUT = 609,   /**< status 408 */
  PPN_E_HTTP_SERVER_ERROR = 620,      /**< status 500 */
  PPN_E_HTTP_BAD_GATEWAY = 621,       /**< status 502 */
  PPN_E_HTTP_UNAVAILABLE = 622,       /**< status 503 */
  PPN_E_HTTP_GATEWAY_TIMEOUT = 623,   /**< status 504 */
  PPN_E_HTTP_OVERLOADED = 624,        /**< status 529 */
  PPN_E_HTTP_OTHER_4XX = 640,         /**< another 4xx status */
  PPN_E_HTTP_OTHER_5XX = 641,         /**< another 5xx status */
  PPN_E_HTTP_OTHER_STATUS = 642,      /**< a status that is no success and no error class */

  /* Streams */
  PPN_E_STREAM_TRUNCATED = 701,       /**< the stream ended before its end was announced */
  PPN_E_STREAM_ERROR_EVENT = 702,     /**< the server reported an error inside the stream */
  PPN_E_STREAM_EVENT_TOO_LARGE = 703, /**< a line or event is larger than allowed */
  PPN_E_STREAM_CONSUMED = 704,        /**< the stream was read to its end before */

  /* WebSocket */
  PPN_E_WS_HANDSHAKE = 801,           /**< the WebSocket handshake was refused */
  PPN_E_WS_PROTOCOL = 802,            /**< the peer broke the WebSocket protocol */
  PPN_E_WS_INVALID_UTF8 = 803,        /**< a text message is not UTF-8 */
  PPN_E_WS_MESSAGE_TOO_BIG = 804,     /**< a message is larger than allowed */
  PPN_E_WS_PING_TIMEOUT = 805,        /**< the peer did not answer a ping in time */
  PPN_E_WS_CLOSE_TIMEOUT = 806,       /**< the peer did not finish the close handshake in time */
  PPN_E_WS_CLOSED = 807,              /**< the WebSocket is closed */
  PPN_E_WS_QUEUE_FULL = 808,          /**< the send queue is full */
  PPN_E_WS_RECONNECT_EXHAUSTED = 809, /**< all attempts to reconnect failed */

  /* Policy */
  PPN_E_CANCELLED = 901,             /**< the call was cancelled */
  PPN_E_RATE_LIMITED = 902,          /**< the rate limiter refused the call */
  PPN_E_RATE_LIMIT_QUEUE_FULL = 903, /**< too many calls wait for the rate limiter */
  PPN_E_RATE_LIMIT_COST = 904,       /**< the cost of the call exceeds the whole limit */
  PPN_E_RATE_LIMIT_BACKEND = 905,    /**< the shared rate limit can not be reached */
  PPN_E_CIRCUIT_OPEN = 906,          /**< the circuit breaker is open */
  PPN_E_MIDDLEWARE_FAILED = 907,     /**< a middleware failed */
  PPN_E_REPLAY_NO_MATCH = 908,       /**< no recorded exchange matches the request */
  PPN_E_INTERNAL = 999               /**< an internal error; please report it */
};

/** Outcomes that are neither a result nor an error: 1 to 99. */
enum {
  PPN_END = 1,    /**< the stream has ended as it should */
  PPN_PENDING = 2 /**< nothing arrived within the given time; the stream is still open */
};

/** Categories of codes: the hundreds digit, int32_t in signatures. Later versions may add some. */
enum {
  PPN_CATEGORY_NONE = 0,      /**< no error */
  PPN_CATEGORY_USAGE = 1,     /**< the call was wrong; nothing was sent */
  PPN_CATEGORY_NETWORK = 2,   /**< names, connections, the pool */
  PPN_CATEGORY_TLS = 3,       /**< TLS and certificates */
  PPN_CATEGORY_TIMEOUT = 4,   /**< a limit of time or speed of the transfer; see ppn_error_is_timeout for all of them */
  PPN_CATEGORY_PROTOCOL = 5,  /**< the response broke a rule or a limit */
  PPN_CATEGORY_STATUS = 6,    /**< the HTTP status of the response */
  PPN_CATEGORY_STREAM = 7,    /**< streams of events and lines */
  PPN_CATEGORY_WEBSOCKET = 8, /**< WebSockets */
  PPN_CATEGORY_POLICY = 9     /**< cancelled, limits and rules of the client, internal errors */
};

/** How much of a request had been handed to the kernel when it failed, int32_t in signatures. */
enum { PPN_SENT_NONE = 0, PPN_SENT_PARTIAL = 1, PPN_SENT_FULL = 2 };

/** Name of a code without prefix, such as "CONNECT_TIMEOUT".
 *  @return a text that lives as long as the process; "INTERNAL" for an unknown code. Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_code_name(int32_t code);

/** One line that says what a code means.
 *  @return a text that lives as long as the process. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API const char* PPN_CALL ppn_code_text(int32_t code);

/** The category of a code.
 *  @return a PPN_CATEGORY_ constant; PPN_CATEGORY_NONE for PPN_OK, PPN_END and PPN_PENDING; PPN_CATEGORY_POLICY, the one
 *  of PPN_E_INTERNAL, for an unknown code. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_code_category(int32_t code);

/** The index-th code of the table, ascending, so that bindings can generate their constants.
 *  @param index  From 0.
 *  @return the code, or -1 when the index is past the end. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_code_at(size_t index);

/** Add a reference.
 *  @return `error`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_error* PPN_CALL ppn_error_acquire(const ppn_error* error);

/** Drop a reference.
 *  @param error  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_error_release(ppn_error* error);

/** The status code.
 *  @return a PPN_E_ code; PPN_OK for NULL; PPN_E_INVALID_STATE for a released error. Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_code(const ppn_error* error);

/** The category of the code.
 *  @return a PPN_CATEGORY_ constant; PPN_CATEGORY_NONE for NULL. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_category(const ppn_error* error);

/** Whether a limit of time of this side passed, whichever it was: PPN_E_DNS_TIMEOUT, PPN_E_CONNECT_TIMEOUT,
 *  PPN_E_POOL_TIMEOUT, PPN_E_WS_PING_TIMEOUT, PPN_E_WS_CLOSE_TIMEOUT and the codes of PPN_CATEGORY_TIMEOUT. The statuses
 *  408 and 504 are answers of the server and do not count.
 *  @return 1 or 0. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_is_timeout(const ppn_error* error);

/** Whether the call was cancelled: by ppn_request_cancel and its kin, by a callback, or with its client.
 *  @return 1 or 0. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_is_cancelled(const ppn_error* error);

/** Whether requests come too fast: the server said so (status 429, also of an error inside a stream), or a limiter of
 *  this program did (PPN_E_RATE_LIMITED, PPN_E_RATE_LIMIT_QUEUE_FULL). Such a request may succeed after
 *  ppn_error_retry_after_ms.
 *  @return 1 or 0. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_is_rate_limited(const ppn_error* error);

/** Whether the server refused who asks: status 401 or 403, of the response or of an error inside a stream.
 *  @return 1 or 0. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_is_auth(const ppn_error* error);

/** One line for people: what happened, with the limits and counts that explain it. Never a header value or a key.
 *  @return a text that lives as long as the error; "" for NULL. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_message(const ppn_error* error);

/** The part of the call that was under way: "none", "config", "validate", "pool", "dns", "connect", "tls", "send",
 *  "first_byte", "body", "deliver", "rate_limit" or "breaker". Later versions may add names.
 *  @return a text that lives as long as the process. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_phase(const ppn_error* error);

/** The URL of the request without user information, fragment and the values of secret query parameters.
 *  @return a text that lives as long as the error; "" when the call had none. Thread: any. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_url(const ppn_error* error);

/** Whether the same request may succeed when it is sent again. Look at ppn_error_sent before a request that is not
 *  idempotent is repeated.
 *  @return 1 or 0. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_is_retryable(const ppn_error* error);

/** How much of the request had been handed to the kernel: PPN_SENT_NONE, _PARTIAL or _FULL.
 *  @return the value. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_sent(const ppn_error* error);

/** The status of the response that the error came with.
 *  @return 100 to 999; 0 when there was no response. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_http_status(const ppn_error* error);

/** The delay that the server asked for.
 *  @return milliseconds, -1 when not known. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_error_retry_after_ms(const ppn_error* error);

/** What a JSON error body calls the error: its code, else its type, such as "insufficient_quota" or
 *  "RESOURCE_EXHAUSTED". Bodies in the shapes of OpenAI, Anthropic, Google, Azure, FastAPI, OAuth (RFC 6749 5.2) and
 *  problem details (RFC 9457) are read, up to 64 KiB. It comes with errors of a status: from
 *  ppn_response_check_status, and of a stream that was refused.
 *  @return a zero-terminated text of at most 128 bytes that lives as long as the error; "" when there is none. Thread:
 *  any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_provider_code(const ppn_error* error);

/** What a JSON error body says to people: one line of UTF-8 without control characters, in which "***" stands for what
 *  looks like a key. It is part of ppn_error_message, too.
 *  @return a zero-terminated text of at most 1 KiB that lives as long as the error; "" when there is none. Thread: any.
 *  Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_provider_message(const ppn_error* error);

/** The name that the server gave the request, for its support: the first of the header fields x-request-id, request-id,
 *  x-amzn-requestid and cf-ray. It comes with errors of a status, and with those that ended a response: a body that was
 *  cut, an error inside a stream.
 *  @return a zero-terminated text of at most 256 bytes that lives as long as the error; "" when there is none. Thread:
 *  any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_request_id(const ppn_error* error);

/** Attempts that were made, the first included; attempts.h tells about each.
 *  @return 0 when nothing was tried. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_attempts(const ppn_error* error);

/** Bytes of the response body that had arrived.
 *  @return the number. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API uint64_t PPN_CALL ppn_error_received_bytes(const ppn_error* error);

/** The errno of the operating system.
 *  @return 0 when there is none. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_os_errno(const ppn_error* error);

/** The OpenSSL error, or the X509_V_ERR number of a certificate that was refused.
 *  @return 0 when there is none. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API uint64_t PPN_CALL ppn_error_tls_error(const ppn_error* error);

/** Make an error by hand, to rehearse what a program does when it happens. Its is_retryable is that of the table, and an
 *  error of a single HTTP status has that status.
 *  @param code     A PPN_E_ code.
 *  @param message  Optional: NULL with length 0 stands for ppn_code_text.
 *  @param out      Required. Receives the error, which the caller releases.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: a code that is in no table). Thread: any. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_new(int32_t code, const char* message, size_t message_length, ppn_error** out,
                                       ppn_error** error);

/** Set what ppn_error_http_status gives, of an error that was made by hand.
 *  @param status  100 to 999, or 0.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released, or not from ppn_error_new). Thread: one at a
 *  time, before others read it. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_set_http_status(ppn_error* made, int32_t status, ppn_error** error);

/** Set what ppn_error_retry_after_ms gives, of an error that was made by hand.
 *  @param retry_after_ms  Milliseconds, or -1.   @param error  Optional.
 *  @return as ppn_error_set_http_status. Thread: one at a time, before others read it. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_set_retry_after_ms(ppn_error* made, int64_t retry_after_ms, ppn_error** error);

/** Set what ppn_error_sent gives, of an error that was made by hand.
 *  @param sent  A PPN_SENT_ constant.   @param error  Optional.
 *  @return as ppn_error_set_http_status. Thread: one at a time, before others read it. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_set_sent(ppn_error* made, int32_t sent, ppn_error** error);

/** Set what ppn_error_provider_code gives, of an error that was made by hand.
 *  @param code   Optional: NULL with length 0 is the empty text.   @param error  Optional.
 *  @return as ppn_error_set_http_status. Thread: one at a time, before others read it. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_set_provider_code(ppn_error* made, const char* code, size_t length,
                                                     ppn_error** error);

PPN_END_DECLS

#endif
