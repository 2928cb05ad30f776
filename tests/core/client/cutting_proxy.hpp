// A TCP relay that hands the server's bytes on one at a time, so that TLS records arrive in pieces.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "support/deadline.hpp"
#include "support/socket.hpp"

namespace ppn::test {

// Relays one connection.
class CuttingProxy {
 public:
  static constexpr std::size_t kAll = SIZE_MAX;

  // Keeps back all that the server sends after its first `server_bytes`.
  explicit CuttingProxy(std::uint16_t server_port, std::size_t server_bytes = kAll)
      : listener_(listen_on_loopback()),
        stop_(::eventfd(0, EFD_CLOEXEC)),
        server_bytes_(server_bytes),
        thread_([this, server_port] { relay(server_port); }) {}
  ~CuttingProxy() {
    ::eventfd_write(stop_.get(), 1);
    if (thread_.joinable()) thread_.join();
  }
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  // From now on a byte behind the header of a record that the server sends is changed.
  void damage() { damage_ = true; }

  // What the client has sent, once it has gone.
  const std::string& client_bytes() {
    thread_.join();
    return client_bytes_;
  }
  // How many bytes of the server were handed on, once the client has gone.
  std::size_t handed_on() const noexcept { return handed_on_.load(); }

  std::uint16_t port() const { return port_of(listener_.get()); }

 private:
  // False when the proxy ends.
  bool readable(pollfd* entries, nfds_t count) const {
    while (::poll(entries, count, -1) < 0) {
    }
    return entries[0].revents == 0;
  }

  void relay(std::uint16_t server_port) {
    std::array<pollfd, 2> waiting{{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}}};
    if (!readable(waiting.data(), waiting.size())) return;
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const UniqueFd server = connect_to_loopback(server_port, default_deadline());
    const int on = 1;
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::array<char, 4096> buffer;
    for (;;) {
      std::array<pollfd, 3> open{{{stop_.get(), POLLIN, 0}, {client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}}};
      if (!readable(open.data(), open.size())) return;
      if (open[1].revents != 0) {
        const ssize_t count = ::recv(client.get(), buffer.data(), buffer.size(), 0);
        if (count <= 0) return;
        client_bytes_.append(buffer.data(), static_cast<std::size_t>(count));
        send_all(server.get(), {buffer.data(), static_cast<std::size_t>(count)}, default_deadline());
      }
      if (open[2].revents != 0) {
        const ssize_t count = ::recv(server.get(), buffer.data(), buffer.size(), 0);
        if (count <= 0) return;
        if (damage_) buffer[static_cast<std::size_t>(std::min<ssize_t>(5, count - 1))] ^= 1;
        for (ssize_t i = 0; i < count && handed_on_ < server_bytes_; ++i, ++handed_on_) {
          if (::send(client.get(), &buffer[static_cast<std::size_t>(i)], 1, MSG_NOSIGNAL) != 1) return;
          std::this_thread::yield();  // the reader gets its chance between two bytes
        }
      }
    }
  }

  std::atomic<bool> damage_{false};
  const UniqueFd listener_;
  const UniqueFd stop_;
  const std::size_t server_bytes_;
  std::string client_bytes_;  // of the thread until it has ended
  std::atomic<std::size_t> handed_on_{0};
  std::thread thread_;
};

}  // namespace ppn::test
