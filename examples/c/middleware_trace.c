/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * Middleware: one around each request, which answers some of them itself; one around each attempt, which another thread
 * completes with a signature; and the built-in one that names the trace (W3C Trace Context). */
#define _POSIX_C_SOURCE 200809L
#include <pepperpy/network.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: middleware_trace [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

static const char answer[] = "{\"from\": \"memory\"}";

/* Steps run on threads of the library. Here only one request is under way at a time. */
static int32_t PPN_CALL before_request(void* user_data, ppn_middleware_context* context) {
  const char* url = NULL;
  (void)user_data;
  if (ppn_middleware_context_url(context, &url, NULL, NULL) != PPN_OK) return -1;
  printf("  request: before\n");
  if (strstr(url, "/cached") != NULL) { /* nothing inside runs, nothing is sent */
    printf("  request: answered here\n");
    ppn_middleware_context_respond(context, 200, NULL, (const uint8_t*)answer, sizeof answer - 1, NULL);
  }
  return PPN_MW_DONE;
}

static int32_t PPN_CALL after_request(void* user_data, ppn_middleware_context* context) {
  ppn_response* response = NULL;
  (void)user_data;
  if (ppn_middleware_context_response(context, &response, NULL) != PPN_OK) return -1;
  printf("  request: after, status %d\n", (int)ppn_response_status(response));
  ppn_response_release(response);
  return PPN_MW_DONE;
}

/* The threads that have signed the attempts of a request. */
struct signer {
  pthread_t threads[16];
  int count;
};

static void* sign(void* user_data) {
  ppn_middleware_context* context = user_data;
  printf("  attempt: signed by another thread\n");
  ppn_middleware_context_set_header(context, "X-Signature", PPN_AUTO_LENGTH, "1234", PPN_AUTO_LENGTH, NULL);
  ppn_middleware_context_finish(context, NULL); /* now the attempt goes on */
  ppn_middleware_context_release(context);
  return NULL;
}

static int32_t PPN_CALL before_attempt(void* user_data, ppn_middleware_context* context) {
  struct signer* signer = user_data;
  int32_t number = 0;
  if (signer->count == 16 || ppn_middleware_context_attempt(context, &number, NULL) != PPN_OK) return -1;
  printf("  attempt: number %d waits for its signature\n", (int)number);
  ppn_middleware_context_acquire(context); /* for the thread */
  if (pthread_create(&signer->threads[signer->count], NULL, sign, context) == 0) {
    ++signer->count;
    return PPN_MW_PENDING;
  }
  ppn_middleware_context_release(context);
  return -1; /* the request fails with MIDDLEWARE_FAILED */
}

/* What /echo says that it got. */
static void show_echo(ppn_response* response) {
  const char* name = NULL;
  const char* value = NULL;
  char pointer[32];
  for (int i = 0; i < 100; ++i) {
    snprintf(pointer, sizeof pointer, "/headers/%d/0", i);
    if (ppn_response_json_string(response, pointer, PPN_AUTO_LENGTH, &name, NULL, NULL) != PPN_OK) return;
    if (strcmp(name, "traceparent") != 0 && strcmp(name, "X-Signature") != 0) continue;
    printf("  the server got %s: ", name);
    pointer[strlen(pointer) - 1] = '1';
    if (ppn_response_json_string(response, pointer, PPN_AUTO_LENGTH, &value, NULL, NULL) == PPN_OK) puts(value);
  }
}

static int32_t ask(ppn_client* client, const char* path, struct signer* signer, ppn_error** error) {
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  int32_t status = ppn_request_new(client, "GET", PPN_AUTO_LENGTH, path, PPN_AUTO_LENGTH, &request, error);
  printf("GET %s\n", path);
  if (status == PPN_OK) status = ppn_request_send(request, &response, error);
  while (signer->count > 0) pthread_join(signer->threads[--signer->count], NULL);
  if (status == PPN_OK) status = ppn_response_check_status(response, error);
  if (status == PPN_OK) show_echo(response);
  if (status == PPN_OK) printf("  attempts: %d\n", (int)ppn_response_attempts(response));
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
  struct signer signer = {.count = 0};
  ppn_middleware* middleware[3] = {NULL, NULL, NULL};
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_error* error = NULL;
  int32_t status = ppn_config_new_api_client(base, PPN_AUTO_LENGTH, key, PPN_AUTO_LENGTH, &config, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_client_new(config, &client, &error)) != PPN_OK) goto done;
  status = ppn_middleware_new("cache", PPN_AUTO_LENGTH, PPN_MIDDLEWARE_APPLICATION, before_request, after_request, NULL,
                              NULL, NULL, &middleware[0], &error);
  if (status != PPN_OK) goto done;
  status = ppn_middleware_new("signer", PPN_AUTO_LENGTH, PPN_MIDDLEWARE_ATTEMPT, before_attempt, NULL, NULL, &signer,
                              NULL, &middleware[1], &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_middleware_new_trace_context(&middleware[2], &error)) != PPN_OK) goto done;
  for (int i = 0; i < 3 && status == PPN_OK; ++i) status = ppn_client_add_middleware(client, middleware[i], &error);
  if (status == PPN_OK) status = ask(client, "echo", &signer, &error);
  if (status == PPN_OK) status = ask(client, "cached", &signer, &error);
done:
  if (status != PPN_OK) {
    fprintf(stderr, "middleware_trace: %s: %s\n", ppn_code_name(status),
            error != NULL ? ppn_error_message(error) : ppn_code_text(status));
  }
  for (int i = 0; i < 3; ++i) ppn_middleware_release(middleware[i]);
  ppn_error_release(error);
  ppn_client_release(client);
  ppn_config_release(config);
  return status == PPN_OK ? 0 : 1;
}
