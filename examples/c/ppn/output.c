#include "output.h"

#include <errno.h>
#include <string.h>

#include "exit_status.h"

static void fail(struct output* output) {
  if (!output->failed) complain_file(output->path != NULL ? output->path : "standard output", strerror(errno));
  output->failed = 1;
}

int output_open(struct output* output, const struct list* paths, size_t index) {
  memset(output, 0, sizeof *output);
  output->file = stdout;
  if (index >= paths->count || strcmp(paths->items[index], "-") == 0) return 0;
  output->path = paths->items[index];
  output->file = fopen(output->path, "wb");
  if (output->file == NULL) fail(output);
  return output->failed ? EXIT_USAGE : 0;
}

void output_write(struct output* output, const void* data, size_t length) {
  if (output->failed || length == 0) return;
  if (fwrite(data, 1, length, output->file) != length) fail(output);
}

void output_flush(struct output* output) {
  if (!output->failed && fflush(output->file) != 0) fail(output);
}

int output_close(struct output* output) {
  output_flush(output);
  if (output->path != NULL && output->file != NULL && fclose(output->file) != 0) fail(output);
  return output->failed ? EXIT_USAGE : 0;
}
