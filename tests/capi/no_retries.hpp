// A client that makes one attempt, for tests that count what the server sees.
#pragma once

#include "capi/capi.hpp"

namespace ppn::test {

inline Client make_client_without_retries() {
  const Config config = make_config();
  // A library that never retries has no such option.
  ppn_config_set(config.get(), "max_retries", PPN_AUTO_LENGTH, "0", 1, nullptr);
  Client client;
  BOOST_REQUIRE_EQUAL(ppn_client_new(config.get(), client.out(), nullptr), PPN_OK);
  return client;
}

}  // namespace ppn::test
