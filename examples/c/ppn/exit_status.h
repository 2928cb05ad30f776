/* How the command says that something failed: one line on standard error, and the exit status. */
#ifndef PPN_EXIT_STATUS_H
#define PPN_EXIT_STATUS_H

#include <pepperpy/network.h>

enum {
  EXIT_USAGE = 1,        /* the command line, or a local file that can not be read or written */
  EXIT_HTTP_STATUS = 22, /* HTTP status 400 or more; the number curl uses */
  EXIT_INTERRUPTED = 128 /* plus the number of the signal, as shells count */
};

/* 40 plus the hundreds digit of the code; 0 for PPN_OK. */
int exit_status_of(int32_t code);

/* "ppn: CODE: message". `error` may be NULL: then the text of the code is the message. */
void complain(int32_t code, const ppn_error* error);

/* "ppn: USAGE: ..." with an argument quoted in it; returns EXIT_USAGE. */
int complain_usage(const char* problem, const char* argument);

/* "ppn: FILE: path: problem", for a local file or stream; returns EXIT_USAGE. */
int complain_file(const char* path, const char* problem);

#endif
