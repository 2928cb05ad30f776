/* Values on the command line: how they are checked and what they turn into. */
#ifndef PPN_OPTION_VALUES_H
#define PPN_OPTION_VALUES_H

#include "options.h"

enum {
  CONFIG_FILE_LIMIT = 1 << 20, /* what ppn_config_set_json takes */
  BODY_FILE_LIMIT = 1 << 28    /* a request body is held in memory, twice */
};

/* "2", "0.5" or ".5" seconds as decimal milliseconds, rounded up: a small limit must not become 0, which is none. */
int seconds_to_ms(const char* seconds, char* out, size_t out_size);

int is_positive_integer(const char* text);

/* "Name: value", "Name:value" or "Name;". */
int is_header_argument(const char* text);

/* Add the argument of --resolve, HOST:PORT:ADDR[,ADDR]..., to a list of host:port:addr, separated by commas. */
void add_resolve(struct text* out, const char* value);

/* Add what -d, --data-binary or --json gave: text, or @FILE, or @- for standard input. A file that --data-binary makes the
 * whole body is not read here. Returns 0 or an exit status. */
int add_body(struct options* options, enum body_kind kind, const char* value);

#endif
