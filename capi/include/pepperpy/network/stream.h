/** @file stream.h
 *  A response that is read piece by piece by the caller's own thread: the pull twin of the data and event callbacks.
 *  What arrives is queued up to stream_buffer_bytes and stream_buffer_events; beyond that the socket is not read.
 *
 *      open --> next * --> PPN_END | error
 */
#ifndef PEPPERPY_NETWORK_STREAM_H
#define PEPPERPY_NETWORK_STREAM_H

#include "export.h"

PPN_BEGIN_DECLS

/** What a stream hands out, int32_t in signatures. */
enum {
  PPN_STREAM_CHUNKS = 0, /**< bytes as they arrive, at most chunk_size of them at a time, never waiting for more */
  PPN_STREAM_LINES = 1,  /**< lines (NDJSON): ended by LF or CRLF, blank lines skipped, the last may lack its end */
  PPN_STREAM_EVENTS = 2  /**< events of a text/event-stream (WHATWG HTML 9.2) */
};

/** Start a request and read its response as a stream. Returns at once.
 *  @param request  Required. Not started and without callbacks.
 *  @param kind     PPN_STREAM_CHUNKS, PPN_STREAM_LINES or PPN_STREAM_EVENTS. The latter sends Accept:
 *                  text/event-stream unless Accept is set, and fails for another status than 200 (204 is an empty
 *                  stream) or another media type; up to 64 KiB of the body are in the response then. The option
 *                  stream_profile says how such a stream ends and what errors look like inside it,
 *                  stream_auto_reconnect that it goes on after a cut (WHATWG HTML 9.2.3).
 *  @param out      Required. Receives the stream; the caller releases it.
 *  @param error    Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started before, or callbacks set), PPN_E_CLIENT_CLOSED,
 *  PPN_E_FORKED. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_stream_open(ppn_request* request, int32_t kind, ppn_stream** out, ppn_error** error);

/** Add a reference.
 *  @return `stream`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_stream* PPN_CALL ppn_stream_acquire(ppn_stream* stream);

/** Drop a reference. With the last one a stream that has not ended is cancelled and its connection closed: nobody could
 *  read it any more.
 *  @param stream  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_stream_release(ppn_stream* stream);

/** Wait for the head of the response. A stream whose head was not taken may be tried again, within max_retries, when it
 *  breaks before its first piece; from then on nothing is sent twice, unless stream_auto_reconnect says so.
 *  @param timeout_ms  Milliseconds to wait; 0 = look only; -1 = until the timeouts of the request end it.
 *  @param out         Required. Receives the response with status and headers; the caller releases it.
 *  @param error       Optional.
 *  @return PPN_OK, PPN_PENDING, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_WOULD_DEADLOCK, and the error of a
 *  request that failed before its head arrived. When a head arrived and the stream failed later, PPN_OK. Thread: any.
 *  Blocks: up to timeout_ms. May be called from: no callback, but with timeout 0 from any. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_stream_response(ppn_stream* stream, int64_t timeout_ms, ppn_response** out,
                                             ppn_error** error);

/** Wait for the next piece.
 *  @param timeout_ms  Milliseconds to wait; 0 = look only; -1 = until the timeouts of the request end it.
 *  @param out         Required. Receives a piece that lives until the next call with this stream; NULL unless PPN_OK.
 *  @param error       Optional.
 *  @return PPN_OK (a piece), PPN_END (the stream ended as it should), PPN_PENDING (nothing yet),
 *  PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_WOULD_DEADLOCK, PPN_E_CANCELLED, and every error of the
 *  transfer, after the pieces that arrived before it: PPN_E_BODY_TRUNCATED (of chunks), PPN_E_STREAM_TRUNCATED,
 *  PPN_E_STREAM_ERROR_EVENT, PPN_E_STREAM_IDLE_TIMEOUT, PPN_E_STREAM_CEILING, PPN_E_TOO_SLOW, PPN_E_HTTP_ codes,
 *  PPN_E_CONTENT_TYPE, PPN_E_STREAM_EVENT_TOO_LARGE and others. A later call returns the same again. Thread: one at a
 *  time. Blocks: up to timeout_ms. May be called from: no callback, but with timeout 0 from any. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_stream_next(ppn_stream* stream, int64_t timeout_ms, const ppn_event** out,
                                         ppn_error** error);

/** Be told when there is something to take, instead of waiting for it: for event loops, and for programs with more streams
 *  than threads. It is called after ppn_stream_next or ppn_stream_response returned PPN_PENDING, when they would return
 *  something else; so look with timeout 0 first, and again whenever it is called.
 *  @param on_ready   Required.
 *  @param user_data  Optional.   @param destroy  Optional.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released, or set before), PPN_E_FORKED. Unless PPN_OK the caller
 *  keeps user_data. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_stream_set_ready_callback(ppn_stream* stream, ppn_ready_fn on_ready, void* user_data,
                                                       ppn_destroy_fn destroy, ppn_error** error);

/** Cancel the stream: what was queued is dropped, ppn_stream_next returns PPN_E_CANCELLED, also one that waits. Without
 *  effect on a stream that was read to its end.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (NULL), PPN_E_INVALID_STATE (released). Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_stream_cancel(ppn_stream* stream);

/** The last event id of a stream of events (WHATWG HTML 9.2.6), to be sent as Last-Event-ID.
 *  @param out_length  Optional.
 *  @return a text that lives until the next call with this stream; "" when there is none. Thread: one at a time.
 *  Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_stream_last_event_id(ppn_stream* stream, size_t* out_length);

/** The reconnection time that the server set with a retry field.
 *  @return milliseconds, -1 when it set none. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int64_t PPN_CALL ppn_stream_retry_ms(ppn_stream* stream);

/** The bytes of a piece: the data of an event, a line without its end, or a chunk. Not zero-terminated.
 *  @param out_length  Required.
 *  @return bytes that live as long as the piece. Thread: that of the piece. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_event_data(const ppn_event* event, size_t* out_length);

/** The type of an event: "message" unless the server named another; "line" or "chunk" for the other kinds. Not
 *  zero-terminated.
 *  @param out_length  Required.
 *  @return a text that lives as long as the piece. Thread: that of the piece. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_event_type(const ppn_event* event, size_t* out_length);

/** The last event id as of this event; length 0 when there is none. Not zero-terminated.
 *  @param out_length  Required.
 *  @return a text that lives as long as the piece. Thread: that of the piece. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_event_id(const ppn_event* event, size_t* out_length);

/** The reconnection time that came with this event.
 *  @return milliseconds, -1 when none came with it. Thread: that of the piece. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_event_retry_ms(const ppn_event* event);

/** The number of the piece in its stream, from 0.
 *  @return the number. Thread: that of the piece. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API uint64_t PPN_CALL ppn_event_index(const ppn_event* event);

/** How the pieces of a stream came, for ppn_response_pace_ms, int32_t in signatures. */
enum {
  PPN_PACE_FIRST = 0,    /**< start of the request to the first event, line or chunk */
  PPN_PACE_SHORTEST = 1, /**< the shortest time between two of them; 0 when they arrived together */
  PPN_PACE_MEAN = 2,     /**< the mean of these times */
  PPN_PACE_LONGEST = 3   /**< the longest */
};

/** How many events, lines or chunks of a stream were handed out.
 *  @return the number; 0 for a response that was collected. Thread: any. Blocks: never. May be called from: any callback,
 *  once complete. Since 0.1. */
PPN_API uint64_t PPN_CALL ppn_response_pieces(const ppn_response* response);

/** How fast the pieces of a stream came. Time in which the reader held the stream up does not count; time between two
 *  connections of the same stream does.
 *  @param which  One of PPN_PACE_FIRST to PPN_PACE_LONGEST.
 *  @return milliseconds, with fractions; -1 when there was no piece, or no second one for the others than
 *  PPN_PACE_FIRST. Thread: any. Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API double PPN_CALL ppn_response_pace_ms(const ppn_response* response, int32_t which);

/** Whether a stream that was cut (PPN_E_STREAM_TRUNCATED, PPN_E_BODY_TRUNCATED) was cut by its connection: less arrived
 *  than Content-Length says, or the last chunk is missing (RFC 9112 8). Else it came whole, and without the sentinel or
 *  event that should end it (stream_require_terminal).
 *  @return 1 = the connection ended, 0 = the end marker is missing, -1 = the error is another one. Thread: any. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_stream_framing(const ppn_error* error);

/** The begin of a line that did not arrive whole when a stream of lines was cut. Not zero-terminated.
 *  @param out_length  Required.
 *  @return bytes that live as long as the error; length 0 when there are none. Thread: any. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_stream_partial(const ppn_error* error, size_t* out_length);

/** The HTTP status that an error inside a stream (PPN_E_STREAM_ERROR_EVENT) stands for: overloaded_error 529,
 *  rate_limit_error 429, api_error 500 and others. Whether the error can be retried follows from it; the status of the
 *  response itself is ppn_error_http_status.
 *  @return 400 to 599; 0 when the error is another one, or unknown. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_stream_status(const ppn_error* error);

/** What a provider calls the kind of an error: the member "type" or "status" of a JSON error body or error event, such as
 *  "rate_limit_error"; ppn_error_provider_code names the error itself.
 *  @return a zero-terminated text of at most 128 bytes that lives as long as the error; "" when there is none. Thread:
 *  any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_provider_type(const ppn_error* error);

PPN_END_DECLS

#endif
