#include "report.h"

#include <string.h>

#include "json.h"
#include "verbose.h"

typedef int32_t (*field_at_fn)(const ppn_response* response, size_t index, const char** name, size_t* name_length,
                               const char** value, size_t* value_length);

static void append_fields(struct text* out, const ppn_response* response, size_t count, field_at_fn field_at) {
  text_append_string(out, "[");
  for (size_t i = 0; i < count; ++i) {
    const char* name = NULL;
    const char* value = NULL;
    size_t name_length = 0;
    size_t value_length = 0;
    if (field_at(response, i, &name, &name_length, &value, &value_length) != PPN_OK) break;
    text_append_string(out, i == 0 ? "[" : ",[");
    json_string(out, name, name_length);
    text_append_string(out, ",");
    json_string(out, value, value_length);
    text_append_string(out, "]");
  }
  text_append_string(out, "]");
}

static void append_text_or_null(struct text* out, const char* text) {
  if (*text == '\0') {
    text_append_string(out, "null");
  } else {
    json_string(out, text, strlen(text));
  }
}

static void append_timings(struct text* out, const struct outcome* outcome) {
  text_append_string(out, "{");
  for (int i = 0; i < TIMING_COUNT; ++i) {
    double ms = outcome->response != NULL ? ppn_response_timing_ms(outcome->response, i) : -1;
    if (i == PPN_TIMING_TOTAL && ms < 0) ms = outcome->elapsed_ms;
    if (i != 0) text_append_string(out, ",");
    json_member(out, timing_names[i]);
    json_ms_or_null(out, ms);
  }
  text_append_string(out, "}");
}

static void append_error(struct text* out, const struct outcome* outcome) {
  const char* name = ppn_code_name(outcome->code);
  const char* message = outcome->error != NULL ? ppn_error_message(outcome->error) : ppn_code_text(outcome->code);
  const char* phase = outcome->error != NULL ? ppn_error_phase(outcome->error) : "none";
  if (outcome->code == PPN_OK) {
    text_append_string(out, "null");
    return;
  }
  text_append_string(out, "{");
  json_member(out, "code");
  json_string(out, name, strlen(name));
  text_append_string(out, ",");
  json_member(out, "number");
  json_integer(out, outcome->code);
  text_append_string(out, ",");
  json_member(out, "message");
  json_string(out, message, strlen(message));
  text_append_string(out, ",");
  json_member(out, "phase");
  json_string(out, phase, strlen(phase));
  text_append_string(out, ",");
  json_member(out, "retryable");
  json_boolean(out, ppn_error_is_retryable(outcome->error));
  text_append_string(out, ",");
  json_member(out, "retry_after_ms");
  json_integer_or_null(out, outcome->error != NULL ? ppn_error_retry_after_ms(outcome->error) : -1);
  text_append_string(out, ",");
  json_member(out, "attempts");
  json_integer(out, ppn_error_attempts(outcome->error));
  text_append_string(out, "}");
}

void append_report(struct text* out, const struct outcome* outcome, int with_body) {
  const ppn_response* response = outcome->response;
  const int32_t status = ppn_response_status(response);
  const int has_head = status != 0;
  text_append_string(out, "{");
  json_member(out, "url");
  json_string(out, outcome->url, strlen(outcome->url));
  text_append_string(out, ",");
  json_member(out, "status");
  json_integer_or_null(out, has_head ? status : -1);
  text_append_string(out, ",");
  json_member(out, "http_version");
  append_text_or_null(out, has_head ? ppn_response_http_version(response) : "");
  text_append_string(out, ",");
  json_member(out, "headers");
  append_fields(out, response, has_head ? ppn_response_header_count(response) : 0, ppn_response_header_at);
  text_append_string(out, ",");
  json_member(out, "trailers");
  append_fields(out, response, has_head ? ppn_response_trailer_count(response) : 0, ppn_response_trailer_at);
  text_append_string(out, ",");
  json_member(out, "body_bytes");
  json_integer(out, has_head ? (int64_t)ppn_response_body_bytes(response) : 0);
  text_append_string(out, ",");
  json_member(out, "reused");
  json_boolean(out, has_head && ppn_response_reused(response) != 0);
  text_append_string(out, ",");
  json_member(out, "attempts");
  json_integer(out, has_head ? ppn_response_attempts(response) : ppn_error_attempts(outcome->error));
  text_append_string(out, ",");
  json_member(out, "remote");
  append_text_or_null(out, has_head ? ppn_response_remote(response) : "");
  text_append_string(out, ",");
  json_member(out, "timings_ms");
  append_timings(out, outcome);
  text_append_string(out, ",");
  json_member(out, "error");
  append_error(out, outcome);
  if (with_body) {
    size_t length = 0;
    const uint8_t* body = has_head ? ppn_response_body(response, &length) : NULL;
    text_append_string(out, ",");
    json_member(out, "body_base64");
    text_append_string(out, "\"");
    text_append_base64(out, body, length);
    text_append_string(out, "\"");
  }
  text_append_string(out, "}\n");
}
