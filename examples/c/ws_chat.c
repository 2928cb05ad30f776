/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * A conversation over a WebSocket: a question is sent, its answer is printed word by word as the events come, then the
 * next question follows over the same connection. An answer that a lost connection has cut is an error here; ws_reconnect
 * shows how to go on. */
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: ws_chat [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

static const char* const questions[] = {"Say something about pepper.", "And about salt?"};
enum { QUESTIONS = sizeof questions / sizeof *questions };

/* The questions are plain words; others would have to be escaped (RFC 8259 7). */
static int32_t ask(ppn_websocket* websocket, const char* question, ppn_error** error) {
  char event[256];
  const int length = snprintf(event, sizeof event, "{\"type\": \"response.create\", \"input\": \"%s\"}", question);
  printf("> %s\n", question);
  return ppn_websocket_send(websocket, PPN_WEBSOCKET_JSON, event, (size_t)length, error);
}

static int has_text(ppn_json* event, const char* pointer, const char* expected) {
  const char* text = NULL;
  size_t length = 0;
  if (ppn_json_string(event, pointer, PPN_AUTO_LENGTH, &text, &length, NULL) != PPN_OK) return 0;
  return length == strlen(expected) && memcmp(text, expected, length) == 0;
}

static void print_text(FILE* file, ppn_json* event, const char* pointer) {
  const char* text = NULL;
  size_t length = 0;
  if (ppn_json_string(event, pointer, PPN_AUTO_LENGTH, &text, &length, NULL) == PPN_OK) fwrite(text, 1, length, file);
  fflush(file);
}

/* What one message of the server leads to. Returns PPN_OK to go on. */
static int32_t take_event(ppn_websocket* websocket, const ppn_event* message, int* answered, ppn_error** error) {
  size_t length = 0;
  const char* data = ppn_event_data(message, &length);
  ppn_json* event = NULL;
  int32_t status = ppn_json_parse(data, length, &event, error);
  if (status != PPN_OK) return status;
  if (has_text(event, "/type", "response.output_text.delta")) {
    print_text(stdout, event, "/delta");
  } else if (has_text(event, "/type", "response.completed")) {
    putchar('\n');
    ++*answered;
    status = *answered < QUESTIONS ? ask(websocket, questions[*answered], error)
                                   : ppn_websocket_close(websocket, 1000, NULL, 0, error);
  } else if (has_text(event, "/type", "error")) {
    print_text(stderr, event, "/error/message");
    fputc('\n', stderr);
    status = PPN_E_INVALID_ARGUMENT;
  } /* else a type of no interest: a server may add some */
  ppn_json_release(event);
  return status;
}

static const char* setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = getenv(variable);
  return value != NULL ? value : otherwise;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  if (argc > 4 || (argc > 1 && argv[1][0] == '-')) return fputs(usage, stderr), 1;
  const char* base = setting(argc, argv, 1, "PEPPERPY_DEMO_URL", "https://localhost:8443");
  const char* key = setting(argc, argv, 2, "PEPPERPY_DEMO_KEY", "demo-key");
  const char* ca_file = setting(argc, argv, 3, "PEPPERPY_DEMO_CA", "");
  int answered = 0;
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_websocket* websocket = NULL;
  const ppn_event* message = NULL;
  ppn_error* error = NULL;
  int32_t status = ppn_config_new(&config, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_config_set_base_url(config, base, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_api_key(config, key, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  status = ppn_config_set(config, "websocket_reconnect", PPN_AUTO_LENGTH, "off", PPN_AUTO_LENGTH, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_client_new(config, &client, &error)) != PPN_OK) goto done;
  status = ppn_websocket_new(client, "/v1/realtime", PPN_AUTO_LENGTH, &websocket, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_websocket_connect(websocket, &error)) != PPN_OK) goto done;
  if ((status = ppn_websocket_wait_open(websocket, -1, &error)) != PPN_OK) goto done; /* says why there is none */
  if ((status = ask(websocket, questions[0], &error)) != PPN_OK) goto done;
  /* -1: no timeout of our own; pings find out when the server has gone. */
  while ((status = ppn_websocket_next(websocket, -1, &message, &error)) == PPN_OK) {
    if ((status = take_event(websocket, message, &answered, &error)) != PPN_OK) goto done;
  }
  if (status == PPN_END) status = answered == QUESTIONS ? PPN_OK : PPN_E_WS_CLOSED;
done:
  if (status != PPN_OK) {
    fflush(stdout);
    fprintf(stderr, "ws_chat: %s: %s\n", ppn_code_name(status),
            error != NULL ? ppn_error_message(error) : ppn_code_text(status));
  }
  ppn_error_release(error);
  ppn_websocket_release(websocket);
  ppn_client_release(client);
  ppn_config_release(config);
  return status == PPN_OK ? 0 : 1;
}
