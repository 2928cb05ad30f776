#include "head.h"

#include <stdio.h>

void append_head(struct text* out, const ppn_response* response) {
  char line[64];
  snprintf(line, sizeof line, "%s %d\r\n", ppn_response_http_version(response), (int)ppn_response_status(response));
  text_append_string(out, line);
  for (size_t i = 0; i < ppn_response_header_count(response); ++i) {
    const char* name = NULL;
    const char* value = NULL;
    size_t name_length = 0;
    size_t value_length = 0;
    if (ppn_response_header_at(response, i, &name, &name_length, &value, &value_length) != PPN_OK) break;
    text_append(out, name, name_length);
    text_append_string(out, ": ");
    text_append(out, value, value_length);
    text_append_string(out, "\r\n");
  }
  text_append_string(out, "\r\n");
}
