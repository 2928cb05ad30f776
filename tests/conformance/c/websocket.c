/* Replays one WebSocket: what it sends and receives, then what it still receives until its end. */
#include <string.h>

#include "plays.h"

#define WEBSOCKET "/behaviours/%zu/request/websocket"

static int32_t receive(ppn_websocket* websocket, struct outcome* outcome) {
  const ppn_event* message = NULL;
  const int32_t status = ppn_websocket_next(websocket, -1, &message, &outcome->error);
  if (status != PPN_OK) return status;
  size_t length = 0;
  size_t type_length = 0;
  const char* const data = ppn_event_data(message, &length);
  const char* const type = ppn_event_type(message, &type_length);
  outcome_begin_element(&outcome->messages);
  text_add_string(&outcome->messages, "[");
  text_add_json(&outcome->messages, type, type_length);
  text_add_string(&outcome->messages, ",");
  if (type_length == strlen("text")) {
    text_add_json(&outcome->messages, data, length);
  } else {
    text_add_base64(&outcome->messages, (const uint8_t*)data, length);
  }
  text_add_string(&outcome->messages, "]");
  return PPN_OK;
}

static int32_t send(ppn_json* script, size_t index, size_t action, const char* member, int32_t kind,
                    ppn_websocket* websocket, ppn_error** error, int* was) {
  struct text data = {NULL, 0};
  int32_t status = PPN_OK;
  *was = script_bytes(script, &data, WEBSOCKET "/actions/%zu/%s", index, action, member);
  if (*was) status = ppn_websocket_send(websocket, kind, data.bytes, data.length, error);
  text_free(&data);
  return status;
}

static int32_t act(ppn_json* script, size_t index, size_t action, ppn_websocket* websocket, struct outcome* outcome) {
  static const struct {
    const char* member;
    int32_t kind;
  } sends[] = {{"send", PPN_WEBSOCKET_TEXT}, {"send_binary", PPN_WEBSOCKET_BINARY}, {"send_json", PPN_WEBSOCKET_JSON}};
  for (size_t i = 0; i < sizeof sends / sizeof sends[0]; ++i) {
    int was = 0;
    const int32_t status =
        send(script, index, action, sends[i].member, sends[i].kind, websocket, &outcome->error, &was);
    if (was) return status;
  }
  const int64_t close = script_number(script, -1, WEBSOCKET "/actions/%zu/close", index, action);
  if (close >= 0) {
    const char* const reason = script_text(script, WEBSOCKET "/actions/%zu/reason", index, action);
    return ppn_websocket_close(websocket, (int32_t)close, reason, reason != NULL ? PPN_AUTO_LENGTH : 0,
                               &outcome->error);
  }
  int32_t status = PPN_OK;
  int64_t count = script_number(script, 0, WEBSOCKET "/actions/%zu/receive", index, action);
  while (count-- > 0 && status == PPN_OK) status = receive(websocket, outcome);
  return status;
}

static int32_t describe(ppn_json* script, size_t index, ppn_websocket* websocket, ppn_error** error) {
  int32_t status = PPN_OK;
  const size_t headers = script_size(script, "/behaviours/%zu/request/headers", index);
  for (size_t i = 0; i < headers && status == PPN_OK; ++i) {
    const char* const name = script_text(script, "/behaviours/%zu/request/headers/%zu/0", index, i);
    const char* const value = script_text(script, "/behaviours/%zu/request/headers/%zu/1", index, i);
    status = ppn_websocket_set_header(websocket, name, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, error);
  }
  const size_t protocols = script_size(script, WEBSOCKET "/subprotocols", index);
  for (size_t i = 0; i < protocols && status == PPN_OK; ++i) {
    const char* const name = script_text(script, WEBSOCKET "/subprotocols/%zu", index, i);
    status = ppn_websocket_add_subprotocol(websocket, name, PPN_AUTO_LENGTH, error);
  }
  return status;
}

static void look(ppn_websocket* websocket, struct outcome* outcome) {
  size_t length = 0;
  const char* text = ppn_websocket_subprotocol(websocket, &length);
  text_add(&outcome->subprotocol, text, length);
  outcome->close_code = ppn_websocket_close_code(websocket);
  text = ppn_websocket_close_reason(websocket, &length);
  text_add(&outcome->close_reason, text, length);
  ppn_websocket_response(websocket, &outcome->response, NULL);
}

int32_t play_websocket(const struct stage* stage, size_t index, ppn_client* client, struct outcome* outcome) {
  ppn_json* const script = stage->script;
  struct text url = {NULL, 0};
  ppn_websocket* websocket = NULL;
  play_url(stage, index, outcome, &url);
  int32_t status = ppn_websocket_new(client, url.bytes, url.length, &websocket, &outcome->error);
  text_free(&url);
  if (status == PPN_OK) status = describe(script, index, websocket, &outcome->error);
  if (status == PPN_OK) status = ppn_websocket_connect(websocket, &outcome->error);
  if (status == PPN_OK) {
    /* PPN_END: it was open and has ended; what came can still be read. */
    status = ppn_websocket_wait_open(websocket, -1, &outcome->error);
    if (status == PPN_END) status = PPN_OK;
    const size_t actions = script_size(script, WEBSOCKET "/actions", index);
    for (size_t i = 0; i < actions && status == PPN_OK; ++i) status = act(script, index, i, websocket, outcome);
    while (status == PPN_OK) status = receive(websocket, outcome);
    if (status == PPN_END) status = ppn_websocket_wait_closed(websocket, -1, &outcome->error);
    look(websocket, outcome);
  }
  ppn_websocket_release(websocket);
  return status;
}
