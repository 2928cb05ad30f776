#include "support/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace ppn::test {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

Address loopback_address(Loopback family, std::uint16_t port) {
  Address address;
  if (family == Loopback::ipv4) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_loopback;
    address.size = sizeof v6;
  }
  return address;
}

UniqueFd new_socket(Loopback family) {
  UniqueFd fd(::socket(family == Loopback::ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket");
  return fd;
}

}  // namespace

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

UniqueFd listen_on_loopback(Loopback family, std::uint16_t port) {
  UniqueFd fd = new_socket(family);
  Address address = loopback_address(family, port);
  if (::bind(fd.get(), address.get(), address.size) != 0) fail("bind");
  if (::listen(fd.get(), 1024) != 0) fail("listen");
  return fd;
}

std::uint16_t port_of(int socket_fd) {
  Address address;
  address.size = sizeof address.storage;
  if (::getsockname(socket_fd, address.get(), &address.size) != 0) fail("getsockname");
  return address.storage.ss_family == AF_INET ? ntohs(reinterpret_cast<sockaddr_in&>(address.storage).sin_port)
                                              : ntohs(reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port);
}

UniqueFd connect_to_loopback(std::uint16_t port, Deadline deadline, Loopback family) {
  UniqueFd fd = new_socket(family);
  Address address = loopback_address(family, port);
  if (::connect(fd.get(), address.get(), address.size) != 0) {
    if (errno != EINPROGRESS) fail("connect");
    if (!wait_until_ready(fd.get(), POLLOUT, deadline)) throw std::system_error(ETIMEDOUT, std::generic_category());
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) fail("getsockopt");
    if (error != 0) throw std::system_error(error, std::generic_category(), "connect");
  }
  const int on = 1;
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail("TCP_NODELAY");
  return fd;
}

bool wait_until_ready(int fd, short events, Deadline deadline) {
  pollfd entry{fd, events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, poll_timeout_ms(deadline));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) fail("poll");
  }
}

void send_all(int fd, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_until_ready(fd, POLLOUT, deadline)) throw std::system_error(ETIMEDOUT, std::generic_category(), "send");
    } else if (errno != EINTR) {
      fail("send");
    }
  }
}

Received receive_until_end(int fd, Deadline deadline, std::size_t limit) {
  Received received;
  std::array<char, 16384> buffer;
  while (received.bytes.size() < limit) {
    const std::size_t room = std::min(buffer.size(), limit - received.bytes.size());
    const ssize_t count = ::recv(fd, buffer.data(), room, 0);
    if (count > 0) {
      received.bytes.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      received.ended = true;
      break;
    } else if (errno == ECONNRESET) {
      received.reset = true;
      break;
    } else if (errno == EAGAIN) {
      if (!wait_until_ready(fd, POLLIN, deadline)) break;
    } else if (errno != EINTR) {
      fail("recv");
    }
  }
  return received;
}

}  // namespace ppn::test
