/* Peer: libwslay's event API on an epoll loop, with what its user has to write: a buffer for reads and one for writes,
 * so that a turn of the loop makes one system call each, and masks from a cheap generator. Plain connections only.
 *
 * usage: bench_wslay_websocket URL CA_FILE ...     (bench_websocket.h; CA_FILE is not used) */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

#include "bench.h"
#include "bench_websocket.h"
#include "memory.h"

enum { piece = 1 << 18, events_per_wait = 256 };

typedef struct {
  bench_websocket options;
  char* message;
  int epoll, in_flight, warm, opened;
  double end_s;
  bench_figures figures;
} bench;

typedef struct {
  bench* all;
  int fd;
  wslay_event_context_ptr context;
  char* rest; /* what the socket would not take */
  size_t rest_length;
} connection;

/* Of the connection that is served just now. */
static char in[piece];
static size_t in_at, in_length;
static char out[piece];
static size_t out_length;

static uint64_t state = 88172645463325252u;

static int make_mask(wslay_event_context_ptr context, uint8_t* to, size_t length, void* user_data) {
  (void)context;
  (void)user_data;
  for (size_t i = 0; i < length; i += 4) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    memcpy(to + i, &state, length - i < 4 ? length - i : 4);
  }
  return 0;
}

static ssize_t take(wslay_event_context_ptr context, uint8_t* to, size_t length, int flags, void* user_data) {
  connection* c = user_data;
  (void)flags;
  if (in_at == in_length) {
    const ssize_t got = recv(c->fd, in, sizeof in, 0);
    in_at = in_length = 0;
    if (got <= 0) {
      wslay_event_set_error(context, got < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
      return -1;
    }
    in_length = (size_t)got;
  }
  if (length > in_length - in_at) length = in_length - in_at;
  memcpy(to, in + in_at, length);
  in_at += length;
  return (ssize_t)length;
}

static void watch(connection* c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(c->all->epoll, operation, c->fd, &event);
}

/* 0 = the socket has ended. */
static int flush(connection* c) {
  size_t at = 0;
  while (at < out_length) {
    const ssize_t sent = send(c->fd, out + at, out_length - at, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return 0;
    if (sent < 0) {
      c->rest_length = out_length - at;
      if (!(c->rest = malloc(c->rest_length))) abort();
      memcpy(c->rest, out + at, c->rest_length);
      watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      break;
    }
    at += (size_t)sent;
  }
  out_length = 0;
  return 1;
}

static ssize_t give(wslay_event_context_ptr context, const uint8_t* from, size_t length, int flags, void* user_data) {
  connection* c = user_data;
  (void)flags;
  if (out_length == sizeof out && !c->rest && !flush(c)) {
    wslay_event_set_error(context, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
  }
  if (c->rest) {
    wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  if (length > sizeof out - out_length) length = sizeof out - out_length;
  memcpy(out + out_length, from, length);
  out_length += length;
  return (ssize_t)length;
}

static void send_one(connection* c) {
  bench* b = c->all;
  const struct wslay_event_msg message = {WSLAY_TEXT_FRAME, (const uint8_t*)b->message, b->options.bytes};
  b->in_flight++;
  if (wslay_event_queue_msg(c->context, &message) != 0) b->figures.errors++;
}

static void on_message(wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg* message,
                       void* user_data) {
  connection* c = user_data;
  bench* b = c->all;
  (void)context;
  b->in_flight--;
  if (message->opcode != WSLAY_TEXT_FRAME || message->msg_length != b->options.bytes) b->figures.errors++;
  b->figures.operations++;
  b->figures.body_bytes += message->msg_length;
  if (b->options.idle) {
    b->opened++;
    return;
  }
  if (bench_warmed_up(&b->figures, b->options.connections * b->options.in_flight, &b->warm)) {
    b->end_s = bench_now_s() + b->options.seconds;
  }
  if (bench_now_s() < b->end_s) send_one(c);
}

static int serve(connection* c, uint32_t events) {
  if (events & EPOLLOUT) {
    out_length = c->rest_length;
    memcpy(out, c->rest, out_length);
    free(c->rest);
    c->rest = NULL;
    if (!flush(c)) return 0;
    if (!c->rest) watch(c, EPOLL_CTL_MOD, EPOLLIN);
  }
  if (events & EPOLLIN && wslay_event_recv(c->context) != 0) return 0;
  if (!c->rest && (wslay_event_send(c->context) != 0 || !flush(c))) return 0;
  return !wslay_event_get_close_received(c->context);
}

static int turn(bench* b) {
  struct epoll_event events[events_per_wait];
  const int ready = epoll_wait(b->epoll, events, events_per_wait, -1);
  for (int i = 0; i < ready; i++) {
    if (!serve(events[i].data.ptr, events[i].events)) {
      fprintf(stderr, "bench_wslay_websocket: a connection has ended\n");
      b->figures.errors++;
      return 0;
    }
  }
  return 1;
}

/* The handshake, blocking: it is not what is measured. */
static int open_one(bench* b, connection* c, int port) {
  static const struct wslay_event_callbacks callbacks = {take, give, make_mask, NULL, NULL, NULL, on_message};
  static const char request[] =
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  const int one = 1;
  char head[1024] = "";
  size_t length = 0;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->all = b;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0 || connect(c->fd, (const struct sockaddr*)&at, sizeof at) != 0) return 0;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (send(c->fd, request, sizeof request - 1, MSG_NOSIGNAL) != sizeof request - 1) return 0;
  while (!strstr(head, "\r\n\r\n")) {
    const ssize_t got = recv(c->fd, head + length, sizeof head - 1 - length, 0);
    if (got <= 0) return 0;
    length += (size_t)got;
  }
  if (!strstr(head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) return 0;
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  if (wslay_event_context_client_init(&c->context, &callbacks, c) != 0) return 0;
  watch(c, EPOLL_CTL_ADD, EPOLLIN);
  for (int i = 0; i < b->options.in_flight; i++) send_one(c);
  return serve(c, 0);
}

int main(int argc, char** argv) {
  static bench b;
  connection* connections;
  bench_memory before = {0}, after;
  const char* port;
  char more[128] = "";
  if (!bench_websocket_arguments(&b.options, argc, argv) || !(port = strrchr(b.options.url, ':')) ||
      b.options.deflate) {
    fprintf(stderr, "usage: bench_wslay_websocket " BENCH_WEBSOCKET_USAGE "\n");
    return 1;
  }
  bench_raise_descriptors();
  b.message = bench_websocket_message(b.options.bytes);
  connections = calloc((size_t)b.options.connections, sizeof *connections);
  b.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (!connections || b.epoll < 0) return 1;
  memset(connections, 0, (size_t)b.options.connections * sizeof *connections);
  bench_begin(&b.figures);
  b.end_s = bench_now_s() + 60;
  for (int i = 0; i < b.options.connections; i++) {
    if (b.options.idle && i == 1) { /* what comes once, with the first connection, is not counted */
      while (b.opened < 1 && turn(&b)) continue;
      before = bench_memory_now();
    }
    if (!open_one(&b, &connections[i], atoi(port + 1))) {
      fprintf(stderr, "bench_wslay_websocket: a connection was not opened\n");
      return 1;
    }
    while (b.options.idle && b.opened < i - 256 && turn(&b)) continue;
  }
  while (b.in_flight > 0 && turn(&b)) continue;
  if (b.options.idle) {
    after = bench_memory_now();
    snprintf(more, sizeof more, ",\"heap_per_connection\":%.1f,\"resident_per_connection\":%.1f",
             (after.heap - before.heap) / (b.options.connections - 1),
             (after.resident - before.resident) / (b.options.connections - 1));
  }
  bench_end(&b.figures);
  for (int i = 0; i < b.options.connections; i++) {
    close(connections[i].fd);
    wslay_event_context_free(connections[i].context);
    free(connections[i].rest);
  }
  free(connections);
  free(b.message);
  close(b.epoll);
  return bench_print(&b.figures, more);
}
