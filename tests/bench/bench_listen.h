/* What the servers of the bench share: their sockets and their TLS. Both end the program when there is none. */
#ifndef PPN_BENCH_LISTEN_H
#define PPN_BENCH_LISTEN_H

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* TLS 1.3 alone. */
static inline SSL_CTX* bench_tls_context(const char* certificate, const char* key) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (!context || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
    ERR_print_errors_fp(stderr);
    exit(1);
  }
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets need none */
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

/* A socket that listens on loopback, on a port that the kernel chooses. */
static inline int bench_listen(const char* program, int* out_port) {
  enum { backlog = 4096 };
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t length = sizeof at;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (const struct sockaddr*)&at, sizeof at) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, (struct sockaddr*)&at, &length) != 0) {
    perror(program);
    exit(1);
  }
  *out_port = ntohs(at.sin_port);
  return fd;
}

#endif
