/** @file websocket_callbacks.h
 *  What a WebSocket calls back: the push twin of ppn_websocket_next. Callbacks of one WebSocket never run at the same
 *  time, and on_open, on_message and on_close of one connection come in this order; a new connection begins after the
 *  on_close of the one before. None begins after the last reference to the WebSocket was released.
 *
 *      (on_open --> on_message * --> on_close --> on_reconnecting) * --> on_terminated
 */
#ifndef PEPPERPY_NETWORK_WEBSOCKET_CALLBACKS_H
#define PEPPERPY_NETWORK_WEBSOCKET_CALLBACKS_H

#include "export.h"

PPN_BEGIN_DECLS

/** A connection is open (RFC 6455 4.1).
 *  Thread     the I/O thread of the client; never the caller of ppn_websocket_connect
 *  Times      once for each connection that opens, before its messages
 *  Data       `handshake` is borrowed until return: status 101 and headers; acquire it to keep it
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after the last callback has returned */
typedef void(PPN_CALL* ppn_websocket_open_fn)(void* user_data, ppn_websocket* websocket, ppn_response* handshake);

/** A whole message has arrived (RFC 6455 5.6).
 *  Thread     the I/O thread of the client
 *  Times      zero or more, in order
 *  Data       `kind` is PPN_WEBSOCKET_TEXT (`data` is valid UTF-8) or PPN_WEBSOCKET_BINARY; `data` is not
 *             zero-terminated and valid until return; copy to keep
 *  Returns    PPN_CB_CONTINUE, PPN_CB_PAUSE (this message is taken; the socket is not read until
 *             ppn_websocket_resume) or PPN_CB_ABORT (as ppn_websocket_cancel)
 *  May call   any ppn_ function that does not block, ppn_websocket_send and ppn_websocket_close of it included
 *  User data  released by destroy(user_data), once, after the last callback has returned */
typedef int32_t(PPN_CALL* ppn_websocket_message_fn)(void* user_data, ppn_websocket* websocket, int32_t kind,
                                                    const char* data, size_t length);

/** A connection that was open has ended.
 *  Thread     the I/O thread of the client
 *  Times      once for each on_open
 *  Data       `code` is that of the Close frame of the server, or 1005 when it named none, 1006 when there was no Close
 *             frame (RFC 6455 7.1.5), or the code that this side closed with because the server broke the protocol.
 *             `reason` is UTF-8, `reason_length` bytes, valid until return. `error` is borrowed until return; NULL when
 *             both sides closed as they should
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after the last callback has returned */
typedef void(PPN_CALL* ppn_websocket_close_fn)(void* user_data, ppn_websocket* websocket, int32_t code,
                                               const char* reason, size_t reason_length, const ppn_error* error);

/** Another connection will be tried (option websocket_reconnect). Inside this callback, or between PPN_CB_PAUSE and
 *  ppn_websocket_resume, and nowhere else after ppn_websocket_connect, ppn_websocket_set_header and ppn_websocket_set_url
 *  change the next handshake: the place to put in a new token.
 *  Thread     the I/O thread of the client
 *  Times      once before each further try, before its delay
 *  Data       `attempt` counts from 1 and begins anew after a connection that was stable; `delay_ms` is how long the try
 *             waits; `code` as in on_close, 0 when no connection had opened; `error` is borrowed until return; it may be
 *             NULL after a close without an error
 *  Returns    PPN_CB_CONTINUE; PPN_CB_PAUSE: the try waits for ppn_websocket_resume as well as for its delay, at most for
 *             websocket_open_timeout_ms beyond it; or PPN_CB_ABORT: no further try, the WebSocket terminates with what had
 *             ended it
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after the last callback has returned */
typedef int32_t(PPN_CALL* ppn_websocket_reconnecting_fn)(void* user_data, ppn_websocket* websocket, int32_t attempt,
                                                         int64_t delay_ms, int32_t code, const ppn_error* error);

/** The WebSocket has ended for good. The terminal callback.
 *  Thread     the I/O thread of the client
 *  Times      exactly one for a WebSocket that was started, after all others
 *  Data       `error` is borrowed until return; NULL when it was closed as it should be: by this side, or with code 1000,
 *             1001 or none
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after this callback has returned */
typedef void(PPN_CALL* ppn_websocket_terminated_fn)(void* user_data, ppn_websocket* websocket, const ppn_error* error);

/** A message has left, or will not.
 *  Thread     the I/O thread of the client, or the thread that ends it
 *  Times      exactly one for each message that ppn_websocket_send_with_completion accepted; before on_terminated
 *  Data       `status` is PPN_OK when the kernel has taken the last byte, which does not mean that the server has read
 *             it; else the code of what kept the message from being sent whole
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  that of the message; nothing of the library uses it afterwards */
typedef void(PPN_CALL* ppn_websocket_sent_fn)(void* user_data, int32_t status);

/** Set the callbacks. Without on_message messages are queued for ppn_websocket_next; the others may be set all the same.
 *  @param on_open          Optional.
 *  @param on_message       Optional.
 *  @param on_close         Optional.
 *  @param on_reconnecting  Optional.
 *  @param on_terminated    Optional.
 *  @param user_data        Optional. Passed to each of them.
 *  @param destroy          Optional. Ends the life of user_data after the last callback; or, when the WebSocket is never
 *                          started or its start fails, at the latest with its last reference.
 *  @param error            Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started, or set before). Unless PPN_OK the caller keeps
 *  user_data. Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_set_callbacks(ppn_websocket* websocket, ppn_websocket_open_fn on_open,
                                                     ppn_websocket_message_fn on_message,
                                                     ppn_websocket_close_fn on_close,
                                                     ppn_websocket_reconnecting_fn on_reconnecting,
                                                     ppn_websocket_terminated_fn on_terminated, void* user_data,
                                                     ppn_destroy_fn destroy, ppn_error** error);

/** Read on, or go on to reconnect, after PPN_CB_PAUSE. Without effect when the WebSocket is not paused.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (NULL), PPN_E_INVALID_STATE (released). Thread: any. Blocks: never. May be
 *  called from: any callback, that which returns PPN_CB_PAUSE included. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_websocket_resume(ppn_websocket* websocket);

PPN_END_DECLS

#endif
