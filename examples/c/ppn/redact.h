/* What -v must not show: credentials in header values and in query parameters. */
#ifndef PPN_REDACT_H
#define PPN_REDACT_H

#include <stddef.h>

#include "text.h"

/* Whether the value of this header field is a secret. */
int is_secret_header(const char* name, size_t length);

/* Whether a request header with this name is known to hold nothing secret. */
int is_harmless_request_header(const char* name, size_t length);

/* Append a URL, or a part of one, without user information and fragment and with the values of secret query parameters
 * replaced. */
void append_redacted_url(struct text* out, const char* url);

#endif
