/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * A batch of requests under a rate limit: so many a second, so many at once, so many under way. The batch hands every
 * request to the client, whose limiter lets them pass when their time has come; results are read by their index. */
#define _POSIX_C_SOURCE 200809L
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "usage: rate_limited_batch [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

enum { REQUESTS = 12, BURST = 4, PER_SECOND = 20, IN_FLIGHT = 3 };

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Runs on a thread of the library, one call at a time. */
static void PPN_CALL on_progress(void* user_data, size_t done, size_t total) {
  (void)user_data;
  printf("%d of %d done\n", (int)done, (int)total);
}

static int32_t make_client(const char* base, const char* key, const char* ca_file, ppn_client** out,
                           ppn_error** error) {
  ppn_config* config = NULL;
  char rate[32];
  int32_t status = ppn_config_new_api_client(base, PPN_AUTO_LENGTH, key, PPN_AUTO_LENGTH, &config, error);
  if (status != PPN_OK) goto done;
  snprintf(rate, sizeof rate, "%d/s:%d", PER_SECOND, BURST);
  if ((status = ppn_config_set_rate_limit(config, rate, PPN_AUTO_LENGTH, error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_max_in_flight(config, IN_FLIGHT, error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, error)) != PPN_OK) goto done;
  status = ppn_client_new(config, out, error);
done:
  ppn_config_release(config);
  return status;
}

static int32_t add_requests(ppn_client* client, ppn_batch* batch, ppn_error** error) {
  int32_t status = PPN_OK;
  for (int i = 0; status == PPN_OK && i < REQUESTS; ++i) {
    ppn_request* request = NULL;
    char path[32];
    snprintf(path, sizeof path, "echo?index=%d", i);
    status = ppn_request_new(client, "GET", PPN_AUTO_LENGTH, path, PPN_AUTO_LENGTH, &request, error);
    if (status == PPN_OK) status = ppn_batch_add(batch, request, error);
    ppn_request_release(request); /* the batch has it */
  }
  return status;
}

/* Each request has a result of its own: one that failed is no failure of the others. */
static int32_t show_results(const ppn_batch* batch, ppn_error** error) {
  int32_t status = PPN_OK;
  for (size_t i = 0; status == PPN_OK && i < ppn_batch_count(batch); ++i) {
    ppn_response* response = NULL;
    const char* query = NULL;
    status = ppn_batch_result(batch, i, &response, error);
    if (status == PPN_OK) status = ppn_response_check_status(response, error);
    if (status == PPN_OK) status = ppn_response_json_string(response, "/query", PPN_AUTO_LENGTH, &query, NULL, error);
    if (status == PPN_OK) printf("result %d: status %d, %s\n", (int)i, (int)ppn_response_status(response), query);
    ppn_response_release(response);
  }
  return status;
}

static const char* setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  const char* value = argc > index ? argv[index] : getenv(variable);
  return value != NULL ? value : otherwise;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  if (argc > 4 || (argc > 1 && argv[1][0] == '-')) return fputs(usage, stderr), 1;
  ppn_client* client = NULL;
  ppn_batch* batch = NULL;
  ppn_error* error = NULL;
  double began_ms = 0;
  int32_t status = make_client(setting(argc, argv, 1, "PEPPERPY_DEMO_URL", "https://localhost:8443"),
                               setting(argc, argv, 2, "PEPPERPY_DEMO_KEY", "demo-key"),
                               setting(argc, argv, 3, "PEPPERPY_DEMO_CA", ""), &client, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_batch_new(&batch, &error)) != PPN_OK) goto done;
  if ((status = ppn_batch_set_concurrency(batch, REQUESTS, &error)) != PPN_OK) goto done;
  if ((status = ppn_batch_set_timeout_ms(batch, 60000, &error)) != PPN_OK) goto done;
  if ((status = ppn_batch_set_callbacks(batch, NULL, on_progress, NULL, NULL, NULL, &error)) != PPN_OK) goto done;
  if ((status = add_requests(client, batch, &error)) != PPN_OK) goto done;
  began_ms = now_ms();
  if ((status = ppn_batch_run(batch, &error)) != PPN_OK) goto done;
  const double took_ms = now_ms() - began_ms;
  if ((status = show_results(batch, &error)) != PPN_OK) goto done;
  printf("%d requests in %.0f ms: %d at once, then %d a second\n", REQUESTS, took_ms, BURST, PER_SECOND);
done:
  if (status != PPN_OK) {
    fprintf(stderr, "rate_limited_batch: %s: %s\n", ppn_code_name(status),
            error != NULL ? ppn_error_message(error) : ppn_code_text(status));
  }
  ppn_error_release(error);
  ppn_batch_release(batch);
  ppn_client_release(client);
  return status == PPN_OK ? 0 : 1;
}
