#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "option_values.h"

enum option_id {
  OPTION_METHOD,
  OPTION_HEADER,
  OPTION_DATA,
  OPTION_DATA_BINARY,
  OPTION_JSON,
  OPTION_OUTPUT,
  OPTION_INCLUDE,
  OPTION_SILENT,
  OPTION_SHOW_ERROR,
  OPTION_VERBOSE,
  OPTION_RESOLVE,
  OPTION_INSECURE,
  OPTION_HTTP1_1,
  OPTION_LOCATION,
  OPTION_MAX_REDIRS,
  OPTION_MAX_TIME,
  OPTION_CONNECT_TIMEOUT,
  OPTION_USER,
  OPTION_CONFIG,
  OPTION_SET,
  OPTION_NAMED_SETTING, /* the value goes to the option `setting` of the table */
  OPTION_LIST_OPTIONS,
  OPTION_MARKDOWN,
  OPTION_REPORT,
  OPTION_REPORT_BODY,
  OPTION_SSE,
  OPTION_LINES,
  OPTION_CHUNK_SIZE,
  OPTION_RECONNECT,
  OPTION_IN_FLIGHT,
  OPTION_REQUESTS,
  OPTION_STREAM,
  OPTION_ECHO,
  OPTION_SUBPROTOCOL,
  OPTION_COMPRESSED,
  OPTION_HELP,
  OPTION_VERSION,
  OPTION_NOT_IN_THIS_VERSION
};

struct row {
  char letter;
  const char* name;
  int takes_value;
  enum option_id id;
  const char* setting;
};

static const struct row rows[] = {
    {'X', "--request", 1, OPTION_METHOD, NULL},
    {'H', "--header", 1, OPTION_HEADER, NULL},
    {'d', "--data", 1, OPTION_DATA, NULL},
    {0, "--data-binary", 1, OPTION_DATA_BINARY, NULL},
    {0, "--json", 1, OPTION_JSON, NULL},
    {'o', "--output", 1, OPTION_OUTPUT, NULL},
    {'i', "--include", 0, OPTION_INCLUDE, NULL},
    {'s', "--silent", 0, OPTION_SILENT, NULL},
    {'S', "--show-error", 0, OPTION_SHOW_ERROR, NULL},
    {'v', "--verbose", 0, OPTION_VERBOSE, NULL},
    {0, "--resolve", 1, OPTION_RESOLVE, NULL},
    {0, "--unix-socket", 1, OPTION_NAMED_SETTING, "unix_socket"},
    {0, "--cacert", 1, OPTION_NAMED_SETTING, "ca_file"},
    {0, "--capath", 1, OPTION_NAMED_SETTING, "ca_dir"},
    {'E', "--cert", 1, OPTION_NAMED_SETTING, "client_cert_file"},
    {0, "--key", 1, OPTION_NAMED_SETTING, "client_key_file"},
    {0, "--pass", 1, OPTION_NAMED_SETTING, "client_key_password"},
    {0, "--crlfile", 1, OPTION_NAMED_SETTING, "crl_file"},
    {0, "--pinnedpubkey", 1, OPTION_NAMED_SETTING, "pinned_public_keys"},
    {'k', "--insecure", 0, OPTION_INSECURE, NULL},
    {0, "--http1.1", 0, OPTION_HTTP1_1, NULL},
    {'L', "--location", 0, OPTION_LOCATION, NULL},
    {0, "--max-redirs", 1, OPTION_MAX_REDIRS, NULL},
    {'m', "--max-time", 1, OPTION_MAX_TIME, NULL},
    {0, "--connect-timeout", 1, OPTION_CONNECT_TIMEOUT, NULL},
    {0, "--retry", 1, OPTION_NAMED_SETTING, "max_retries"},
    {0, "--rate", 1, OPTION_NAMED_SETTING, "rate_limit"},
    {'u', "--user", 1, OPTION_USER, NULL},
    {0, "--config", 1, OPTION_CONFIG, NULL},
    {0, "--set", 1, OPTION_SET, NULL},
    {0, "--list-options", 0, OPTION_LIST_OPTIONS, NULL},
    {0, "--markdown", 0, OPTION_MARKDOWN, NULL},
    {0, "--report", 0, OPTION_REPORT, NULL},
    {0, "--report-body", 0, OPTION_REPORT_BODY, NULL},
    {0, "--sse", 0, OPTION_SSE, NULL},
    {0, "--lines", 0, OPTION_LINES, NULL},
    {0, "--chunk-size", 1, OPTION_CHUNK_SIZE, NULL},
    {0, "--profile", 1, OPTION_NAMED_SETTING, "stream_profile"},
    {0, "--reconnect", 0, OPTION_RECONNECT, NULL},
    {'c', "--concurrency", 1, OPTION_IN_FLIGHT, NULL},
    {'n', "--requests", 1, OPTION_REQUESTS, NULL},
    {0, "--stream", 0, OPTION_STREAM, NULL},
    {0, "--echo", 0, OPTION_ECHO, NULL},
    {0, "--subprotocol", 1, OPTION_SUBPROTOCOL, NULL},
    {0, "--compressed", 0, OPTION_COMPRESSED, NULL},
    {'h', "--help", 0, OPTION_HELP, NULL},
    {0, "--version", 0, OPTION_VERSION, NULL},
    /* Named rather than unknown, so that nobody searches for a spelling that would work. */
    {'F', "--form", 1, OPTION_NOT_IN_THIS_VERSION, NULL},
    {'x', "--proxy", 1, OPTION_NOT_IN_THIS_VERSION, NULL},
    {0, "--noproxy", 1, OPTION_NOT_IN_THIS_VERSION, NULL},
};

static const struct row* find_letter(char letter) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
    if (rows[i].letter != 0 && rows[i].letter == letter) return &rows[i];
  }
  return NULL;
}

static const struct row* find_name(const char* name) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
    if (strcmp(rows[i].name, name) == 0) return &rows[i];
  }
  return NULL;
}

static struct text* add_setting(struct options* options, const char* name, size_t name_length) {
  struct setting* setting = NULL;
  options->settings = allocate_or_die(options->settings, (options->setting_count + 1) * sizeof *options->settings);
  setting = &options->settings[options->setting_count++];
  memset(setting, 0, sizeof *setting);
  setting->name = name;
  setting->name_length = name_length;
  return &setting->text;
}

static void add_text_setting(struct options* options, const char* name, const char* value) {
  text_append_string(add_setting(options, name, strlen(name)), value);
}

static int add_seconds(struct options* options, const char* spelling, const char* name, const char* seconds) {
  char ms[24];
  if (!seconds_to_ms(seconds, ms, sizeof ms)) return complain_usage("not a number of seconds", spelling);
  add_text_setting(options, name, ms);
  return 0;
}

static int add_name_and_value(struct options* options, const char* spelling, const char* argument) {
  const char* equals = strchr(argument, '=');
  if (equals == NULL || equals == argument) return complain_usage("expected NAME=VALUE", spelling);
  text_append_string(add_setting(options, argument, (size_t)(equals - argument)), equals + 1);
  return 0;
}

static int add_config_file(struct options* options, const char* path) {
  const char* problem = text_append_file(add_setting(options, NULL, 0), path, CONFIG_FILE_LIMIT);
  return problem != NULL ? complain_file(path, problem) : 0;
}

static int set_stream_kind(struct options* options, enum stream_kind kind) {
  if (options->stream_kind != STREAM_NONE && options->stream_kind != kind) {
    return complain_usage("--sse, --lines and --chunk-size exclude each other", NULL);
  }
  options->stream_kind = kind;
  return 0;
}

static int set_chunk_size(struct options* options, const char* value) {
  if (!is_positive_integer(value)) return complain_usage("--chunk-size needs a number of bytes", value);
  add_text_setting(options, "chunk_bytes", value);
  return set_stream_kind(options, STREAM_CHUNKS);
}

static int set_count(uint64_t* out, const char* spelling, const char* value, uint64_t most, const char* expected) {
  *out = is_positive_integer(value) && strlen(value) <= 15 ? strtoull(value, NULL, 10) : 0;
  return *out >= 1 && *out <= most ? 0 : complain_usage(expected, spelling);
}

static int set_max_time(struct options* options, const char* spelling, const char* seconds) {
  char ms[24];
  /* curl limits a download that lasts as well, so the limit holds for streams too. */
  if (add_seconds(options, spelling, "timeout_ms", seconds) != 0) return EXIT_USAGE;
  add_seconds(options, spelling, "stream_timeout_ms", seconds);
  seconds_to_ms(seconds, ms, sizeof ms);
  options->max_time_ms = strtoull(ms, NULL, 10);
  return 0;
}

/* What says something about a request or its answers, of which a WebSocket has none. */
static int is_of_requests(const struct row* row) {
  switch (row->id) {
    case OPTION_METHOD:
    case OPTION_DATA:
    case OPTION_DATA_BINARY:
    case OPTION_JSON:
    case OPTION_REPORT:
    case OPTION_REPORT_BODY:
    case OPTION_SSE:
    case OPTION_LINES:
    case OPTION_CHUNK_SIZE: return 1;
    case OPTION_NAMED_SETTING:
      return strcmp(row->setting, "max_retries") == 0 || strcmp(row->setting, "rate_limit") == 0;
    default: return 0;
  }
}

static int apply(struct options* options, const struct row* row, const char* spelling, const char* value) {
  if (options->first_of_requests == NULL && is_of_requests(row)) options->first_of_requests = row->name;
  switch (row->id) {
    case OPTION_METHOD: options->method = value; return 0;
    case OPTION_HEADER:
      if (!is_header_argument(value))
        return complain_usage("expected 'Name: value', or 'Name;' to send it empty", spelling);
      list_add(&options->headers, value);
      return 0;
    case OPTION_DATA: return add_body(options, BODY_FORM, value);
    case OPTION_DATA_BINARY: return add_body(options, BODY_BINARY, value);
    case OPTION_JSON: return add_body(options, BODY_JSON, value);
    case OPTION_OUTPUT: list_add(&options->outputs, value); return 0;
    case OPTION_INCLUDE: options->include_head = 1; return 0;
    case OPTION_SILENT: options->silent = 1; return 0;
    case OPTION_SHOW_ERROR: options->show_error = 1; return 0;
    case OPTION_VERBOSE: options->verbose = 1; return 0;
    case OPTION_RESOLVE: add_resolve(&options->resolve, value); return 0;
    case OPTION_INSECURE:
      options->insecure = 1;
      add_text_setting(options, "verify_ssl", "false");
      return 0;
    case OPTION_HTTP1_1: return 0; /* the only version there is */
    case OPTION_LOCATION: options->location = 1; return 0;
    case OPTION_MAX_REDIRS:
      if (*value == '\0' || value[strspn(value, "0123456789")] != '\0') {
        return complain_usage("expected a number from 0 to 100", spelling);
      }
      options->max_redirects = value;
      return 0;
    case OPTION_MAX_TIME: return set_max_time(options, spelling, value);
    case OPTION_RECONNECT: add_text_setting(options, "stream_auto_reconnect", "true"); return 0;
    case OPTION_CONNECT_TIMEOUT: return add_seconds(options, spelling, "connect_timeout_ms", value);
    case OPTION_USER:
      if (strchr(value, ':') == NULL) return complain_usage("expected NAME:PASSWORD", spelling);
      options->user = value;
      return 0;
    case OPTION_CONFIG: return add_config_file(options, value);
    case OPTION_SET: return add_name_and_value(options, spelling, value);
    case OPTION_NAMED_SETTING: add_text_setting(options, row->setting, value); return 0;
    case OPTION_LIST_OPTIONS: options->list_options = 1; return 0;
    case OPTION_MARKDOWN: options->markdown = 1; return 0;
    case OPTION_REPORT: options->report = 1; return 0;
    case OPTION_REPORT_BODY: options->report = options->report_body = 1; return 0;
    case OPTION_SSE: return set_stream_kind(options, STREAM_SSE);
    case OPTION_LINES: return set_stream_kind(options, STREAM_LINES);
    case OPTION_CHUNK_SIZE: return set_chunk_size(options, value);
    case OPTION_IN_FLIGHT:
      return set_count(&options->bench_in_flight, spelling, value, 100000, "expected a number from 1 to 100000");
    case OPTION_REQUESTS:
      return set_count(&options->bench_requests, spelling, value, UINT64_C(1000000000000),
                       "expected a number from 1 to 1000000000000");
    case OPTION_STREAM: options->bench_stream = 1; return 0;
    case OPTION_ECHO: options->echo = 1; return 0;
    case OPTION_SUBPROTOCOL: list_add(&options->subprotocols, value); return 0;
    case OPTION_COMPRESSED:
      options->compressed = 1;
      add_text_setting(options, "websocket_deflate", "true");
      return 0;
    case OPTION_HELP: options->help = 1; return 0;
    case OPTION_VERSION: options->version = 1; return 0;
    case OPTION_NOT_IN_THIS_VERSION: break;
  }
  return complain_usage("this option is not in this version", spelling);
}

/* One argument of letters: "-s", "-sv", "-XPOST", "-X" "POST". Moves *at over a value that is an argument of its own.
 */
static int parse_letters(struct options* options, int argc, char** argv, int* at) {
  for (const char* letter = argv[*at] + 1; *letter != '\0'; ++letter) {
    const char spelling[] = {'-', *letter, '\0'};
    const struct row* row = find_letter(*letter);
    const char* value = NULL;
    int status = 0;
    if (row == NULL) return complain_usage("unknown option", spelling);
    if (row->id == OPTION_NOT_IN_THIS_VERSION) return apply(options, row, spelling, NULL);
    if (row->takes_value) {
      if (letter[1] == '\0' && *at + 1 == argc) return complain_usage("this option needs a value", spelling);
      value = letter[1] != '\0' ? letter + 1 : argv[++*at];
    }
    status = apply(options, row, spelling, value);
    if (status != 0 || row->takes_value) return status;
  }
  return 0;
}

/* What follows a '=' may be a password, so it is not repeated. */
static int unknown_name(const char* spelling) {
  const size_t length = strcspn(spelling, "=");
  struct text name = {NULL, 0, 0};
  int status = 0;
  text_append(&name, spelling, length);
  status = complain_usage(
      spelling[length] != '\0' ? "unknown option; a value is an argument of its own" : "unknown option", name.data);
  text_free(&name);
  return status;
}

static int parse_name(struct options* options, int argc, char** argv, int* at) {
  const char* spelling = argv[*at];
  const struct row* row = find_name(spelling);
  if (row == NULL) return unknown_name(spelling);
  if (row->id == OPTION_NOT_IN_THIS_VERSION || !row->takes_value) return apply(options, row, spelling, NULL);
  if (*at + 1 == argc) return complain_usage("this option needs a value", spelling);
  return apply(options, row, spelling, argv[++*at]);
}

int options_parse(struct options* options, int argc, char** argv, int first) {
  int only_urls = 0;
  memset(options, 0, sizeof *options);
  for (int at = first; at < argc; ++at) {
    const char* argument = argv[at];
    int status = 0;
    if (only_urls || argument[0] != '-' || argument[1] == '\0') {
      list_add(&options->urls, argument);
    } else if (strcmp(argument, "--") == 0) {
      only_urls = 1;
    } else if (argument[1] == '-') {
      status = parse_name(options, argc, argv, &at);
    } else {
      status = parse_letters(options, argc, argv, &at);
    }
    if (status != 0) return status;
  }
  if (options->resolve.length != 0) add_text_setting(options, "resolve", options->resolve.data);
  return 0;
}

void options_free(struct options* options) {
  for (size_t i = 0; i < options->setting_count; ++i) text_free(&options->settings[i].text);
  free(options->settings);
  list_free(&options->headers);
  list_free(&options->outputs);
  list_free(&options->urls);
  list_free(&options->subprotocols);
  text_free(&options->resolve);
  text_free(&options->body);
}
