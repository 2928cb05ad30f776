// Listens on a Unix socket and hands every connection on to a server on the loopback interface.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/deadline.hpp"
#include "support/socket.hpp"

namespace ppn::test {

// One connection after the other.
class UnixRelay {
 public:
  UnixRelay(const std::string& path, std::uint16_t server_port)
      : listener_(listen_on(path)), stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this, server_port] {
          while (relay_one(server_port)) {
          }
        }) {}
  ~UnixRelay() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  UnixRelay(const UnixRelay&) = delete;
  UnixRelay& operator=(const UnixRelay&) = delete;

 private:
  static UniqueFd listen_on(const std::string& path) {
    UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener.get(), 8) != 0) {
      throw std::system_error(errno, std::generic_category(), path);
    }
    return listener;
  }

  // False when bytes can not go on, or the sender has ended.
  static bool pass(int from, int to) {
    std::array<char, 4096> buffer;
    const ssize_t count = ::recv(from, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    send_all(to, {buffer.data(), static_cast<std::size_t>(count)}, default_deadline());
    return true;
  }

  // False when the relay ends.
  bool relay_one(std::uint16_t server_port) const {
    std::array<pollfd, 2> waiting{{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}}};
    while (::poll(waiting.data(), waiting.size(), -1) < 0) {
    }
    if (waiting[0].revents != 0) return false;
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const UniqueFd server = connect_to_loopback(server_port, default_deadline());
    for (;;) {
      std::array<pollfd, 3> open{{{stop_.get(), POLLIN, 0}, {client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}}};
      while (::poll(open.data(), open.size(), -1) < 0) {
      }
      if (open[0].revents != 0) return false;
      if (open[1].revents != 0 && !pass(client.get(), server.get())) return true;
      if (open[2].revents != 0 && !pass(server.get(), client.get())) return true;
    }
  }

  const UniqueFd listener_;
  const UniqueFd stop_;
  std::thread thread_;
};

}  // namespace ppn::test
