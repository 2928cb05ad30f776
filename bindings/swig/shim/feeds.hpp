// Log lines and steps of calls: bounded queues that a binding empties at its own pace. What does not fit is dropped and
// counted, for neither is worth holding up a call.
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

#include "streams.hpp"

// Begin to collect log lines of this level and above; 0 ends it. LogHandler::on_ready tells of the first.
int32_t ppnb_log_open(int32_t level, ppn_error** error);
// As ppnb_reader_take, but never PPNB_END: records of their length in 4 bytes, itself included, int32 level, text line.
int64_t ppnb_log_take(uint8_t* buffer, size_t capacity);
// Bytes that the next line needs, after PPNB_TOO_SMALL.
int64_t ppnb_log_needed();
// Lines that were dropped so far: more than 4096 of them, or 1 MiB, were waiting.
int64_t ppnb_log_dropped();

struct ppnb_events;

// Listen to the calls of a client; the listener before is replaced. EventHandler::on_ready tells of the first event. The
// caller releases the queue, which must not be taken from any more then.
int32_t ppnb_events_open(ppn_client* client, int64_t token, ppnb_events** out, ppn_error** error);
void ppnb_events_release(ppnb_events* events);
// As ppnb_log_take. A record: its length in 4 bytes, int32 type, int32 attempt, int32 status, int32 code, int32 reused, int64
// call id, int64 delay_ms, int64 bytes, float64 time_ms, texts name, method, url, delay source, detail, remote.
int64_t ppnb_events_take(ppnb_events* events, uint8_t* buffer, size_t capacity);
int64_t ppnb_events_needed(const ppnb_events* events);
int64_t ppnb_events_dropped(const ppnb_events* events);
