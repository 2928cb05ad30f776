#include "ws_echo.h"

#include <string.h>

static int32_t send_back(struct echo* echo, int32_t kind, const char* data, size_t length);

/* A message has left: there may be room for the one that is held. Runs on the thread that brings messages. */
static void PPN_CALL on_sent(void* user_data, int32_t status) {
  struct echo* echo = user_data;
  struct text held = echo->held;
  if (status != PPN_OK || echo->held_kind == 0) return;
  memset(&echo->held, 0, sizeof echo->held);
  if (send_back(echo, echo->held_kind, held.data, held.length) == PPN_CB_CONTINUE) {
    echo->held_kind = 0;
    ppn_websocket_resume(echo->websocket);
  }
  text_free(&held);
}

/* A server that reads slowly makes us read slowly. One that closes has no use for the answer. */
static int32_t send_back(struct echo* echo, int32_t kind, const char* data, size_t length) {
  const int32_t code =
      ppn_websocket_send_with_completion(echo->websocket, kind, data, length, on_sent, echo, &echo->error);
  if (code == PPN_OK) return PPN_CB_CONTINUE;
  if (code == PPN_E_WS_QUEUE_FULL || code == PPN_E_WS_CLOSED) {
    ppn_error_release(echo->error);
    echo->error = NULL;
    if (code == PPN_E_WS_CLOSED) return PPN_CB_CONTINUE;
    text_append(&echo->held, data, length);
    echo->held_kind = kind;
    return PPN_CB_PAUSE;
  }
  echo->code = code;
  return PPN_CB_ABORT;
}

int32_t PPN_CALL echo_message(void* user_data, ppn_websocket* websocket, int32_t kind, const char* data,
                              size_t length) {
  struct echo* echo = user_data;
  echo->websocket = websocket;
  return send_back(echo, kind, data, length);
}
