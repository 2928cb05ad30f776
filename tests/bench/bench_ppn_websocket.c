/* Ours: WebSocket messages through the C ABI, pushed to a callback that sends the next one.
 *
 * usage: bench_ppn_websocket URL CA_FILE ...     (bench_websocket.h) */
#include <pthread.h>

#include "bench.h"
#include "bench_ppn.h"
#include "bench_websocket.h"
#include "memory.h"

enum { opening_at_once = 256 };

typedef struct {
  bench_websocket options;
  char* message;
  ppn_client* client;
  /* The I/O thread alone writes these, until `finished` is set. */
  int in_flight, warm;
  double end_s;
  bench_figures figures;

  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int opened, terminated; /* connections with a first message, and ended ones */
  int finished;
} bench;

static void count_error(bench* b, const ppn_error* error) {
  if (b->figures.errors++ == 0) bench_complain("bench_ppn_websocket", error);
}

static void signal_change(bench* b, int* what) {
  pthread_mutex_lock(&b->mutex);
  ++*what;
  pthread_cond_signal(&b->changed);
  pthread_mutex_unlock(&b->mutex);
}

static void send_one(bench* b, ppn_websocket* websocket) {
  ppn_error* error = NULL;
  b->in_flight++;
  if (ppn_websocket_send(websocket, PPN_WEBSOCKET_TEXT, b->message, b->options.bytes, &error) != PPN_OK) {
    b->in_flight--;
    count_error(b, error);
    ppn_error_release(error);
    signal_change(b, &b->finished);
  }
}

static void PPN_CALL on_open(void* user_data, ppn_websocket* websocket, ppn_response* handshake) {
  bench* b = user_data;
  size_t length = 0;
  if (b->options.deflate && !ppn_response_header(handshake, "Sec-WebSocket-Extensions", PPN_AUTO_LENGTH, &length)) {
    count_error(b, NULL);
  }
  for (int i = 0; i < b->options.in_flight; i++) send_one(b, websocket);
}

static int32_t PPN_CALL on_message(void* user_data, ppn_websocket* websocket, int32_t kind, const char* data,
                                   size_t length) {
  bench* b = user_data;
  (void)data;
  b->in_flight--;
  if (kind != PPN_WEBSOCKET_TEXT || length != b->options.bytes) count_error(b, NULL);
  b->figures.operations++;
  b->figures.body_bytes += length;
  if (b->options.idle) {
    signal_change(b, &b->opened);
    return PPN_CB_CONTINUE;
  }
  if (bench_warmed_up(&b->figures, b->options.connections * b->options.in_flight, &b->warm)) {
    b->end_s = bench_now_s() + b->options.seconds;
  }
  if (bench_now_s() < b->end_s) {
    send_one(b, websocket);
  } else if (b->in_flight == 0) {
    signal_change(b, &b->finished);
  }
  return PPN_CB_CONTINUE;
}

static void PPN_CALL on_terminated(void* user_data, ppn_websocket* websocket, const ppn_error* error) {
  bench* b = user_data;
  (void)websocket;
  if (error && ppn_error_code(error) != PPN_E_CANCELLED) count_error(b, error);
  signal_change(b, &b->terminated);
}

static void check(const char* what, int32_t code, const ppn_error* error) {
  if (code == PPN_OK) return;
  bench_complain(what, error);
  exit(1);
}

static ppn_websocket* open_one(bench* b) {
  ppn_websocket* websocket = NULL;
  ppn_error* error = NULL;
  check("new", ppn_websocket_new(b->client, b->options.url, PPN_AUTO_LENGTH, &websocket, &error), error);
  check("callbacks",
        ppn_websocket_set_callbacks(websocket, on_open, on_message, NULL, NULL, on_terminated, b, NULL, &error), error);
  if (b->options.deflate) {
    check("deflate",
          ppn_websocket_set_option(websocket, "websocket_deflate", PPN_AUTO_LENGTH, "true", PPN_AUTO_LENGTH, &error),
          error);
  }
  check("connect", ppn_websocket_connect(websocket, &error), error);
  return websocket;
}

/* Ends as well when a connection has ended, which none should. */
static void wait_until(bench* b, const int* counter, int value) {
  pthread_mutex_lock(&b->mutex);
  while (*counter < value && (counter == &b->terminated || b->terminated == 0)) {
    pthread_cond_wait(&b->changed, &b->mutex);
  }
  pthread_mutex_unlock(&b->mutex);
}

int main(int argc, char** argv) {
  static bench b;
  bench_memory before = {0}, after;
  ppn_websocket** websockets;
  char more[128] = "";
  if (!bench_websocket_arguments(&b.options, argc, argv)) {
    fprintf(stderr, "usage: bench_ppn_websocket " BENCH_WEBSOCKET_USAGE "\n");
    return 1;
  }
  bench_raise_descriptors();
  pthread_mutex_init(&b.mutex, NULL);
  pthread_cond_init(&b.changed, NULL);
  b.message = bench_websocket_message(b.options.bytes);
  websockets = calloc((size_t)b.options.connections, sizeof *websockets);
  if (!websockets || !(b.client = bench_client(b.options.ca_file, b.options.connections))) return 1;
  memset(websockets, 0, (size_t)b.options.connections * sizeof *websockets);
  bench_begin(&b.figures);
  b.end_s = bench_now_s() + 60;
  for (int i = 0; i < b.options.connections; i++) {
    if (b.options.idle && i == 1) { /* what comes once, with the first connection, is not counted */
      wait_until(&b, &b.opened, 1);
      before = bench_memory_now();
    }
    websockets[i] = open_one(&b);
    if (b.options.idle) wait_until(&b, &b.opened, i - opening_at_once);
  }
  if (b.options.idle) {
    wait_until(&b, &b.opened, b.options.connections);
    after = bench_memory_now();
    snprintf(more, sizeof more, ",\"heap_per_connection\":%.1f,\"resident_per_connection\":%.1f",
             (after.heap - before.heap) / (b.options.connections - 1),
             (after.resident - before.resident) / (b.options.connections - 1));
  } else {
    wait_until(&b, &b.finished, 1);
  }
  bench_end(&b.figures);
  if (b.terminated) count_error(&b, NULL); /* before its time */
  for (int i = 0; i < b.options.connections; i++) ppn_websocket_cancel(websockets[i]);
  wait_until(&b, &b.terminated, b.options.connections);
  for (int i = 0; i < b.options.connections; i++) ppn_websocket_release(websockets[i]);
  ppn_client_release(b.client);
  ppn_runtime_shutdown(NULL);
  free(websockets);
  free(b.message);
  return bench_print(&b.figures, more);
}
