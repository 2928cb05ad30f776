#include "support/websocket_server.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <list>
#include <system_error>
#include <thread>
#include <utility>

#include "support/channel.hpp"
#include "support/tls_context.hpp"
#include "support/websocket_record.hpp"

namespace ppn::test {
// One thread accepts, one per connection plays. They meet in the record, and all end when `stop_` becomes readable.
class WebSocketServer::Impl {
 public:
  Impl(std::vector<Play> plays, WebSocketServerOptions options)
      : plays_(std::move(plays)),
        options_(std::move(options)),
        context_(make_tls_context(options_.tls)),
        listener_(listen_on_loopback()),
        port_(port_of(listener_.get())),
        stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!stop_) throw std::system_error(errno, std::generic_category(), "eventfd");
    acceptor_ = std::thread([this] { accept_connections(); });
  }

  ~Impl() {
    record.change([](WebSocketRecord& shared) { shared.stopping = true; });
    ::eventfd_write(stop_.get(), 1);
    acceptor_.join();
    for (Player& player : players_) player.thread.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  ssl_ctx_st* context() const noexcept { return context_.get(); }

  WebSocketRecord record;

 private:
  struct Player {
    std::atomic<bool> done{false};
    std::thread thread;
  };

  void accept_connections();
  void play(int number, UniqueFd socket);
  const Play* play_of(int number) const;

  const std::vector<Play> plays_;
  const WebSocketServerOptions options_;
  const TlsContext context_;
  const UniqueFd listener_;
  const std::uint16_t port_;
  const UniqueFd stop_;
  std::list<Player> players_;  // of the acceptor; read again after it was joined
  std::thread acceptor_;
};

void WebSocketServer::Impl::accept_connections() {
  // The threads inherit this mask. Signals are the test's; above all a write to a closed socket must not end the
  // process.
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pollfd entries[2] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  while (true) {
    if (::poll(entries, 2, -1) < 0) continue;
    if (entries[1].revents != 0) return;
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) continue;
    // Thousands of connections one after the other must not leave a stack each.
    players_.remove_if([](Player& player) {
      if (player.done) player.thread.join();
      return !player.thread.joinable();
    });
    int number = 0;
    record.change([&](WebSocketRecord& shared) { number = shared.connections++; });
    Player& player = players_.emplace_back();
    player.thread = std::thread([this, number, &player, fd = std::move(socket)]() mutable {
      play(number, std::move(fd));
      player.done = true;
    });
  }
}

const WebSocketServer::Play* WebSocketServer::Impl::play_of(int number) const {
  const auto index = static_cast<std::size_t>(number);
  if (index < plays_.size()) return &plays_[index];
  return options_.repeat_last && !plays_.empty() ? &plays_.back() : nullptr;
}

void WebSocketServer::Impl::play(int number, UniqueFd socket) {
  Channel channel(std::move(socket), stop_.get());
  const auto problem = [&](const std::string& text) {
    record.change([&](WebSocketRecord& shared) {
      shared.problems.push_back("connection " + std::to_string(number) + ": " + text);
    });
  };
  const Play* const play = play_of(number);
  if (play == nullptr) {
    problem("no function");
  } else {
    WebSocketPeer::Impl impl{
        .record = record, .channel = channel, .number = number, .patience = options_.step_patience};
    WebSocketPeer peer(impl);
    try {
      if (context_) impl.require(channel.handshake(context_.get(), impl.deadline()), "handshake");
      (*play)(peer);
    } catch (const WebSocketPeer::Impl::Left& left) {
      if (left.outcome != Io::stopped) problem(left.step + ": " + left.why);
    }
  }
  channel.close();
  record.change([](WebSocketRecord& shared) { ++shared.finished; });
}

WebSocketServer::WebSocketServer(std::vector<Play> plays, WebSocketServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(plays), std::move(options))) {}

WebSocketServer::WebSocketServer(Play play)
    : WebSocketServer(std::vector<Play>{std::move(play)}, {.tls = {}, .repeat_last = true}) {}

WebSocketServer::~WebSocketServer() = default;

std::uint16_t WebSocketServer::port() const noexcept {
  return impl_->port();
}

std::string WebSocketServer::url(std::string_view path) const {
  return (impl_->context() == nullptr ? "ws://127.0.0.1:" : "wss://127.0.0.1:") + std::to_string(port()) +
         std::string(path);
}

std::vector<std::string> WebSocketServer::requests() const {
  return impl_->record.look([](const WebSocketRecord& record) { return record.requests; });
}

std::vector<std::string> WebSocketServer::messages() const {
  return impl_->record.look([](const WebSocketRecord& record) { return record.messages; });
}

std::vector<std::string> WebSocketServer::closes() const {
  return impl_->record.look([](const WebSocketRecord& record) { return record.closes; });
}

bool WebSocketServer::all_masked() const {
  return impl_->record.look([](const WebSocketRecord& record) { return record.all_masked; });
}

int WebSocketServer::connections() const {
  return impl_->record.look([](const WebSocketRecord& record) { return record.connections; });
}

int WebSocketServer::finished_connections() const {
  return impl_->record.look([](const WebSocketRecord& record) { return record.finished; });
}

std::vector<std::string> WebSocketServer::problems() const {
  return impl_->record.look([](const WebSocketRecord& record) { return record.problems; });
}

bool WebSocketServer::wait_for_connections(int count, Deadline deadline) const {
  return impl_->record.wait_for(deadline, [&](const WebSocketRecord& record) { return record.connections >= count; });
}

bool WebSocketServer::wait_for_messages(std::size_t count, Deadline deadline) const {
  return impl_->record.wait_for(deadline,
                                [&](const WebSocketRecord& record) { return record.messages.size() >= count; });
}

bool WebSocketServer::wait_for_finished(int count, Deadline deadline) const {
  return impl_->record.wait_for(deadline, [&](const WebSocketRecord& record) { return record.finished >= count; });
}

bool WebSocketServer::wait_for_mark(std::string_view name, Deadline deadline) const {
  return impl_->record.wait_for(deadline, [&](const WebSocketRecord& record) { return record.marks.contains(name); });
}

void WebSocketServer::signal(std::string_view name) {
  impl_->record.change([&](WebSocketRecord& record) { record.signals.emplace(name); });
}

}  // namespace ppn::test
