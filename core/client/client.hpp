// A client: options that do not change, a pool of connections, and the I/O thread they belong to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/live_objects.hpp"
#include "base/result.hpp"
#include "client/options.hpp"
#include "io/resolve_overrides.hpp"

namespace ppn {

class ClientLoop;
class RateLimiter;
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

  // Later calls fail with client_closed, running ones with cancelled. Returns at once.
  void close();
  // The same, but running calls may go on for up to `timeout_ms`; -1 = until their own limits end them. True when all had
  // ended by themselves. Error: would_deadlock inside a callback.
  Result<bool> drain(std::int64_t timeout_ms);
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  // Makes connections until `count` to the origin of `url` are there or being made. Returns at once; failures are not
  // reported. Errors: invalid_url, unsupported_scheme, and those of client_loop and tls_context.
  Status preconnect(std::string_view url, std::int64_t count);

  // Calls of this client keep to the limit of `limiter`, which others may share; null = no limit. At first it is one of
  // its own, made from the options. Error: invalid_state (a request was started before).
  Status share_rate_limiter(std::shared_ptr<RateLimiter> limiter);
  // Null when there is no limit. Does not change once client_loop() was called.
  const std::shared_ptr<RateLimiter>& rate_limiter() const noexcept { return rate_limiter_; }

  struct Counts {
    std::size_t connections = 0;  // all of them
    std::size_t idle = 0;
    std::size_t connecting = 0;
    std::size_t waiting = 0;  // calls, for a place in the pool
  };
  Counts counts();

  // The trust store of the system is read with the first https request, by the thread that starts it.
  // Error: config_error.
  Result<std::shared_ptr<TlsContext>> tls_context();
  // The pool on the loop of the current runtime. Errors: client_closed, forked, internal.
  Result<std::shared_ptr<ClientLoop>> client_loop();

 private:
  Client(Options options, ResolveOverrides overrides);
  static void close_on_loop(const std::shared_ptr<ClientLoop>& client_loop);

  // Whether its part on the loop belongs to the parent of this process.
  bool left_to_parent() const noexcept;

  Options options_;  // constant once the client is made
  const ResolveOverrides overrides_;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint32_t> used_in_{kUnused};  // process_generation() of the first use
  static constexpr std::uint32_t kUnused = ~std::uint32_t{0};
  std::mutex mutex_;
  std::shared_ptr<TlsContext> tls_;          // guarded by mutex_
  std::shared_ptr<ClientLoop> client_loop_;  // guarded by mutex_
  std::shared_ptr<RateLimiter> rate_limiter_;
  LiveObject live_;
};

}  // namespace ppn
