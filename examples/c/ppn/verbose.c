#include "verbose.h"

#include <stdio.h>
#include <string.h>

#include "session.h"

const char* const timing_names[] = {"pool", "dns", "connect", "tls", "send", "first_byte", "body", "total"};

static void print_log_line(void* user_data, int32_t level, const char* text, size_t length) {
  (void)user_data;
  (void)level;
  (void)length;
  fprintf(stderr, "* %s\n", text);
}

void verbose_start(void) {
  ppn_error* error = NULL;
  if (ppn_log_set_sink(PPN_LOG_INFO, print_log_line, NULL, NULL, &error) != PPN_OK) {
    fprintf(stderr, "* no log lines: %s\n", ppn_error_message(error));
  }
  ppn_error_release(error);
}

/* Whether a request header with this name is known to hold nothing secret. */
static int is_harmless_request_header(const char* name, size_t length) {
  static const char* const names[] = {"accept",          "accept-encoding",
                                      "accept-language", "cache-control",
                                      "content-type",    "content-encoding",
                                      "if-match",        "if-none-match",
                                      "range",           "if-modified-since",
                                      "user-agent",      "last-event-id",
                                      "x-request-id",    NULL};
  for (const char* const* harmless = names; *harmless != NULL; ++harmless) {
    size_t i = 0;
    while (i < length && (name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i]) == (*harmless)[i]) ++i;
    if (i == length && (*harmless)[i] == '\0') return 1;
  }
  return 0;
}

/* Header values may hold any byte above 0x7f; a terminal must not take orders from a server. */
static void append_line(struct text* out, const char* mark, int hidden, const char* name, size_t name_length,
                        const char* value, size_t value_length) {
  text_append_string(out, mark);
  text_append(out, name, name_length);
  text_append_string(out, ": ");
  if (hidden) {
    text_append_string(out, "***");
  } else {
    for (size_t i = 0; i < value_length; ++i) {
      const unsigned char byte = (unsigned char)value[i];
      text_append(out, byte < 0x20 || byte == 0x7f ? "?" : value + i, 1);
    }
  }
  text_append_string(out, "\n");
}

static int32_t append_request_header(void* user_data, const char* name, size_t name_length, const char* value,
                                     size_t value_length) {
  /* Any name may be that of a key: what was typed is hidden unless its name says that it is none. */
  append_line(user_data, "> ", !is_harmless_request_header(name, name_length), name, name_length, value, value_length);
  return PPN_OK;
}

void verbose_request(const struct options* options, const char* url) {
  ppn_buffer* redacted = NULL;
  struct text out = {NULL, 0, 0};
  const char* target = NULL;
  const char* authority = NULL;
  size_t authority_length = 0;
  if (ppn_redact_url(url, PPN_AUTO_LENGTH, &redacted, NULL) != PPN_OK) return;
  target = (const char*)ppn_buffer_data(redacted);
  authority = strstr(target, "://");
  authority = authority != NULL ? authority + 3 : target;
  authority_length = strcspn(authority, "/?");
  text_append_string(&out, "> ");
  text_append_string(&out, session_method(options));
  text_append_string(&out, authority[authority_length] == '/' ? " " : " /");
  text_append_string(&out, authority + authority_length);
  text_append_string(&out, " HTTP/1.1\n> Host: ");
  text_append(&out, authority, authority_length);
  text_append_string(&out, "\n");
  session_each_header(options, append_request_header, &out);
  text_append_string(&out, ">\n");
  fputs(out.data, stderr);
  text_free(&out);
  ppn_buffer_release(redacted);
}

void verbose_head(const ppn_response* response) {
  struct text out = {NULL, 0, 0};
  char line[96];
  if (ppn_response_status(response) == 0) return;
  snprintf(line, sizeof line, "< %s %d\n", ppn_response_http_version(response), (int)ppn_response_status(response));
  text_append_string(&out, line);
  for (size_t i = 0; i < ppn_response_header_count(response); ++i) {
    const char* name = NULL;
    const char* value = NULL;
    size_t name_length = 0;
    size_t value_length = 0;
    if (ppn_response_header_at(response, i, &name, &name_length, &value, &value_length) != PPN_OK) break;
    append_line(&out, "< ", ppn_header_is_sensitive(name, name_length), name, name_length, value, value_length);
  }
  text_append_string(&out, "<\n");
  fputs(out.data, stderr);
  text_free(&out);
}

void verbose_end(const ppn_response* response) {
  struct text out = {NULL, 0, 0};
  char line[96];
  if (ppn_response_status(response) == 0) return;
  text_append_string(&out, "* ");
  text_append_string(&out, ppn_response_remote(response));
  if (ppn_response_tls_version(response)[0] != '\0') {
    text_append_string(&out, ", ");
    text_append_string(&out, ppn_response_tls_version(response));
    text_append_string(&out, " ");
    text_append_string(&out, ppn_response_tls_cipher(response));
    if (ppn_response_tls_resumed(response)) text_append_string(&out, " resumed");
    if (!ppn_response_tls_verified(response)) text_append_string(&out, " NOT VERIFIED");
  }
  text_append_string(&out, ppn_response_reused(response) ? ", reused connection;" : ", new connection;");
  for (int i = 0; i < TIMING_COUNT; ++i) {
    const double ms = ppn_response_timing_ms(response, i);
    if (ms < 0) continue;
    snprintf(line, sizeof line, " %s %.1f ms", timing_names[i], ms);
    text_append_string(&out, line);
  }
  text_append_string(&out, "\n");
  fputs(out.data, stderr);
  text_free(&out);
}
