/* What our own client programs share. They see the public header alone. */
#ifndef PPN_BENCH_PPN_H
#define PPN_BENCH_PPN_H

#include <pepperpy/network.h>
#include <stdio.h>

static inline void bench_complain(const char* what, const ppn_error* error) {
  fprintf(stderr, "bench: %s: %s\n", what, error ? ppn_error_message(error) : "wrong answer");
}

/* A client that trusts `ca_file` alone and may open `connections` of them; NULL after a word on standard error. */
static inline ppn_client* bench_client(const char* ca_file, int connections) {
  char limit[16];
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_error* error = NULL;
  const size_t length = (size_t)snprintf(limit, sizeof limit, "%d", connections);
  if (ppn_config_new(&config, &error) == PPN_OK &&
      ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error) == PPN_OK &&
      ppn_config_set(config, "max_connections", PPN_AUTO_LENGTH, limit, length, &error) == PPN_OK &&
      ppn_config_set(config, "max_connections_per_origin", PPN_AUTO_LENGTH, limit, length, &error) == PPN_OK) {
    ppn_client_new(config, &client, &error);
  }
  if (error) bench_complain("client", error);
  ppn_error_release(error);
  ppn_config_release(config);
  return client;
}

/* NULL after a word on standard error. */
static inline ppn_request* bench_request(ppn_client* client, const char* url) {
  ppn_request* request = NULL;
  ppn_error* error = NULL;
  if (ppn_request_new(client, "GET", 3, url, PPN_AUTO_LENGTH, &request, &error) != PPN_OK) {
    bench_complain(url, error);
  }
  ppn_error_release(error);
  return request;
}

#endif
