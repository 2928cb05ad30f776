/** @file rate_limiter.hpp
 *  RateLimiter: so many requests, tokens and requests at the same time. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_RATE_LIMITER_HPP
#define PEPPERPY_NETWORK_CPP_RATE_LIMITER_HPP

#include <pepperpy/network.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "client.hpp"
#include "config.hpp"
#include "error.hpp"
#include "handle.hpp"
#include "response.hpp"
#include "version.hpp"

namespace ppn {
inline namespace api_v0 {

/** A place in a RateLimiter. Its end frees the slot for another: keep it until the work that it allows has ended.
 *  Thread: one at a time. Blocks: never. Since 0.1. */
class RatePermit {
 public:
  /** Takes over a reference. */
  explicit RatePermit(detail::RateTicketHandle handle) noexcept : handle_(std::move(handle)) {}

  /** Say what the tokens really were: what was reserved too much is given back, what was too little is charged. A second
   *  time corrects the first. Throws UsageError (less than 0). */
  void settle(int64_t actual_tokens) {
    const int32_t code = ppn_rate_ticket_settle(handle(), actual_tokens);
    if (code != PPN_OK) detail::ErrorOut().raise(code);
  }

  /** End the permit before the object ends. */
  void release() noexcept { handle_ = detail::RateTicketHandle(); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_rate_ticket* handle() const noexcept { return handle_.get(); }

 private:
  detail::RateTicketHandle handle_;
};

/** What RateLimiter::count counts. */
enum class RateCount : int32_t {
  waiting = PPN_RATE_WAITING,     /**< those who wait */
  in_flight = PPN_RATE_IN_FLIGHT, /**< permits that have not ended */
  granted = PPN_RATE_GRANTED,     /**< grants, ever */
  refused = PPN_RATE_REFUSED,     /**< refusals, ever */
  frozen = PPN_RATE_FROZEN,       /**< scopes that stand still because a response said so */
  scopes = PPN_RATE_SCOPES        /**< scopes that are remembered */
};

/** A rate limiter, for any work of the user and for any number of clients, which then share one limit.
 *
 *      ppn::RateLimiter limiter(600, 10);
 *      const auto permit = limiter.wait("gpt-4o");
 *
 *  The limit is exact: in any window of time there are no more than the burst and what the rate gives for it. Whoever
 *  waits keeps its place. A scope is any text; scopes do not know each other.
 *  Thread: any, several at once; destroying and moving by one. Since 0.1. */
class RateLimiter {
 public:
  /** Of requests alone; everything else is as the defaults of the options say.
   *  @param requests_per_minute  From 0.001 to 1e9; 0 and less = no limit.
   *  @param burst_size           How many may pass at once; 0 = as many as come in a tenth of a minute, at least 1.
   *  Throws UsageError (a number out of range, PPN_E_ABI_MISMATCH). */
  explicit RateLimiter(double requests_per_minute, int64_t burst_size = 0) {
    check_version();
    detail::call(ppn_rate_limiter_new, requests_per_minute, burst_size, handle_.out());
  }

  /** As the options of a config say: rates, requests in flight, waiting, and what is followed of responses. */
  explicit RateLimiter(const NetworkConfig& config) {
    check_version();
    detail::call(ppn_rate_limiter_new_with_config, config.handle(), handle_.out());
  }

  /** A permit, when its time has come.
   *  @param cost    Requests to be counted.
   *  @param tokens  Tokens to be reserved, as an estimate; RatePermit::settle says what they were.
   *  Throws NetworkError: PPN_E_RATE_LIMITED (a longer wait than the limiter allows, refused at once; retry_after()),
   *  PPN_E_RATE_LIMIT_QUEUE_FULL, PPN_E_RATE_LIMIT_COST, PPN_E_RATE_LIMIT_BACKEND; UsageError (PPN_E_WOULD_DEADLOCK:
   *  inside a lambda). Blocks: until the permit is granted. */
  RatePermit wait(std::string_view scope = {}, int64_t cost = 1, int64_t tokens = 0) const {
    return waited(-1, scope, cost, tokens);
  }

  /** The same for a limited time; a wait that would take longer is refused at once. Blocks: up to `timeout`. */
  template <class Rep, class Period>
  RatePermit wait_for(std::chrono::duration<Rep, Period> timeout, std::string_view scope = {}, int64_t cost = 1,
                      int64_t tokens = 0) const {
    return waited(std::max(int64_t{0}, detail::milliseconds_of(timeout)), scope, cost, tokens);
  }

  /** A permit if there is one now. Throws as wait(), but for PPN_E_RATE_LIMITED. Blocks: never. */
  std::optional<RatePermit> try_acquire(std::string_view scope = {}, int64_t cost = 1, int64_t tokens = 0) const {
    detail::RateTicketHandle ticket;
    detail::ErrorOut error;
    const int32_t code =
        ppn_rate_limiter_try(handle(), detail::data_of(scope), scope.size(), cost, tokens, ticket.out(), error);
    if (code == PPN_E_RATE_LIMITED) return std::nullopt;
    if (code != PPN_OK) error.raise(code);
    return RatePermit(std::move(ticket));
  }

  /** Follow what a response says about the limit of its server. Requests of clients that use this limiter do so by
   *  themselves. Never makes the limit wider than configured. Blocks: never. */
  void observe(std::string_view scope, const Response& response) const {
    detail::call(ppn_rate_limiter_observe, handle(), detail::data_of(scope), scope.size(), response.handle());
  }

  /** Let the requests of a client keep to this limit, instead of one of its own. Throws UsageError
   *  (PPN_E_INVALID_STATE: it has started a request before). Blocks: never. */
  void share_with(const HTTPClient& client) const {
    detail::call(ppn_client_set_rate_limiter, client.handle(), handle());
  }

  /** A count over all scopes, as of a moment ago. Blocks: never. */
  int64_t count(RateCount which) const noexcept {
    return ppn_rate_limiter_count(handle(), static_cast<int32_t>(which));
  }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_rate_limiter* handle() const noexcept { return handle_.get(); }

 private:
  RatePermit waited(int64_t timeout_ms, std::string_view scope, int64_t cost, int64_t tokens) const {
    detail::RateTicketHandle ticket;
    detail::call(ppn_rate_limiter_wait, handle(), detail::data_of(scope), scope.size(), cost, tokens, timeout_ms,
                 ticket.out());
    return RatePermit(std::move(ticket));
  }

  detail::RateLimiterHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
