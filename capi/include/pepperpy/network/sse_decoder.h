/** @file sse_decoder.h
 *  The decoder of text/event-stream alone (WHATWG HTML 9.2): for bytes that came another way than through a request.
 *
 *      new --> ( feed --> next * --> PPN_PENDING ) * --> reset, or release
 *
 *  However the bytes are cut, the events are the same. An event without its empty line is dropped at the end of a
 *  stream, as the standard wants, so there is nothing to call then but ppn_sse_decoder_reset for the next connection.
 */
#ifndef PEPPERPY_NETWORK_SSE_DECODER_H
#define PEPPERPY_NETWORK_SSE_DECODER_H

#include "export.h"

PPN_BEGIN_DECLS

/** Make a decoder. 0 stands for the default of a limit.
 *  @param max_line_bytes   The longest line; bytes; default 1048576; range 1..1073741824.
 *  @param max_event_bytes  The largest data of one event; bytes; default 16777216; range 1..1073741824.
 *  @param max_fields       The most fields of one event; default 10000; range 1..1000000.
 *  @param out              Required. Receives the decoder; the caller releases it.
 *  @param error            Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: a limit out of its range). Thread: any. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_sse_decoder_new(int64_t max_line_bytes, int64_t max_event_bytes, int64_t max_fields,
                                             ppn_sse_decoder** out, ppn_error** error);

/** Add a reference.
 *  @return `decoder`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_sse_decoder* PPN_CALL ppn_sse_decoder_acquire(ppn_sse_decoder* decoder);

/** Drop a reference.
 *  @param decoder  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_sse_decoder_release(ppn_sse_decoder* decoder);

/** Feed the next bytes of the stream. They are copied and wait until ppn_sse_decoder_next takes them.
 *  @param data    Required unless length is 0.   @param length  Bytes, not PPN_AUTO_LENGTH.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released, or bytes of earlier calls still wait and
 *  would become more than max_event_bytes together: take the events first). Unless PPN_OK nothing was taken. Thread:
 *  one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_sse_decoder_feed(ppn_sse_decoder* decoder, const uint8_t* data, size_t length,
                                              ppn_error** error);

/** The next event of what was fed.
 *  @param out    Required. Receives an event (stream.h) that lives until the next call with this decoder; NULL unless
 *                PPN_OK.
 *  @param error  Optional.
 *  @return PPN_OK (an event), PPN_PENDING (feed more), PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE,
 *  PPN_E_STREAM_EVENT_TOO_LARGE (a limit; the same again until ppn_sse_decoder_reset). Thread: one at a time. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_sse_decoder_next(ppn_sse_decoder* decoder, const ppn_event** out, ppn_error** error);

/** Begin with a new connection of the same stream: what waits and what is under way is dropped, an error is forgotten;
 *  the last event id, the reconnection time and the counts go on (WHATWG HTML 9.2.3).
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_sse_decoder_reset(ppn_sse_decoder* decoder, ppn_error** error);

/** The last event id (WHATWG HTML 9.2.6), to be sent as Last-Event-ID.
 *  @param out_length  Optional.
 *  @return a text that lives until the next call with this decoder; "" when there is none. Thread: one at a time.
 *  Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_sse_decoder_last_event_id(ppn_sse_decoder* decoder, size_t* out_length);

/** The reconnection time that the server set with a retry field.
 *  @return milliseconds, -1 when it set none. Thread: one at a time. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int64_t PPN_CALL ppn_sse_decoder_retry_ms(ppn_sse_decoder* decoder);

/** How many U+FFFD were put in place of bytes that are not UTF-8.
 *  @return the number. Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API uint64_t PPN_CALL ppn_sse_decoder_replacements(ppn_sse_decoder* decoder);

PPN_END_DECLS

#endif
