// A loopback server for very many connections, plain or TLS: one thread serves them all, and forgets each when it ends.
// The path of a request says how it is answered.
//
//   /answer   a small body, and the next request on the same connection
//   /silent   nothing, ever
//   /begin    a head and a first chunk, then nothing more
//   /flood    a body without end
//   /deaf     nothing, and what follows the head is not read
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/scripted_server.hpp"

namespace ppn::test {

class SwarmServer {
 public:
  // `tls` empty: plain TCP.
  explicit SwarmServer(const ServerIdentity& tls = {});
  ~SwarmServer();
  SwarmServer(const SwarmServer&) = delete;
  SwarmServer& operator=(const SwarmServer&) = delete;

  // By 127.0.0.1.
  std::string url(std::string_view path) const;
  std::uint16_t port() const noexcept;
  // Connections that are open, without the deaf ones: the close of such a peer waits behind the bytes nobody reads.
  int open() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ppn::test
