/* What our own client programs share. They see the public header alone. */
#ifndef PPN_BENCH_PPN_H
#define PPN_BENCH_PPN_H

#include <pepperpy/network.h>
#include <stdio.h>

static inline void bench_complain(const char* what, const ppn_error* error) {
  fprintf(stderr, "bench: %s: %s\n", what, error ? ppn_error_message(error) : "wrong answer");
}

/* What a call goes through besides the engine. */
enum { bench_bare, bench_defaults, bench_policies };

static inline int32_t PPN_CALL bench_touch(void* user_data, ppn_middleware_context* context) {
  (void)user_data;
  return ppn_middleware_context_set_header(context, "X-Bench", 7, "1", 1, NULL) == PPN_OK ? PPN_MW_DONE : -1;
}

static inline int32_t PPN_CALL bench_see(void* user_data, ppn_middleware_context* context) {
  (void)user_data;
  (void)context;
  return PPN_MW_DONE;
}

/* The one middleware of bench_policies: a header before each request, and a look after it. */
static inline int32_t bench_add_middleware(ppn_client* client, ppn_error** error) {
  ppn_middleware* middleware = NULL;
  int32_t code = ppn_middleware_new("bench", 5, PPN_MIDDLEWARE_APPLICATION, bench_touch, bench_see, NULL, NULL, NULL,
                                    &middleware, error);
  if (code == PPN_OK) code = ppn_client_add_middleware(client, middleware, error);
  ppn_middleware_release(middleware);
  return code;
}

static inline int32_t bench_set(ppn_config* config, const char* name, const char* value, ppn_error** error) {
  return ppn_config_set(config, name, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, error);
}

/* The limit is one that nothing reaches. */
static inline int32_t bench_set_policies(ppn_config* config, int policies, ppn_error** error) {
  if (policies == bench_bare) return bench_set(config, "max_retries", "0", error);
  return policies == bench_policies ? bench_set(config, "rate_limit", "1000000000:1000000000", error) : PPN_OK;
}

/* A client that trusts `ca_file` alone and may open `connections` of them; NULL after a word on standard error. */
static inline ppn_client* bench_client_with(const char* ca_file, int connections, int policies) {
  char limit[16];
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_error* error = NULL;
  const size_t length = (size_t)snprintf(limit, sizeof limit, "%d", connections);
  if (ppn_config_new(&config, &error) == PPN_OK &&
      ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error) == PPN_OK &&
      ppn_config_set(config, "max_connections", PPN_AUTO_LENGTH, limit, length, &error) == PPN_OK &&
      ppn_config_set(config, "max_connections_per_origin", PPN_AUTO_LENGTH, limit, length, &error) == PPN_OK &&
      bench_set_policies(config, policies, &error) == PPN_OK && ppn_client_new(config, &client, &error) == PPN_OK &&
      policies == bench_policies) {
    bench_add_middleware(client, &error);
  }
  if (error) bench_complain("client", error);
  ppn_error_release(error);
  ppn_config_release(config);
  return client;
}

static inline ppn_client* bench_client(const char* ca_file, int connections) {
  return bench_client_with(ca_file, connections, bench_defaults);
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
