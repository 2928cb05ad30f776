// Pieces of a response, many of them in one crossing.
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

// What ppnb_reader_take and its kin return when it is no number of bytes. Errors are -code.
enum {
  PPNB_NOTHING = 0,    // nothing yet: on_ready follows
  PPNB_END = -1,       // the end, as it should be
  PPNB_TOO_SMALL = -2  // the next piece needs a larger buffer: ppnb_reader_needed
};

// A stream and the piece of it that did not fit.
struct ppnb_reader;

// ppn_stream_open. `token` is that of StreamHandler::on_ready. The caller releases the reader.
int32_t ppnb_reader_open(ppn_request* request, int32_t kind, int64_t token, ppnb_reader** out, ppn_error** error);
// Ends the stream if it has not ended. Nothing else may be called with the reader meanwhile or later.
void ppnb_reader_release(ppnb_reader* reader);

// Take as many pieces as are there and fit: bytes written, or PPNB_NOTHING, PPNB_END, PPNB_TOO_SMALL, or -code with `error`.
// Each piece is a record: its length in 4 bytes, itself included, then int64 index, int64 retry_ms (-1 = none), texts type,
// id, data. Thread: one at a time. Blocks: never.
int64_t ppnb_reader_take(ppnb_reader* reader, uint8_t* buffer, size_t capacity, ppn_error** error);
// Bytes that the next piece needs, after PPNB_TOO_SMALL. Thread: that of ppnb_reader_take.
int64_t ppnb_reader_needed(const ppnb_reader* reader);

// The head of the response: PPN_OK, PPN_PENDING (on_ready follows) or the error of a request that failed before it. Taking
// it ends the attempts that may still be made before the first piece. Thread: any. Blocks: never.
int32_t ppnb_reader_response(ppnb_reader* reader, ppn_response** out, ppn_error** error);
// ppn_stream_cancel. Thread: any.
void ppnb_reader_cancel(ppnb_reader* reader);
// ppn_stream_last_event_id; the caller releases the buffer. Null without memory. Thread: that of ppnb_reader_take.
ppn_buffer* ppnb_reader_last_event_id(ppnb_reader* reader);
// ppn_stream_retry_ms. Thread: any.
int64_t ppnb_reader_retry_ms(ppnb_reader* reader);
