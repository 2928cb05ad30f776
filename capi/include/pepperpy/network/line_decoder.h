/** @file line_decoder.h
 *  The decoder of lines (NDJSON) alone, for bytes that came another way than through a request. Lines are ended by LF or
 *  CRLF, blank lines are skipped, a BOM at the start of the stream is dropped.
 *
 *      new --> ( feed --> next * --> PPN_PENDING ) * --> finish --> next * --> PPN_END
 *       ^                                                                        |
 *       +------------------------------------ reset -----------------------------+
 */
#ifndef PEPPERPY_NETWORK_LINE_DECODER_H
#define PEPPERPY_NETWORK_LINE_DECODER_H

#include "export.h"

PPN_BEGIN_DECLS

/** Make a decoder.
 *  @param max_line_bytes  The longest line; bytes; 0 = default 1048576; range 1..1073741824.
 *  @param out             Required. Receives the decoder; the caller releases it.
 *  @param error           Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: out of range). Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_line_decoder_new(int64_t max_line_bytes, ppn_line_decoder** out, ppn_error** error);

/** Add a reference.
 *  @return `decoder`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_line_decoder* PPN_CALL ppn_line_decoder_acquire(ppn_line_decoder* decoder);

/** Drop a reference.
 *  @param decoder  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_line_decoder_release(ppn_line_decoder* decoder);

/** Feed the next bytes of the stream. They are copied and wait until ppn_line_decoder_next takes them.
 *  @param data    Required unless length is 0.   @param length  Bytes, not PPN_AUTO_LENGTH.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released, after ppn_line_decoder_finish, or bytes of
 *  earlier calls still wait and would become more than 16 MiB together: take the lines first). Unless PPN_OK nothing
 *  was taken. Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_line_decoder_feed(ppn_line_decoder* decoder, const uint8_t* data, size_t length,
                                               ppn_error** error);

/** The next line of what was fed, without its end.
 *  @param out    Required. Receives a piece of type "line" (stream.h) that lives until the next call with this decoder;
 *                NULL unless PPN_OK.
 *  @param error  Optional.
 *  @return PPN_OK (a line), PPN_PENDING (feed more), PPN_END (after ppn_line_decoder_finish), PPN_E_INVALID_ARGUMENT,
 *  PPN_E_INVALID_STATE, PPN_E_STREAM_EVENT_TOO_LARGE (the same again until ppn_line_decoder_reset). Thread: one at a
 *  time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_line_decoder_next(ppn_line_decoder* decoder, const ppn_event** out, ppn_error** error);

/** The stream has ended as it should: a last line that lacks its LF is a line like any other.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_line_decoder_finish(ppn_line_decoder* decoder, ppn_error** error);

/** Begin with a new stream: what waits and what is under way is dropped, an error is forgotten; the numbers of the
 *  lines go on.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_line_decoder_reset(ppn_line_decoder* decoder, ppn_error** error);

PPN_END_DECLS

#endif
