// Handlers that only note what they are told, for a language that must not be called on threads it did not make: its own
// thread takes the notes, many at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "handlers.hpp"

// What a note is about: the handler's family and method.
enum {
  PPNB_NOTE_CALL_COMPLETE = 1,           // token, a = index, b = status, first = response, second = error
  PPNB_NOTE_STREAM_READY = 2,            // token
  PPNB_NOTE_STREAM_WRITABLE = 3,         // token, a = generation
  PPNB_NOTE_WEBSOCKET_READY = 4,         // token
  PPNB_NOTE_WEBSOCKET_OPEN = 5,          // token, first = handshake
  PPNB_NOTE_WEBSOCKET_CLOSE = 6,         // token, b = code, first = reason, second = error
  PPNB_NOTE_WEBSOCKET_RECONNECTING = 7,  // token, a = attempt, b = code, c = delay_ms, second = error
  PPNB_NOTE_WEBSOCKET_TERMINATED = 8,    // token, second = error
  PPNB_NOTE_WEBSOCKET_SENT = 9,          // token, b = status
  PPNB_NOTE_MIDDLEWARE_STEP = 10,        // token, b = step, first = context
  PPNB_NOTE_MIDDLEWARE_REFRESH = 11,     // token, first = middleware
  PPNB_NOTE_MIDDLEWARE_RELEASED = 12,    // token
  PPNB_NOTE_LOG_READY = 13,              //
  PPNB_NOTE_EVENT_READY = 14,            // token
  PPNB_NOTE_EVENT_RELEASED = 15          // token
};

// Set the handlers that take notes. Thread: any.
void ppnb_mailbox_open();

// Take notes, up to capacity / 56 of them: bytes written, 0 when none came in time. A note has 56 bytes: int64 what, token, a,
// b, c and two handles as int64, 0 when there is none. Thread: one at a time. Blocks: up to `timeout_ms` milliseconds; -1 =
// until there is one.
int64_t ppnb_mailbox_take(uint8_t* buffer, size_t capacity, int64_t timeout_ms);
// Let a taker return at once. Thread: any.
void ppnb_mailbox_wake();
