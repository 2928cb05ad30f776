/* ppn ws --echo: every message back to where it came from. */
#ifndef PPN_WS_ECHO_H
#define PPN_WS_ECHO_H

#include <pepperpy/network.h>

#include "text.h"

/* Lives until the WebSocket has terminated. */
struct echo {
  ppn_websocket* websocket;
  int32_t code; /* of a message that could not be sent back, PPN_OK otherwise */
  ppn_error* error;
  struct text held; /* a message for which there was no room; the socket is not read meanwhile */
  int32_t held_kind;
};

int32_t PPN_CALL echo_message(void* user_data, ppn_websocket* websocket, int32_t kind, const char* data, size_t length);

#endif
