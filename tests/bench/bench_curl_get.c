/* Peer: keep-alive GET with libcurl's multi interface on epoll, the way its documentation asks for when speed counts
 * (curl_multi_socket_action). One thread; each finished transfer is added again at once.
 *
 * usage: bench_curl_get URL CA_FILE IN_FLIGHT SECONDS
 * prints {"requests":N,"errors":N,"body_bytes":N,"seconds":S} */
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { max_in_flight = 1024, events_per_wait = 128, longest_wait_ms = 1000 };

typedef struct {
  CURLM* multi;
  int epoll;
  int64_t timer_ms; /* when curl wants to be called without an event; -1 = never */
  int64_t end_ms;
  int in_flight;
  long requests, errors;
  uint64_t body_bytes;
} bench;

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* curl names the sockets it waits for. Its own pointer per socket remembers whether epoll knows the socket already. */
static int on_socket(CURL* easy, curl_socket_t fd, int what, void* user_data, void* known) {
  bench* b = user_data;
  struct epoll_event event = {0};
  (void)easy;
  event.data.fd = fd;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(b->epoll, EPOLL_CTL_DEL, fd, &event);
    curl_multi_assign(b->multi, fd, NULL);
    return 0;
  }
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
  epoll_ctl(b->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
  if (!known) curl_multi_assign(b->multi, fd, b);
  return 0;
}

static int on_timer(CURLM* multi, long timeout_ms, void* user_data) {
  bench* b = user_data;
  (void)multi;
  b->timer_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
  return 0;
}

static size_t on_body(char* data, size_t size, size_t count, void* user_data) {
  bench* b = user_data;
  (void)data;
  b->body_bytes += size * count;
  return size * count;
}

static CURL* new_transfer(bench* b, const char* url, const char* ca_file) {
  CURL* easy = curl_easy_init();
  if (!easy) return NULL;
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, b);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
  return easy;
}

static void count_finished(bench* b) {
  CURLMsg* message;
  int left;
  while ((message = curl_multi_info_read(b->multi, &left)) != NULL) {
    CURL* easy = message->easy_handle;
    long status = 0;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (message->data.result == CURLE_OK && status == 200) {
      b->requests++;
    } else {
      b->errors++;
    }
    curl_multi_remove_handle(b->multi, easy);
    if (now_ms() < b->end_ms && b->errors < 100) {
      curl_multi_add_handle(b->multi, easy);
    } else {
      b->in_flight--;
    }
  }
}

static void run_until_idle(bench* b) {
  struct epoll_event events[events_per_wait];
  int running;
  while (b->in_flight > 0) {
    int64_t wait_ms = longest_wait_ms;
    int ready;
    if (b->timer_ms >= 0) {
      wait_ms = b->timer_ms - now_ms();
      if (wait_ms < 0) wait_ms = 0;
      if (wait_ms > longest_wait_ms) wait_ms = longest_wait_ms;
    }
    ready = epoll_wait(b->epoll, events, events_per_wait, (int)wait_ms);
    for (int i = 0; i < ready; i++) {
      uint32_t what = events[i].events;
      int action = (what & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (what & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (what & EPOLLERR ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(b->multi, events[i].data.fd, action, &running);
    }
    if (b->timer_ms >= 0 && now_ms() >= b->timer_ms) {
      b->timer_ms = -1;
      curl_multi_socket_action(b->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    count_finished(b);
  }
}

int main(int argc, char** argv) {
  static CURL* transfers[max_in_flight];
  bench b = {0};
  int64_t start_ms;
  int count, i;
  if (argc != 5 || (count = atoi(argv[3])) < 1 || count > max_in_flight || atof(argv[4]) <= 0) {
    fprintf(stderr, "usage: bench_curl_get URL CA_FILE IN_FLIGHT SECONDS\n");
    return 1;
  }
  curl_global_init(CURL_GLOBAL_ALL);
  b.multi = curl_multi_init();
  b.epoll = epoll_create1(0);
  if (!b.multi || b.epoll < 0) return 1;
  b.timer_ms = -1;
  curl_multi_setopt(b.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(b.multi, CURLMOPT_SOCKETDATA, &b);
  curl_multi_setopt(b.multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(b.multi, CURLMOPT_TIMERDATA, &b);
  curl_multi_setopt(b.multi, CURLMOPT_MAXCONNECTS, (long)count);
  start_ms = now_ms();
  b.end_ms = start_ms + (int64_t)(atof(argv[4]) * 1000);
  for (i = 0; i < count; i++) {
    transfers[i] = new_transfer(&b, argv[1], argv[2]);
    if (!transfers[i] || curl_multi_add_handle(b.multi, transfers[i]) != CURLM_OK) return 1;
    b.in_flight++;
  }
  run_until_idle(&b);
  printf("{\"requests\":%ld,\"errors\":%ld,\"body_bytes\":%llu,\"seconds\":%.3f}\n", b.requests, b.errors,
         (unsigned long long)b.body_bytes, (double)(now_ms() - start_ms) / 1000);
  for (i = 0; i < count; i++) curl_easy_cleanup(transfers[i]);
  curl_multi_cleanup(b.multi);
  curl_global_cleanup();
  close(b.epoll);
  return b.errors ? 1 : 0;
}
