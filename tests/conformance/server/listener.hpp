// Accepts on one loopback port and plays each connection on a thread of its own, until it is destroyed.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <thread>

#include "player.hpp"
#include "support/socket.hpp"
#include "support/tls_context.hpp"

namespace ppn::conformance {

class Listener {
 public:
  // Port 0 = one that the kernel chooses. Connections are played from start() on.
  Listener(std::uint16_t port, test::TlsContext tls);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return test::port_of(listener_.get()); }
  void start(Stage& stage);

 private:
  struct Connection {
    std::atomic<bool> done{false};
    std::thread thread;
  };

  void accept_connections(Stage& stage);

  const test::TlsContext tls_;
  const test::UniqueFd listener_;
  const test::UniqueFd stop_;
  std::list<Connection> connections_;  // of the acceptor; read again after it was joined
  std::thread acceptor_;
};

}  // namespace ppn::conformance
