/** @file middleware_context.h
 *  What one step of a middleware sees of its request, and what it decides. When the step is over (see middleware.h) all
 *  of these return PPN_E_INVALID_STATE. Texts that are handed out live until the same function is called again with the
 *  same context, or until its last release.
 */
#ifndef PEPPERPY_NETWORK_MIDDLEWARE_CONTEXT_H
#define PEPPERPY_NETWORK_MIDDLEWARE_CONTEXT_H

#include "export.h"

PPN_BEGIN_DECLS

/** Add a reference: for a step that is pending.
 *  @return `context`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_middleware_context* PPN_CALL ppn_middleware_context_acquire(ppn_middleware_context* context);

/** Drop a reference. This does not finish a step that is pending.
 *  @param context  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_middleware_context_release(ppn_middleware_context* context);

/** The method of the request (RFC 9110 9).
 *  @param out         Required. Receives a zero-terminated text.
 *  @param out_length  Optional.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_method(ppn_middleware_context* context, const char** out,
                                                       size_t* out_length, ppn_error** error);

/** The URL as it is sent, its secrets included: not for logs.
 *  Parameters and return as ppn_middleware_context_method. Thread: one at a time. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_url(ppn_middleware_context* context, const char** out,
                                                    size_t* out_length, ppn_error** error);

/** The URL for logs, as by ppn_redact_url.
 *  Parameters and return as ppn_middleware_context_method. Thread: one at a time. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_url_redacted(ppn_middleware_context* context, const char** out,
                                                             size_t* out_length, ppn_error** error);

/** Which attempt this is.
 *  @param out    Required. Receives 1 or more; 0 in middleware of the application kind.   @param error  Optional.
 *  @return as ppn_middleware_context_method. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_attempt(ppn_middleware_context* context, int32_t* out,
                                                        ppn_error** error);

/** The value of the first header field of the request with a name (without regard to case).
 *  @param name        Required.
 *  @param out         Required. Receives a zero-terminated text; NULL when there is no such field.
 *  @param out_length  Optional.   @param error  Optional.
 *  @return as ppn_middleware_context_method. Thread: one at a time. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_header(ppn_middleware_context* context, const char* name,
                                                       size_t name_length, const char** out, size_t* out_length,
                                                       ppn_error** error);

/** Set a header of the request, as ppn_request_set_header. In `before`; and in `after` and `on_error` of the application
 *  kind, for ppn_middleware_context_retry_once.
 *  @param name   Required. Host, Content-Length, Transfer-Encoding, Connection and others belong to the library.
 *  @param value  Required; may be empty. No CR, LF, NUL or other control byte, no space at either end (RFC 9110 5.5).
 *  @param error  Optional; its text never holds the value.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_HEADER, PPN_E_INVALID_STATE. Unless PPN_OK nothing was changed.
 *  Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_set_header(ppn_middleware_context* context, const char* name,
                                                           size_t name_length, const char* value, size_t value_length,
                                                           ppn_error** error);

/** Add a header beside those of the same name.
 *  Parameters and return as ppn_middleware_context_set_header. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_add_header(ppn_middleware_context* context, const char* name,
                                                           size_t name_length, const char* value, size_t value_length,
                                                           ppn_error** error);

/** Remove every header of a name; none is no error. Where ppn_middleware_context_set_header is allowed.
 *  @param name   Required.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_remove_header(ppn_middleware_context* context, const char* name,
                                                              size_t name_length, ppn_error** error);

/** Send the request to another URL, checked as by ppn_request_new (RFC 3986). In `before`. An attempt stays at the origin
 *  of its request.
 *  @param url    Required.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: another origin), PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME,
 *  PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_set_url(ppn_middleware_context* context, const char* url,
                                                        size_t url_length, ppn_error** error);

/** Set the body, copied; its length is measured anew. In `before` of the application kind.
 *  @param data   Required unless length is 0.   @param length  Bytes, not PPN_AUTO_LENGTH.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_set_body(ppn_middleware_context* context, const uint8_t* data,
                                                         size_t length, ppn_error** error);

/** Set an option for this request, as ppn_request_set_option. In `before` of the application kind.
 *  @param name   Required. One that a request may override.
 *  @param value  Required; may be empty.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_CONFIG_ERROR. Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_set_option(ppn_middleware_context* context, const char* name,
                                                           size_t name_length, const char* value, size_t value_length,
                                                           ppn_error** error);

/** A text that middleware of this request has left by ppn_middleware_context_set_attribute, in any of its steps.
 *  @param name        Required.
 *  @param out         Required. Receives a zero-terminated text; NULL when there is none.
 *  @param out_length  Optional.   @param error  Optional.
 *  @return as ppn_middleware_context_method. Thread: one at a time. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_attribute(ppn_middleware_context* context, const char* name,
                                                          size_t name_length, const char** out, size_t* out_length,
                                                          ppn_error** error);

/** Leave a text for all middleware of this request. It is not sent. Names that begin with "ppn." are the library's.
 *  @param name   Required.   @param value  Required; may be empty.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_set_attribute(ppn_middleware_context* context, const char* name,
                                                              size_t name_length, const char* value,
                                                              size_t value_length, ppn_error** error);

/** What the server has answered. Of a stream, only the head may be read.
 *  @param out    Required. Receives a reference, which the caller releases; NULL in `before`, and in `on_error` when no
 *                head has arrived.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_response(ppn_middleware_context* context, ppn_response** out,
                                                         ppn_error** error);

/** What went wrong.
 *  @param out    Required. Receives a reference, which the caller releases; NULL except in `on_error`.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_error(ppn_middleware_context* context, ppn_error** out,
                                                      ppn_error** error);

/** Answer: in `before` instead of everything inside, in `after` in place of the response, in `on_error` in place of the
 *  error. Of several verdicts the last one counts. A request that was cancelled stays cancelled.
 *  @param status   200 to 599.
 *  @param headers  Optional, copied.
 *  @param data     Required unless length is 0. The body, copied.   @param length  Bytes, not PPN_AUTO_LENGTH.
 *  @param error    Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_respond(ppn_middleware_context* context, int32_t status,
                                                        const ppn_headers* headers, const uint8_t* data, size_t length,
                                                        ppn_error** error);

/** Fail, in any step and in filters. An error that was there before is replaced.
 *  @param code     A PPN_E_ code; PPN_E_MIDDLEWARE_FAILED when no other fits.
 *  @param message  Required; may be empty. One line for people; the name of the middleware is put before it.
 *  @param error    Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_fail(ppn_middleware_context* context, int32_t code, const char* message,
                                                     size_t message_length, ppn_error** error);

/** Make the request once more, which counts as a retry; then `after` or `on_error` runs again. In `after` and `on_error`
 *  of the application kind, once for each request.
 *  @param delay_ms  Milliseconds to wait before, 0 to 86400000.
 *  @param error     Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (also: retried by a middleware before, or no retry is
 *  left), PPN_E_BODY_NOT_REPLAYABLE. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_retry_once(ppn_middleware_context* context, int64_t delay_ms,
                                                           ppn_error** error);

/** Finish a step that is pending; also before its callback has returned PPN_MW_PENDING.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (also: finished before, or too late). Thread: any. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_finish(ppn_middleware_context* context, ppn_error** error);

/** Hand on a chunk, or a line without its end: in a filter of chunks. Zero or more times; an empty piece is dropped. A
 *  filter that makes too much of one piece (16 MiB and twice its size) ends the stream with PPN_E_MIDDLEWARE_FAILED.
 *  @param data   Required unless length is 0. Copied.   @param length  Bytes, not PPN_AUTO_LENGTH.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_emit_chunk(ppn_middleware_context* context, const uint8_t* data,
                                                           size_t length, ppn_error** error);

/** Hand on an event: in a filter of events. Zero or more times. The limit is that of ppn_middleware_context_emit_chunk.
 *  @param type      Required. UTF-8, as the other texts; "message" is the type without a name.
 *  @param data      Required; may be empty.
 *  @param id        Required; may be empty.
 *  @param retry_ms  Milliseconds; -1 = none.
 *  @param error     Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_context_emit_event(ppn_middleware_context* context, const char* type,
                                                           size_t type_length, const char* data, size_t data_length,
                                                           const char* id, size_t id_length, int64_t retry_ms,
                                                           ppn_error** error);

PPN_END_DECLS

#endif
