#include "client/client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <future>
#include <new>
#include <utility>

#include "base/log.hpp"
#include "base/process_generation.hpp"
#include "client/address_rules.hpp"
#include "client/base_url.hpp"
#include "client/call_secrets.hpp"
#include "client/client_loop.hpp"
#include "client/make_rate_limiter.hpp"
#include "client/rate_limiter.hpp"
#include "client/retry_decider.hpp"
#include "codec/url.hpp"
#include "io/tls.hpp"

namespace ppn {
namespace {

TlsSettings tls_settings(const TlsOptions& options) {
  return {.verify = options.verify_ssl,
          .ca_file = options.ca_file,
          .ca_dir = options.ca_dir,
          .ca_pem = options.ca_pem,
          .crl_file = options.crl_file,
          .pinned_public_keys = options.pinned_public_keys,
          .server_name = options.tls_server_name,
          .only_tls_1_3 = options.tls_min_version == "1.3",
          .client_cert_file = options.client_cert_file,
          .client_cert_pem = options.client_cert_pem,
          .client_key_file = options.client_key_file,
          .client_key_pem = options.client_key_pem,
          .client_key_password = options.client_key_password};
}

// Its thread may have been in the middle of a change when the process was forked: it stays in memory as it is.
void leave(std::shared_ptr<ClientLoop>& client_loop) noexcept {
  alignas(std::shared_ptr<ClientLoop>) std::array<std::byte, sizeof client_loop> never_destroyed;
  ::new (never_destroyed.data()) std::shared_ptr<ClientLoop>(std::move(client_loop));
}

}  // namespace

Client::Client(Options options, ResolveOverrides overrides, std::optional<Url> base)
    : options_(std::move(options)), overrides_(std::move(overrides)), base_(std::move(base)) {}

Result<std::shared_ptr<Client>> Client::create(Options options) {
  Result<ResolveOverrides> overrides = ResolveOverrides::parse(options.connection.resolve);
  if (!overrides) return std::move(overrides).failure();
  Result<std::shared_ptr<const ConnectFilter>> filter = make_connect_filter(options.connection);
  if (!filter) return std::move(filter).failure();
  Result<std::optional<Url>> base = base_of(options);
  if (!base) return std::move(base).failure();
  std::shared_ptr<Client> client(new Client(std::move(options), std::move(*overrides), std::move(*base)));
  client->filter_ = std::move(*filter);

  if (const RateLimitOptions& limits = client->options_.rate_limit; limits.any()) {
    Result<std::shared_ptr<RateLimiter>> limiter = make_rate_limiter(limits);
    if (!limiter) return std::move(limiter).failure();
    client->rate_limiter_ = std::move(*limiter);
  }
  client->secrets_ = CallSecrets(client->options_).register_all();
  const TlsOptions& tls = client->options_.tls;
  if (!tls.verify_ssl) {
    log(LogLevel::warning, "verify_ssl is off: this client accepts any certificate for any host");
  }
  // Files that were named are read now, so that a wrong name is found before the first request.
  if (tls != TlsOptions{.verify_ssl = tls.verify_ssl}) {
    if (auto loaded = client->tls_context(); !loaded) return std::move(loaded).failure();
  }
  client->options_.environment = {};
  // The key is with OpenSSL now, and nobody reads these again.
  client->options_.tls.client_key_pem.wipe();
  client->options_.tls.client_key_password.wipe();
  return client;
}

Client::~Client() {
  if (left_to_parent()) {
    leave(client_loop_);
  } else if (client_loop_) {
    close_on_loop(client_loop_);
  }
}

bool Client::left_to_parent() const noexcept {
  const std::uint32_t used_in = used_in_.load(std::memory_order_relaxed);
  return used_in != kUnused && used_in != process_generation().load(std::memory_order_relaxed);
}

void Client::close() {
  if (left_to_parent()) return closed_.store(true);  // the lock may be held by a thread that is not here
  std::shared_ptr<ClientLoop> closing;
  {
    const std::lock_guard lock(mutex_);
    closed_.store(true, std::memory_order_release);
    closing = std::move(client_loop_);
  }
  if (closing) close_on_loop(closing);
}

Result<bool> Client::drain(std::int64_t timeout_ms) {
  if (Runtime::in_callback_thread()) {
    return Failure(ErrorCode::would_deadlock, Phase::validate, "a callback would wait for itself");
  }
  closed_.store(true, std::memory_order_release);
  std::shared_ptr<ClientLoop> draining;
  if (!left_to_parent()) {
    const std::lock_guard lock(mutex_);
    draining = client_loop_;
  }
  bool quiet = true;
  if (draining) {
    const auto told = std::make_shared<std::promise<void>>();
    std::future<void> is_quiet = told->get_future();
    // A promise that is dropped with the loop counts as told: nothing is under way then.
    draining->loop().submit([draining, told] {
      draining->wind_down();
      draining->when_quiet([told] { told->set_value(); });
    });
    if (timeout_ms < 0) {
      is_quiet.wait();
    } else {
      quiet = is_quiet.wait_for(std::chrono::milliseconds(timeout_ms)) == std::future_status::ready;
    }
  }
  close();
  return quiet;
}

Status Client::preconnect(std::string_view url, std::int64_t count) {
  Result<Url> parsed = parse_url(join_url(options_.base_url, url));
  if (!parsed) return std::move(parsed).failure();
  Result<std::shared_ptr<ClientLoop>> part = client_loop();
  if (!part) return std::move(part).failure();
  Target target{.host = parsed->host, .host_is_ip = parsed->host_is_ip, .port = parsed->port};
  if (parsed->secure()) {
    Result<std::shared_ptr<TlsContext>> context = tls_context();
    if (!context) return std::move(context).failure();
    target.tls = std::move(*context);
  }
  (*part)->loop().submit([part = *part, origin = parsed->origin(), target = std::move(target), count] {
    part->pool().preconnect(origin, target, count);
  });
  return {};
}

void Client::add_middleware(std::shared_ptr<Middleware> middleware) {
  const std::lock_guard lock(middleware_mutex_);
  auto longer = middleware_ ? std::make_shared<MiddlewareList>(*middleware_) : std::make_shared<MiddlewareList>();
  longer->push_back(std::move(middleware));
  middleware_ = std::move(longer);
  has_middleware_.store(true, std::memory_order_release);
}

std::shared_ptr<const MiddlewareList> Client::middleware() const {
  if (!has_middleware_.load(std::memory_order_acquire)) return nullptr;
  const std::lock_guard lock(middleware_mutex_);
  return middleware_;
}

Status Client::share_rate_limiter(std::shared_ptr<RateLimiter> limiter) {
  if (!left_to_parent()) {
    const std::lock_guard lock(mutex_);
    if (used_in_.load(std::memory_order_relaxed) == kUnused) {
      rate_limiter_.swap(limiter);
      return {};
    }
  }
  return Failure(ErrorCode::invalid_state, Phase::config, "the client has started a request before");
}

Status Client::set_retry_decider(std::shared_ptr<RetryDecider> decider) {
  if (!left_to_parent()) {
    const std::lock_guard lock(mutex_);
    if (used_in_.load(std::memory_order_relaxed) == kUnused) {
      retry_decider_.swap(decider);
      return {};
    }
  }
  return Failure(ErrorCode::invalid_state, Phase::config, "the client has started a request before");
}

Client::Counts Client::counts() {
  if (left_to_parent()) return {};
  const std::lock_guard lock(mutex_);
  if (!client_loop_) return {};
  const ConnectionPool& pool = client_loop_->pool();
  return {pool.open(), pool.resting(), pool.dialing(), pool.queued()};
}

Status Client::set_listener(std::shared_ptr<CallListener> listener) {
  if (left_to_parent()) {
    return Failure(ErrorCode::forked, Phase::validate, "this process was forked after the client was first used");
  }
  const std::lock_guard lock(mutex_);
  listener_.swap(listener);  // the old one ends after the lock: that may run code of the user
  watched_.store(listener_ != nullptr, std::memory_order_release);
  return {};
}

std::shared_ptr<CallListener> Client::listener() {
  if (!watched()) return nullptr;
  const std::lock_guard lock(mutex_);
  return listener_;
}

std::string Client::metrics_text(bool prometheus) {
  // The counts are taken one after the other.
  const Counts now = counts();
  const std::size_t resting = std::min(now.connections, now.idle + now.connecting);
  const Metrics::Connections connections{.active = now.connections - resting, .idle = now.idle};
  return prometheus ? metrics_.to_prometheus(connections) : metrics_.to_json(connections);
}

// When the loop has ended, the runtime has closed its members before.
void Client::close_on_loop(const std::shared_ptr<ClientLoop>& client_loop) {
  client_loop->loop().submit([client_loop] { client_loop->close(); });
}

Result<std::shared_ptr<TlsContext>> Client::tls_context() {
  const std::lock_guard lock(mutex_);
  if (!tls_) {
    Result<std::shared_ptr<TlsContext>> made = TlsContext::create(tls_settings(options_.tls));
    if (!made) return std::move(made).failure();
    tls_ = std::move(*made);
  }
  return tls_;
}

Result<std::shared_ptr<ClientLoop>> Client::client_loop() {
  if (closed_) return Failure(ErrorCode::client_closed, Phase::validate, "the client is closed");
  if (left_to_parent()) {
    return Failure(ErrorCode::forked, Phase::validate, "this process was forked after the client was first used");
  }
  const std::lock_guard lock(mutex_);
  if (closed_) return Failure(ErrorCode::client_closed, Phase::validate, "the client is closed");
  if (client_loop_ && !client_loop_->runtime().ending()) return client_loop_;
  Result<std::shared_ptr<Runtime>> runtime = Runtime::acquire();
  if (!runtime) return std::move(runtime).failure();
  IoThread& thread = (*runtime)->next_thread();
  auto fresh = std::make_shared<ClientLoop>(*runtime, thread, options_, overrides_, filter_);
  if (!(*runtime)->add(thread, fresh)) {
    return Failure(ErrorCode::client_closed, Phase::validate, "the runtime is shutting down");
  }
  // What is left of the old one belongs to its loop, which may still be ending.
  if (client_loop_) close_on_loop(client_loop_);
  client_loop_ = std::move(fresh);
  used_in_.store(process_generation().load(std::memory_order_relaxed), std::memory_order_relaxed);
  return client_loop_;
}

}  // namespace ppn
