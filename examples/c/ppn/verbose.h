/* What -v shows on standard error: the request and the response head as curl marks them, log lines and timings. */
#ifndef PPN_VERBOSE_H
#define PPN_VERBOSE_H

#include <pepperpy/network.h>

#include "options.h"

/* Show the library's log lines from now on. */
void verbose_start(void);

void verbose_request(const struct options* options, const char* url);
void verbose_head(const ppn_response* response);

/* Connection and timings, once the request has completed. */
void verbose_end(const ppn_response* response);

/* The names of the parts of a call, in the order of PPN_TIMING_POOL to PPN_TIMING_TOTAL. */
extern const char* const timing_names[];
enum { TIMING_COUNT = PPN_TIMING_TOTAL + 1 };

#endif
