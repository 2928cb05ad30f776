/* Peer: keep-alive GET with libcurl's multi interface on epoll. One thread; each finished transfer is added again at
 * once.
 *
 * usage: bench_curl_get URL CA_FILE IN_FLIGHT SECONDS */
#include <stdlib.h>
#include <unistd.h>

#include "curl_epoll.h"

enum { max_in_flight = 1024, max_errors = 100 };

typedef struct {
  curl_epoll loop;
  double seconds, end_s;
  int in_flight, wanted_in_flight, warm;
  bench_figures figures;
} bench;

static size_t on_body(char* data, size_t size, size_t count, void* user_data) {
  (void)data;
  (void)user_data;
  return size * count;
}

static CURL* new_transfer(const char* url, const char* ca_file) {
  CURL* easy = curl_easy_init();
  if (!easy) return NULL;
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
  return easy;
}

static void count_finished(bench* b) {
  CURLMsg* message;
  int left;
  while ((message = curl_multi_info_read(b->loop.multi, &left)) != NULL) {
    CURL* easy = message->easy_handle;
    long status = 0;
    curl_off_t body_bytes = 0;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (message->data.result == CURLE_OK && status == 200) {
      curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body_bytes);
      b->figures.operations++;
      b->figures.body_bytes += (uint64_t)body_bytes;
    } else {
      b->figures.errors++;
    }
    if (bench_warmed_up(&b->figures, b->wanted_in_flight, &b->warm)) b->end_s = bench_now_s() + b->seconds;
    curl_multi_remove_handle(b->loop.multi, easy);
    if (bench_now_s() < b->end_s && b->figures.errors < max_errors) {
      curl_multi_add_handle(b->loop.multi, easy);
    } else {
      b->in_flight--;
    }
  }
}

int main(int argc, char** argv) {
  static CURL* transfers[max_in_flight];
  bench b = {0};
  int count, i;
  if (argc != 5 || (count = atoi(argv[3])) < 1 || count > max_in_flight || atof(argv[4]) <= 0) {
    fprintf(stderr, "usage: bench_curl_get URL CA_FILE IN_FLIGHT SECONDS\n");
    return 1;
  }
  curl_global_init(CURL_GLOBAL_ALL);
  if (!curl_epoll_open(&b.loop, count)) return 1;
  bench_begin(&b.figures);
  b.wanted_in_flight = count;
  b.seconds = atof(argv[4]);
  b.end_s = bench_now_s() + b.seconds;
  for (i = 0; i < count; i++) {
    transfers[i] = new_transfer(argv[1], argv[2]);
    if (!transfers[i] || curl_multi_add_handle(b.loop.multi, transfers[i]) != CURLM_OK) return 1;
    b.in_flight++;
  }
  while (b.in_flight > 0) {
    curl_epoll_turn(&b.loop);
    count_finished(&b);
  }
  bench_end(&b.figures);
  for (i = 0; i < count; i++) curl_easy_cleanup(transfers[i]);
  curl_multi_cleanup(b.loop.multi);
  curl_global_cleanup();
  close(b.loop.epoll);
  return bench_print(&b.figures, "");
}
