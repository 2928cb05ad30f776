// Happy Eyeballs (RFC 8305): a host with several addresses is reached by the first that answers, and an address that
// is dead costs a quarter of a second, not the whole of the connect timeout.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/resolver.hpp"
#include "io/tcp.hpp"
#include "io/wait.hpp"

namespace ppn {

// The order of attempts: the families alternate, beginning with that of the first address (RFC 8305 4).
Addresses interleave_families(const Addresses& addresses);

// Starts an attempt each 250 ms, or at once when one has failed, and keeps the first that connects. Errors:
// connect_failed (all of them; the text names each), connect_timeout (the deadline), the interruption of the token.
Task<Result<std::unique_ptr<TcpTransport>>> race_connect(Addresses addresses, Token& token, Nanos deadline);

}  // namespace ppn
