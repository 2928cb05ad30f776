#include "support/channel.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ppn::test {

void Channel::SslDeleter::operator()(ssl_st* ssl) const noexcept {
  SSL_free(ssl);
}

Channel::Channel(UniqueFd socket, int stop_fd) : socket_(std::move(socket)), stop_fd_(stop_fd) {
  // Byte by byte means segment by segment: without this Nagle's algorithm would join them.
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Channel::~Channel() = default;

Io Channel::wait(short events, Deadline deadline) {
  std::array<pollfd, 2> entries{{{socket_.get(), events, 0}, {stop_fd_, POLLIN, 0}}};
  while (true) {
    const int ready = ::poll(entries.data(), entries.size(), poll_timeout_ms(deadline));
    if (ready < 0) {
      if (errno != EINTR) return fail_by_errno(errno);
    } else if (entries[1].revents != 0) {
      return Io::stopped;
    } else {
      return ready == 0 ? Io::timed_out : Io::done;
    }
  }
}

Io Channel::fail_by_errno(int error) {
  reason_ = std::generic_category().message(error);
  return Io::failed;
}

Io Channel::after_tls(int result, Deadline deadline) {
  const int os_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return wait(POLLIN, deadline);
    case SSL_ERROR_WANT_WRITE: return wait(POLLOUT, deadline);
    case SSL_ERROR_ZERO_RETURN: reason_ = "peer closed"; return Io::ended;
    case SSL_ERROR_SYSCALL: return fail_by_errno(os_error);
    default: {
      const unsigned long code = ERR_get_error();
      const char* text = ERR_reason_error_string(code);
      reason_ = text != nullptr ? text : "TLS error " + std::to_string(code);
      return Io::failed;
    }
  }
}

Io Channel::handshake(ssl_ctx_st* context, Deadline deadline) {
  ssl_.reset(SSL_new(context));
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.get()) != 1) {
    reason_ = "cannot make a TLS connection";
    return Io::failed;
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_accept(ssl_.get());
    if (result == 1) return Io::done;
    if (const Io waited = after_tls(result, deadline); waited != Io::done) return waited;
  }
}

Io Channel::read_some(std::string& into, std::size_t most, Deadline deadline) {
  std::array<char, 16384> buffer;
  const std::size_t room = std::min(most, buffer.size());
  while (true) {
    if (ssl_) {
      ERR_clear_error();
      std::size_t count = 0;
      const int result = SSL_read_ex(ssl_.get(), buffer.data(), room, &count);
      if (result == 1) {
        into.append(buffer.data(), count);
        return Io::done;
      }
      if (const Io waited = after_tls(result, deadline); waited != Io::done) return waited;
      continue;
    }
    const ssize_t count = ::recv(socket_.get(), buffer.data(), room, 0);
    if (count > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(count));
      return Io::done;
    }
    if (count == 0) {
      reason_ = "peer closed";
      return Io::ended;
    }
    if (errno != EAGAIN && errno != EINTR) return fail_by_errno(errno);
    if (const Io waited = wait(POLLIN, deadline); waited != Io::done) return waited;
  }
}

Io Channel::write_all(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    if (ssl_) {
      ERR_clear_error();
      std::size_t written = 0;
      const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
      if (result == 1) {
        bytes.remove_prefix(written);
      } else if (const Io waited = after_tls(result, deadline); waited != Io::done) {
        return waited;
      }
      continue;
    }
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return fail_by_errno(errno);
    } else if (const Io waited = wait(POLLOUT, deadline); waited != Io::done) {
      return waited;
    }
  }
  return Io::done;
}

Io Channel::wait_for_departure(Deadline deadline) {
  const Io waited = wait(POLLRDHUP, deadline);
  return waited == Io::done ? Io::ended : waited;
}

Io Channel::update_keys() {
  if (ssl_ && SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1) return Io::done;
  reason_ = "no key update on this connection";
  return Io::failed;
}

Io Channel::renegotiate(Deadline deadline) {
  if (!ssl_ || SSL_renegotiate(ssl_.get()) != 1) {
    reason_ = "no renegotiation on this connection";
    return Io::failed;
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return Io::done;
    if (const Io waited = after_tls(result, deadline); waited != Io::done) return waited;
  }
}

void Channel::half_close() {
  if (ssl_) SSL_shutdown(ssl_.get());
  ::shutdown(socket_.get(), SHUT_WR);
}

void Channel::close() {
  if (!socket_) return;
  if (ssl_) SSL_shutdown(ssl_.get());
  close_without_notify();
}

void Channel::close_without_notify() {
  if (!socket_) return;
  drop_unread();
  ssl_.reset();
  socket_.reset();
}

void Channel::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ssl_.reset();
  socket_.reset();
}

void Channel::drop_unread() {
  std::array<char, 16384> buffer;
  // A peer that keeps sending is reset after all: this reads what has arrived, not what is still to come.
  for (int reads = 0; reads < 64 && ::recv(socket_.get(), buffer.data(), buffer.size(), 0) > 0; ++reads) {
  }
}

}  // namespace ppn::test
