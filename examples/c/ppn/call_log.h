/* The steps of calls as they happen, for -v: one line for each event of the library, which holds no secret. */
#ifndef PPN_CALL_LOG_H
#define PPN_CALL_LOG_H

#include <pepperpy/network.h>

/* Print the events of the calls of a client that start from now on, on standard error. */
int32_t call_log_start(ppn_client* client, ppn_error** error);

#endif
