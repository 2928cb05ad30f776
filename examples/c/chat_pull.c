/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * A chat completion whose tokens are pulled: this thread asks for the next event when it wants one, and the library
 * stops reading the socket when nobody asks. A stream without its [DONE] was cut short, however well the connection
 * ended: that is an error here. */
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: chat_pull [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

static const char question[] =
    "{\"model\": \"demo\", \"stream\": true, "
    "\"messages\": [{\"role\": \"user\", \"content\": \"Say something about pepper.\"}]}";

/* Print the token that an event brings. Events without one (the role, the reason of the end) are no error. */
static void print_content(const char* data, size_t length) {
  ppn_json* json = NULL;
  const char* token = NULL;
  size_t token_length = 0;
  if (ppn_json_parse(data, length, &json, NULL) == PPN_OK &&
      ppn_json_string(json, "/choices/0/delta/content", PPN_AUTO_LENGTH, &token, &token_length, NULL) == PPN_OK) {
    fwrite(token, 1, token_length, stdout);
    fflush(stdout);
  }
  ppn_json_release(json);
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
  char url[1024];
  char authorization[512];
  int finished = 0;
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_request* request = NULL;
  ppn_stream* stream = NULL;
  const ppn_event* event = NULL;
  ppn_error* error = NULL;
  int32_t status = PPN_E_INVALID_ARGUMENT;
  if (snprintf(url, sizeof url, "%s/v1/chat/completions", base) >= (int)sizeof url) goto done;
  if (snprintf(authorization, sizeof authorization, "Bearer %s", key) >= (int)sizeof authorization) goto done;

  if ((status = ppn_config_new(&config, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_client_new(config, &client, &error)) != PPN_OK) goto done;
  status = ppn_request_new(client, "POST", PPN_AUTO_LENGTH, url, PPN_AUTO_LENGTH, &request, &error);
  if (status != PPN_OK) goto done;
  status = ppn_request_set_header(request, "Authorization", PPN_AUTO_LENGTH, authorization, PPN_AUTO_LENGTH, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_request_set_json(request, question, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_stream_open(request, PPN_STREAM_EVENTS, &stream, &error)) != PPN_OK) goto done;
  /* -1: no timeout of our own; stream_idle_timeout_ms ends a stream that has gone silent. */
  while ((status = ppn_stream_next(stream, -1, &event, &error)) == PPN_OK) {
    size_t length = 0;
    const char* data = ppn_event_data(event, &length);
    if (length == 6 && memcmp(data, "[DONE]", 6) == 0) {
      finished = 1;
    } else {
      print_content(data, length);
    }
  }
  putchar('\n');
  if (status == PPN_END) status = finished ? PPN_OK : PPN_E_STREAM_TRUNCATED;
done:
  if (status != PPN_OK) {
    fprintf(stderr, "chat_pull: %s: %s\n", ppn_code_name(status),
            error != NULL ? ppn_error_message(error) : ppn_code_text(status));
  }
  ppn_error_release(error);
  ppn_stream_release(stream);
  ppn_request_release(request);
  ppn_client_release(client);
  ppn_config_release(config);
  return status == PPN_OK ? 0 : 1;
}
