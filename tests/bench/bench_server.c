/* The server of the rows that nginx can not serve: many silent streams, one event per packet, and TLS sessions that
 * are resumed or never offered. One thread on epoll, on loopback ports that the kernel chooses.
 *
 *   /idle       a stream of events: head, one event, then silence
 *   /events/N   a stream of N events of 64 bytes, one chunk and one send each, as fast as the peer reads; streams take
 *               turns after each event
 *   /paced/N    the same, one event of each stream per millisecond
 *   /session    "full" or "resumed", as the TLS handshake was; closes the connection
 *
 * usage: bench_server CERT_FILE KEY_FILE
 * prints {"plain":PORT,"tls":PORT,"tls_full":PORT}; tls_full hands out no session. Ends with its standard input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench_listen.h"
#include "memory.h"

enum { request_limit = 1024, events_per_wait = 256, turns_per_wait = 16, pace_ns = 1000000 };

#define STREAM_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define EVENT "data: {\"choices\":[{\"delta\":{\"content\":\"a token \"},\"index\":0}]}\n\n"
#define CHUNK "40\r\n" EVENT "\r\n"
_Static_assert(sizeof EVENT - 1 == 64, "an event has 64 bytes");

typedef enum { handshaking, reading, writing, silent, streaming } stage;

typedef struct connection {
  int fd;
  SSL* ssl; /* NULL on a plain connection */
  stage stage;
  stage after_writing;
  int close_after_writing;
  const char* out; /* what is being written */
  size_t out_length;
  long events_left;
  struct connection* ring;            /* of its kind of stream */
  struct connection *next, *previous; /* in that ring while the stream may write; else NULL */
  size_t in_length;
  char in[request_limit];
} connection;

typedef struct {
  int fd;
  SSL_CTX* tls;
} listener;

static int epoll_fd;
static connection unpaced, paced; /* the heads of the rings */

static void enter_ring(connection* c) {
  if (c->next) return;
  c->next = c->ring;
  c->previous = c->ring->previous;
  c->ring->previous->next = c;
  c->ring->previous = c;
}

static void leave_ring(connection* c) {
  if (!c->next) return;
  c->next->previous = c->previous;
  c->previous->next = c->next;
  c->next = c->previous = NULL;
}

static void watch(connection* c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(epoll_fd, operation, c->fd, &event);
}

static void drop(connection* c) {
  leave_ring(c);
  if (c->ssl) SSL_free(c->ssl);
  close(c->fd);
  free(c);
}

/* The outcome of an SSL or socket call: bytes, 0 = later, -1 = the connection has ended. */
static long outcome(connection* c, long result) {
  if (result > 0) return result;
  if (!c->ssl) return result < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
  switch (SSL_get_error(c->ssl, (int)result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return 0;
    default: ERR_clear_error(); return -1;
  }
}

static long receive(connection* c) {
  char* at = c->in + c->in_length;
  const size_t room = request_limit - 1 - c->in_length;
  if (room == 0) return -1;
  return outcome(c, c->ssl ? SSL_read(c->ssl, at, (int)room) : recv(c->fd, at, room, 0));
}

static long send_some(connection* c) {
  return outcome(
      c, c->ssl ? SSL_write(c->ssl, c->out, (int)c->out_length) : send(c->fd, c->out, c->out_length, MSG_NOSIGNAL));
}

/* 1 = all of it is out, 0 = later, -1 = the connection has ended. */
static int write_out(connection* c) {
  while (c->out_length > 0) {
    const long sent = send_some(c);
    if (sent <= 0) {
      if (sent == 0) watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return (int)sent;
    }
    c->out += sent;
    c->out_length -= (size_t)sent;
  }
  return 1;
}

static void answer(connection* c, const char* text, stage after) {
  c->out = text;
  c->out_length = strlen(text);
  c->after_writing = after;
  c->stage = writing;
}

static int choose_answer(connection* c) {
  if (strncmp(c->in, "GET /idle ", 10) == 0) {
    answer(c, STREAM_HEAD CHUNK, silent);
  } else if (strncmp(c->in, "GET /events/", 12) == 0 && (c->events_left = atol(c->in + 12)) > 0) {
    c->ring = &unpaced;
    answer(c, STREAM_HEAD, streaming);
  } else if (strncmp(c->in, "GET /paced/", 11) == 0 && (c->events_left = atol(c->in + 11)) > 0) {
    c->ring = &paced;
    answer(c, STREAM_HEAD, streaming);
  } else if (strncmp(c->in, "GET /session ", 13) == 0 && c->ssl) {
    answer(c,
           SSL_session_reused(c->ssl) ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\nresumed"
                                      : "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfull",
           reading);
    c->close_after_writing = 1;
  } else {
    return 0;
  }
  c->in_length = 0;
  return 1;
}

/* One event of a stream, so that all streams take turns. 0 = nothing more for now, -1 = the connection has ended. */
static int stream_turn(connection* c) {
  int written;
  if (c->out_length == 0) {
    c->out = c->events_left > 0 ? CHUNK : "0\r\n\r\n";
    c->out_length = strlen(c->out);
    c->events_left--;
  }
  written = write_out(c);
  if (written <= 0) {
    leave_ring(c);
    return written;
  }
  if (c->events_left < 0) {
    leave_ring(c);
    c->stage = reading;
  }
  return 1;
}

/* Goes on as far as the socket lets it. -1 = the connection has ended. */
static int advance(connection* c) {
  for (;;) {
    int written;
    long got;
    switch (c->stage) {
      case handshaking:
        if ((got = outcome(c, SSL_accept(c->ssl))) <= 0) return (int)got;
        c->stage = reading;
        break;
      case silent:
      case reading:
        if ((got = receive(c)) <= 0) return (int)got;
        if (c->stage == silent) return -1; /* a peer that waits says nothing */
        c->in_length += (size_t)got;
        c->in[c->in_length] = 0;
        if (strstr(c->in, "\r\n\r\n") && !choose_answer(c)) return -1;
        break;
      case writing:
        if ((written = write_out(c)) <= 0) return written;
        if (c->close_after_writing) {
          if (c->ssl) SSL_shutdown(c->ssl);
          return -1;
        }
        c->stage = c->after_writing;
        if (c->stage == streaming) enter_ring(c);
        break;
      case streaming: return 0; /* the ring does it */
    }
  }
}

static void accept_all(const listener* from) {
  for (;;) {
    const int one = 1;
    connection* c;
    const int fd = accept4(from->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c = calloc(1, sizeof *c);
    if (!c) abort();
    c->fd = fd;
    c->stage = from->tls ? handshaking : reading;
    if (from->tls) {
      c->ssl = SSL_new(from->tls);
      if (!c->ssl || SSL_set_fd(c->ssl, fd) != 1) abort();
    }
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static void on_events(connection* c, uint32_t events) {
  int state = 0;
  if (events & EPOLLOUT) {
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
    if (c->stage == streaming) enter_ring(c);
  }
  if (c->stage == streaming && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    state = receive(c) == 0 ? 0 : -1; /* nothing is pipelined here: the peer has ended */
  } else if (c->stage != streaming) {
    state = advance(c);
  }
  if (state < 0) drop(c);
}

static void turn_ring(connection* ring) {
  for (connection *c = ring->next, *next; c != ring; c = next) {
    next = c->next;
    if (stream_turn(c) < 0) drop(c);
  }
}

static SSL_CTX* make_context(const char* certificate, const char* key, size_t tickets) {
  SSL_CTX* context = bench_tls_context(certificate, key);
  SSL_CTX_set_num_tickets(context, tickets);
  SSL_CTX_set_session_id_context(context, (const unsigned char*)"bench", 5);
  return context;
}

static int listen_on_loopback(listener* l, SSL_CTX* tls) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
  int port = 0;
  l->tls = tls;
  l->fd = bench_listen("bench_server", &port);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, l->fd, &event);
  return port;
}

/* Ticks all the time: an idle server that looks up once per millisecond disturbs nobody on its own core. */
static int start_pace(void) {
  const struct itimerspec every = {{0, pace_ns}, {0, pace_ns}};
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &paced};
  if (fd < 0 || timerfd_settime(fd, 0, &every, NULL) != 0) {
    perror("bench_server");
    exit(1);
  }
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  return fd;
}

int main(int argc, char** argv) {
  static listener listeners[3];
  struct epoll_event events[events_per_wait];
  struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
  int ports[3], pace;
  if (argc != 3) {
    fprintf(stderr, "usage: bench_server CERT_FILE KEY_FILE\n");
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  bench_raise_descriptors();
  unpaced.next = unpaced.previous = &unpaced;
  paced.next = paced.previous = &paced;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  pace = start_pace();
  ports[0] = listen_on_loopback(&listeners[0], NULL);
  ports[1] = listen_on_loopback(&listeners[1], make_context(argv[1], argv[2], 2));
  ports[2] = listen_on_loopback(&listeners[2], make_context(argv[1], argv[2], 0));
  printf("{\"plain\":%d,\"tls\":%d,\"tls_full\":%d}\n", ports[0], ports[1], ports[2]);
  fflush(stdout);
  for (;;) {
    int due = 0;
    const int ready = epoll_wait(epoll_fd, events, events_per_wait, unpaced.next == &unpaced ? -1 : 0);
    for (int i = 0; i < ready; i++) {
      void* who = events[i].data.ptr;
      if (!who) return 0;
      if (who == &paced) {
        uint64_t ticks;
        due = read(pace, &ticks, sizeof ticks) == (ssize_t)sizeof ticks;
      } else if ((listener*)who >= listeners && (listener*)who < listeners + 3) {
        accept_all(who);
      } else {
        on_events(who, events[i].events);
      }
    }
    /* Only now: what ends here may have had an event in the batch. */
    if (due) turn_ring(&paced);
    for (int turn = 0; turn < turns_per_wait; turn++) turn_ring(&unpaced);
  }
}
