/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * Retries against a server that fails a few times: a GET is repeated, a POST without an idempotency key is not when the
 * server may have done its work, and with one it is. Attempts and waits come as events, why there was no further attempt
 * from the response. */
#define _POSIX_C_SOURCE 200809L
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: retry [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

/* Runs on a thread of the library, while the call goes on. */
static void PPN_CALL on_call_event(void* user_data, const ppn_call_event* event) {
  (void)user_data;
  if (ppn_call_event_type(event) == PPN_CALL_EVENT_ATTEMPT_END)
    printf("  attempt %d: status %d\n", (int)ppn_call_event_attempt(event) + 1, (int)ppn_call_event_status(event));
  if (ppn_call_event_type(event) == PPN_CALL_EVENT_RETRY)
    printf("  another attempt in %d ms\n", (int)ppn_call_event_delay_ms(event));
}

/* The server counts the requests of each path and query. With an empty `key_header` no idempotency key is sent. */
static int32_t ask(ppn_client* client, const char* method, const char* failures, const char* key_header,
                   ppn_error** error) {
  static int number = 0;
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  char path[128];
  int32_t status = PPN_OK;
  snprintf(path, sizeof path, "flaky?%s&key=%ld-%ld-%d", failures, (long)time(NULL), (long)getpid(), ++number);
  status = ppn_request_new(client, method, PPN_AUTO_LENGTH, path, PPN_AUTO_LENGTH, &request, error);
  if (status != PPN_OK) goto done;
  status = ppn_request_set_option(request, "idempotency_header", PPN_AUTO_LENGTH, key_header, PPN_AUTO_LENGTH, error);
  if (status != PPN_OK) goto done;
  printf("%s %s, %s idempotency key\n", method, failures, *key_header != '\0' ? "with an" : "no");
  if ((status = ppn_request_send(request, &response, error)) != PPN_OK) goto done;
  if (ppn_response_stop_reason(response) != PPN_STOP_NONE)
    printf("  no other attempt: %s\n", ppn_stop_reason_name(ppn_response_stop_reason(response)));
done:
  ppn_response_release(response);
  ppn_request_release(request);
  return status;
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
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_error* error = NULL;
  int32_t status = ppn_config_new_api_client(base, PPN_AUTO_LENGTH, key, PPN_AUTO_LENGTH, &config, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_max_retries(config, 3, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_backoff_factor(config, 0.05, &error)) != PPN_OK) goto done;
  if ((status = ppn_client_new(config, &client, &error)) != PPN_OK) goto done;
  if ((status = ppn_client_set_event_listener(client, on_call_event, NULL, NULL, &error)) != PPN_OK) goto done;

  /* A server that asks for a time by Retry-After gets it; 0 leaves it to the backoff. */
  if ((status = ask(client, "GET", "fail=2&status=503&retry-after=0", "", &error)) != PPN_OK) goto done;
  if ((status = ask(client, "POST", "fail=1&status=500", "", &error)) != PPN_OK) goto done;
  status = ask(client, "POST", "fail=1&status=500", "Idempotency-Key", &error);
done:
  if (status != PPN_OK) {
    fprintf(stderr, "retry: %s: %s\n", ppn_code_name(status),
            error != NULL ? ppn_error_message(error) : ppn_code_text(status));
  }
  ppn_error_release(error);
  ppn_client_release(client);
  ppn_config_release(config);
  return status == PPN_OK ? 0 : 1;
}
