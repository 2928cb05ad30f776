/* What the WebSocket clients have in common: the command line and the message.
 *
 * `echo`: on each of CONNECTIONS, IN_FLIGHT text messages of BYTES are under way; each that comes back sends the next.
 * `idle`: each connection gets one message back and then waits; what a connection holds in memory is measured. */
#ifndef PPN_BENCH_WEBSOCKET_H
#define PPN_BENCH_WEBSOCKET_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_WEBSOCKET_USAGE \
  "URL CA_FILE echo CONNECTIONS IN_FLIGHT BYTES SECONDS [deflate] | URL CA_FILE idle CONNECTIONS"

typedef struct {
  const char *url, *ca_file;
  int idle, connections, in_flight, deflate;
  size_t bytes;
  double seconds;
} bench_websocket;

/* 0 when the arguments make no sense. */
static inline int bench_websocket_arguments(bench_websocket* b, int argc, char** argv) {
  if (argc < 5) return 0;
  b->url = argv[1];
  b->ca_file = argv[2];
  b->idle = strcmp(argv[3], "idle") == 0;
  b->connections = atoi(argv[4]);
  b->in_flight = 1;
  b->bytes = 128;
  b->seconds = 0;
  b->deflate = 0;
  if (b->idle) return argc == 5 && b->connections >= 2;
  if ((argc != 8 && argc != 9) || strcmp(argv[3], "echo") != 0) return 0;
  b->in_flight = atoi(argv[5]);
  b->bytes = strtoul(argv[6], NULL, 10);
  b->seconds = atof(argv[7]);
  b->deflate = argc == 9 && strcmp(argv[8], "deflate") == 0;
  return b->connections >= 1 && b->in_flight >= 1 && b->bytes >= 1 && b->seconds > 0 && (argc == 8 || b->deflate);
}

/* Text that compresses as the events of an AI server do: the same frame around changing words. The caller frees it. */
static inline char* bench_websocket_message(size_t bytes) {
  char* message = malloc(bytes + 128);
  unsigned number = 1;
  size_t length = 0;
  if (!message) abort();
  while (length < bytes) {
    number = number * 1103515245u + 12345u;
    length += (size_t)snprintf(message + length, 128, "{\"type\":\"response.output_text.delta\",\"delta\":\" w%x\"}",
                               number >> 8);
  }
  return message;
}

#endif
