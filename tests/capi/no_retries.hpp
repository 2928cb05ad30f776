// A client that makes one attempt, for tests that count what the server sees.
#pragma once

#include "capi/capi.hpp"

namespace ppn::test {

inline Client make_client_without_retries() {
  return make_client(R"({"max_retries": 0})");
}

}  // namespace ppn::test
