/* Ours: threads that call ppn_request_send in sequence over one client.
 *
 * usage: bench_ppn_blocking URL CA_FILE THREADS SECONDS */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_ppn.h"

enum { max_threads = 1024 };

typedef struct {
  ppn_client* client;
  const char* url;
  size_t url_length;
  double end_s;
  pthread_t thread;
  bench_figures figures;
} caller;

static void send_one(caller* c) {
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  ppn_error* error = NULL;
  if (ppn_request_new(c->client, "GET", 3, c->url, c->url_length, &request, &error) == PPN_OK &&
      ppn_request_send(request, &response, &error) == PPN_OK && ppn_response_status(response) == 200) {
    c->figures.operations++;
    c->figures.body_bytes += ppn_response_body_bytes(response);
  } else if (c->figures.errors++ == 0) {
    bench_complain("bench_ppn_blocking", error);
  }
  ppn_error_release(error);
  ppn_response_release(response);
  ppn_request_release(request);
}

static void* call_until_the_end(void* argument) {
  caller* c = argument;
  do send_one(c);
  while (c->figures.errors == 0 && bench_now_s() < c->end_s);
  return NULL;
}

int main(int argc, char** argv) {
  static caller callers[max_threads];
  bench_figures all = {0};
  ppn_client* client;
  int count, i;
  if (argc != 5 || (count = atoi(argv[3])) < 1 || count > max_threads || atof(argv[4]) <= 0) {
    fprintf(stderr, "usage: bench_ppn_blocking URL CA_FILE THREADS SECONDS\n");
    return 1;
  }
  if (!(client = bench_client(argv[2], count))) return 1;
  bench_begin(&all);
  for (i = 0; i < count; i++) {
    caller* c = &callers[i];
    c->client = client;
    c->url = argv[1];
    c->url_length = strlen(argv[1]);
    c->end_s = bench_now_s() + atof(argv[4]);
    if (pthread_create(&c->thread, NULL, call_until_the_end, c) != 0) return 1;
  }
  for (i = 0; i < count; i++) {
    pthread_join(callers[i].thread, NULL);
    all.operations += callers[i].figures.operations;
    all.errors += callers[i].figures.errors;
    all.body_bytes += callers[i].figures.body_bytes;
  }
  bench_end(&all);
  ppn_client_release(client);
  ppn_runtime_shutdown(NULL);
  return bench_print(&all, "");
}
