#include "listener.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ppn::conformance {

Listener::Listener(std::uint16_t port, test::TlsContext tls)
    : tls_(std::move(tls)),
      listener_(test::listen_on_loopback(test::Loopback::ipv4, port)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!stop_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Listener::~Listener() {
  ::eventfd_write(stop_.get(), 1);
  if (acceptor_.joinable()) acceptor_.join();
  for (Connection& connection : connections_) connection.thread.join();
}

void Listener::start(Stage& stage) {
  acceptor_ = std::thread([this, &stage] { accept_connections(stage); });
}

void Listener::accept_connections(Stage& stage) {
  std::array<pollfd, 2> entries{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (true) {
    if (::poll(entries.data(), entries.size(), -1) < 0) continue;
    if (entries[1].revents != 0) return;
    test::UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) continue;
    connections_.remove_if([](Connection& connection) {
      if (connection.done) connection.thread.join();
      return !connection.thread.joinable();
    });
    Connection& connection = connections_.emplace_back();
    connection.thread = std::thread([this, &stage, &connection, fd = std::move(socket)]() mutable {
      test::Channel channel(std::move(fd), stop_.get());
      if (!tls_ || channel.handshake(tls_.get(), test::default_deadline()) == test::Io::done) play(stage, channel);
      connection.done = true;
    });
  }
}

}  // namespace ppn::conformance
