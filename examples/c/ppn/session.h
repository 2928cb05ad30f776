/* From the command line to the client, and to a request that is ready to be sent. */
#ifndef PPN_SESSION_H
#define PPN_SESSION_H

#include <pepperpy/network.h>

#include "options.h"

/* The client that all URLs share. The caller releases it. */
int32_t session_client(const struct options* options, ppn_client** out, ppn_error** error);

/* What -X or the presence of a body asks for. */
const char* session_method(const struct options* options);

/* The header fields that are sent because of the command line, in order; `add` is called for each with bytes that are
 * not zero-terminated, until it returns another status than PPN_OK, which is then returned. */
typedef int32_t (*session_header_fn)(void* user_data, const char* name, size_t name_length, const char* value,
                                     size_t value_length);
int32_t session_each_header(const struct options* options, session_header_fn add, void* user_data);

/* The request for one URL. The caller releases it. */
int32_t session_request(const struct options* options, ppn_client* client, const char* url, ppn_request** out,
                        ppn_error** error);

#endif
