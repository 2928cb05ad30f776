/* Peer: threads that call curl_easy_perform in sequence, each with one handle that it keeps.
 *
 * usage: bench_curl_blocking URL CA_FILE THREADS SECONDS */
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"

enum { max_threads = 1024 };

typedef struct {
  CURL* easy;
  double end_s;
  pthread_t thread;
  bench_figures figures;
} caller;

static size_t on_body(char* data, size_t size, size_t count, void* user_data) {
  caller* c = user_data;
  (void)data;
  c->figures.body_bytes += size * count;
  return size * count;
}

static int make_handle(caller* c, const char* url, const char* ca_file) {
  c->easy = curl_easy_init();
  if (!c->easy) return 0;
  curl_easy_setopt(c->easy, CURLOPT_URL, url);
  curl_easy_setopt(c->easy, CURLOPT_CAINFO, ca_file);
  curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
  curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, 30000L);
  return 1;
}

static void* call_until_the_end(void* argument) {
  caller* c = argument;
  do {
    long status = 0;
    const CURLcode code = curl_easy_perform(c->easy);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status == 200) {
      c->figures.operations++;
    } else if (c->figures.errors++ == 0) {
      fprintf(stderr, "bench_curl_blocking: %s, status %ld\n", curl_easy_strerror(code), status);
    }
  } while (c->figures.errors == 0 && bench_now_s() < c->end_s);
  return NULL;
}

int main(int argc, char** argv) {
  static caller callers[max_threads];
  bench_figures all = {0};
  int count, i;
  if (argc != 5 || (count = atoi(argv[3])) < 1 || count > max_threads || atof(argv[4]) <= 0) {
    fprintf(stderr, "usage: bench_curl_blocking URL CA_FILE THREADS SECONDS\n");
    return 1;
  }
  curl_global_init(CURL_GLOBAL_ALL);
  bench_begin(&all);
  for (i = 0; i < count; i++) {
    callers[i].end_s = bench_now_s() + atof(argv[4]);
    if (!make_handle(&callers[i], argv[1], argv[2])) return 1;
    if (pthread_create(&callers[i].thread, NULL, call_until_the_end, &callers[i]) != 0) return 1;
  }
  for (i = 0; i < count; i++) {
    pthread_join(callers[i].thread, NULL);
    all.operations += callers[i].figures.operations;
    all.errors += callers[i].figures.errors;
    all.body_bytes += callers[i].figures.body_bytes;
  }
  bench_end(&all);
  for (i = 0; i < count; i++) curl_easy_cleanup(callers[i].easy);
  curl_global_cleanup();
  return bench_print(&all, "");
}
