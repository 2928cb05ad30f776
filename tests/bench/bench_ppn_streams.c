/* Ours: many streams of server-sent events at once, pushed to an event callback.
 *
 * `idle`: every stream receives its head and one event and then waits; what a stream holds in memory is measured.
 * `events`: every stream is read to its end.
 *
 * usage: bench_ppn_streams URL CA_FILE idle|events STREAMS */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_ppn.h"
#include "memory.h"

enum { opening_at_once = 256 };

typedef struct {
  int idle;
  int wanted;
  ppn_client* client;
  const char* url;
  bench_figures figures;

  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int opened, completed; /* streams with a first event, and ended ones */
} bench;

static void signal_change(bench* b, int* counter) {
  pthread_mutex_lock(&b->mutex);
  ++*counter;
  pthread_cond_signal(&b->changed);
  pthread_mutex_unlock(&b->mutex);
}

static int32_t on_event(void* user_data, ppn_request* request, const ppn_event* event) {
  bench* b = user_data;
  size_t length;
  (void)request;
  ppn_event_data(event, &length);
  b->figures.operations++;
  b->figures.body_bytes += length;
  if (ppn_event_index(event) == 0) signal_change(b, &b->opened);
  return PPN_CB_CONTINUE;
}

static void on_complete(void* user_data, ppn_request* request, ppn_response* response, const ppn_error* failure) {
  bench* b = user_data;
  (void)request;
  (void)response;
  if (failure && ppn_error_code(failure) != PPN_E_CANCELLED && b->figures.errors++ == 0) {
    bench_complain("bench_ppn_streams", failure);
  }
  signal_change(b, &b->completed);
}

static ppn_request* start_one(bench* b) {
  ppn_error* error = NULL;
  ppn_request* request = bench_request(b->client, b->url);
  if (request && ppn_request_set_callbacks(request, NULL, NULL, on_complete, b, NULL, &error) == PPN_OK &&
      ppn_request_set_event_callback(request, on_event, &error) == PPN_OK &&
      ppn_request_start(request, &error) == PPN_OK) {
    return request;
  }
  bench_complain("bench_ppn_streams", error);
  exit(1);
}

static void wait_until(bench* b, const int* counter, int value) {
  pthread_mutex_lock(&b->mutex);
  while (*counter < value && (counter == &b->completed || b->completed == 0)) {
    pthread_cond_wait(&b->changed, &b->mutex);
  }
  pthread_mutex_unlock(&b->mutex);
}

int main(int argc, char** argv) {
  bench b = {0};
  bench_memory before = {0}, after;
  ppn_request** requests;
  char more[128] = "";
  if (argc != 5 || (strcmp(argv[3], "idle") != 0 && strcmp(argv[3], "events") != 0) || (b.wanted = atoi(argv[4])) < 2) {
    fprintf(stderr, "usage: bench_ppn_streams URL CA_FILE idle|events STREAMS\n");
    return 1;
  }
  bench_raise_descriptors();
  pthread_mutex_init(&b.mutex, NULL);
  pthread_cond_init(&b.changed, NULL);
  b.idle = strcmp(argv[3], "idle") == 0;
  b.url = argv[1];
  if (!(b.client = bench_client(argv[2], b.wanted))) return 1;
  requests = malloc((size_t)b.wanted * sizeof *requests);
  if (!requests) return 1;
  memset(requests, 0, (size_t)b.wanted * sizeof *requests);
  bench_begin(&b.figures);
  for (int i = 0; i < b.wanted; i++) {
    if (b.idle && i == 1) { /* what comes once, with the first stream, is not counted */
      wait_until(&b, &b.opened, 1);
      before = bench_memory_now();
    }
    requests[i] = start_one(&b);
    if (b.idle) wait_until(&b, &b.opened, i - opening_at_once);
  }
  if (b.idle) {
    wait_until(&b, &b.opened, b.wanted);
    after = bench_memory_now();
    snprintf(more, sizeof more, ",\"heap_per_stream\":%.1f,\"resident_per_stream\":%.1f",
             (after.heap - before.heap) / (b.wanted - 1), (after.resident - before.resident) / (b.wanted - 1));
    if (b.completed) b.figures.errors++; /* a stream that ended is not idle */
  } else {
    wait_until(&b, &b.completed, b.wanted);
  }
  bench_end(&b.figures);
  for (int i = 0; i < b.wanted; i++) {
    ppn_request_cancel(requests[i]);
    ppn_request_release(requests[i]);
  }
  wait_until(&b, &b.completed, b.wanted);
  ppn_client_release(b.client);
  ppn_runtime_shutdown(NULL);
  free(requests);
  return bench_print(&b.figures, more);
}
