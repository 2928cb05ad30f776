#include "support/swarm_server.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unordered_map>

#include "../../examples/server/certificate.hpp"
#include "support/socket.hpp"

namespace ppn::test {
namespace {

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer";
constexpr std::string_view beginning = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n";
constexpr std::string_view more = "40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";

struct SslDeleter {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
struct ContextDeleter {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};

// One connection.
class Peer {
 public:
  Peer(UniqueFd fd, SSL_CTX* context) : fd_(std::move(fd)) {
    if (context == nullptr) return;
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), fd_.get());
    SSL_set_accept_state(ssl_.get());
  }

  enum class Step { waiting, more_to_say, ended };

  Step serve(std::uint32_t epoll_events) {
    if (!read_requests()) return Step::ended;
    if (deaf_ && (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) return Step::ended;
    if (flooding_ && out_.empty()) {
      for (int i = 0; i < 32; ++i) out_ += more;
    }
    while (!out_.empty()) {
      const ssize_t sent = write(out_);
      if (sent < 0) return Step::ended;
      if (sent == 0) return Step::waiting;
      out_.erase(0, static_cast<std::size_t>(sent));
    }
    return flooding_ ? Step::more_to_say : Step::waiting;
  }
  bool deaf() const noexcept { return deaf_; }

 private:
  // False when the connection has ended.
  bool read_requests() {
    std::array<char, 16384> buffer;
    while (!deaf_) {
      const ssize_t got = read(buffer);
      if (got <= 0) return got == 0;
      in_.append(buffer.data(), static_cast<std::size_t>(got));
      for (std::size_t end = in_.find("\r\n\r\n"); end != std::string::npos && !deaf_; end = in_.find("\r\n\r\n")) {
        take_request(in_.substr(0, end));
        in_.erase(0, end + 4);
      }
    }
    return true;
  }

  void take_request(const std::string& head) {
    const auto asks = [&head](std::string_view path) { return head.find(path) != std::string::npos; };
    if (asks(" /answer ")) out_ += answer;
    if (asks(" /begin ") || asks(" /flood ")) out_ += beginning;
    flooding_ = asks(" /flood ");
    deaf_ = asks(" /deaf ");
  }

  // Bytes; 0: not now; -1: never again.
  ssize_t read(std::array<char, 16384>& buffer) {
    if (ssl_) return after_tls(SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size())));
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) return got;
    return got < 0 && errno == EAGAIN ? 0 : -1;
  }
  ssize_t write(std::string_view bytes) {
    if (ssl_) return after_tls(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())));
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 && errno == EAGAIN ? 0 : sent;
  }
  ssize_t after_tls(int result) {
    if (result > 0) return result;
    const int reason = SSL_get_error(ssl_.get(), result);
    ERR_clear_error();
    return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? 0 : -1;
  }

  UniqueFd fd_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::string in_;
  std::string out_;
  bool flooding_ = false;
  bool deaf_ = false;
};

}  // namespace

class SwarmServer::Impl {
 public:
  explicit Impl(const ServerIdentity& tls) {
    if (!epoll_ || !stop_) throw std::system_error(errno, std::generic_category(), "swarm server");
    if (!tls.certificate_pem.empty()) {
      context_.reset(SSL_CTX_new(TLS_server_method()));
      SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      ai_server::present_certificate(context_.get(), {tls.certificate_pem, tls.private_key_pem});
    }
    control(EPOLL_CTL_ADD, listener_.get(), EPOLLIN);
    control(EPOLL_CTL_ADD, stop_.get(), EPOLLIN);
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  bool is_tls() const noexcept { return context_ != nullptr; }
  std::atomic<int> open{0};

 private:
  // Edges: a peer that must not be read, or has nothing to be told, wakes nobody.
  static constexpr std::uint32_t peer_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

  void control(int operation, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.get(), operation, fd, &event);
  }

  void run() {
    // A TLS write to a peer that has gone raises it.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    for (;;) {
      std::array<epoll_event, 256> events;
      const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == stop_.get()) return;
        if (fd == listener_.get()) {
          accept_all();
        } else {
          serve(fd, events[static_cast<std::size_t>(i)].events);
        }
      }
    }
  }

  void accept_all() {
    for (;;) {
      UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd) return;
      ++open;
      const int number = fd.get();
      peers_.emplace(number, Peer(std::move(fd), context_.get()));
      control(EPOLL_CTL_ADD, number, peer_events);
    }
  }

  void serve(int fd, std::uint32_t events) {
    const auto found = peers_.find(fd);
    if (found == peers_.end()) return;
    const bool was_deaf = found->second.deaf();
    const Peer::Step step = found->second.serve(events);
    if (!was_deaf && found->second.deaf()) --open;
    switch (step) {
      case Peer::Step::waiting: return;
      case Peer::Step::more_to_say: return control(EPOLL_CTL_MOD, fd, peer_events);  // another edge, after the others
      case Peer::Step::ended: break;
    }
    if (!found->second.deaf()) --open;
    peers_.erase(found);
  }

  std::unique_ptr<SSL_CTX, ContextDeleter> context_;
  UniqueFd listener_ = listen_on_loopback();
  const std::uint16_t port_ = port_of(listener_.get());
  UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  UniqueFd stop_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::unordered_map<int, Peer> peers_;  // of the thread alone
  std::thread thread_;
};

SwarmServer::SwarmServer(const ServerIdentity& tls) : impl_(std::make_unique<Impl>(tls)) {}

SwarmServer::~SwarmServer() = default;

std::string SwarmServer::url(std::string_view path) const {
  return (impl_->is_tls() ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port()) + std::string(path);
}

std::uint16_t SwarmServer::port() const noexcept {
  return impl_->port();
}

int SwarmServer::open() const noexcept {
  return impl_->open;
}

}  // namespace ppn::test
