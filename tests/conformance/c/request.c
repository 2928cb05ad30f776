/* Replays one request: whole, or as a stream of events, lines or chunks. */
#include <string.h>

#include "plays.h"

#define REQUEST "/behaviours/%zu/request"

void play_url(const struct stage* stage, size_t index, const struct outcome* outcome, struct text* url) {
  const char* const whole = script_text(stage->script, REQUEST "/url", index);
  if (whole != NULL) {
    text_add_string(url, whole);
    return;
  }
  const char* const base = script_text(stage->script, REQUEST "/base", index);
  const char* const rest = script_text(stage->script, REQUEST "/path", index);
  const char* const from = base != NULL && strcmp(base, "http") == 0 ? stage->http_base : stage->https_base;
  const int is_websocket = outcome->is_websocket;
  if (is_websocket) text_add_string(url, "ws");
  text_add_string(url, is_websocket ? from + strlen("http") : from);
  text_add_string(url, "/");
  text_add_string(url, outcome->name);
  text_add_string(url, "/");
  text_add_string(url, outcome->run);
  if (rest != NULL) text_add_string(url, rest);
}

static int32_t describe(ppn_json* script, size_t index, ppn_request* request, ppn_error** error) {
  int32_t status = PPN_OK;
  const size_t headers = script_size(script, REQUEST "/headers", index);
  for (size_t i = 0; i < headers && status == PPN_OK; ++i) {
    const char* const name = script_text(script, REQUEST "/headers/%zu/0", index, i);
    const char* const value = script_text(script, REQUEST "/headers/%zu/1", index, i);
    status = ppn_request_add_header(request, name, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, error);
  }
  const size_t options = script_size(script, REQUEST "/request_options", index);
  for (size_t i = 0; i < options && status == PPN_OK; ++i) {
    const char* const name = script_text(script, REQUEST "/request_options/%zu/0", index, i);
    const char* const value = script_text(script, REQUEST "/request_options/%zu/1", index, i);
    status = ppn_request_set_option(request, name, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, error);
  }
  struct text body = {NULL, 0};
  const char* const json = script_text(script, REQUEST "/json", index);
  if (status == PPN_OK && json != NULL) {
    status = ppn_request_set_json(request, json, PPN_AUTO_LENGTH, error);
  } else if (status == PPN_OK && script_bytes(script, &body, REQUEST "/body", index)) {
    status = ppn_request_set_body(request, (const uint8_t*)body.bytes, body.length, error);
  }
  text_free(&body);
  return status;
}

static int32_t send_whole(ppn_json* script, size_t index, ppn_request* request, struct outcome* outcome) {
  int32_t status = ppn_request_send(request, &outcome->response, &outcome->error);
  if (status == PPN_OK && script_flag(script, REQUEST "/raise_for_status", index)) {
    status = ppn_response_check_status(outcome->response, &outcome->error);
  }
  return status;
}

static void add_event(struct text* list, const ppn_event* event) {
  size_t type_length = 0;
  size_t data_length = 0;
  size_t id_length = 0;
  const char* const type = ppn_event_type(event, &type_length);
  const char* const data = ppn_event_data(event, &data_length);
  const char* const id = ppn_event_id(event, &id_length);
  text_add_string(list, "{\"type\":");
  text_add_json(list, type, type_length);
  text_add_string(list, ",\"data\":");
  text_add_json(list, data, data_length);
  text_add_string(list, ",\"id\":");
  text_add_json(list, id, id_length);
  text_format(list, ",\"retry_ms\":%lld}", (long long)ppn_event_retry_ms(event));
}

static void take_piece(struct outcome* outcome, int32_t kind, const ppn_event* piece) {
  size_t length = 0;
  const char* const data = ppn_event_data(piece, &length);
  if (kind == PPN_STREAM_CHUNKS) {
    text_add(&outcome->body, data, length);
  } else if (kind == PPN_STREAM_LINES) {
    outcome_begin_element(&outcome->lines);
    text_add_json(&outcome->lines, data, length);
  } else {
    outcome_begin_element(&outcome->events);
    add_event(&outcome->events, piece);
  }
}

static int32_t read_stream(ppn_request* request, int32_t kind, struct outcome* outcome) {
  ppn_stream* stream = NULL;
  const ppn_event* piece = NULL;
  outcome->is_chunks = kind == PPN_STREAM_CHUNKS;
  int32_t status = ppn_stream_open(request, kind, &stream, &outcome->error);
  if (status != PPN_OK) return status;
  while ((status = ppn_stream_next(stream, -1, &piece, &outcome->error)) == PPN_OK) take_piece(outcome, kind, piece);
  ppn_stream_response(stream, 0, &outcome->response, NULL);
  size_t length = 0;
  const char* const id = ppn_stream_last_event_id(stream, &length);
  if (length < sizeof outcome->last_event_id) memcpy(outcome->last_event_id, id, length + 1);
  outcome->reconnect_ms = ppn_stream_retry_ms(stream);
  ppn_stream_release(stream);
  return status == PPN_END ? PPN_OK : status;
}

int32_t play_request(const struct stage* stage, size_t index, ppn_client* client, struct outcome* outcome) {
  ppn_json* const script = stage->script;
  const char* const method = script_text(script, REQUEST "/method", index);
  const char* const kind = script_text(script, REQUEST "/kind", index);
  struct text url = {NULL, 0};
  ppn_request* request = NULL;
  play_url(stage, index, outcome, &url);
  int32_t status = ppn_request_new(client, method != NULL ? method : "GET", PPN_AUTO_LENGTH, url.bytes, url.length,
                                   &request, &outcome->error);
  text_free(&url);
  if (status == PPN_OK) status = describe(script, index, request, &outcome->error);
  if (status != PPN_OK) {
    /* nothing was sent */
  } else if (kind == NULL || strcmp(kind, "unary") == 0) {
    status = send_whole(script, index, request, outcome);
  } else {
    const int32_t stream_kind = strcmp(kind, "events") == 0  ? PPN_STREAM_EVENTS
                                : strcmp(kind, "lines") == 0 ? PPN_STREAM_LINES
                                                             : PPN_STREAM_CHUNKS;
    status = read_stream(request, stream_kind, outcome);
  }
  ppn_request_release(request);
  return status;
}
