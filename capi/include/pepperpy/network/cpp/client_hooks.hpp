/** @file client_hooks.hpp
 *  What every client takes besides requests: middleware, a shared limit, a say in retries, and those who watch.
 *  Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_CLIENT_HOOKS_HPP
#define PEPPERPY_NETWORK_CPP_CLIENT_HOOKS_HPP

#include <pepperpy/network.h>

#include <string>
#include <type_traits>
#include <utility>

#include "error.hpp"
#include "middleware.hpp"
#include "observe.hpp"
#include "retry_decider.hpp"

namespace ppn {
inline namespace api_v0 {

class RateLimiter;

/** The hooks of every client, over its handle(). Thread: any, but those that say "before the first request": one at a
 *  time. Blocks: never. Since 0.1. */
template <class Client>
class Hooks {
 public:
  /** Put middleware around the requests that are started from here on, inside of what was added before. Throws UsageError
   *  (PPN_E_INVALID_ARGUMENT: its name). */
  void add_middleware(const RequestMiddleware& middleware) const { middleware.install(client()); }
  void add_middleware(const Middleware& middleware) const {
    detail::call(ppn_client_add_middleware, client(), middleware.handle());
  }

  /** Before the first request: keep to the limit of `limiter`, which others may share, instead of one of its own. Throws
   *  UsageError (PPN_E_INVALID_STATE: it has started a request before). */
  template <class Limiter>
  void rate_limiter(const Limiter& limiter) const {
    static_assert(std::is_same_v<Limiter, RateLimiter>, "the limit of a client is a RateLimiter");
    detail::call(ppn_client_set_rate_limiter, client(), limiter.handle());
  }

  /** Before the first request: let `decider(const RetryQuestion& question)` say for each attempt that failed whether
   *  another follows; it returns a RetryAnswer. It replaces the one before and runs on the I/O thread of the client, so
   *  it must not block. One that throws leaves the decision to the policy. What it can not override is said at
   *  ppn_retry_decider_fn.
   *
   *      client.on_retry_decision([](const ppn::RetryQuestion& question) {
   *        return question.status() == 404 ? ppn::RetryAnswer::retry() : ppn::RetryAnswer::by_default();
   *      });
   *
   *  Throws UsageError (PPN_E_INVALID_STATE: it has started a request before). */
  template <class Decider>
  void on_retry_decision(Decider decider) const {
    detail::set_retry_decider(client(), std::move(decider));
  }

  /** Let `listener(const CallEvent& event)` hear of the calls that start from now on: each attempt, wait and retry. It
   *  replaces the one before and runs on the I/O thread of the client, so it must not block. What it throws is dropped.
   *  It ends when it was replaced or the client has ended, and its last call has. Throws UsageError (PPN_E_FORKED). */
  template <class Listener>
  void on_call_event(Listener listener) const {
    detail::set_event_listener(client(), std::move(listener));
  }
  /** Nobody hears of later calls. Throws as on_call_event. */
  void clear_call_events() const { detail::clear_event_listener(client()); }

  /** What this client has counted: see ppn_client_metrics. */
  std::string metrics_json() const { return detail::metrics(client(), PPN_METRICS_JSON); }
  /** For Prometheus, as text/plain; version=0.0.4. */
  std::string metrics_prometheus() const { return detail::metrics(client(), PPN_METRICS_PROMETHEUS); }

 protected:
  Hooks() = default;

 private:
  ppn_client* client() const noexcept { return static_cast<const Client&>(*this).handle(); }
};

}  // namespace api_v0
}  // namespace ppn

#endif
