/* The server of the WebSocket rows: sends every message back as it came, frame by frame. One thread on epoll, on loopback
 * ports that the kernel chooses.
 *
 * A frame is echoed while it arrives, unmasked and with its own first byte, so messages of any size need no memory here.
 * permessage-deflate (RFC 7692) is accepted without context takeover in either direction: what a client has compressed
 * is then a message that it can read itself, and nothing is inflated here.
 *
 * usage: bench_echo_server CERT_FILE KEY_FILE
 * prints {"plain":PORT,"tls":PORT}. Ends with its standard input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_listen.h"
#include "memory.h"

enum { request_limit = 4096, events_per_wait = 256, piece = 1 << 18, head_limit = 14, key_length = 24 };

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define DEFLATE "permessage-deflate"
#define DEFLATE_ANSWER \
  "Sec-WebSocket-Extensions: " DEFLATE "; server_no_context_takeover; client_no_context_takeover\r\n"

typedef enum { handshaking, requesting, echoing } stage;

typedef struct {
  int fd;
  SSL* ssl; /* NULL on a plain connection */
  stage stage;
  int ends; /* after what is to be written */
  /* What the socket would not take; it is not read until that is gone. */
  char* rest;
  size_t rest_length, rest_written;
  /* The frame under way. */
  unsigned char head[head_limit];
  size_t head_length;
  uint64_t payload_left;
  unsigned char mask[4]; /* turned so that [0] is for the next byte */
  char* request;         /* while there is none */
  size_t request_length;
} connection;

typedef struct {
  int fd;
  SSL_CTX* tls;
} listener;

static int epoll_fd;
static char in[piece], out[piece + piece / 8];

static void watch(connection* c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(epoll_fd, operation, c->fd, &event);
}

static void drop(connection* c) {
  if (c->ssl) SSL_free(c->ssl);
  close(c->fd);
  free(c->rest);
  free(c->request);
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

static long receive(connection* c, char* at, size_t room) {
  return outcome(c, c->ssl ? SSL_read(c->ssl, at, (int)room) : recv(c->fd, at, room, 0));
}

static long send_some(connection* c, const char* at, size_t length) {
  return outcome(c, c->ssl ? SSL_write(c->ssl, at, (int)length) : send(c->fd, at, length, MSG_NOSIGNAL));
}

/* 1 = all of it is out, 0 = the rest was kept, -1 = the connection has ended. */
static int write_out(connection* c, const char* at, size_t length) {
  while (length > 0) {
    const long sent = send_some(c, at, length);
    if (sent < 0) return -1;
    if (sent == 0) {
      if (!(c->rest = malloc(length))) abort();
      memcpy(c->rest, at, length);
      c->rest_length = length;
      c->rest_written = 0;
      watch(c, EPOLL_CTL_MOD, EPOLLOUT);
      return 0;
    }
    at += sent;
    length -= (size_t)sent;
  }
  return 1;
}

static int write_rest(connection* c) {
  while (c->rest_written < c->rest_length) {
    const long sent = send_some(c, c->rest + c->rest_written, c->rest_length - c->rest_written);
    if (sent <= 0) return (int)sent;
    c->rest_written += (size_t)sent;
  }
  free(c->rest);
  c->rest = NULL;
  c->rest_length = 0;
  watch(c, EPOLL_CTL_MOD, EPOLLIN);
  return 1;
}

/* Takes the bytes of a frame's head. Returns how many, and sets *ready when the head is whole. */
static size_t take_head(connection* c, const char* at, size_t length, int* ready) {
  size_t taken = 0;
  for (*ready = 0; taken < length && !*ready;) {
    c->head[c->head_length++] = (unsigned char)at[taken++];
    if (c->head_length >= 2) {
      const size_t size = c->head[1] & 0x7f;
      *ready = c->head_length == 2u + (size < 126 ? 0 : size == 126 ? 2 : 8) + 4u;
    }
  }
  return taken;
}

/* The head that goes back: the same without the mask, an answer instead of a ping. */
static size_t answer_head(connection* c, char* to) {
  const size_t length = c->head_length - 4;
  uint64_t payload = c->head[1] & 0x7f;
  if (payload >= 126) {
    payload = 0;
    for (size_t i = 2; i < length; i++) payload = payload << 8 | c->head[i];
  }
  if ((c->head[0] & 0x0f) == 9) c->head[0]++;
  c->ends = (c->head[0] & 0x0f) == 8;
  c->payload_left = payload;
  memcpy(c->mask, c->head + length, 4);
  c->head[1] &= 0x7f;
  memcpy(to, c->head, length);
  c->head_length = 0;
  return length;
}

static void unmask(connection* c, char* to, const char* from, size_t length) {
  uint64_t wide, mask;
  unsigned char turned[4];
  size_t i = 0;
  memcpy(&mask, c->mask, 4);
  memcpy((char*)&mask + 4, c->mask, 4);
  for (; i + 8 <= length; i += 8) {
    memcpy(&wide, from + i, 8);
    wide ^= mask;
    memcpy(to + i, &wide, 8);
  }
  for (; i < length; i++) to[i] = (char)(from[i] ^ c->mask[i % 4]);
  for (i = 0; i < 4; i++) turned[i] = c->mask[(length + i) % 4];
  memcpy(c->mask, turned, 4);
}

/* What goes back for `length` bytes in `in`; 0 when the peer does not mask. A head shrinks by 4 bytes, so there is room. */
static size_t echo(connection* c, size_t length, int* wrong) {
  size_t at = 0, made = 0;
  while (at < length) {
    size_t size = length - at;
    int ready = 1;
    if (c->payload_left == 0) {
      at += take_head(c, in + at, size, &ready);
      if (c->head_length >= 2 && !(c->head[1] & 0x80)) *wrong = 1;
      if (*wrong || !ready) break;
      made += answer_head(c, out + made);
      continue;
    }
    if (size > c->payload_left) size = (size_t)c->payload_left;
    unmask(c, out + made, in + at, size);
    c->payload_left -= size;
    at += size;
    made += size;
  }
  return made;
}

/* The answer to the handshake (RFC 6455 4.2.2); 0 when it is none. */
static size_t answer_request(const char* request, char* to, size_t room) {
  const char* key = strcasestr(request, "\r\nSec-WebSocket-Key: ");
  char text[key_length + sizeof GUID], accept[32];
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_length = 0;
  if (!key || strlen(key) < 21 + key_length) return 0;
  memcpy(text, key + 21, key_length);
  memcpy(text + key_length, GUID, sizeof GUID);
  EVP_Digest(text, key_length + sizeof GUID - 1, digest, &digest_length, EVP_sha1(), NULL);
  EVP_EncodeBlock((unsigned char*)accept, digest, (int)digest_length);
  return (size_t)snprintf(to, room,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                          accept, strcasestr(request, DEFLATE) ? DEFLATE_ANSWER : "");
}

static int take_request(connection* c) {
  long got;
  size_t length;
  if (!c->request && !(c->request = calloc(1, request_limit))) abort();
  got = receive(c, c->request + c->request_length, request_limit - 1 - c->request_length);
  if (got <= 0) return (int)got;
  c->request_length += (size_t)got;
  if (!strstr(c->request, "\r\n\r\n")) return c->request_length < request_limit - 1 ? 1 : -1;
  if (!(length = answer_request(c->request, out, sizeof out))) return -1;
  free(c->request);
  c->request = NULL;
  c->stage = echoing;
  return write_out(c, out, length);
}

static int take_frames(connection* c) {
  size_t filled = 0, made;
  int wrong = 0, state = 0;
  long got;
  while (filled < piece && (got = receive(c, in + filled, piece - filled)) > 0) {
    filled += (size_t)got;
    if (!c->ssl) break; /* a socket gives all it has; TLS gives a record */
  }
  if (filled == 0) return (int)got;
  made = echo(c, filled, &wrong);
  state = wrong ? -1 : write_out(c, out, made);
  if (state > 0 && c->ends && c->payload_left == 0) {
    if (c->ssl) SSL_shutdown(c->ssl);
    return -1;
  }
  return state;
}

/* Goes on as far as the socket lets it. -1 = the connection has ended. */
static int advance(connection* c) {
  int state = 1;
  if (c->rest) state = write_rest(c);
  while (state > 0) {
    switch (c->stage) {
      case handshaking:
        if ((state = (int)outcome(c, SSL_accept(c->ssl))) > 0) c->stage = requesting;
        break;
      case requesting: state = take_request(c); break;
      case echoing:
        state = take_frames(c);
        /* Another read would find nothing, most of the time. */
        if (state > 0 && (!c->ssl || SSL_pending(c->ssl) == 0)) return 0;
        break;
    }
  }
  return state;
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
    c->stage = from->tls ? handshaking : requesting;
    if (from->tls) {
      c->ssl = SSL_new(from->tls);
      if (!c->ssl || SSL_set_fd(c->ssl, fd) != 1) abort();
    }
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static int listen_on_loopback(listener* l, SSL_CTX* tls) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
  int port = 0;
  l->tls = tls;
  l->fd = bench_listen("bench_echo_server", &port);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, l->fd, &event);
  return port;
}

int main(int argc, char** argv) {
  static listener listeners[2];
  struct epoll_event events[events_per_wait];
  struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
  int ports[2];
  if (argc != 3) {
    fprintf(stderr, "usage: bench_echo_server CERT_FILE KEY_FILE\n");
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  bench_raise_descriptors();
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  ports[0] = listen_on_loopback(&listeners[0], NULL);
  ports[1] = listen_on_loopback(&listeners[1], bench_tls_context(argv[1], argv[2]));
  printf("{\"plain\":%d,\"tls\":%d}\n", ports[0], ports[1]);
  fflush(stdout);
  for (;;) {
    const int ready = epoll_wait(epoll_fd, events, events_per_wait, -1);
    for (int i = 0; i < ready; i++) {
      void* who = events[i].data.ptr;
      if (!who) return 0;
      if ((listener*)who == &listeners[0] || (listener*)who == &listeners[1]) {
        accept_all(who);
      } else if (advance(who) < 0) {
        drop(who);
      }
    }
  }
}
