/* What came of one behaviour, and the line of JSON that tells it. */
#ifndef PPN_CONFORMANCE_OUTCOME_H
#define PPN_CONFORMANCE_OUTCOME_H

#include <pepperpy/network.h>

#include "text.h"

struct outcome {
  const char* name;
  char run[64];
  int32_t code;           /* PPN_OK or what ended the call */
  ppn_error* error;       /* NULL with PPN_OK */
  ppn_response* response; /* NULL when no head arrived */
  int is_websocket;
  int is_chunks;
  struct text body;   /* of a stream of chunks */
  struct text events; /* elements of a JSON array, with commas between them; as the next two */
  struct text lines;
  struct text messages;
  char last_event_id[256];
  int64_t reconnect_ms;
  int32_t close_code;
  struct text close_reason;
  struct text subprotocol;
};

void outcome_begin_element(struct text* list);
void outcome_print(const struct outcome* outcome);
void outcome_free(struct outcome* outcome);

#endif
