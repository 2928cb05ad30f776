#include "io/tcp.hpp"

#include <Poco/Net/StreamSocketImpl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "io/descriptors.hpp"

namespace ppn {
namespace {

// Poco opens sockets without CLOEXEC; this handle takes a descriptor that we opened (POCO 2.3).
class AdoptedSocket final : public Poco::Net::StreamSocket {
 public:
  // Forgets the descriptor without closing it.
  static void forget(Poco::Net::StreamSocket& socket) { static_cast<Impl*>(socket.impl())->forget(); }

  static Poco::Net::StreamSocket adopt(int descriptor) {
    try {
      return AdoptedSocket(new Impl(descriptor));
    } catch (const std::bad_alloc&) {
      ::close(descriptor);
      throw;
    }
  }

 private:
  struct Impl final : Poco::Net::StreamSocketImpl {
    explicit Impl(int descriptor) : StreamSocketImpl(descriptor) {}
    void forget() { reset(POCO_INVALID_SOCKET); }
  };

  explicit AdoptedSocket(Impl* impl) : StreamSocket(impl) {}
};

void set_int(int descriptor, int level, int name, int value) noexcept {
  // Refusals are harmless: the options make a connection better, not right.
  ::setsockopt(descriptor, level, name, &value, sizeof value);
}

void set_options(int descriptor) noexcept {
  set_int(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_int(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_int(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set_int(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_int(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 4);
  set_int(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, kStallMs);
}

std::string errno_text(int os_errno) {
  std::array<char, 128> buffer{};
  return ::strerror_r(os_errno, buffer.data(), buffer.size());
}

Error connect_error(const Poco::Net::SocketAddress& address, int os_errno) {
  Error error(ErrorCode::connect_failed, Phase::connect, address.toString() + ": " + errno_text(os_errno));
  error.os_errno = os_errno;
  return error;
}

}  // namespace

TcpTransport::TcpTransport(EventLoop& loop, const Poco::Net::StreamSocket& socket,
                           const Poco::Net::SocketAddress& address, Wait& progress)
    : loop_(loop),
      socket_(socket),
      descriptor_(socket_.impl()->sockfd()),
      progress_(&progress),
      remote_(address.toString()) {
  note_opened(descriptor_);
}

TcpTransport::~TcpTransport() {
  if (!made_.here()) {  // closed already, and the number may be another's by now
    AdoptedSocket::forget(socket_);
    return;
  }
  loop_.unwatch(watch_, descriptor_);
  note_closing(descriptor_);
  socket_.close();
}

Result<std::unique_ptr<TcpTransport>> TcpTransport::begin_connect(const Poco::Net::SocketAddress& address,
                                                                  EventLoop& loop, Wait& progress) {
  const bool local = address.af() == AF_UNIX;
  const int descriptor =
      ::socket(address.af(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, local ? 0 : int{IPPROTO_TCP});
  if (descriptor < 0) return Failure(connect_error(address, errno));
  std::unique_ptr<TcpTransport> transport(new TcpTransport(loop, AdoptedSocket::adopt(descriptor), address, progress));
  if (!local) set_options(descriptor);
  if (::connect(descriptor, address.addr(), address.length()) != 0 && errno != EINPROGRESS) {
    return Failure(connect_error(address, errno));
  }
  transport->watch_ = loop.watch(descriptor, *transport);
  if (transport->watch_ == EventLoop::kNoWatch) return Failure(connect_error(address, errno));
  return transport;
}

TcpTransport::Connecting TcpTransport::connecting() {
  if (!writable_ && !peer_closed_) return Connecting::pending;
  int reason = 0;
  socklen_t length = sizeof reason;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &reason, &length) != 0) reason = errno;
  if (reason != 0) {
    failure_ = Error(ErrorCode::connect_failed, Phase::connect, remote_ + ": " + errno_text(reason));
    failure_->os_errno = reason;
    return Connecting::failed;
  }
  progress_ = nullptr;
  return Connecting::connected;
}

void TcpTransport::on_events(std::uint32_t epoll_events) noexcept {
  if ((epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) peer_closed_ = true;
  if ((epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_ = true;
  if (progress_ != nullptr) return progress_->notify();
  if (rest_watcher_ == nullptr) return event_.notify();
  if (readable_) rest_watcher_->on_rest_disturbed();
}

bool TcpTransport::disturbed() noexcept {
  if (!readable_) return false;
  // The last read may have ended exactly where the bytes did: then only the kernel knows.
  char byte = 0;
  readable_ = ::recv(descriptor_, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
  return readable_;
}

void TcpTransport::limit_stall(std::int64_t limit_ms) noexcept {
  set_int(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(limit_ms));
}

IoResult TcpTransport::fail(ErrorCode code, int os_errno) {
  failure_ = Error(code, Phase::none, errno_text(os_errno));
  failure_->os_errno = os_errno;
  return {code == ErrorCode::connection_reset ? IoResult::Kind::reset : IoResult::Kind::failed};
}

IoResult TcpTransport::read(std::span<char> out) {
  if (!readable_) return {IoResult::Kind::would_block};
  for (;;) {
    const ssize_t got = ::recv(descriptor_, out.data(), out.size(), 0);
    if (got > 0) {
      // A short read has emptied the socket; the next bytes, or a FIN, raise another event.
      if (static_cast<std::size_t>(got) < out.size() && !peer_closed_) readable_ = false;
      return {IoResult::Kind::done, static_cast<std::size_t>(got)};
    }
    // The kernel tells of a reset once, and the write that failed has heard it.
    if (got == 0) return {write_failed_ ? IoResult::Kind::reset : IoResult::Kind::end};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      readable_ = false;
      return {IoResult::Kind::would_block};
    }
    return fail(errno == ECONNRESET ? ErrorCode::connection_reset : ErrorCode::read_failed, errno);
  }
}

IoResult TcpTransport::write(std::string_view first, std::string_view second) {
  if (!writable_) return {IoResult::Kind::would_block};
  std::array<iovec, 2> pieces{
      {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  for (;;) {
    // MSG_NOSIGNAL: a library may not let SIGPIPE end its process (POCO 2.3).
    const ssize_t sent = second.empty() ? ::send(descriptor_, first.data(), first.size(), MSG_NOSIGNAL)
                                        : ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (sent >= 0) return {IoResult::Kind::done, static_cast<std::size_t>(sent)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      writable_ = false;
      return {IoResult::Kind::would_block};
    }
    // What the peer said before it went away can still be read, also when no event has told of it yet.
    write_failed_ = peer_closed_ = readable_ = true;
    const bool reset = errno == ECONNRESET || errno == EPIPE;
    return fail(reset ? ErrorCode::connection_reset : ErrorCode::write_failed, errno);
  }
}

}  // namespace ppn
