/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * Ask an AI server which models it has, then for one chat completion, over one client that is linked with
 * `pkg-config --cflags --libs pepperpy-network`. */
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: quickstart [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

static const char question[] =
    "{\"model\": \"demo\", \"messages\": [{\"role\": \"user\", \"content\": \"Say something about pepper.\"}]}";

static const char* setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = getenv(variable);
  return value != NULL ? value : otherwise;
}

/* Send one request, with a JSON body unless `json` is NULL, and read one string out of the JSON answer. */
static int32_t ask(ppn_client* client, const char* method, const char* url, const char* authorization, const char* json,
                   const char* pointer, ppn_error** error) {
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  const char* text = NULL;
  int32_t status = ppn_request_new(client, method, PPN_AUTO_LENGTH, url, PPN_AUTO_LENGTH, &request, error);
  if (status != PPN_OK) goto done;
  status = ppn_request_set_header(request, "Authorization", PPN_AUTO_LENGTH, authorization, PPN_AUTO_LENGTH, error);
  if (status != PPN_OK) goto done;
  if (json != NULL) {
    status = ppn_request_set_json(request, json, PPN_AUTO_LENGTH, error);
    if (status != PPN_OK) goto done;
  }
  status = ppn_request_send(request, &response, error);
  if (status != PPN_OK) goto done;
  status = ppn_response_check_status(response, error);
  if (status != PPN_OK) goto done;
  status = ppn_response_json_string(response, pointer, PPN_AUTO_LENGTH, &text, NULL, error);
  if (status != PPN_OK) goto done;
  printf("%s %s\n  %s = %s\n", method, url, pointer, text);
done:
  ppn_response_release(response);
  ppn_request_release(request);
  return status;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  if (argc > 4 || (argc > 1 && argv[1][0] == '-')) return fputs(usage, stderr), 1;
  const char* base = setting(argc, argv, 1, "PEPPERPY_DEMO_URL", "https://localhost:8443");
  const char* key = setting(argc, argv, 2, "PEPPERPY_DEMO_KEY", "demo-key");
  const char* ca_file = setting(argc, argv, 3, "PEPPERPY_DEMO_CA", "");
  char url[1024];
  char authorization[512];
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_error* error = NULL;
  int32_t status = PPN_E_INVALID_ARGUMENT;

  if (strlen(base) + sizeof "/v1/chat/completions" > sizeof url) goto done;
  if (strlen(key) + sizeof "Bearer " > sizeof authorization) goto done;
  snprintf(authorization, sizeof authorization, "Bearer %s", key);

  status = ppn_config_new(&config, &error);
  if (status != PPN_OK) goto done;
  status = ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error);
  if (status != PPN_OK) goto done;
  status = ppn_client_new(config, &client, &error);
  if (status != PPN_OK) goto done;

  snprintf(url, sizeof url, "%s/v1/models", base);
  status = ask(client, "GET", url, authorization, NULL, "/data/0/id", &error);
  if (status != PPN_OK) goto done;
  snprintf(url, sizeof url, "%s/v1/chat/completions", base);
  status = ask(client, "POST", url, authorization, question, "/choices/0/message/content", &error);

done:
  if (status != PPN_OK) {
    fprintf(stderr, "quickstart: %s: %s\n", ppn_code_name(status),
            error != NULL ? ppn_error_message(error) : ppn_code_text(status));
  }
  ppn_error_release(error);
  ppn_client_release(client);
  ppn_config_release(config);
  return status == PPN_OK ? 0 : 1;
}
