#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_same_name(const char* a, size_t a_length, const char* b) {
  if (a_length != strlen(b)) return 0;
  for (size_t i = 0; i < a_length; ++i) {
    const char x = a[i] >= 'A' && a[i] <= 'Z' ? (char)(a[i] | 0x20) : a[i];
    const char y = b[i] >= 'A' && b[i] <= 'Z' ? (char)(b[i] | 0x20) : b[i];
    if (x != y) return 0;
  }
  return 1;
}

static int is_blank(char c) {
  return c == ' ' || c == '\t';
}

/* The argument of -H as name and value; the blanks around the value are not part of it (RFC 9110 5.5). */
static size_t split_header(const char* argument, const char** value, size_t* value_length) {
  const char* colon = strchr(argument, ':');
  if (colon == NULL) {
    *value = "";
    *value_length = 0;
    return strlen(argument) - 1; /* "Name;" */
  }
  *value = colon + 1;
  while (is_blank(**value)) ++*value;
  *value_length = strlen(*value);
  while (*value_length > 0 && is_blank((*value)[*value_length - 1])) --*value_length;
  return (size_t)(colon - argument);
}

static int has_header(const struct options* options, const char* name) {
  for (size_t i = 0; i < options->headers.count; ++i) {
    const char* value = NULL;
    size_t value_length = 0;
    const size_t name_length = split_header(options->headers.items[i], &value, &value_length);
    if (is_same_name(options->headers.items[i], name_length, name)) return 1;
  }
  return 0;
}

static int32_t apply_setting(ppn_config* config, const struct setting* setting, ppn_error** error) {
  if (setting->name == NULL) {
    /* An empty file is no JSON either; the library says so. */
    return ppn_config_set_json(config, setting->text.data != NULL ? setting->text.data : "", setting->text.length,
                               error);
  }
  return ppn_config_set(config, setting->name, setting->name_length, setting->text.data, setting->text.length, error);
}

static int32_t raise_to(ppn_config* config, const char* name, uint64_t count, ppn_error** error) {
  char digits[24];
  const int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
  const char* now = NULL;
  const int32_t status = ppn_config_get(config, name, PPN_AUTO_LENGTH, &now, NULL, error);
  if (status != PPN_OK || strtoull(now, NULL, 10) >= count) return status;
  return ppn_config_set(config, name, PPN_AUTO_LENGTH, digits, (size_t)length, error);
}

/* Room for as many connections as bench has in flight; what the user sets comes later and wins. */
static int32_t make_room(ppn_config* config, uint64_t in_flight, ppn_error** error) {
  const int32_t status = raise_to(config, "max_connections", in_flight, error);
  return status == PPN_OK ? raise_to(config, "max_connections_per_origin", in_flight, error) : status;
}

/* As curl, the command shows a redirect unless -L says to follow it, 50 at most. */
static int32_t set_redirects(ppn_config* config, const struct options* options, ppn_error** error) {
  const char* most = options->max_redirects != NULL ? options->max_redirects : "50";
  return ppn_config_set(config, "max_redirects", PPN_AUTO_LENGTH, options->location ? most : "0", PPN_AUTO_LENGTH,
                        error);
}

/* Whether the environment says how often to retry. What is no number there is refused by the library, or ignored. */
static int environment_has_retries(void) {
  const char* value = getenv("PEPPERPY_NETWORK_MAX_RETRIES");
  size_t digits = 0;
  if (value == NULL) return 0;
  value += strspn(value, " \t");
  digits = strspn(value, "0123456789");
  return digits > 0 && value[digits + strspn(value + digits, " \t")] == '\0';
}

static int is_set_to(ppn_config* config, const char* name, const char* expected) {
  const char* value = NULL;
  return ppn_config_get(config, name, PPN_AUTO_LENGTH, &value, NULL, NULL) == PPN_OK && strcmp(value, expected) == 0;
}

/* The configuration that the command line asks for, with or without the retries that the library would make. */
static int32_t configure(const struct options* options, int keeps_retries, ppn_config** out, ppn_error** error) {
  int32_t status = ppn_config_new(out, error);
  if (status == PPN_OK && !keeps_retries) {
    status = ppn_config_set(*out, "max_retries", PPN_AUTO_LENGTH, "0", PPN_AUTO_LENGTH, error);
  }
  /* ppn ws reads messages one by one, and for that the library would open a lost connection again. */
  if (status == PPN_OK) {
    status = ppn_config_set(*out, "websocket_reconnect", PPN_AUTO_LENGTH, "off", PPN_AUTO_LENGTH, error);
  }
  if (status == PPN_OK) status = set_redirects(*out, options, error);
  if (status == PPN_OK && options->bench_in_flight != 0) status = make_room(*out, options->bench_in_flight, error);
  for (size_t i = 0; status == PPN_OK && i < options->setting_count; ++i) {
    status = apply_setting(*out, &options->settings[i], error);
  }
  return status;
}

/* As curl, the command tries once unless it is asked for more. Only the whole command line tells whether the environment
 * counts, so the environment's number of retries comes with a configuration of its own. */
int32_t session_client(const struct options* options, ppn_client** out, ppn_error** error) {
  ppn_config* config = NULL;
  int32_t status = configure(options, 0, &config, error);
  if (status == PPN_OK && environment_has_retries() && is_set_to(config, "trust_env", "true")) {
    ppn_config_release(config);
    config = NULL;
    status = configure(options, 1, &config, error);
  }
  if (status == PPN_OK) status = ppn_client_new(config, out, error);
  ppn_config_release(config);
  return status;
}

const char* session_method(const struct options* options) {
  if (options->method != NULL) return options->method;
  return options->body_kind != BODY_NONE ? "POST" : "GET";
}

static int32_t add_unless_given(const struct options* options, session_header_fn add, void* user_data, const char* name,
                                const char* value) {
  if (has_header(options, name)) return PPN_OK;
  return add(user_data, name, strlen(name), value, strlen(value));
}

/* RFC 7617 section 2. */
static int32_t add_basic_credentials(const struct options* options, session_header_fn add, void* user_data) {
  struct text value = {NULL, 0, 0};
  int32_t status = PPN_OK;
  text_append_string(&value, "Basic ");
  text_append_base64(&value, options->user, strlen(options->user));
  status = add_unless_given(options, add, user_data, "Authorization", value.data);
  text_free(&value);
  return status;
}

int32_t session_each_header(const struct options* options, session_header_fn add, void* user_data) {
  int32_t status = PPN_OK;
  if (options->user != NULL) status = add_basic_credentials(options, add, user_data);
  if (status == PPN_OK && (options->body_kind == BODY_FORM || options->body_kind == BODY_BINARY)) {
    status = add_unless_given(options, add, user_data, "Content-Type", "application/x-www-form-urlencoded");
  }
  if (status == PPN_OK && options->body_kind == BODY_JSON) {
    status = add_unless_given(options, add, user_data, "Content-Type", "application/json");
    /* A stream of events asks for its own media type. */
    if (status == PPN_OK && options->stream_kind != STREAM_SSE && !options->bench_stream) {
      status = add_unless_given(options, add, user_data, "Accept", "application/json");
    }
  }
  for (size_t i = 0; status == PPN_OK && i < options->headers.count; ++i) {
    const char* value = NULL;
    size_t value_length = 0;
    const size_t name_length = split_header(options->headers.items[i], &value, &value_length);
    status = add(user_data, options->headers.items[i], name_length, value, value_length);
  }
  return status;
}

struct request_and_error {
  ppn_request* request;
  ppn_error** error;
};

static int32_t add_to_request(void* user_data, const char* name, size_t name_length, const char* value,
                              size_t value_length) {
  struct request_and_error* target = user_data;
  return ppn_request_add_header(target->request, name, name_length, value, value_length, target->error);
}

static int32_t set_body(const struct options* options, ppn_request* request, ppn_error** error) {
  if (options->body_kind == BODY_NONE) return PPN_OK;
  if (options->body_file != NULL) {
    return ppn_request_set_body_file(request, options->body_file, PPN_AUTO_LENGTH, error);
  }
  if (options->body_kind == BODY_JSON) {
    return ppn_request_set_json(request, options->body.data != NULL ? options->body.data : "", options->body.length,
                                error);
  }
  return ppn_request_set_body(request, (const uint8_t*)options->body.data, options->body.length, error);
}

int32_t session_request(const struct options* options, ppn_client* client, const char* url, ppn_request** out,
                        ppn_error** error) {
  struct request_and_error target = {NULL, error};
  int32_t status =
      ppn_request_new(client, session_method(options), PPN_AUTO_LENGTH, url, PPN_AUTO_LENGTH, &target.request, error);
  if (status == PPN_OK) status = session_each_header(options, add_to_request, &target);
  if (status == PPN_OK) status = set_body(options, target.request, error);
  if (status == PPN_OK) {
    *out = target.request;
    return PPN_OK;
  }
  ppn_request_release(target.request);
  return status;
}
