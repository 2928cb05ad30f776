#include "support/scripted_server.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "support/channel.hpp"
#include "support/request_reader.hpp"
#include "support/tls_context.hpp"
#include "support/watched.hpp"

namespace ppn::test {
namespace {

// No test sends more in one request; a client that does is cut off here.
constexpr std::size_t request_limit = std::size_t{256} << 20;

void demand_client_certificate(SSL_CTX* context, const std::string& ca_pem) {
  BIO* bio = BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size()));
  X509* ca = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  const bool added = ca != nullptr && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca) == 1;
  X509_free(ca);
  BIO_free_all(bio);
  if (!added) throw std::runtime_error("cannot use the CA for client certificates");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

TlsContext make_context(const ScriptedServerOptions& options) {
  TlsContext context = make_tls_context(options.tls);
  if (!context) return nullptr;
  static constexpr std::string_view session_context = "scripted server";
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(session_context.data()),
                                 session_context.size());
  SSL_CTX_set_min_proto_version(context.get(), options.only_tls_version);
  SSL_CTX_set_max_proto_version(context.get(), options.only_tls_version);
  if (options.only_tls_1_1) {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(context.get(), "DEFAULT:@SECLEVEL=0");
  }
  if (!options.client_ca_pem.empty()) demand_client_certificate(context.get(), options.client_ca_pem);
  return context;
}

const char* action_name(Script::Action action) {
  switch (action) {
    case Script::Action::handshake: return "handshake";
    case Script::Action::expect_request: return "expect_request";
    case Script::Action::expect_head: return "expect_head";
    case Script::Action::expect_bytes: return "expect_bytes";
    case Script::Action::send: return "send";
    case Script::Action::send_byte_by_byte: return "send_byte_by_byte";
    case Script::Action::send_repeated: return "send_repeated";
    case Script::Action::wait_for_peer_close: return "wait_for_peer_close";
    case Script::Action::wait_for_signal: return "wait_for_signal";
    case Script::Action::mark: return "mark";
    case Script::Action::hold: return "hold";
    case Script::Action::update_keys: return "update_keys";
    case Script::Action::renegotiate: return "renegotiate";
    case Script::Action::half_close: return "half_close";
    case Script::Action::close: return "close";
    case Script::Action::close_without_notify: return "close_without_notify";
    case Script::Action::reset: return "reset";
  }
  return "?";
}

}  // namespace

// One thread accepts, one per connection plays. They meet in what is watched, and all end when `stop_` becomes readable.
class ScriptedServer::Impl final : public Watched<Impl> {
 public:
  Impl(std::vector<Script> scripts, ScriptedServerOptions options)
      : scripts_(std::move(scripts)),
        options_(std::move(options)),
        context_(make_context(options_)),
        listener_(listen_on_loopback(options_.family)),
        port_(port_of(listener_.get())),
        stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!stop_) throw std::system_error(errno, std::generic_category(), "eventfd");
    acceptor_ = std::thread([this] { accept_connections(); });
  }

  ~Impl() {
    change([](Impl& self) { self.stopping_ = true; });
    ::eventfd_write(stop_.get(), 1);
    acceptor_.join();
    for (auto& player : players_) player.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  const ScriptedServerOptions& options() const noexcept { return options_; }

  // To be used through look(), wait_for() and change().
  std::vector<std::string> requests;
  std::vector<std::string> problems;
  std::set<std::string, std::less<>> signals;
  std::set<std::string, std::less<>> marks;
  int connections = 0;
  int finished = 0;

 private:
  void accept_connections();
  void play(int number, UniqueFd socket);
  const Script* script_of(int number) const;
  Io play_step(const Script::Step& step, Channel& channel, std::string& inbox);
  Io read_request(Channel& channel, std::string& inbox, std::optional<std::size_t> (*measure)(std::string_view bytes));
  Io wait_for_signal(const std::string& name);
  Deadline step_deadline() const { return after(options_.step_patience); }

  const std::vector<Script> scripts_;
  const ScriptedServerOptions options_;
  const TlsContext context_;
  const UniqueFd listener_;
  const std::uint16_t port_;
  const UniqueFd stop_;
  bool stopping_ = false;             // as those above
  std::vector<std::thread> players_;  // of the acceptor; read again after it was joined
  std::thread acceptor_;
};

void ScriptedServer::Impl::accept_connections() {
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
    int number = 0;
    change([&](Impl& self) { number = self.connections++; });
    players_.emplace_back([this, number, fd = std::move(socket)]() mutable { play(number, std::move(fd)); });
  }
}

const Script* ScriptedServer::Impl::script_of(int number) const {
  const auto index = static_cast<std::size_t>(number);
  if (index < scripts_.size()) return &scripts_[index];
  return options_.repeat_last && !scripts_.empty() ? &scripts_.back() : nullptr;
}

void ScriptedServer::Impl::play(int number, UniqueFd socket) {
  Channel channel(std::move(socket), stop_.get());
  const std::string name = "connection " + std::to_string(number);
  if (const Script* script = script_of(number); script == nullptr) {
    change([&](Impl& self) { self.problems.push_back(name + ": no script"); });
  } else {
    std::vector<Script::Step> steps = script->steps();
    if (context_ && script->implicit_handshake()) steps.insert(steps.begin(), {Script::Action::handshake});
    std::string inbox;
    for (const Script::Step& step : steps) {
      const Io outcome = play_step(step, channel, inbox);
      if (outcome == Io::stopped) break;
      if (outcome != Io::done) {
        const std::string why = outcome == Io::timed_out ? "deadline passed" : channel.reason();
        change([&](Impl& self) { self.problems.push_back(name + ": " + action_name(step.action) + ": " + why); });
        break;
      }
    }
  }
  channel.close();
  change([](Impl& self) { ++self.finished; });
}

Io ScriptedServer::Impl::play_step(const Script::Step& step, Channel& channel, std::string& inbox) {
  switch (step.action) {
    case Script::Action::handshake: return channel.handshake(context_.get(), step_deadline());
    case Script::Action::expect_request: return read_request(channel, inbox, request_size);
    case Script::Action::expect_head: return read_request(channel, inbox, head_size);
    case Script::Action::expect_bytes: {
      Io outcome = Io::done;
      while (outcome == Io::done && inbox.size() < step.count) {
        outcome = channel.read_some(inbox, step.count - inbox.size(), step_deadline());
      }
      if (outcome == Io::done) inbox.erase(0, step.count);
      return outcome;
    }
    case Script::Action::send: return channel.write_all(step.text, step_deadline());
    case Script::Action::send_byte_by_byte: {
      Io outcome = Io::done;
      for (std::size_t i = 0; i < step.text.size() && outcome == Io::done; ++i) {
        outcome = channel.write_all(std::string_view(step.text).substr(i, 1), step_deadline());
      }
      return outcome;
    }
    case Script::Action::send_repeated: {
      Io outcome = Io::done;
      for (std::size_t i = 0; i < step.count && outcome == Io::done; ++i) {
        outcome = channel.write_all(step.text, step_deadline());
      }
      return outcome;
    }
    case Script::Action::wait_for_peer_close: {
      Io outcome = Io::done;
      std::string dropped;
      const Deadline deadline = step_deadline();
      while (outcome == Io::done) {
        dropped.clear();
        outcome = channel.read_some(dropped, 16384, deadline);
      }
      return outcome == Io::timed_out || outcome == Io::stopped ? outcome : Io::done;
    }
    case Script::Action::wait_for_signal: return wait_for_signal(step.text);
    case Script::Action::mark: change([&](Impl& self) { self.marks.insert(step.text); }); return Io::done;
    case Script::Action::hold: {
      // Bounded by the life of the server, which a test bounds.
      Io outcome = Io::timed_out;
      while (outcome == Io::timed_out) outcome = channel.wait_for_departure(step_deadline());
      return outcome == Io::ended ? Io::done : outcome;
    }
    case Script::Action::update_keys: return channel.update_keys();
    case Script::Action::renegotiate: return channel.renegotiate(step_deadline());
    case Script::Action::half_close: channel.half_close(); return Io::done;
    case Script::Action::close: channel.close(); return Io::done;
    case Script::Action::close_without_notify: channel.close_without_notify(); return Io::done;
    case Script::Action::reset: channel.reset(); return Io::done;
  }
  return Io::failed;
}

Io ScriptedServer::Impl::read_request(Channel& channel, std::string& inbox,
                                      std::optional<std::size_t> (*measure)(std::string_view bytes)) {
  const Deadline deadline = step_deadline();
  while (true) {
    if (const auto size = measure(inbox)) {
      change([&](Impl& self) { self.requests.push_back(inbox.substr(0, *size)); });
      inbox.erase(0, *size);
      return Io::done;
    }
    if (inbox.size() > request_limit) return Io::failed;
    if (const Io outcome = channel.read_some(inbox, 16384, deadline); outcome != Io::done) return outcome;
  }
}

Io ScriptedServer::Impl::wait_for_signal(const std::string& name) {
  const bool given =
      wait_for(step_deadline(), [&](const Impl& self) { return self.stopping_ || self.signals.contains(name); });
  if (!given) return Io::timed_out;
  return look([](const Impl& self) { return self.stopping_; }) ? Io::stopped : Io::done;
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts, ScriptedServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(scripts), std::move(options))) {}

ScriptedServer::~ScriptedServer() = default;

std::uint16_t ScriptedServer::port() const noexcept {
  return impl_->port();
}

std::string ScriptedServer::url(std::string_view path) const {
  return url_with_host(impl_->options().family == Loopback::ipv4 ? "127.0.0.1" : "[::1]", path);
}

std::string ScriptedServer::url_with_host(std::string_view host, std::string_view path) const {
  const std::string scheme = impl_->options().tls.certificate_pem.empty() ? "http://" : "https://";
  return scheme + std::string(host) + ":" + std::to_string(port()) + std::string(path);
}

std::vector<std::string> ScriptedServer::requests() const {
  return impl_->look([](const Impl& impl) { return impl.requests; });
}

int ScriptedServer::connections() const {
  return impl_->look([](const Impl& impl) { return impl.connections; });
}

int ScriptedServer::finished_connections() const {
  return impl_->look([](const Impl& impl) { return impl.finished; });
}

std::vector<std::string> ScriptedServer::problems() const {
  return impl_->look([](const Impl& impl) { return impl.problems; });
}

bool ScriptedServer::wait_for_connections(int count, Deadline deadline) const {
  return impl_->wait_for(deadline, [&](const Impl& impl) { return impl.connections >= count; });
}

bool ScriptedServer::wait_for_requests(std::size_t count, Deadline deadline) const {
  return impl_->wait_for(deadline, [&](const Impl& impl) { return impl.requests.size() >= count; });
}

bool ScriptedServer::wait_for_finished(int count, Deadline deadline) const {
  return impl_->wait_for(deadline, [&](const Impl& impl) { return impl.finished >= count; });
}

bool ScriptedServer::wait_for_mark(std::string_view name, Deadline deadline) const {
  return impl_->wait_for(deadline, [&](const Impl& impl) { return impl.marks.contains(name); });
}

void ScriptedServer::signal(std::string_view name) {
  impl_->change([&](Impl& impl) { impl.signals.emplace(name); });
}

}  // namespace ppn::test
