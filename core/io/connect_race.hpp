// Happy Eyeballs (RFC 8305): a host with several addresses is reached by the first that answers, and an address that
// is dead costs a quarter of a second, not the whole of the connect timeout.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/address.hpp"
#include "io/tcp.hpp"
#include "io/wait.hpp"

namespace ppn {

// Makes attempts as AttemptSchedule says, keeps the first that connects and closes the others. `addresses` is not empty.
// Errors: connect_failed (all of them; the text names each of the first four), connect_timeout (the deadline), the
// interruption of the token.
Task<Result<std::unique_ptr<TcpTransport>>> race_connect(Addresses addresses, Token& token, Nanos deadline);

// Connects to a Unix socket. The kernel refuses (EAGAIN) while the queue of the listener is full, where TCP would wait:
// so this tries again until the deadline. Errors: as race_connect.
Task<Result<std::unique_ptr<TcpTransport>>> connect_unix(Poco::Net::SocketAddress address, Token& token,
                                                         Nanos deadline);

}  // namespace ppn
