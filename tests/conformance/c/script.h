/* behaviours.json as the runner reads it: values by their path. A value that is not there is NULL or `otherwise`. */
#ifndef PPN_CONFORMANCE_SCRIPT_H
#define PPN_CONFORMANCE_SCRIPT_H

#include <pepperpy/network.h>

#include "text.h"

/* What the runner was started with. */
struct stage {
  ppn_json* script;
  const char* https_base;
  const char* http_base;
  const char* ca_file;
};

/* The pointer is made as printf makes it: text_at(json, "/behaviours/%zu/name", 3). */
const char* script_text(ppn_json* script, const char* format, ...);
int64_t script_number(ppn_json* script, int64_t otherwise, const char* format, ...);
int script_flag(ppn_json* script, const char* format, ...);
/* Elements of an array; 0 when there is none. */
size_t script_size(ppn_json* script, const char* format, ...);
/* Appends the bytes of a value that is a text or {"base64"}; 0 when there is none. */
int script_bytes(ppn_json* script, struct text* out, const char* format, ...);

#endif
