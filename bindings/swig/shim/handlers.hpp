// What the library tells a binding. One handler of each family serves the whole process; a token, chosen by the binding,
// says which call, stream or WebSocket is meant. So nothing of a language travels through C, nothing has to be kept alive
// by it, and no method has other arguments than numbers and handles.
//
//   Thread    an I/O thread of the library, or the thread that cancels; several at a time for different tokens
//   Handles   each that is handed over is a reference of the handler's own, which it releases; null when there is none
//   Must not  block, throw or run code of a user: it notes what happened and leaves
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

// One-shot calls, batches and permits of a rate limiter.
class CallHandler {
 public:
  virtual ~CallHandler() = default;
  // The call `token` has ended, exactly once. Of a batch: once for each request with its index, from 0, and once with
  // index -1 at the end. Of a permit: `response` is null.
  virtual void on_complete(int64_t token, int64_t index, int32_t status, ppn_response* response, ppn_error* error) = 0;
};

// Responses that are read piece by piece, and bodies that are written so.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // There is something to take, or the end. A hint: taking may find nothing, too.
  virtual void on_ready(int64_t token) = 0;
  // There is room for more of the body of `token`. A generation above that of the last call: the body begins anew, for the
  // request is sent once more.
  virtual void on_writable(int64_t token, int64_t generation) = 0;
};

class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  // There is a message to take, or the end. A hint.
  virtual void on_ready(int64_t token) = 0;
  virtual void on_open(int64_t token, ppn_response* handshake) = 0;
  virtual void on_close(int64_t token, int32_t code, ppn_buffer* reason, ppn_error* error) = 0;
  // Another connection is tried in `delay_ms`. Of a WebSocket that asked for it, the try waits for ppn_websocket_resume;
  // until then ppn_websocket_set_header and ppn_websocket_set_url change the next handshake.
  virtual void on_reconnecting(int64_t token, int64_t attempt, int64_t delay_ms, int32_t code, ppn_error* error) = 0;
  // The last call for `token`.
  virtual void on_terminated(int64_t token, ppn_error* error) = 0;
  // The message `token`, a number of its own, has left, or will not.
  virtual void on_sent(int64_t token, int32_t status) = 0;
};

class MiddlewareHandler {
 public:
  virtual ~MiddlewareHandler() = default;
  // A step of the middleware `token`: one of PPNB_STEP_. The handler ends it with ppn_middleware_context_finish, at any
  // time and on any thread, and releases the context.
  virtual void on_step(int64_t token, int32_t step, ppn_middleware_context* context) = 0;
  // A new token of authorization is wanted: ppn_middleware_set_token or ppn_middleware_refresh_failed follows.
  virtual void on_refresh(int64_t token, ppn_middleware* middleware) = 0;
  // The last call for `token`.
  virtual void on_released(int64_t token) = 0;
};

class LogHandler {
 public:
  virtual ~LogHandler() = default;
  // There are lines to take. May be called on any thread, inside any function of the library.
  virtual void on_ready() = 0;
};

// Steps of calls (ppn_client_set_event_listener).
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  // There are events of `token` to take.
  virtual void on_ready(int64_t token) = 0;
  // The last call for `token`: the client has ended, or was given another listener. What is left can still be taken.
  virtual void on_released(int64_t token) = 0;
};

// Set a handler; it has to live until ppnb_stop_handlers has returned, or for ever. Nobody is told of what happens while
// there is none. Thread: any.
void ppnb_set_call_handler(CallHandler* handler);
void ppnb_set_stream_handler(StreamHandler* handler);
void ppnb_set_websocket_handler(WebSocketHandler* handler);
void ppnb_set_middleware_handler(MiddlewareHandler* handler);
void ppnb_set_log_handler(LogHandler* handler);
void ppnb_set_event_handler(EventHandler* handler);

// Take all handlers away and wait for those that are running: for a virtual machine that is going down, which must not be
// called any more. Blocks: up to `timeout_ms` milliseconds. Returns 1 when none is running. Not from a handler.
int32_t ppnb_stop_handlers(int64_t timeout_ms);
