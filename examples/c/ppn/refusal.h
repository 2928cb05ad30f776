/* Why a server refused what is no plain request: its body, which belongs to no output. */
#ifndef PPN_REFUSAL_H
#define PPN_REFUSAL_H

#include <pepperpy/network.h>

/* Print the body on standard error. A terminal must not take orders from a server. */
void print_refusal(const ppn_response* response);

#endif
