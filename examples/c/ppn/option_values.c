#define _POSIX_C_SOURCE 200809L
#include "option_values.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit_status.h"

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

int seconds_to_ms(const char* seconds, char* out, size_t out_size) {
  const char* at = seconds;
  unsigned long long ms = 0;
  unsigned long long unit = 100;
  int digits = 0;
  int rest = 0;
  for (; is_digit(*at); ++at) {
    /* Far above every limit of the library, which refuses it by name. */
    if (++digits > 12) return 0;
    ms = ms * 10 + (unsigned long long)(*at - '0');
  }
  ms *= 1000;
  if (*at == '.') {
    for (++at; is_digit(*at); ++at, unit /= 10) {
      ++digits;
      ms += (unsigned long long)(*at - '0') * unit;
      if (unit == 0 && *at != '0') rest = 1;
    }
  }
  if (*at != '\0' || digits == 0) return 0;
  snprintf(out, out_size, "%llu", ms + (rest ? 1 : 0));
  return 1;
}

int is_positive_integer(const char* text) {
  int positive = 0;
  if (*text == '\0') return 0;
  for (; *text != '\0'; ++text) {
    if (!is_digit(*text)) return 0;
    if (*text != '0') positive = 1;
  }
  return positive;
}

int is_header_argument(const char* text) {
  const char* colon = strchr(text, ':');
  const size_t length = strlen(text);
  if (colon == NULL) return length > 1 && text[length - 1] == ';';
  /* curl takes "Name:" for "do not send this header", which there is no way to do here. */
  return colon[1 + strspn(colon + 1, " \t")] != '\0';
}

void add_resolve(struct text* out, const char* value) {
  const char* host_end = value[0] == '[' ? strchr(value, ']') : value;
  const char* port = host_end != NULL ? strchr(host_end, ':') : NULL;
  const char* address = port != NULL ? strchr(port + 1, ':') : NULL;
  if (address == NULL) { /* the library says what is wrong with it */
    if (out->length != 0) text_append(out, ",", 1);
    text_append_string(out, value);
    return;
  }
  for (const char* at = address; *at != '\0'; at += strcspn(at, ",")) {
    ++at; /* over the colon or comma before this address */
    if (out->length != 0) text_append(out, ",", 1);
    text_append(out, value, (size_t)(address - value) + 1);
    text_append(out, at, strcspn(at, ","));
  }
}

static void strip_line_ends(struct text* text, size_t from) {
  size_t to = from;
  for (size_t at = from; at < text->length; ++at) {
    if (text->data[at] != '\r' && text->data[at] != '\n' && text->data[at] != '\0') text->data[to++] = text->data[at];
  }
  text->length = to;
  if (text->data != NULL) text->data[to] = '\0';
}

/* What the library can send from where it is. A pipe is read here instead, and so are files of /proc, which say that
 * they are empty. */
static int is_file_with_content(const char* path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 && access(path, R_OK) == 0;
}

static int load_body_file(struct options* options) {
  const char* path = options->body_file;
  const char* problem = path != NULL ? text_append_file(&options->body, path, BODY_FILE_LIMIT) : NULL;
  options->body_file = NULL;
  return problem != NULL ? complain_file(path, problem) : 0;
}

int add_body(struct options* options, enum body_kind kind, const char* value) {
  size_t before = 0;
  int status = 0;
  if (options->body_kind != BODY_NONE && (options->body_kind == BODY_JSON) != (kind == BODY_JSON)) {
    return complain_usage("--json excludes -d and --data-binary", NULL);
  }
  if (options->body_kind == BODY_NONE && kind == BODY_BINARY && value[0] == '@' && is_file_with_content(value + 1)) {
    options->body_kind = kind;
    options->body_file = value + 1;
    return 0;
  }
  /* A file that is one piece of several can not be the body itself. */
  status = load_body_file(options);
  if (status != 0) return status;
  /* Several pieces of -d make one form; those of --json make one text. */
  if (options->body_kind != BODY_NONE && kind != BODY_JSON) text_append(&options->body, "&", 1);
  options->body_kind = kind;
  before = options->body.length;
  if (value[0] == '@') {
    const char* problem = text_append_file(&options->body, value + 1, BODY_FILE_LIMIT);
    if (problem != NULL) return complain_file(value + 1, problem);
    if (kind == BODY_FORM) strip_line_ends(&options->body, before);
  } else {
    text_append_string(&options->body, value);
  }
  return 0;
}
