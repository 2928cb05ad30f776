#include "pepperpy/network/client.h"

#include "boundary.hpp"
#include "environment.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

int32_t ppn_client_new(const ppn_config* config, ppn_client** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto given = in.optional_handle(config, "config");
    if (!in.ok()) return in.failure();
    auto options = given ? Result<Options>(given->state->options) : options_from_environment();
    if (!options.ok()) return std::move(options).failure();
    auto client = Client::create(std::move(*options));
    if (!client.ok()) return std::move(client).failure();
    *out = make_handle<ppn_client>(ClientObject{std::move(*client)});
    return {};
  });
}

ppn_client* ppn_client_acquire(ppn_client* client) {
  return acquire(client);
}

void ppn_client_release(ppn_client* client) {
  release(client);
}

int32_t ppn_client_close(ppn_client* client, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(client, "client");
    if (!in.ok()) return in.failure();
    object->client->close();
    return {};
  });
}

int32_t ppn_client_drain(ppn_client* client, int64_t timeout_ms, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    const auto object = in.handle(client, "client");
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    in.may_wait();
    if (!in.ok()) return in.failure();
    const auto quiet = object->client->drain(wait_ms);
    if (!quiet.ok()) return Failure(Error(quiet.error()));
    if (*quiet) return PPN_OK;
    return PPN_PENDING;
  });
}

int32_t ppn_client_preconnect(ppn_client* client, const char* url, size_t url_length, int32_t count,
                              ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(client, "client");
    const auto url_text = in.text(url, url_length, "url");
    in.require(count >= 1 && count <= 1'000, "count is not from 1 to 1000");
    return in.ok() ? object->client->preconnect(url_text, count) : in.failure();
  });
}

int32_t ppn_client_set_rate_limiter(ppn_client* client, ppn_rate_limiter* limiter, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(client, "client");
    const auto shared = in.optional_handle(limiter, "limiter");
    if (!in.ok()) return in.failure();
    return object->client->share_rate_limiter(shared ? shared->limiter : nullptr);
  });
}

int64_t ppn_client_count(ppn_client* client, int32_t which) {
  return read(client, int64_t{0}, [&](const ClientObject& object) -> int64_t {
    const Client::Counts counts = object.client->counts();
    switch (which) {
      case PPN_COUNT_CONNECTIONS: return static_cast<int64_t>(counts.connections);
      case PPN_COUNT_IDLE: return static_cast<int64_t>(counts.idle);
      case PPN_COUNT_CONNECTING: return static_cast<int64_t>(counts.connecting);
      case PPN_COUNT_WAITING: return static_cast<int64_t>(counts.waiting);
      default: return 0;
    }
  });
}
