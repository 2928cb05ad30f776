// From a host name to a transport that may carry a request: resolve, connect, TLS handshake.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/connect_filter.hpp"
#include "io/resolve_overrides.hpp"
#include "io/resolver.hpp"
#include "io/tls.hpp"
#include "io/transport.hpp"
#include "io/wait.hpp"

namespace ppn {

// Where to, how, and how long.
struct ConnectPlan {
  std::string host;
  bool host_is_ip = false;
  std::uint16_t port = 0;
  std::string unix_socket = {};     // a path to connect to instead of host and port; empty = none
  std::shared_ptr<TlsContext> tls;  // null for plain TCP
  DnsMaxAge dns_max_age = {};
  std::int64_t dns_timeout_ms = 0;
  std::int64_t connect_timeout_ms = 0;    // all of it; 0 = no limit
  const ConnectFilter* filter = nullptr;  // null = every address may be dialled
};

// How long each step took, -1 when it did not happen, and which one is under way.
struct ConnectTimes {
  Nanos dns = -1;
  Nanos connect = -1;
  Nanos tls = -1;
  Phase phase = Phase::dns;
};

// Races TCP over the addresses, then shakes hands with the winner. `times` is filled as far as it got. A name whose
// addresses do not answer is asked again by the next call. Addresses to which the filter objects are left out. Errors:
// address_denied (none is left), those of Resolver::resolve, race_connect and TlsTransport::handshake.
Task<Result<std::unique_ptr<Transport>>> connect_transport(ConnectPlan plan, Resolver& resolver,
                                                           const ResolveOverrides& overrides, Token& token,
                                                           ConnectTimes& times);

}  // namespace ppn
