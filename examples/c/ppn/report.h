/* The JSON line of --report: the same keys whatever happened. */
#ifndef PPN_REPORT_H
#define PPN_REPORT_H

#include <pepperpy/network.h>

#include "text.h"

/* How one URL ended. */
struct outcome {
  const char* url;
  int32_t code;           /* PPN_OK or the code of `error` */
  ppn_response* response; /* NULL when no head arrived */
  ppn_error* error;       /* NULL on success */
  double elapsed_ms;      /* by the clock of this command, for calls that left no response */
};

void append_report(struct text* out, const struct outcome* outcome, int with_body);

#endif
