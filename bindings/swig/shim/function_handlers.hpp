// Handlers that call plain functions, for a language that can make function pointers by itself.
#pragma once

// Set all handlers at once; the functions have the arguments of the methods of handlers.hpp and the calling convention of C.
// Each is required. A second call has no effect. Thread: any.
void ppnb_functions_open(void* call_complete, void* stream_ready, void* stream_writable, void* websocket_ready,
                         void* websocket_open, void* websocket_close, void* websocket_reconnecting,
                         void* websocket_terminated, void* websocket_sent, void* middleware_step,
                         void* middleware_refresh, void* middleware_released, void* log_ready, void* event_ready,
                         void* event_released);
