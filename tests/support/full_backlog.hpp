// A listener whose queue is full: the kernel drops further attempts to connect, so they hang.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/socket.hpp"

namespace ppn::test {

class FullBacklog {
 public:
  FullBacklog() : listener_(listen_on_loopback()) {
    ::listen(listener_.get(), 0);  // a queue of one
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_of(listener_.get()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 4; ++i) {
      UniqueFd filler(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(filler.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
      fillers_.push_back(std::move(filler));
    }
  }
  std::uint16_t port() const { return port_of(listener_.get()); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/"; }

 private:
  UniqueFd listener_;
  std::vector<UniqueFd> fillers_;
};

}  // namespace ppn::test
