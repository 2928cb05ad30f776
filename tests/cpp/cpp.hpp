// What the tests of the C++ wrapper share. The helpers of tests/capi have handles under the same names as the wrapper's
// classes, so they come one by one.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "capi/capi.hpp"
#include "pepperpy/network.hpp"
#include "support/scripted_server.hpp"

namespace cpp_test {

using namespace std::chrono_literals;
using ppn::test::after;
using ppn::test::http_ok;
using ppn::test::NoLeak;
using ppn::test::open_head;
using ppn::test::Script;
using ppn::test::ScriptedServer;

// A URL at which nobody listens any more.
inline std::string dead_url() {
  return ScriptedServer({}).url();
}

// A client that makes one attempt, for tests that look at one fault.
inline ppn::HTTPClient client_without_retries() {
  return ppn::HTTPClient(ppn::NetworkConfig().set("max_retries", 0));
}

// What `action` throws as a NetworkError; nothing when it does not.
template <class Action>
std::optional<ppn::NetworkError> error_of(Action action) {
  try {
    action();
  } catch (const ppn::NetworkError& error) {
    return error;
  }
  return std::nullopt;
}

template <class Action>
int32_t code_of(Action action) {
  const auto error = error_of(action);
  return error ? error->code() : PPN_OK;
}

}  // namespace cpp_test
