#include "exit_status.h"

#include <stdio.h>

int exit_status_of(int32_t code) {
  return code == PPN_OK ? 0 : 40 + (int)(code / 100);
}

void complain(int32_t code, const ppn_error* error) {
  const char* message = error != NULL ? ppn_error_message(error) : ppn_code_text(code);
  fprintf(stderr, "ppn: %s: %s\n", ppn_code_name(code), message);
}

int complain_usage(const char* problem, const char* argument) {
  if (argument != NULL) {
    fprintf(stderr, "ppn: USAGE: %s: %s (ppn --help shows what there is)\n", argument, problem);
  } else {
    fprintf(stderr, "ppn: USAGE: %s (ppn --help shows what there is)\n", problem);
  }
  return EXIT_USAGE;
}

int complain_file(const char* path, const char* problem) {
  fprintf(stderr, "ppn: FILE: %s: %s\n", path, problem);
  return EXIT_USAGE;
}
