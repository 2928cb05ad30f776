/* How long a process takes from dlopen of a library to the first byte of a plain request on the wire. Each sample is a
 * fresh process; its parent is the server and sees the byte come.
 *
 * usage: bench_load ppn|ppn_trust|curl LIBRARY SAMPLES
 *   ppn        verify_ssl=false: no CA is read
 *   ppn_trust  built-in defaults: the client reads the trust store of the system
 * prints beside the usual figures the median in milliseconds, how much of it is dlopen, and the CPU time of the child
 * from dlopen to the end of its request, which says more than the clock on a busy machine */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "bench_ppn.h"

enum { wait_limit_ms = 10000 };

typedef struct {
  double begin_s, loaded_s;
  double cpu_s; /* from begin to the end of the request */
} marks;

static void fail(const char* what) {
  fprintf(stderr, "bench_load: %s\n", what);
  exit(1);
}

static void* find(void* library, const char* name) {
  void* found = dlsym(library, name);
  if (!found) fail(dlerror());
  return found;
}

/* ISO C has no conversion from void* to a function; this one POSIX asks for. */
#define FIND(function, library) (*(void**)& function = find(library, &#function[sizeof "use"]))

static void request_with_ppn(void* library, const char* url, int trust) {
  int32_t (*use_ppn_config_new)(ppn_config**, ppn_error**);
  int32_t (*use_ppn_config_set_verify_ssl)(ppn_config*, int32_t, ppn_error**);
  int32_t (*use_ppn_client_new)(const ppn_config*, ppn_client**, ppn_error**);
  int32_t (*use_ppn_request_new)(ppn_client*, const char*, size_t, const char*, size_t, ppn_request**, ppn_error**);
  int32_t (*use_ppn_request_send)(ppn_request*, ppn_response**, ppn_error**);
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  FIND(use_ppn_config_new, library);
  FIND(use_ppn_config_set_verify_ssl, library);
  FIND(use_ppn_client_new, library);
  FIND(use_ppn_request_new, library);
  FIND(use_ppn_request_send, library);
  if (use_ppn_config_new(&config, NULL) != PPN_OK || use_ppn_config_set_verify_ssl(config, trust, NULL) != PPN_OK ||
      use_ppn_client_new(config, &client, NULL) != PPN_OK ||
      use_ppn_request_new(client, "GET", 3, url, PPN_AUTO_LENGTH, &request, NULL) != PPN_OK ||
      use_ppn_request_send(request, &response, NULL) != PPN_OK) {
    fail("the request failed");
  }
}

static void request_with_curl(void* library, const char* url) {
  CURLcode (*use_curl_global_init)(long);
  CURL* (*use_curl_easy_init)(void);
  CURLcode (*use_curl_easy_setopt)(CURL*, CURLoption, ...);
  CURLcode (*use_curl_easy_perform)(CURL*);
  CURL* easy;
  FIND(use_curl_global_init, library);
  FIND(use_curl_easy_init, library);
  FIND(use_curl_easy_setopt, library);
  FIND(use_curl_easy_perform, library);
  use_curl_global_init(CURL_GLOBAL_ALL);
  if (!(easy = use_curl_easy_init())) fail("curl_easy_init");
  use_curl_easy_setopt(easy, CURLOPT_URL, url);
  use_curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  if (use_curl_easy_perform(easy) != CURLE_OK) fail("curl_easy_perform");
}

static int run_child(const char* what, const char* path, const char* url) {
  marks m;
  void* library;
  m.cpu_s = -bench_cpu_s();
  m.begin_s = bench_now_s();
  library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  m.loaded_s = bench_now_s();
  if (!library) fail(dlerror());
  if (strcmp(what, "curl") == 0) {
    request_with_curl(library, url);
  } else {
    request_with_ppn(library, url, strcmp(what, "ppn_trust") == 0);
  }
  m.cpu_s += bench_cpu_s();
  if (write(STDOUT_FILENO, &m, sizeof m) != (ssize_t)sizeof m) fail("write");
  return 0;
}

static void wait_readable(int fd) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  if (poll(&wanted, 1, wait_limit_ms) != 1) fail("the child does not send");
}

/* Serves one request. Returns when its first byte came. */
static double serve(int listener) {
  static const char response[] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  char in[4096];
  double first_byte_s;
  int peer;
  wait_readable(listener);
  peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  wait_readable(peer);
  first_byte_s = bench_now_s();
  if (recv(peer, in, sizeof in, 0) <= 0 || send(peer, response, sizeof response - 1, MSG_NOSIGNAL) < 0) fail("serve");
  close(peer);
  return first_byte_s;
}

typedef struct {
  double *total_ms, *dlopen_ms, *cpu_ms; /* of each sample */
} samples;

static void take_sample(char** argv, int listener, const char* url, const samples* all, int i) {
  int out[2], status;
  double first_byte_s;
  marks m;
  pid_t child;
  if (pipe(out) != 0 || (child = fork()) < 0) fail("fork");
  if (child == 0) {
    dup2(out[1], STDOUT_FILENO);
    close(out[0]);
    execl(argv[0], argv[0], argv[1], argv[2], "child", url, (char*)NULL);
    _exit(127);
  }
  close(out[1]);
  first_byte_s = serve(listener);
  if (read(out[0], &m, sizeof m) != (ssize_t)sizeof m) fail("the child says nothing");
  if (waitpid(child, &status, 0) != child || status != 0) fail("the child failed");
  close(out[0]);
  all->total_ms[i] = (first_byte_s - m.begin_s) * 1e3;
  all->dlopen_ms[i] = (m.loaded_s - m.begin_s) * 1e3;
  all->cpu_ms[i] = m.cpu_s * 1e3;
}

static int by_value(const void* left, const void* right) {
  const double a = *(const double*)left, b = *(const double*)right;
  return (a > b) - (a < b);
}

static double median(double* values, int count) {
  qsort(values, (size_t)count, sizeof *values, by_value);
  return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

int main(int argc, char** argv) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t length = sizeof at;
  bench_figures figures = {0};
  char url[64], more[128];
  samples all;
  int listener, count;
  if (argc == 5 && strcmp(argv[3], "child") == 0) return run_child(argv[1], argv[2], argv[4]);
  if (argc != 4 || (count = atoi(argv[3])) < 1) fail("usage: bench_load ppn|ppn_trust|curl LIBRARY SAMPLES");
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr*)&at, sizeof at) != 0 || listen(listener, 8) != 0 ||
      getsockname(listener, (struct sockaddr*)&at, &length) != 0) {
    fail("listen");
  }
  snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(at.sin_port));
  all.total_ms = malloc((size_t)count * 3 * sizeof *all.total_ms);
  if (!all.total_ms) return 1;
  all.dlopen_ms = all.total_ms + count;
  all.cpu_ms = all.dlopen_ms + count;
  bench_begin(&figures);
  for (int i = 0; i < count; i++) {
    take_sample(argv, listener, url, &all, i);
    figures.operations++;
  }
  bench_end(&figures);
  snprintf(more, sizeof more, ",\"first_byte_ms\":%.4f,\"dlopen_ms\":%.4f,\"child_cpu_ms\":%.4f",
           median(all.total_ms, count), median(all.dlopen_ms, count), median(all.cpu_ms, count));
  free(all.total_ms);
  close(listener);
  return bench_print(&figures, more);
}
