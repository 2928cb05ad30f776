/* The floor of a new TLS connection: blocking sockets and OpenSSL, one context, one request, read to the end.
 *
 * usage: bench_openssl_connect PORT CA_FILE resume|full SECONDS */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static SSL_SESSION* session;

/* The session of the newest connection; a ticket of TLS 1.3 comes after the handshake. */
static int on_session(SSL* ssl, SSL_SESSION* fresh) {
  (void)ssl;
  SSL_SESSION_free(session);
  session = fresh;
  return 1;
}

static int connect_to(uint16_t port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  const int one = 1;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, (const struct sockaddr*)&to, sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

static int request_once(SSL_CTX* context, uint16_t port, int resume, bench_figures* figures) {
  static const char request[] = "GET /session HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  char in[4096];
  size_t length = 0;
  int got;
  const int fd = connect_to(port);
  SSL* ssl = SSL_new(context);
  const char* body = NULL;
  SSL_set_fd(ssl, fd);
  X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "127.0.0.1");
  if (resume && session) SSL_set_session(ssl, session);
  if (fd >= 0 && SSL_connect(ssl) == 1 && SSL_write(ssl, request, sizeof request - 1) > 0) {
    while (length < sizeof in - 1 && (got = SSL_read(ssl, in + length, (int)(sizeof in - 1 - length))) > 0) {
      length += (size_t)got;
    }
    in[length] = 0;
    body = strstr(in, "\r\n\r\n");
    SSL_shutdown(ssl);
  }
  SSL_free(ssl);
  close(fd);
  if (!body) return 0;
  figures->body_bytes += strlen(body + 4);
  return 1;
}

int main(int argc, char** argv) {
  bench_figures figures = {0};
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  double end_s;
  if (argc != 5 || atof(argv[4]) <= 0) {
    fprintf(stderr, "usage: bench_openssl_connect PORT CA_FILE resume|full SECONDS\n");
    return 1;
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  if (SSL_CTX_load_verify_locations(context, argv[2], NULL) != 1) return 1;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, on_session);
  bench_begin(&figures);
  end_s = bench_now_s() + atof(argv[4]);
  do {
    if (request_once(context, (uint16_t)atoi(argv[1]), strcmp(argv[3], "resume") == 0, &figures)) {
      figures.operations++;
    } else {
      figures.errors++;
    }
  } while (figures.errors == 0 && bench_now_s() < end_s);
  bench_end(&figures);
  SSL_SESSION_free(session);
  SSL_CTX_free(context);
  return bench_print(&figures, "");
}
