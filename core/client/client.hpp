// A client: options that do not change, a pool of connections, and the I/O thread they belong to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/live_objects.hpp"
#include "base/result.hpp"
#include "base/secret_registry.hpp"
#include "client/call_event.hpp"
#include "client/metrics.hpp"
#include "client/middleware.hpp"
#include "client/options.hpp"
#include "codec/url.hpp"
#include "io/connect_filter.hpp"
#include "io/resolve_overrides.hpp"

namespace ppn {

class ClientLoop;
class RateLimiter;
class RetryDecider;
class TlsContext;

// Thread: any.
class Client {
 public:
  // Reads files of certificates that the options name. Errors: config_error.
  static Result<std::shared_ptr<Client>> create(Options options);
  ~Client();

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const Options& options() const noexcept { return options_; }
  // base_url of the options, when they have one.
  const std::optional<Url>& base() const noexcept { return base_; }

  // Later calls fail with client_closed, running ones with cancelled. Returns at once.
  void close();
  // The same, but running calls may go on for up to `timeout_ms`; -1 = until their own limits end them. True when all had
  // ended by themselves. Error: would_deadlock inside a callback.
  Result<bool> drain(std::int64_t timeout_ms);
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  // Makes connections until `count` to the origin of `url` are there or being made. Returns at once; failures are not
  // reported. Errors: invalid_url, unsupported_scheme, and those of client_loop and tls_context.
  Status preconnect(std::string_view url, std::int64_t count);

  // For calls that start from here on; those that run keep the list they started with.
  void add_middleware(std::shared_ptr<Middleware> middleware);
  // Null when there is none.
  std::shared_ptr<const MiddlewareList> middleware() const;
  // Calls of this client keep to the limit of `limiter`, which others may share; null = no limit. At first it is one of
  // its own, made from the options. Error: invalid_state (a request was started before).
  Status share_rate_limiter(std::shared_ptr<RateLimiter> limiter);
  // Null when there is no limit. Does not change once client_loop() was called.
  const std::shared_ptr<RateLimiter>& rate_limiter() const noexcept { return rate_limiter_; }

  // Asked about each attempt that did not end well; null = nobody. Error: invalid_state (a request was started before).
  Status set_retry_decider(std::shared_ptr<RetryDecider> decider);
  const std::shared_ptr<RetryDecider>& retry_decider() const noexcept { return retry_decider_; }

  // Whether calls run code of the user besides their callbacks.
  bool calls_user() const noexcept {
    return watched() || retry_decider_ || has_middleware_.load(std::memory_order_acquire);
  }

  struct Counts {
    std::size_t connections = 0;  // all of them
    std::size_t idle = 0;
    std::size_t connecting = 0;
    std::size_t waiting = 0;  // calls, for a place in the pool
  };
  Counts counts();

  // Who hears of the calls that begin from now on; null = nobody. One that is replaced hears of its calls to their end.
  // Error: forked.
  Status set_listener(std::shared_ptr<CallListener> listener);
  std::shared_ptr<CallListener> listener();
  bool watched() const noexcept { return watched_.load(std::memory_order_acquire); }
  std::uint64_t next_call_id() noexcept { return 1 + call_ids_.fetch_add(1, std::memory_order_relaxed); }

  Metrics& metrics() noexcept { return metrics_; }
  // Metrics::to_prometheus or to_json with the connections of this moment.
  std::string metrics_text(bool prometheus);

  // The trust store of the system is read with the first https request, by the thread that starts it.
  // Error: config_error.
  Result<std::shared_ptr<TlsContext>> tls_context();
  // The pool on the loop of the current runtime. Errors: client_closed, forked, internal.
  Result<std::shared_ptr<ClientLoop>> client_loop();

 private:
  Client(Options options, ResolveOverrides overrides, std::optional<Url> base);
  static void close_on_loop(const std::shared_ptr<ClientLoop>& client_loop);

  // Whether its part on the loop belongs to the parent of this process.
  bool left_to_parent() const noexcept;

  Options options_;  // constant once the client is made
  const ResolveOverrides overrides_;
  const std::optional<Url> base_;
  std::shared_ptr<const ConnectFilter> filter_;  // constant once the client is made; null = any address
  std::atomic<bool> closed_{false};
  std::atomic<bool> has_middleware_{false};
  std::atomic<std::uint32_t> used_in_{kUnused};  // process_generation() of the first use
  static constexpr std::uint32_t kUnused = ~std::uint32_t{0};
  std::vector<SecretRegistration> secrets_;  // those of the options
  Metrics metrics_;
  std::atomic<std::uint64_t> call_ids_{0};
  std::atomic<bool> watched_{false};  // listener_ is set
  std::mutex mutex_;
  mutable std::mutex middleware_mutex_;
  std::shared_ptr<const MiddlewareList> middleware_;  // guarded by middleware_mutex_
  std::shared_ptr<CallListener> listener_;            // guarded by mutex_
  std::shared_ptr<TlsContext> tls_;                   // guarded by mutex_
  std::shared_ptr<ClientLoop> client_loop_;           // guarded by mutex_
  std::shared_ptr<RateLimiter> rate_limiter_;
  std::shared_ptr<RetryDecider> retry_decider_;
  LiveObject live_;
};

}  // namespace ppn
