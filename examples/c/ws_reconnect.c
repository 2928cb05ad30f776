/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * A conversation that goes on after its connection was lost: the server drops the first two in the middle of the answer.
 * A token is good for one connection, so on_reconnecting puts the next one into the handshake and asks again; it may not
 * block, so the tokens are there before they are needed. At the end the program says what was never sent. */
#define _POSIX_C_SOURCE 200809L
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: ws_reconnect [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n"
    "  $PEPPERPY_DEMO_DROPS  how many connections the server drops; default 2\n";

static const char question[] = "{\"type\": \"response.create\", \"input\": \"Tell me about pepper.\"}";

enum { TOKENS = 3 };

struct tokens {
  char values[TOKENS][64];
  int used;
};

static int32_t set_token(ppn_websocket* websocket, struct tokens* tokens, ppn_error** error) {
  char authorization[80];
  snprintf(authorization, sizeof authorization, "Bearer %s", tokens->values[tokens->used++]);
  return ppn_websocket_set_header(websocket, "Authorization", PPN_AUTO_LENGTH, authorization, PPN_AUTO_LENGTH, error);
}

static int32_t PPN_CALL on_reconnecting(void* user_data, ppn_websocket* websocket, int32_t attempt, int64_t delay_ms,
                                        int32_t code, const ppn_error* error) {
  struct tokens* tokens = user_data;
  (void)attempt, (void)delay_ms, (void)code, (void)error;
  /* Waits for the next connection; without one it is among what was not sent. */
  ppn_websocket_send(websocket, PPN_WEBSOCKET_JSON, question, PPN_AUTO_LENGTH, NULL);
  if (tokens->used == TOKENS) return PPN_CB_ABORT;
  return set_token(websocket, tokens, NULL) == PPN_OK ? PPN_CB_CONTINUE : PPN_CB_ABORT;
}

/* The key of the client goes with this request; the token takes its place in the handshakes. */
static int32_t fetch_token(ppn_client* client, char* out, size_t size, ppn_error** error) {
  static const char path[] = "/v1/realtime/client_secrets";
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  const char* value = NULL;
  int32_t status = ppn_request_new(client, "POST", PPN_AUTO_LENGTH, path, PPN_AUTO_LENGTH, &request, error);
  if (status == PPN_OK) status = ppn_request_send(request, &response, error);
  if (status == PPN_OK) status = ppn_response_check_status(response, error);
  if (status == PPN_OK) status = ppn_response_json_string(response, "/value", 6, &value, NULL, error);
  if (status == PPN_OK && snprintf(out, size, "%s", value) >= (int)size) status = PPN_E_INVALID_ARGUMENT;
  ppn_response_release(response);
  ppn_request_release(request);
  return status;
}

/* Print what an event brings. Returns 1 when the answer is whole. */
static int print_event(const ppn_event* message, int* connections) {
  size_t length = 0;
  const char *data = ppn_event_data(message, &length), *type = "", *text = NULL;
  ppn_json* event = NULL;
  if (ppn_json_parse(data, length, &event, NULL) != PPN_OK) return 0;
  if (ppn_json_string(event, "/type", PPN_AUTO_LENGTH, &type, NULL, NULL) != PPN_OK) type = "";
  const int finished = strcmp(type, "response.completed") == 0;
  if (strcmp(type, "session.created") == 0) {
    if (++*connections > 1) putchar('\n');
    printf("connection %d:", *connections);
  }
  if (ppn_json_string(event, "/delta", PPN_AUTO_LENGTH, &text, NULL, NULL) == PPN_OK) {
    printf("%s%s", *text != ' ' ? " " : "", text);
  }
  fflush(stdout);
  ppn_json_release(event);
  return finished;
}

static void print_unsent(ppn_websocket* websocket) {
  ppn_buffer* message = NULL;
  printf("%d message(s) not sent\n", (int)ppn_websocket_unsent_count(websocket));
  while (ppn_websocket_take_unsent(websocket, NULL, &message, NULL) == PPN_OK) {
    printf("  %.*s\n", (int)ppn_buffer_length(message), (const char*)ppn_buffer_data(message));
    ppn_buffer_release(message);
  }
}

static const char* setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  const char* value = argc > index ? argv[index] : getenv(variable);
  return value != NULL ? value : otherwise;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  if (argc > 4 || (argc > 1 && argv[1][0] == '-')) return fputs(usage, stderr), 1;
  const char* base = setting(argc, argv, 1, "PEPPERPY_DEMO_URL", "https://localhost:8443");
  const char* key = setting(argc, argv, 2, "PEPPERPY_DEMO_KEY", "demo-key");
  const char* ca_file = setting(argc, argv, 3, "PEPPERPY_DEMO_CA", "");
  const char* drops = setting(0, argv, 0, "PEPPERPY_DEMO_DROPS", "2");
  char path[128];
  int connections = 0, finished = 0;
  struct tokens tokens = {{{0}}, 0};
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_websocket* websocket = NULL;
  const ppn_event* message = NULL;
  ppn_error* error = NULL;
  int32_t status = PPN_OK;
  if ((status = ppn_config_new(&config, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_base_url(config, base, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_api_key(config, key, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_client_new(config, &client, &error)) != PPN_OK) goto done;
  for (int i = 0; i < TOKENS; ++i) {
    status = fetch_token(client, tokens.values[i], sizeof tokens.values[i], &error);
    if (status != PPN_OK) goto done;
  }
  snprintf(path, sizeof path, "/v1/realtime?drop=6&times=%.8s&key=%ld", drops, (long)getpid());
  if ((status = ppn_websocket_new(client, path, PPN_AUTO_LENGTH, &websocket, &error)) != PPN_OK) goto done;
  status = ppn_websocket_set_option(websocket, "websocket_reconnect", PPN_AUTO_LENGTH, "on", PPN_AUTO_LENGTH, &error);
  if (status != PPN_OK) goto done;
  status = ppn_websocket_set_callbacks(websocket, NULL, NULL, NULL, on_reconnecting, NULL, &tokens, NULL, &error);
  if (status != PPN_OK) goto done;
  if ((status = set_token(websocket, &tokens, &error)) != PPN_OK) goto done;
  if ((status = ppn_websocket_connect(websocket, &error)) != PPN_OK) goto done;
  if ((status = ppn_websocket_wait_open(websocket, -1, &error)) != PPN_OK) goto done; /* says why there is none */
  status = ppn_websocket_send(websocket, PPN_WEBSOCKET_JSON, question, PPN_AUTO_LENGTH, &error);
  if (status != PPN_OK) goto done;
  while ((status = ppn_websocket_next(websocket, -1, &message, &error)) == PPN_OK) {
    if (!print_event(message, &connections)) continue;
    finished = 1;
    if ((status = ppn_websocket_close(websocket, 1000, NULL, 0, &error)) != PPN_OK) goto done;
  }
  putchar('\n');
  print_unsent(websocket);
  if (status == PPN_END) status = finished ? PPN_OK : PPN_E_WS_CLOSED;
done:
  if (status != PPN_OK) {
    fflush(stdout);
    fprintf(stderr, "ws_reconnect: %s: %s\n", ppn_code_name(status),
            error != NULL ? ppn_error_message(error) : ppn_code_text(status));
  }
  ppn_error_release(error);
  ppn_websocket_release(websocket);
  ppn_client_release(client);
  ppn_config_release(config);
  return status == PPN_OK ? 0 : 1;
}
