/* The command line of the subcommands, with the spellings of curl. */
#ifndef PPN_OPTIONS_H
#define PPN_OPTIONS_H

#include <stdint.h>

#include "text.h"

enum body_kind { BODY_NONE, BODY_FORM, BODY_BINARY, BODY_JSON };
enum stream_kind { STREAM_NONE, STREAM_SSE, STREAM_LINES, STREAM_CHUNKS };

/* One change to the client's configuration, in the order of the command line: a later one wins. */
struct setting {
  const char* name; /* NULL: `text` is a JSON object of options */
  size_t name_length;
  struct text text;
};

struct options {
  const char* method; /* NULL: POST with a body, else GET */
  struct list headers;
  const char* user; /* "name:password" */
  enum body_kind body_kind;
  struct text body;
  const char* body_file; /* the body is this file, sent from there; `body` is empty then */
  struct setting* settings;
  size_t setting_count;
  struct text resolve; /* "host:port:addr,host:port:addr" */
  struct list outputs; /* the k-th belongs to the k-th URL */
  struct list urls;
  enum stream_kind stream_kind;
  struct list subprotocols;
  int echo;
  int compressed;
  uint64_t max_time_ms;          /* 0 = no limit */
  const char* first_of_requests; /* the first option given that a WebSocket has no use for; NULL: none */
  uint64_t bench_in_flight;      /* 0 = not given */
  uint64_t bench_requests;       /* 0 = not given */
  int bench_stream;
  int insecure;
  int location;
  const char* max_redirects; /* what -L follows; NULL = curl's number */
  int include_head;
  int silent;
  int show_error;
  int verbose;
  int report;
  int report_body;
  int list_options;
  int markdown;
  int help;
  int version;
};

/* Read the arguments from argv[first] on. Returns 0, or an exit status after it has complained. Call options_free in
 * either case. */
int options_parse(struct options* options, int argc, char** argv, int first);

void options_free(struct options* options);

#endif
