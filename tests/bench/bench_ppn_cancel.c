/* Ours: how long it takes from ppn_request_cancel in another thread to the terminal callback, in one phase of a
 * request. The main thread is the server too, and stalls where the phase wants it.
 *
 * usage: bench_ppn_cancel connect|tls|first_byte|body|paused SAMPLES
 * prints beside the usual figures the median and the longest of the samples in milliseconds */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "bench_ppn.h"

enum { wait_limit_s = 10, fillers = 4, connect_wait_ns = 2000000 };

typedef struct {
  int pause;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int pieces, completed;
  int32_t code;
  double completed_s;
} bench;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static int32_t on_data(void* user_data, ppn_request* request, const uint8_t* data, size_t length) {
  bench* b = user_data;
  (void)request;
  (void)data;
  (void)length;
  pthread_mutex_lock(&b->mutex);
  b->pieces++;
  pthread_cond_signal(&b->changed);
  pthread_mutex_unlock(&b->mutex);
  return b->pause ? PPN_CB_PAUSE : PPN_CB_CONTINUE;
}

static void on_complete(void* user_data, ppn_request* request, ppn_response* response, const ppn_error* failure) {
  bench* b = user_data;
  (void)request;
  (void)response;
  pthread_mutex_lock(&b->mutex);
  b->completed_s = bench_now_s();
  b->code = ppn_error_code(failure);
  b->completed = 1;
  pthread_cond_signal(&b->changed);
  pthread_mutex_unlock(&b->mutex);
}

static void wait_for(bench* b, const int* flag) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += wait_limit_s;
  pthread_mutex_lock(&b->mutex);
  while (!*flag) {
    if (pthread_cond_timedwait(&b->changed, &b->mutex, &until) != 0) fail("bench_ppn_cancel: nothing happens");
  }
  pthread_mutex_unlock(&b->mutex);
}

static int listen_on_loopback(int backlog, struct sockaddr_in* at) {
  socklen_t length = sizeof *at;
  const struct timeval limit = {.tv_sec = wait_limit_s};
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(at, 0, sizeof *at);
  at->sin_family = AF_INET;
  at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (fd < 0 || bind(fd, (const struct sockaddr*)at, sizeof *at) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, (struct sockaddr*)at, &length) != 0) {
    fail("bench_ppn_cancel: listen");
  }
  return fd;
}

/* Connections that nobody accepts, so that the next one gets no answer. */
static void fill_backlog(const struct sockaddr_in* at) {
  for (int i = 0; i < fillers; i++) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) fail("bench_ppn_cancel: socket");
    connect(fd, (const struct sockaddr*)at, sizeof *at);
  }
}

/* Brings the request into the phase. Returns the accepted socket, -1 when there is none. */
static int reach(bench* b, const char* phase, int listener) {
  static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello";
  char in[4096];
  int peer;
  if (strcmp(phase, "connect") == 0) {
    const struct timespec pause = {.tv_nsec = connect_wait_ns};
    nanosleep(&pause, NULL); /* nothing tells from outside that a connection waits for its answer */
    return -1;
  }
  peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (peer < 0 || recv(peer, in, sizeof in, 0) <= 0) fail("bench_ppn_cancel: accept");
  if (strcmp(phase, "body") == 0 || strcmp(phase, "paused") == 0) {
    if (send(peer, head, sizeof head - 1, MSG_NOSIGNAL) < 0) fail("bench_ppn_cancel: send");
    wait_for(b, &b->pieces);
  }
  return peer;
}

static double sample(bench* b, ppn_client* client, const char* url, const char* phase, int listener) {
  ppn_error* error = NULL;
  ppn_request* request = bench_request(client, url);
  double cancelled_s;
  int peer;
  b->pieces = b->completed = 0;
  if (!request || ppn_request_set_callbacks(request, NULL, on_data, on_complete, b, NULL, &error) != PPN_OK ||
      ppn_request_start(request, &error) != PPN_OK) {
    bench_complain("bench_ppn_cancel", error);
    exit(1);
  }
  peer = reach(b, phase, listener);
  cancelled_s = bench_now_s();
  ppn_request_cancel(request);
  wait_for(b, &b->completed);
  ppn_request_release(request);
  if (peer >= 0) close(peer);
  return b->completed_s - cancelled_s;
}

static int by_value(const void* left, const void* right) {
  const double a = *(const double*)left, b = *(const double*)right;
  return (a > b) - (a < b);
}

int main(int argc, char** argv) {
  bench b = {0};
  bench_figures figures = {0};
  struct sockaddr_in at;
  ppn_client* client = NULL;
  double* samples;
  char url[64], more[96];
  int listener, count;
  if (argc != 3 || (count = atoi(argv[2])) < 1) {
    fprintf(stderr, "usage: bench_ppn_cancel connect|tls|first_byte|body|paused SAMPLES\n");
    return 1;
  }
  pthread_mutex_init(&b.mutex, NULL);
  pthread_cond_init(&b.changed, NULL);
  b.pause = strcmp(argv[1], "paused") == 0;
  listener = listen_on_loopback(strcmp(argv[1], "connect") == 0 ? 0 : 64, &at);
  if (strcmp(argv[1], "connect") == 0) fill_backlog(&at);
  snprintf(url, sizeof url, "%s://127.0.0.1:%d/", strcmp(argv[1], "tls") == 0 ? "https" : "http", ntohs(at.sin_port));
  samples = malloc((size_t)count * sizeof *samples);
  if (!samples || ppn_client_new(NULL, &client, NULL) != PPN_OK) return 1;
  bench_begin(&figures);
  for (int i = 0; i < count; i++) {
    samples[i] = sample(&b, client, url, argv[1], listener);
    figures.operations++;
    if (b.code != PPN_E_CANCELLED) figures.errors++;
  }
  bench_end(&figures);
  qsort(samples, (size_t)count, sizeof *samples, by_value);
  snprintf(more, sizeof more, ",\"median_ms\":%.4f,\"longest_ms\":%.4f", samples[count / 2] * 1e3,
           samples[count - 1] * 1e3);
  ppn_client_release(client);
  ppn_runtime_shutdown(NULL);
  free(samples);
  close(listener);
  return bench_print(&figures, more);
}
