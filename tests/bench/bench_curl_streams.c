/* Peer: many streams of server-sent events at once with libcurl's multi interface on epoll, and the smallest splitter
 * of lines that a user can write into the write callback.
 *
 * usage: bench_curl_streams URL CA_FILE idle|events STREAMS        (as bench_ppn_streams) */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "curl_epoll.h"
#include "memory.h"

enum { opening_at_once = 256, longest_line = 256 };

typedef struct {
  curl_epoll loop;
  int opened, completed;
  bench_figures figures;
} bench;

typedef struct {
  bench* all;
  CURL* easy;
  size_t data_length; /* of the event under way */
  size_t partial;     /* bytes of the line under way that came with an earlier piece */
  int has_data, opened;
  char line[longest_line];
} stream;

static void take_line(stream* s, const char* line, size_t length) {
  if (length > 0 && line[length - 1] == '\r') length--;
  if (length == 0) {
    if (!s->has_data) return;
    s->all->figures.operations++;
    s->all->figures.body_bytes += s->data_length;
    if (!s->opened) s->all->opened++;
    s->opened = 1;
    s->has_data = 0;
    s->data_length = 0;
  } else if (length >= 6 && memcmp(line, "data: ", 6) == 0) {
    s->has_data = 1;
    s->data_length += length - 6;
  }
}

static size_t on_body(char* data, size_t size, size_t count, void* user_data) {
  stream* s = user_data;
  const char* at = data;
  const char* end = data + size * count;
  const char* newline;
  while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    const size_t length = (size_t)(newline - at);
    if (s->partial) {
      if (s->partial + length > longest_line) return 0;
      memcpy(s->line + s->partial, at, length);
      take_line(s, s->line, s->partial + length);
      s->partial = 0;
    } else {
      take_line(s, at, length);
    }
    at = newline + 1;
  }
  if (s->partial + (size_t)(end - at) > longest_line) return 0;
  memcpy(s->line + s->partial, at, (size_t)(end - at));
  s->partial += (size_t)(end - at);
  return size * count;
}

static void start_one(bench* b, stream* s, const char* url, const char* ca_file) {
  s->all = b;
  s->easy = curl_easy_init();
  if (!s->easy) exit(1);
  curl_easy_setopt(s->easy, CURLOPT_URL, url);
  curl_easy_setopt(s->easy, CURLOPT_CAINFO, ca_file);
  curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
  curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
  if (curl_multi_add_handle(b->loop.multi, s->easy) != CURLM_OK) exit(1);
}

static void turn(bench* b) {
  CURLMsg* message;
  int left;
  curl_epoll_turn(&b->loop);
  while ((message = curl_multi_info_read(b->loop.multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE) continue;
    b->completed++;
    if (message->data.result != CURLE_OK && b->figures.errors++ == 0) {
      fprintf(stderr, "bench_curl_streams: %s\n", curl_easy_strerror(message->data.result));
    }
  }
}

int main(int argc, char** argv) {
  bench b = {0};
  bench_memory before = {0}, after;
  stream* streams;
  char more[128] = "";
  int wanted, idle, i;
  if (argc != 5 || (strcmp(argv[3], "idle") != 0 && strcmp(argv[3], "events") != 0) || (wanted = atoi(argv[4])) < 2) {
    fprintf(stderr, "usage: bench_curl_streams URL CA_FILE idle|events STREAMS\n");
    return 1;
  }
  bench_raise_descriptors();
  idle = strcmp(argv[3], "idle") == 0;
  curl_global_init(CURL_GLOBAL_ALL);
  streams = calloc((size_t)wanted, sizeof *streams);
  if (!streams || !curl_epoll_open(&b.loop, wanted)) return 1;
  memset(streams, 0, (size_t)wanted * sizeof *streams);
  bench_begin(&b.figures);
  for (i = 0; i < wanted; i++) {
    if (idle && i == 1) { /* what comes once, with the first stream, is not counted */
      while (b.opened < 1 && b.completed == 0) turn(&b);
      before = bench_memory_now();
    }
    start_one(&b, &streams[i], argv[1], argv[2]);
    while (idle && b.opened < i - opening_at_once && b.completed == 0) turn(&b);
  }
  if (idle) {
    while (b.opened < wanted && b.completed == 0) turn(&b);
    after = bench_memory_now();
    snprintf(more, sizeof more, ",\"heap_per_stream\":%.1f,\"resident_per_stream\":%.1f",
             (after.heap - before.heap) / (wanted - 1), (after.resident - before.resident) / (wanted - 1));
    if (b.completed) b.figures.errors++; /* a stream that ended is not idle */
  } else {
    while (b.completed < wanted) turn(&b);
  }
  bench_end(&b.figures);
  for (i = 0; i < wanted; i++) {
    curl_multi_remove_handle(b.loop.multi, streams[i].easy);
    curl_easy_cleanup(streams[i].easy);
  }
  curl_multi_cleanup(b.loop.multi);
  curl_global_cleanup();
  close(b.loop.epoll);
  free(streams);
  return bench_print(&b.figures, more);
}
