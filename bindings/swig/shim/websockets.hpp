// WebSockets whose events end in WebSocketHandler and whose messages are taken in batches.
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

#include "streams.hpp"

// A WebSocket and the message of it that did not fit.
struct ppnb_socket;

// ppn_websocket_new. `holds_reconnects` 1: each further try waits for ppn_websocket_resume after on_reconnecting, up to
// websocket_open_timeout_ms. The caller releases it.
int32_t ppnb_socket_new(ppn_client* client, const char* url, size_t url_length, int32_t holds_reconnects, int64_t token,
                        ppnb_socket** out, ppn_error** error);
// ppn_websocket_release: of WebSocketHandler only on_sent may still be called for it, on_terminated neither. Nothing else may be
// called with it meanwhile or later.
void ppnb_socket_release(ppnb_socket* socket);
// The handle for headers, options, connect, close and the rest; it stays the socket's and must not be released.
ppn_websocket* ppnb_socket_websocket(const ppnb_socket* socket);

// As ppnb_reader_take: messages, whose type is "text" or "binary" and whose id is empty.
int64_t ppnb_socket_take(ppnb_socket* socket, uint8_t* buffer, size_t capacity, ppn_error** error);
int64_t ppnb_socket_needed(const ppnb_socket* socket);
// ppn_websocket_send_with_completion; unless PPN_OK on_sent is not called. Thread: any.
int32_t ppnb_socket_send(ppnb_socket* socket, int32_t kind, const char* data, size_t length, int64_t token,
                         ppn_error** error);
// Texts; the caller releases the buffer. Null without memory. Thread: any.
ppn_buffer* ppnb_socket_subprotocol(ppnb_socket* socket);
ppn_buffer* ppnb_socket_close_reason(ppnb_socket* socket);
