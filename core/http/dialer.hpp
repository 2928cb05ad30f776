// How the pool gets a new connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "http/connection.hpp"
#include "io/connector.hpp"
#include "io/wait.hpp"

namespace ppn {

// Where a connection leads.
struct Target {
  std::string host;
  bool host_is_ip = false;
  std::uint16_t port = 0;
  std::shared_ptr<TlsContext> tls = nullptr;  // null for plain TCP
};

// Thread: the loop thread.
class Dialer {
 public:
  virtual ~Dialer() = default;
  // `times` tells how far it has got, and must outlive the task. Errors: those of connect_transport.
  virtual Task<Result<std::unique_ptr<Connection>>> dial(const Target& target, Token& token, ConnectTimes& times) = 0;
};

}  // namespace ppn
