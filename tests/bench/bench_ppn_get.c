/* Ours: keep-alive GET through the C ABI. Asynchronous calls; each one that completes starts the next.
 *
 * usage: bench_ppn_get URL CA_FILE IN_FLIGHT SECONDS [bare | policies] */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_ppn.h"

enum { max_in_flight = 1024, max_errors = 100 };

typedef struct {
  ppn_client* client;
  const char* url;
  size_t url_length;
  int wanted_in_flight;
  double seconds, end_s;
  /* From here on the I/O thread alone writes, until `finished` is set. */
  int in_flight, warm;
  bench_figures figures;

  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int finished;
} bench;

static void count_error(bench* b, const ppn_error* error) {
  if (b->figures.errors++ == 0) bench_complain("bench_ppn_get", error);
}

static void on_complete(void* user_data, ppn_request* request, ppn_response* response, const ppn_error* failure);

/* Counts before it starts: the completion may come before ppn_request_start returns. */
static int start_one(bench* b) {
  ppn_request* request = NULL;
  ppn_error* error = NULL;
  int started = 0;
  b->in_flight++;
  if (ppn_request_new(b->client, "GET", 3, b->url, b->url_length, &request, &error) == PPN_OK &&
      ppn_request_set_callbacks(request, NULL, NULL, on_complete, b, NULL, &error) == PPN_OK) {
    started = ppn_request_start(request, &error) == PPN_OK;
  }
  if (!started) {
    b->in_flight--;
    count_error(b, error);
  }
  ppn_error_release(error);
  ppn_request_release(request);
  return started;
}

static void on_complete(void* user_data, ppn_request* request, ppn_response* response, const ppn_error* failure) {
  bench* b = user_data;
  (void)request;
  b->in_flight--;
  if (!failure && ppn_response_status(response) == 200) {
    b->figures.operations++;
    b->figures.body_bytes += ppn_response_body_bytes(response);
  } else {
    count_error(b, failure);
  }
  if (bench_warmed_up(&b->figures, b->wanted_in_flight, &b->warm)) b->end_s = bench_now_s() + b->seconds;
  /* The first completion brings the rest, so that all counting happens on the I/O thread. */
  if (b->figures.errors < max_errors && bench_now_s() < b->end_s) {
    while (b->in_flight < b->wanted_in_flight && start_one(b)) continue;
  }
  if (b->in_flight == 0) {
    pthread_mutex_lock(&b->mutex);
    b->finished = 1;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->mutex);
  }
}

int main(int argc, char** argv) {
  bench b = {0};
  const char* mode = argc == 6 ? argv[5] : "";
  const int policies = !strcmp(mode, "bare") ? bench_bare : !strcmp(mode, "policies") ? bench_policies : bench_defaults;
  if (argc < 5 || argc > 6 || (argc == 6 && policies == bench_defaults) || (b.wanted_in_flight = atoi(argv[3])) < 1 ||
      b.wanted_in_flight > max_in_flight || atof(argv[4]) <= 0) {
    fprintf(stderr, "usage: bench_ppn_get URL CA_FILE IN_FLIGHT SECONDS [bare | policies]\n");
    return 1;
  }
  pthread_mutex_init(&b.mutex, NULL);
  pthread_cond_init(&b.changed, NULL);
  b.url = argv[1];
  b.url_length = strlen(argv[1]);
  if (!(b.client = bench_client_with(argv[2], b.wanted_in_flight, policies))) return 1;
  bench_begin(&b.figures);
  b.seconds = atof(argv[4]);
  b.end_s = bench_now_s() + b.seconds;
  if (!start_one(&b)) return 1;
  /* Requests have their own deadlines (timeout_ms), so this wait has one too. */
  pthread_mutex_lock(&b.mutex);
  while (!b.finished) pthread_cond_wait(&b.changed, &b.mutex);
  pthread_mutex_unlock(&b.mutex);
  bench_end(&b.figures);
  ppn_client_release(b.client);
  ppn_runtime_shutdown(NULL);
  return bench_print(&b.figures, "");
}
