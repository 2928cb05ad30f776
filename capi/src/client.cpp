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
