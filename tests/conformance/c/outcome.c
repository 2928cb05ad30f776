#include "outcome.h"

#include <stdio.h>
#include <string.h>

/* The class of exceptions that a code is in the languages that have them. */
static const char* kind_of(int32_t code) {
#define PPNB_ERROR(of, kind) \
  if (code == (of)) return #kind;
#include "errors.i"
  return code == PPN_OK ? "NONE" : "NETWORK";
}

static const char* const sent_words[] = {"none", "partial", "full"};

void outcome_begin_element(struct text* list) {
  if (list->length > 0) text_add_string(list, ",");
}

static void add_member(struct text* line, const char* name, const char* value) {
  text_format(line, ",\"%s\":", name);
  text_add_json(line, value, strlen(value));
}

static void add_list(struct text* line, const char* name, const struct text* elements) {
  text_format(line, ",\"%s\":[", name);
  text_add(line, elements->bytes, elements->length);
  text_add_string(line, "]");
}

typedef int32_t(PPN_CALL* field_at)(const ppn_response*, size_t, const char**, size_t*, const char**, size_t*);

static void add_fields(struct text* line, const char* name, const ppn_response* response, size_t count, field_at at) {
  text_format(line, ",\"%s\":[", name);
  for (size_t i = 0; i < count; ++i) {
    const char* texts[2] = {NULL, NULL};
    size_t lengths[2] = {0, 0};
    at(response, i, &texts[0], &lengths[0], &texts[1], &lengths[1]);
    text_add_string(line, i == 0 ? "[" : ",[");
    text_add_json(line, texts[0], lengths[0]);
    text_add_string(line, ",");
    text_add_json(line, texts[1], lengths[1]);
    text_add_string(line, "]");
  }
  text_add_string(line, "]");
}

static void add_attempts(struct text* line, const struct outcome* outcome) {
  const ppn_error* const error = outcome->error;
  const ppn_response* const response = outcome->is_websocket ? NULL : outcome->response;
  const int32_t attempts = error != NULL ? ppn_error_attempts(error) : ppn_response_attempts(response);
  const size_t known = error != NULL ? ppn_error_attempt_count(error) : ppn_response_attempt_count(response);
  text_format(line, ",\"attempts\":%d,\"attempt_codes\":[", (int)(outcome->is_websocket ? 0 : attempts));
  for (size_t i = 0; i < known && !outcome->is_websocket; ++i) {
    const int64_t code = error != NULL ? ppn_error_attempt_int64(error, i, PPN_ATTEMPT_CODE)
                                       : ppn_response_attempt_int64(response, i, PPN_ATTEMPT_CODE);
    text_format(line, "%s\"%s\"", i == 0 ? "" : ",", ppn_code_name((int32_t)code));
  }
  text_add_string(line, "]");
}

static void add_error(struct text* line, const struct outcome* outcome) {
  const ppn_error* const error = outcome->error;
  text_format(line, ",\"code\":\"%s\",\"kind\":\"%s\"", ppn_code_name(outcome->code), kind_of(outcome->code));
  add_member(line, "phase", error != NULL ? ppn_error_phase(error) : "none");
  text_format(line, ",\"retryable\":%s", ppn_error_is_retryable(error) ? "true" : "false");
  text_format(line, ",\"retry_after_ms\":%lld", error != NULL ? (long long)ppn_error_retry_after_ms(error) : -1LL);
  add_member(line, "sent", sent_words[error != NULL ? ppn_error_sent(error) : 0]);
  text_format(line, ",\"error_status\":%d", (int)ppn_error_http_status(error));
  text_format(line, ",\"stream_status\":%d", (int)ppn_error_stream_status(error));
  add_member(line, "provider_code", ppn_error_provider_code(error));
  add_member(line, "provider_type", ppn_error_provider_type(error));
  add_member(line, "provider_message", ppn_error_provider_message(error));
  add_member(line, "request_id", ppn_error_request_id(error));
}

static void add_response(struct text* line, const struct outcome* outcome) {
  const ppn_response* const response = outcome->response;
  const size_t headers = outcome->is_websocket ? 0 : ppn_response_header_count(response);
  text_format(line, ",\"status\":%d", (int)ppn_response_status(response));
  add_fields(line, "headers", response, headers, ppn_response_header_at);
  add_fields(line, "trailers", response, ppn_response_trailer_count(response), ppn_response_trailer_at);
  text_add_string(line, ",\"body\":");
  if (outcome->is_chunks && outcome->body.length > 0) {
    text_add_base64(line, (const uint8_t*)outcome->body.bytes, outcome->body.length);
  } else {
    size_t length = 0;
    const uint8_t* const body = ppn_response_body(response, &length);
    text_add_base64(line, body, body != NULL ? length : 0);
  }
}

void outcome_print(const struct outcome* outcome) {
  struct text line = {NULL, 0};
  text_add_string(&line, "{\"name\":");
  text_add_json(&line, outcome->name, strlen(outcome->name));
  add_member(&line, "run", outcome->run);
  add_error(&line, outcome);
  add_attempts(&line, outcome);
  add_response(&line, outcome);
  add_list(&line, "events", &outcome->events);
  add_list(&line, "lines", &outcome->lines);
  add_list(&line, "messages", &outcome->messages);
  add_member(&line, "last_event_id", outcome->last_event_id);
  text_format(&line, ",\"reconnect_ms\":%lld", (long long)outcome->reconnect_ms);
  text_format(&line, ",\"close_code\":%d,\"close_reason\":", (int)outcome->close_code);
  text_add_json(&line, outcome->close_reason.bytes, outcome->close_reason.length);
  text_add_string(&line, ",\"subprotocol\":");
  text_add_json(&line, outcome->subprotocol.bytes, outcome->subprotocol.length);
  text_add_string(&line, "}\n");
  fwrite(line.bytes, 1, line.length, stdout);
  fflush(stdout);
  text_free(&line);
}

void outcome_free(struct outcome* outcome) {
  ppn_error_release(outcome->error);
  ppn_response_release(outcome->response);
  text_free(&outcome->body);
  text_free(&outcome->events);
  text_free(&outcome->lines);
  text_free(&outcome->messages);
  text_free(&outcome->close_reason);
  text_free(&outcome->subprotocol);
}
