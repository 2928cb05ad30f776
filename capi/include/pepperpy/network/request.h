/** @file request.h
 *  One request, from its description to its end. It is started at most once.
 *
 *      new --start--> started --> headers --> body * --> completed
 *                        |           |          |
 *                        +---------cancel-------+-----> completed with PPN_E_CANCELLED
 *
 *  Three ways to run it: ppn_request_send waits for the whole response; ppn_request_start returns at once and calls
 *  back; ppn_stream_open (stream.h) returns at once and hands out pieces when asked. Describing a started request
 *  again returns PPN_E_INVALID_STATE.
 *
 *  A request that streams (data, line or event callback, or ppn_stream) has no total deadline unless
 *  stream_timeout_ms is set, and stream_idle_timeout_ms instead of read_timeout_ms.
 */
#ifndef PEPPERPY_NETWORK_REQUEST_H
#define PEPPERPY_NETWORK_REQUEST_H

#include "export.h"

PPN_BEGIN_DECLS

/** What a callback that receives a piece of the response, or gives one of the request, returns, int32_t in signatures.
 *  Another number counts as PPN_CB_ABORT. */
enum {
  PPN_CB_CONTINUE = 0, /**< go on */
  PPN_CB_PAUSE = 1,    /**< this piece is taken; deliver nothing more, and stop reading the socket, until
                            ppn_request_resume. The idle timeouts do not run meanwhile. For ppn_read_fn: nothing is
                            given; ask again after ppn_request_resume. */
  PPN_CB_ABORT = 2     /**< end the request with PPN_E_CANCELLED */
};

/** The head of the response has arrived.
 *  Thread     the I/O thread of the client; never the caller of ppn_request_start
 *  Times      zero or one, before the first data or event
 *  Data       `response` is borrowed until return; it has status and headers but no body yet; acquire it to keep it
 *  Returns    PPN_CB_CONTINUE, PPN_CB_PAUSE or PPN_CB_ABORT
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after on_complete has returned */
typedef int32_t(PPN_CALL* ppn_headers_fn)(void* user_data, ppn_request* request, ppn_response* response);

/** A piece of the body has arrived, as large as it came.
 *  Thread     the I/O thread of the client
 *  Times      zero or more, after on_headers, before on_complete; never at the same time for one request; in order
 *  Data       bytes valid until return; copy to keep
 *  Returns    PPN_CB_CONTINUE, PPN_CB_PAUSE or PPN_CB_ABORT
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after on_complete has returned */
typedef int32_t(PPN_CALL* ppn_data_fn)(void* user_data, ppn_request* request, const uint8_t* data, size_t length);

/** An event of a text/event-stream has arrived (WHATWG HTML 9.2).
 *  Thread     the I/O thread of the client
 *  Times      zero or more, after on_headers, before on_complete; never at the same time for one request; in order
 *  Data       `event` is valid until return
 *  Returns    PPN_CB_CONTINUE, PPN_CB_PAUSE or PPN_CB_ABORT
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after on_complete has returned */
typedef int32_t(PPN_CALL* ppn_event_fn)(void* user_data, ppn_request* request, const ppn_event* event);

/** A line of the response (NDJSON) has arrived: ended by LF or CRLF, blank lines skipped. The last line may lack its end
 *  when the body ended as it should.
 *  Thread     the I/O thread of the client
 *  Times      zero or more, after on_headers, before on_complete; never at the same time for one request; in order
 *  Data       `line` without its end, `length` bytes, not zero-terminated, valid until return; copy to keep
 *  Returns    PPN_CB_CONTINUE, PPN_CB_PAUSE or PPN_CB_ABORT
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after on_complete has returned */
typedef int32_t(PPN_CALL* ppn_line_fn)(void* user_data, ppn_request* request, const char* line, size_t length);

/** The next piece of the request's body is wanted: put up to `capacity` bytes into `buffer` and their number into
 *  `out_length`, which is 0 before. 0 with PPN_CB_CONTINUE is the end of the body. With an announced length the body ends
 *  there and is not asked for more.
 *  Thread     the I/O thread of the client; never the caller of ppn_request_start
 *  Times      zero or more, before the head of the response is delivered; never at the same time as another callback of
 *             the request; not after the end, and again only when the socket has taken what was given before
 *  Data       `buffer` is the library's, up to 64 KiB, valid until return
 *  Returns    PPN_CB_CONTINUE, PPN_CB_PAUSE (nothing is taken: called again after ppn_request_resume; write_timeout_ms
 *             does not run meanwhile, the total deadline does, and an answer of the server is still noticed) or
 *             PPN_CB_ABORT (PPN_E_CANCELLED). More than `capacity`, more than the announced length, or an end before it
 *             ends the request with PPN_E_INVALID_ARGUMENT and closes the connection; such a piece is not sent
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after the last call and before on_complete */
typedef int32_t(PPN_CALL* ppn_read_fn)(void* user_data, ppn_request* request, uint8_t* buffer, size_t capacity,
                                       size_t* out_length);

/** The body has to be sent once more, from its beginning.
 *  Thread     the I/O thread of the client
 *  Times      zero or more, between two calls of the read callback; never at the same time as another callback of the
 *             request
 *  Data       none
 *  Returns    0 when the next read gives the first byte again; anything else ends the request with
 *             PPN_E_BODY_NOT_REPLAYABLE
 *  May call   any ppn_ function that does not block
 *  User data  as that of the read callback */
typedef int32_t(PPN_CALL* ppn_rewind_fn)(void* user_data, ppn_request* request);

/** The request has ended. The terminal callback.
 *  Thread     the I/O thread of the client
 *  Times      exactly one for a started request, after all others
 *  Data       `response` is borrowed until return (acquire it to keep it); NULL when no response head arrived. `error`
 *             is borrowed until return (acquire it to keep it); NULL on success. A response with an HTTP status of 400
 *             or more is a success here: see ppn_response_check_status
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after this callback has returned */
typedef void(PPN_CALL* ppn_complete_fn)(void* user_data, ppn_request* request, ppn_response* response,
                                        const ppn_error* error);

/** Describe a request. Everything that can be wrong with method and URL is found here, before anything is sent.
 *  @param client  Required. Kept alive by the request.
 *  @param method  Required. A token (RFC 9110 9.1), case-sensitive: "GET". CONNECT is refused.
 *  @param url     Required. Absolute http or https URL, or a path below base_url when that is set (see
 *                 ppn_config_new_request_manager), sent byte for byte (RFC 3986); a fragment is dropped. Control bytes,
 *                 spaces, backslashes, bytes above 0x7f, user information, host names with empty labels and
 *                 numeric hosts in other than dotted-decimal form are refused.
 *  @param out     Required. Receives the request; the caller releases it.
 *  @param error   Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: the method), PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME,
 *  PPN_E_INVALID_STATE (client released), PPN_E_CLIENT_CLOSED. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_new(ppn_client* client, const char* method, size_t method_length, const char* url,
                                         size_t url_length, ppn_request** out, ppn_error** error);

/** Add a reference.
 *  @return `request`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API ppn_request* PPN_CALL ppn_request_acquire(ppn_request* request);

/** Drop a reference. A started request goes on without it and still calls back.
 *  @param request  May be NULL. Thread: any. Blocks: never. May be called from: any callback, its own included.
 *  Since 0.1. */
PPN_API void PPN_CALL ppn_request_release(ppn_request* request);

/** Set a header; occurrences of the same name are replaced. RFC 9110 5.5 for what a value may hold.
 *  @param name   Required. A token. Host, Content-Length, Transfer-Encoding, Connection and other headers of the
 *                message framing belong to the library and are refused.
 *  @param value  Required; may be empty. No CR, LF, NUL or other control byte, no space at either end.
 *  @param error  Optional; its text never holds the value.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_HEADER, PPN_E_INVALID_STATE. Thread: one at a time. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_header(ppn_request* request, const char* name, size_t name_length,
                                                const char* value, size_t value_length, ppn_error** error);

/** Add a header beside those of the same name.
 *  Parameters and return as ppn_request_set_header. Thread: one at a time. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_add_header(ppn_request* request, const char* name, size_t name_length,
                                                const char* value, size_t value_length, ppn_error** error);

/** Set all headers of a list; those of the request with the same names are replaced. All of them or none.
 *  @param headers  Required. Copied: later changes of the list do not reach the request.
 *  @param error    Optional; its text never holds a value.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_HEADER (a header that ppn_request_set_header refuses),
 *  PPN_E_INVALID_STATE. Unless PPN_OK nothing was changed. Thread: one at a time, for the list as well. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_headers(ppn_request* request, const ppn_headers* headers, ppn_error** error);

/** Set the body. It is copied. No Content-Type is invented. Replaces a body that was set before.
 *  @param data   Required unless length is 0.   @param length  Bytes, not PPN_AUTO_LENGTH.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_body(ppn_request* request, const uint8_t* data, size_t length,
                                              ppn_error** error);

/** Set the body to the bytes of a buffer, which are shared and not copied: a large body of many requests exists once.
 *  No Content-Type is invented.
 *  @param buffer  Required. The request keeps the bytes; the caller may release it at once.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_body_buffer(ppn_request* request, const ppn_buffer* buffer, ppn_error** error);

/** Set the body to a JSON text, checked now (RFC 8259), and Content-Type: application/json unless that header is set.
 *  @param text   Required. It is copied.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_JSON_PARSE. Thread: one at a time. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_json(ppn_request* request, const char* text, size_t length, ppn_error** error);

/** Set the body to the content of a file. It is opened and measured now and closed when the request has ended; while it
 *  is sent it is read in pieces of up to 64 KiB, on the I/O thread: a slow disk holds up other requests. What is appended
 *  after this call is not sent. A file that has become shorter, or can not be read, ends the request with
 *  PPN_E_WRITE_FAILED (phase send, not retryable) and closes the connection. No Content-Type is invented. Replaces a
 *  body that was set before.
 *  @param path   Required. A regular file; pipes, devices and directories are refused, for reading them may not end.
 *  @param error  Optional; ppn_error_os_errno says why the file can not be opened.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: no such file, not readable, no regular file), PPN_E_INVALID_STATE. Unless
 *  PPN_OK the body stays what it was. Thread: one at a time. Blocks: while the file is opened. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_body_file(ppn_request* request, const char* path, size_t path_length,
                                                   ppn_error** error);

/** Let a callback give the body while it is sent. Memory stays at one piece: the callback waits until the server has
 *  taken what was given, and write_timeout_ms ends a server that takes nothing. No Content-Type is invented. Replaces a
 *  body that was set before, and ends the user data of that.
 *  @param length     Bytes, sent as Content-Length; -1 = not known: sent as chunks (RFC 9112 7.1), which servers of
 *                    HTTP/1.0 do not take.
 *  @param read       Required.
 *  @param rewind     Optional. Without it a request of which something was read is not sent again on a new connection
 *                    when the server had just closed the one it was sent on; the error is that of the connection then.
 *  @param user_data  Optional, handed to both.
 *  @param destroy    Optional, called exactly once with user_data: after the last call of read and rewind and before
 *                    on_complete; or, when the request is never started or its start fails, at the latest with its last
 *                    reference.
 *  @param error      Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Unless PPN_OK the caller keeps user_data. Thread: one at
 *  a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_body_callback(ppn_request* request, int64_t length, ppn_read_fn read,
                                                       ppn_rewind_fn rewind, void* user_data, ppn_destroy_fn destroy,
                                                       ppn_error** error);

/** Set an option of the table for this request alone; config.h says which options there are. Options of connections
 *  and of TLS belong to the client and are refused.
 *  @param name   Required.   @param value  Required, as in ppn_config_set.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_CONFIG_ERROR. Thread: one at a time. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_option(ppn_request* request, const char* name, size_t name_length,
                                                const char* value, size_t value_length, ppn_error** error);

/** Set the callbacks. Without on_data, line and event callback the body is collected in the response, up to
 *  max_response_bytes.
 *  @param on_headers   Optional.   @param on_data  Optional.   @param on_complete  Optional.
 *  @param user_data    Optional, handed to every callback.
 *  @param destroy      Optional, called exactly once with user_data: after the last callback, or, when the request is
 *                      never started, with its last reference.
 *  @param error        Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started, or callbacks already set). Unless PPN_OK the
 *  caller keeps user_data. Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_callbacks(ppn_request* request, ppn_headers_fn on_headers, ppn_data_fn on_data,
                                                   ppn_complete_fn on_complete, void* user_data, ppn_destroy_fn destroy,
                                                   ppn_error** error);

/** Receive the response as events of a text/event-stream instead of data; user_data is that of
 *  ppn_request_set_callbacks, which comes first. Sends Accept: text/event-stream unless Accept is set. A response with
 *  another status than 200 or another media type ends the request with an error; up to 64 KiB of its body are in the
 *  response then. 204 ends it with success.
 *  @param on_event  Required.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started, no callbacks set, or on_data or a line
 *  callback is set). Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_event_callback(ppn_request* request, ppn_event_fn on_event, ppn_error** error);

/** Receive the response as lines (NDJSON) instead of data; user_data is that of ppn_request_set_callbacks, which comes
 *  first. A line that is longer than max_line_bytes ends the request with PPN_E_STREAM_EVENT_TOO_LARGE.
 *  @param on_line  Required.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started, no callbacks set, or on_data or an event
 *  callback is set). Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_line_callback(ppn_request* request, ppn_line_fn on_line, ppn_error** error);

/** Start sending the request. Returns at once; the outcome arrives in on_complete, exactly once.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started before), PPN_E_CLIENT_CLOSED, PPN_E_FORKED.
 *  Unless PPN_OK: no callback but destroy. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_start(ppn_request* request, ppn_error** error);

/** Start the request and wait for the whole response; ppn_request_cancel from another thread ends the wait. Callbacks
 *  that are set are called as well.
 *  @param out    Required. Receives the response, which the caller releases. On failure it is NULL, or, when a response
 *                head had arrived, what there is of the response; release it in either case.
 *  @param error  Optional.
 *  @return as ppn_request_start, PPN_E_WOULD_DEADLOCK (called inside a callback; nothing is started), and every
 *  error of the transfer. A response with an HTTP status of 400 or more is PPN_OK here: see
 *  ppn_response_check_status. Thread: any. Blocks: until the response is complete or timeout_ms has passed. May be
 *  called from: no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_send(ppn_request* request, ppn_response** out, ppn_error** error);

/** Cancel a started request: it ends with PPN_E_CANCELLED within 50 ms unless it has ended before. A second call, and a
 *  call after the end, have no effect. A request that is not started can not be started afterwards.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (NULL), PPN_E_INVALID_STATE (released). Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_cancel(ppn_request* request);

/** Go on with a request that a callback has paused. Without effect on a request that is not paused, except inside the
 *  callback that is about to return PPN_CB_PAUSE, which then counts as PPN_CB_CONTINUE.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (NULL), PPN_E_INVALID_STATE (released or not started). Thread: any. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_resume(ppn_request* request);

PPN_END_DECLS

#endif
