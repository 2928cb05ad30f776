/** @file response.h
 *  What the server answered. A response never changes after its request has completed; until then only its head may be
 *  read. All texts and bytes handed out live as long as the response.
 */
#ifndef PEPPERPY_NETWORK_RESPONSE_H
#define PEPPERPY_NETWORK_RESPONSE_H

#include "export.h"
#include "json.h"

PPN_BEGIN_DECLS

/** Spans of a call for ppn_response_timing_ms, int32_t in signatures. */
enum {
  PPN_TIMING_POOL = 0,       /**< waiting for a connection of the pool */
  PPN_TIMING_DNS = 1,        /**< resolving the name */
  PPN_TIMING_CONNECT = 2,    /**< TCP connect */
  PPN_TIMING_TLS = 3,        /**< TLS handshake */
  PPN_TIMING_SEND = 4,       /**< writing the request */
  PPN_TIMING_FIRST_BYTE = 5, /**< request written to response head complete */
  PPN_TIMING_BODY = 6,       /**< response head to end */
  PPN_TIMING_TOTAL = 7       /**< start to end */
};

/** Add a reference.
 *  @return `response`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API ppn_response* PPN_CALL ppn_response_acquire(ppn_response* response);

/** Drop a reference.
 *  @param response  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_response_release(ppn_response* response);

/** The status code (RFC 9110 15).
 *  @return 200 to 999; 0 for NULL or a released response. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_status(const ppn_response* response);

/** Version of the protocol: "HTTP/1.1" or "HTTP/1.0".
 *  @return a text that lives as long as the process; "" for NULL. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_response_http_version(const ppn_response* response);

/** Turn an HTTP status that is no success into its error (PPN_E_HTTP_...), with the delay of a Retry-After header in
 *  seconds (RFC 9110 10.2.3).
 *  @param error  Optional.
 *  @return PPN_OK for 200 to 399, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_HTTP_ codes. Thread: any. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_check_status(const ppn_response* response, ppn_error** error);

/** Number of header fields, in the order received; fields that occur twice count twice.
 *  @return the number. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API size_t PPN_CALL ppn_response_header_count(const ppn_response* response);

/** The index-th header field.
 *  @param out_name   Optional. Not zero-terminated.   @param out_name_length   Optional.
 *  @param out_value  Optional. Not zero-terminated; bytes as received.   @param out_value_length  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (index past the end), PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_header_at(const ppn_response* response, size_t index, const char** out_name,
                                                size_t* out_name_length, const char** out_value,
                                                size_t* out_value_length);

/** The value of the first header field with this name (without regard to case).
 *  @param name        Required.
 *  @param out_length  Required; the value is not zero-terminated.
 *  @return the value, or NULL when there is no such field. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_response_header(const ppn_response* response, const char* name, size_t name_length,
                                                 size_t* out_length);

/** Number of trailer fields (RFC 9110 6.5); they are kept apart from the headers.
 *  @return the number. Thread: any. Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API size_t PPN_CALL ppn_response_trailer_count(const ppn_response* response);

/** The index-th trailer field. Parameters and return as ppn_response_header_at. Thread: any. Blocks: never. May be
 *  called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_trailer_at(const ppn_response* response, size_t index, const char** out_name,
                                                 size_t* out_name_length, const char** out_value,
                                                 size_t* out_value_length);

/** The header fields as a list that can be changed and given to a request; a copy.
 *  @param out    Required. Receives the list (headers.h); the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_headers(const ppn_response* response, ppn_headers** out, ppn_error** error);

/** The trailer fields as a list of its own; a copy.
 *  Parameters as ppn_response_headers.
 *  @return as ppn_response_headers, and PPN_E_INVALID_STATE when the request has not completed. Thread: any. Blocks:
 *  never. May be called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_trailers(const ppn_response* response, ppn_headers** out, ppn_error** error);

/** The body, when it was collected (see ppn_request_set_callbacks); followed by a zero byte that does not count.
 *  @param out_length  Required.
 *  @return bytes, never NULL except for NULL or a released response. Thread: any. Blocks: never. May be called from:
 *  any callback, once complete. Since 0.1. */
PPN_API const uint8_t* PPN_CALL ppn_response_body(const ppn_response* response, size_t* out_length);

/** The body as a buffer that outlives the response. The bytes are shared, not copied.
 *  @param out    Required. Receives the buffer (buffer.h); the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (also: the request has not completed). Thread: any.
 *  Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_body_buffer(const ppn_response* response, ppn_buffer** out, ppn_error** error);

/** Bytes of the body that arrived, collected or delivered.
 *  @return the number. Thread: any. Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API uint64_t PPN_CALL ppn_response_body_bytes(const ppn_response* response);

/** The last event id of a stream of events (WHATWG HTML 9.2.6), to be sent as Last-Event-ID.
 *  @param out_length  Optional.
 *  @return a zero-terminated text that lives as long as the response; "" when there is none, or when the request has
 *  not completed. Thread: any. Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API const char* PPN_CALL ppn_response_last_event_id(const ppn_response* response, size_t* out_length);

/** The reconnection time that the server set with a retry field of a stream of events (WHATWG HTML 9.2.6).
 *  @return milliseconds; -1 when it set none, or when the request has not completed. Thread: any. Blocks: never. May be
 *  called from: any callback, once complete. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_response_retry_ms(const ppn_response* response);

/** The URL that gave the response: that of the request, or the one that the last redirect led to (RFC 9110 15.4). It is
 *  the whole URL without its fragment, secrets in its query included.
 *  @param out_length  Optional.
 *  @return a zero-terminated text that lives as long as the response; "" for NULL, and when the request has neither
 *  completed nor followed a redirect. Thread: any. Blocks: never. May be called from: any callback, once complete.
 *  Since 0.1. */
PPN_API const char* PPN_CALL ppn_response_url(const ppn_response* response, size_t* out_length);

/** How many redirects were followed on the way to this response (max_redirects).
 *  @return 0 or more; 0 for NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_redirects(const ppn_response* response);

/** Whether the connection had carried a request before.
 *  @return 1 or 0. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_reused(const ppn_response* response);

/** The address that answered, such as "127.0.0.1:443" or "[::1]:443".
 *  @return a text; "" for NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_response_remote(const ppn_response* response);

/** The version of TLS of the connection, such as "TLSv1.3" (RFC 8446) or "TLSv1.2" (RFC 5246).
 *  @return a text; "" without TLS and for NULL. Thread: any. Blocks: never. May be called from: any callback. Since
 *  0.1. */
PPN_API const char* PPN_CALL ppn_response_tls_version(const ppn_response* response);

/** The cipher suite of the connection by its name in OpenSSL, such as "TLS_AES_256_GCM_SHA384" (RFC 8446 B.4).
 *  @return a text; "" without TLS and for NULL. Thread: any. Blocks: never. May be called from: any callback. Since
 *  0.1. */
PPN_API const char* PPN_CALL ppn_response_tls_cipher(const ppn_response* response);

/** Whether the handshake of the connection resumed a session of this client (RFC 8446 2.2), which saves half its work.
 *  @return 1 or 0; 0 without TLS. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_tls_resumed(const ppn_response* response);

/** Whether the server proved who it is: its certificate chain, dates and name were verified (RFC 9110 4.3.4). A session
 *  that is resumed was verified when it began.
 *  @return 1; 0 without TLS and with the option verify_ssl=false, which accepts anyone. Thread: any. Blocks: never. May
 *  be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_tls_verified(const ppn_response* response);

/** How many attempts were made, the first included.
 *  @return 1 or more; 0 for NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_attempts(const ppn_response* response);

/** How long a part of the call took.
 *  @param which  One of PPN_TIMING_POOL to PPN_TIMING_TOTAL.
 *  @return milliseconds, with fractions; -1 when that part did not happen (a reused connection has no connect). Thread:
 *  any. Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API double PPN_CALL ppn_response_timing_ms(const ppn_response* response, int32_t which);

/** Type of a value of the JSON body. The body is parsed with the first of these calls.
 *  @param pointer   Required. JSON Pointer (RFC 6901): "" is the whole, "/choices/0/message/content" a member.
 *  @param out_type  Required. Receives a PPN_JSON_ constant.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (not a JSON Pointer), PPN_E_INVALID_STATE, PPN_E_JSON_PARSE (the body is
 *  not JSON), PPN_E_JSON_VALUE (no such value). Thread: one at a time. Blocks: never. May be called from: any
 *  callback, once complete.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_json_type(ppn_response* response, const char* pointer, size_t pointer_length,
                                                int32_t* out_type, ppn_error** error);

/** A string of the JSON body.
 *  @param out         Required. Receives a zero-terminated text that lives as long as the response.
 *  @param out_length  Optional; needed when the string may hold U+0000.   @param error  Optional.
 *  @return as ppn_response_json_type, and PPN_E_JSON_VALUE when the value is not a string. Thread: one at a time.
 *  Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_json_string(ppn_response* response, const char* pointer, size_t pointer_length,
                                                  const char** out, size_t* out_length, ppn_error** error);

/** An integer of the JSON body.
 *  @param out  Required.   @param error  Optional.
 *  @return as ppn_response_json_type, and PPN_E_JSON_VALUE when the value is not an integer or does not fit
 *  into 64 bits; ppn_response_json_text gives its digits then. Thread: one at a time. Blocks: never. May be called
 *  from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_json_int64(ppn_response* response, const char* pointer, size_t pointer_length,
                                                 int64_t* out, ppn_error** error);

/** A number of the JSON body, integer or not.
 *  @param out  Required.   @param error  Optional.
 *  @return as ppn_response_json_type, and PPN_E_JSON_VALUE when the value is not a number. Thread: one at a time.
 *  Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_json_double(ppn_response* response, const char* pointer, size_t pointer_length,
                                                  double* out, ppn_error** error);

/** A boolean of the JSON body.
 *  @param out  Required. Receives 1 or 0.   @param error  Optional.
 *  @return as ppn_response_json_type, and PPN_E_JSON_VALUE when the value is not a boolean. Thread: one at a
 *  time. Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_json_bool(ppn_response* response, const char* pointer, size_t pointer_length,
                                                int32_t* out, ppn_error** error);

/** Number of elements of an array, or of members of an object, of the JSON body.
 *  @param out  Required.   @param error  Optional.
 *  @return as ppn_response_json_type, and PPN_E_JSON_VALUE when the value is neither. Thread: one at a time.
 *  Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_json_size(ppn_response* response, const char* pointer, size_t pointer_length,
                                                size_t* out, ppn_error** error);

/** A value of the JSON body as JSON text.
 *  @param out         Required. Receives a zero-terminated text that lives as long as the response.
 *  @param out_length  Optional.   @param error  Optional.
 *  @return as ppn_response_json_type. Thread: one at a time. Blocks: never. May be called from: any callback, once
 *  complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_json_text(ppn_response* response, const char* pointer, size_t pointer_length,
                                                const char** out, size_t* out_length, ppn_error** error);

PPN_END_DECLS

#endif
