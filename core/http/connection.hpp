// One connection to a server, between and during exchanges.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "codec/http1_decoder.hpp"
#include "io/transport.hpp"

namespace ppn {

// Thread: the loop thread.
struct Connection {
  Connection(std::unique_ptr<Transport> carried_by, const Http1Limits& limits)
      : transport(std::move(carried_by)), decoder(limits) {}

  std::unique_ptr<Transport> transport;
  Http1Decoder decoder;
  std::uint64_t exchanges = 0;  // begun on this connection
  Nanos expires = kNever;       // not to be used for another exchange after this point
  Nanos idle_until = kNever;    // while it rests in the pool
  // What the server said with Keep-Alive (RFC 2068 19.7.1.1, still sent today).
  std::int64_t keep_alive_timeout_ms = -1;
  std::int64_t keep_alive_max = -1;  // further exchanges
};

}  // namespace ppn
