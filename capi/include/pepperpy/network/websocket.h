/** @file websocket.h
 *  A WebSocket (RFC 6455): messages both ways over one connection, kept alive by pings and, when wanted, opened again
 *  after it was lost.
 *
 *      new --connect--> CONNECTING --> OPEN --close or Close frame--> CLOSING --> CLOSED
 *                           ^            |                               |
 *                           +-- RECONNECT_WAIT <---- connection lost ----+   (option websocket_reconnect)
 *
 *  Messages are queued to be sent up to websocket_send_queue_bytes, also before the connection is open, and written in
 *  the order in which they were given; any thread may send. Messages that arrive are handed to on_message
 *  (websocket_callbacks.h) or queued for ppn_websocket_next; when the queue is full the socket is not read. Pings are
 *  answered by the library. Options whose names begin with websocket_ (options.h) set every limit.
 */
#ifndef PEPPERPY_NETWORK_WEBSOCKET_H
#define PEPPERPY_NETWORK_WEBSOCKET_H

#include "export.h"
#include "websocket_callbacks.h"

PPN_BEGIN_DECLS

/** What a message is, int32_t in signatures. */
enum {
  PPN_WEBSOCKET_TEXT = 1,   /**< UTF-8 (RFC 3629) */
  PPN_WEBSOCKET_BINARY = 2, /**< any bytes */
  PPN_WEBSOCKET_JSON = 3    /**< to send: checked to be one JSON text (RFC 8259), then sent as text */
};

/** Where a WebSocket is, int32_t in signatures. */
enum {
  PPN_WEBSOCKET_NEW = 0,            /**< not started */
  PPN_WEBSOCKET_CONNECTING = 1,     /**< from the need of a connection to the end of its handshake */
  PPN_WEBSOCKET_OPEN = 2,           /**< messages go both ways */
  PPN_WEBSOCKET_CLOSING = 3,        /**< a Close frame was sent or received */
  PPN_WEBSOCKET_RECONNECT_WAIT = 4, /**< waiting before the next connection */
  PPN_WEBSOCKET_CLOSED = 5          /**< terminated */
};

/** Describe a WebSocket. Everything that can be wrong with its URL is found here, before anything is sent.
 *  @param client  Required. Kept alive by the WebSocket; gives options, TLS, resolver and address rules. The key of the
 *                 client (api_key) goes with the handshake when the origin is that of base_url.
 *  @param url     Required. Absolute ws or wss URL without fragment (RFC 6455 3), or a path below base_url, whose scheme
 *                 http or https stands for ws or wss. Refused as in ppn_request_new.
 *  @param out     Required. Receives the WebSocket; the caller releases it.
 *  @param error   Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_URL (also: a fragment), PPN_E_UNSUPPORTED_SCHEME,
 *  PPN_E_INVALID_STATE (client released), PPN_E_CLIENT_CLOSED. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_new(ppn_client* client, const char* url, size_t url_length, ppn_websocket** out,
                                           ppn_error** error);

/** Add a reference.
 *  @return `websocket`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API ppn_websocket* PPN_CALL ppn_websocket_acquire(ppn_websocket* websocket);

/** Drop a reference. With the last one a WebSocket for which ppn_websocket_close was called goes on to its end by itself;
 *  any other is dropped without a Close frame. No further callback begins then but those of ppn_websocket_send_with_completion;
 *  one that runs on another thread goes on to its return, and after it the user data is ended.
 *  @param websocket  May be NULL. Thread: any. Blocks: never. May be called from: any callback, its own included.
 *  Since 0.1. */
PPN_API void PPN_CALL ppn_websocket_release(ppn_websocket* websocket);

/** Set a header of the handshake; occurrences of the same name are replaced. RFC 9110 5.5 for what a value may hold.
 *  @param name   Required. A token. Headers of the framing and of the handshake (Host, Connection, Upgrade,
 *                Sec-WebSocket-Key, -Version, -Protocol, -Extensions, -Accept) belong to the library and are refused.
 *  @param value  Required; may be empty.
 *  @param error  Optional; its text never holds the value.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_HEADER, PPN_E_INVALID_STATE (started, and not inside
 *  on_reconnecting). Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_set_header(ppn_websocket* websocket, const char* name, size_t name_length,
                                                  const char* value, size_t value_length, ppn_error** error);

/** Use another URL, such as one with a new token in its query. The rules are those of ppn_websocket_new.
 *  @param url    Required.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME, PPN_E_INVALID_STATE (started, and
 *  not inside on_reconnecting). Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_set_url(ppn_websocket* websocket, const char* url, size_t url_length,
                                               ppn_error** error);

/** Offer a subprotocol (RFC 6455 1.9), after those offered before.
 *  @param name   Required. A token that was not offered before.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_add_subprotocol(ppn_websocket* websocket, const char* name, size_t name_length,
                                                       ppn_error** error);

/** Set an option for this WebSocket alone: one whose name begins with websocket_.
 *  @param name   Required.   @param value  Required, as in ppn_config_set.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_CONFIG_ERROR. Thread: one at a time. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_set_option(ppn_websocket* websocket, const char* name, size_t name_length,
                                                  const char* value, size_t value_length, ppn_error** error);

/** Start connecting. Returns at once; messages may be sent from here on. At most once. A redirect is not followed: it is a
 *  refusal, as every status but 101 (RFC 6455 4.1).
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started before), PPN_E_CLIENT_CLOSED, PPN_E_FORKED,
 *  PPN_E_CONFIG_ERROR (trust store). Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_connect(ppn_websocket* websocket, ppn_error** error);

/** Wait until the WebSocket is open, also again after it was lost.
 *  @param timeout_ms  Milliseconds to wait; 0 = look only; -1 = until the WebSocket is open or terminated.
 *  @param error       Optional.
 *  @return PPN_OK, PPN_PENDING, PPN_END (it was open and has ended, or was closed before it was: what came can still be
 *  read, and ppn_websocket_next says how it ended), PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (not started),
 *  PPN_E_WOULD_DEADLOCK, and what terminated it without a connection: PPN_E_WS_HANDSHAKE, those of a connection (DNS,
 *  CONNECT, TLS codes), PPN_E_WS_RECONNECT_EXHAUSTED, PPN_E_CANCELLED. Thread: any. Blocks: up to timeout_ms. May be
 *  called from: no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_wait_open(ppn_websocket* websocket, int64_t timeout_ms, ppn_error** error);

/** Queue a message. It is written as soon as the connection allows, in order with the others of all threads.
 *  @param kind    PPN_WEBSOCKET_TEXT, PPN_WEBSOCKET_BINARY or PPN_WEBSOCKET_JSON.
 *  @param data    Required unless length is 0. Copied before return.
 *  @param length  Bytes, or PPN_AUTO_LENGTH.
 *  @param error   Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: text that is no UTF-8), PPN_E_JSON_PARSE, PPN_E_WS_QUEUE_FULL (nothing
 *  was queued, the connection goes on; a message larger than the queue fits when the queue is empty),
 *  PPN_E_WS_MESSAGE_TOO_BIG (more than websocket_max_message_bytes), PPN_E_WS_CLOSED (closing or terminated),
 *  PPN_E_INVALID_STATE (not started), PPN_E_FORKED. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_send(ppn_websocket* websocket, int32_t kind, const char* data, size_t length,
                                            ppn_error** error);

/** As ppn_websocket_send, and be told when the message has left.
 *  @param on_sent    Required. Not called unless PPN_OK.
 *  @param user_data  Optional. For on_sent alone.
 *  @return as ppn_websocket_send. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_send_with_completion(ppn_websocket* websocket, int32_t kind, const char* data,
                                                            size_t length, ppn_websocket_sent_fn on_sent,
                                                            void* user_data, ppn_error** error);

/** As ppn_websocket_send, but wait for room in the queue.
 *  @param timeout_ms  Milliseconds to wait; 0 = not at all; -1 = until there is room or the WebSocket ends.
 *  @return as ppn_websocket_send, and PPN_E_WOULD_DEADLOCK. Thread: any. Blocks: up to timeout_ms. May be called from:
 *  no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_send_wait(ppn_websocket* websocket, int32_t kind, const char* data,
                                                 size_t length, int64_t timeout_ms, ppn_error** error);

/** Wait for the next message of a WebSocket without on_message.
 *  @param timeout_ms  Milliseconds to wait; 0 = look only; -1 = until there is one or the WebSocket terminates.
 *  @param out         Required. Receives the message, a view that lives until the next call with this WebSocket:
 *                     ppn_event_data has its bytes, ppn_event_type says "text" or "binary". NULL unless PPN_OK.
 *  @param error       Optional.
 *  @return PPN_OK, PPN_END (closed as it should be: by this side, or with code 1000, 1001 or none), PPN_PENDING,
 *  PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (not started, or on_message is set), PPN_E_WOULD_DEADLOCK, and what
 *  terminated it, after the messages that arrived before: PPN_E_WS_HANDSHAKE, PPN_E_WS_PROTOCOL,
 *  PPN_E_WS_INVALID_UTF8, PPN_E_WS_MESSAGE_TOO_BIG, PPN_E_WS_PING_TIMEOUT, PPN_E_WS_CLOSE_TIMEOUT, PPN_E_WS_CLOSED (the
 *  server closed with another code, or the connection was lost), PPN_E_WS_RECONNECT_EXHAUSTED, PPN_E_CANCELLED and the
 *  codes of a connection. A later call returns the same again. Thread: one at a time. Blocks: up to timeout_ms. May be
 *  called from: no callback, but with timeout 0 from any. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_next(ppn_websocket* websocket, int64_t timeout_ms, const ppn_event** out,
                                            ppn_error** error);

/** Be told when there is a message for ppn_websocket_next, or the end, instead of waiting for it: as
 *  ppn_stream_set_ready_callback, and before ppn_websocket_connect. A WebSocket with on_message never calls it.
 *  @param on_ready   Required.
 *  @param user_data  Optional.   @param destroy  Optional.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released, started, or set before). Unless PPN_OK the caller keeps
 *  user_data. Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_set_ready_callback(ppn_websocket* websocket, ppn_ready_fn on_ready,
                                                          void* user_data, ppn_destroy_fn destroy, ppn_error** error);

/** Close: what was queued is sent, then a Close frame, and the answer of the server is awaited for up to
 *  websocket_close_timeout_ms (RFC 6455 7.1.2). Messages that arrive meanwhile are still delivered. Returns at once; a
 *  second close is without effect. A WebSocket that is not open yet terminates at once.
 *  @param code           1000 to 1003, 1007 to 1014 or 3000 to 4999; 0 = 1000.
 *  @param reason         Optional. UTF-8.
 *  @param reason_length  At most 123 bytes, or PPN_AUTO_LENGTH.
 *  @param error          Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (code or reason), PPN_E_INVALID_STATE (not started). Thread: any. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_close(ppn_websocket* websocket, int32_t code, const char* reason,
                                             size_t reason_length, ppn_error** error);

/** Drop the connection without a Close frame, whatever the state: PPN_E_CANCELLED.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (NULL), PPN_E_INVALID_STATE (released). Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_cancel(ppn_websocket* websocket);

/** Wait until the WebSocket has terminated.
 *  @param timeout_ms  Milliseconds to wait; 0 = look only; -1 = until it has terminated.
 *  @param error       Optional.
 *  @return PPN_OK (closed as it should be), PPN_PENDING, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (not started),
 *  PPN_E_WOULD_DEADLOCK, and what terminated it, as ppn_websocket_next. Thread: any. Blocks: up to timeout_ms. May be
 *  called from: no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_wait_closed(ppn_websocket* websocket, int64_t timeout_ms, ppn_error** error);

/** Where the WebSocket is.
 *  @return a PPN_WEBSOCKET_ state; PPN_WEBSOCKET_CLOSED for NULL. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_state(ppn_websocket* websocket);

/** What the server answered to the last handshake: status, headers and, unless it is 101, up to 64 KiB of the body.
 *  @param out    Required. Receives the response; the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (no answer yet). Thread: any. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_response(ppn_websocket* websocket, ppn_response** out, ppn_error** error);

/** The subprotocol that the server chose.
 *  @param out_length  Optional.
 *  @return a text that lives until the next call of this function with this WebSocket; "" when it chose none. Thread: one
 *  at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_websocket_subprotocol(ppn_websocket* websocket, size_t* out_length);

/** The code that the last connection ended with: see ppn_websocket_close_fn.
 *  @return the code, 0 when no connection has ended. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_close_code(ppn_websocket* websocket);

/** The reason that came with ppn_websocket_close_code.
 *  @param out_length  Optional.
 *  @return a text that lives until the next call of this function with this WebSocket. Thread: one at a time. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_websocket_close_reason(ppn_websocket* websocket, size_t* out_length);

/** The time between the last ping and its pong (RFC 6455 5.5.3).
 *  @return microseconds, -1 when no pong has come. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int64_t PPN_CALL ppn_websocket_ping_us(ppn_websocket* websocket);

/** How many bytes of messages wait to be sent.
 *  @return bytes. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_websocket_queued_bytes(ppn_websocket* websocket);

/** How many messages will never be sent: of which no byte was written when their connection ended, unless option
 *  websocket_resend_unsent puts them first on the next one. A message of which a part was written is not among them: the
 *  server may have seen it.
 *  @return the number. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API size_t PPN_CALL ppn_websocket_unsent_count(ppn_websocket* websocket);

/** Take the oldest message that will never be sent.
 *  @param out_kind  Optional. Receives PPN_WEBSOCKET_TEXT or PPN_WEBSOCKET_BINARY.
 *  @param out       Required. Receives its bytes; the caller releases them.
 *  @param error     Optional.
 *  @return PPN_OK, PPN_END (there is none), PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May
 *  be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_take_unsent(ppn_websocket* websocket, int32_t* out_kind, ppn_buffer** out,
                                                   ppn_error** error);

PPN_END_DECLS

#endif
