/* Ours: a large body, COUNT times in sequence over one connection; pushed to a data callback, or pulled as chunks.
 *
 * usage: bench_ppn_download URL CA_FILE push|pull COUNT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_ppn.h"

typedef struct {
  bench_figures figures;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int finished;
} bench;

static int32_t on_data(void* user_data, ppn_request* request, const uint8_t* data, size_t length) {
  bench* b = user_data;
  (void)request;
  (void)data;
  b->figures.body_bytes += length;
  return PPN_CB_CONTINUE;
}

static void on_complete(void* user_data, ppn_request* request, ppn_response* response, const ppn_error* failure) {
  bench* b = user_data;
  (void)request;
  pthread_mutex_lock(&b->mutex);
  if (!failure && ppn_response_status(response) == 200) {
    b->figures.operations++;
  } else {
    b->figures.errors++;
    bench_complain("bench_ppn_download", failure);
  }
  b->finished = 1;
  pthread_cond_signal(&b->changed);
  pthread_mutex_unlock(&b->mutex);
}

static void push_one(bench* b, ppn_request* request) {
  ppn_error* error = NULL;
  b->finished = 0;
  if (ppn_request_set_callbacks(request, NULL, on_data, on_complete, b, NULL, &error) != PPN_OK ||
      ppn_request_start(request, &error) != PPN_OK) {
    b->figures.errors++;
    bench_complain("bench_ppn_download", error);
    ppn_error_release(error);
    return;
  }
  /* stream_idle_timeout_ms ends a request that stalls, and this wait with it. */
  pthread_mutex_lock(&b->mutex);
  while (!b->finished) pthread_cond_wait(&b->changed, &b->mutex);
  pthread_mutex_unlock(&b->mutex);
}

static void pull_one(bench* b, ppn_request* request) {
  ppn_stream* stream = NULL;
  ppn_error* error = NULL;
  const ppn_event* piece = NULL;
  int32_t status = ppn_stream_open(request, PPN_STREAM_CHUNKS, &stream, &error);
  while (status == PPN_OK) {
    size_t length;
    status = ppn_stream_next(stream, -1, &piece, &error);
    if (status != PPN_OK) break;
    ppn_event_data(piece, &length);
    b->figures.body_bytes += length;
  }
  if (status == PPN_END) {
    b->figures.operations++;
  } else {
    b->figures.errors++;
    bench_complain("bench_ppn_download", error);
  }
  ppn_error_release(error);
  ppn_stream_release(stream);
}

int main(int argc, char** argv) {
  bench b = {0};
  ppn_client* client;
  int count;
  if (argc != 5 || (strcmp(argv[3], "push") != 0 && strcmp(argv[3], "pull") != 0) || (count = atoi(argv[4])) < 1) {
    fprintf(stderr, "usage: bench_ppn_download URL CA_FILE push|pull COUNT\n");
    return 1;
  }
  pthread_mutex_init(&b.mutex, NULL);
  pthread_cond_init(&b.changed, NULL);
  if (!(client = bench_client(argv[2], 1))) return 1;
  bench_begin(&b.figures);
  for (int i = 0; i < count && b.figures.errors == 0; i++) {
    ppn_request* request = bench_request(client, argv[1]);
    if (!request) return 1;
    if (strcmp(argv[3], "push") == 0) {
      push_one(&b, request);
    } else {
      pull_one(&b, request);
    }
    ppn_request_release(request);
  }
  bench_end(&b.figures);
  ppn_client_release(client);
  ppn_runtime_shutdown(NULL);
  return bench_print(&b.figures, "");
}
