/* The response head on the output, for -i. */
#ifndef PPN_HEAD_H
#define PPN_HEAD_H

#include <pepperpy/network.h>

#include "text.h"

/* Status line, fields and the empty line, as they came, except for the reason phrase, which the library drops. */
void append_head(struct text* out, const ppn_response* response);

#endif
