#include "refusal.h"

#include <stdio.h>

void print_refusal(const ppn_response* response) {
  size_t length = 0;
  const uint8_t* body = ppn_response_body(response, &length);
  for (size_t i = 0; i < length; ++i) {
    fputc(body[i] < 0x20 && body[i] != '\n' && body[i] != '\t' ? '?' : body[i], stderr);
  }
  if (length != 0 && body[length - 1] != '\n') fputc('\n', stderr);
}
