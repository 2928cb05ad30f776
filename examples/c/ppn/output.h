/* Where bodies and data go: standard output or the file of -o. */
#ifndef PPN_OUTPUT_H
#define PPN_OUTPUT_H

#include <stdio.h>

#include "text.h"

struct output {
  FILE* file;
  const char* path; /* NULL for standard output */
  int failed;       /* a write failed; said once, the rest is dropped */
};

/* The output of the index-th URL. Returns 0 or an exit status after it has complained. */
int output_open(struct output* output, const struct list* paths, size_t index);

void output_write(struct output* output, const void* data, size_t length);
void output_flush(struct output* output);

/* Returns 0, or an exit status when something could not be written. */
int output_close(struct output* output);

#endif
