#include "pepperpy/network/rate_limiter.h"

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "boundary.hpp"
#include "client/make_rate_limiter.hpp"
#include "client/rate_fields.hpp"
#include "environment.hpp"
#include "objects.hpp"
#include "policy/gcra.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

constexpr int64_t kMostCost = 1'000'000'000;
constexpr int64_t kMostTokens = 1'000'000'000'000'000;

Status make_limiter(const RateLimitOptions& options, ppn_rate_limiter** out) {
  auto limiter = make_rate_limiter(options);
  if (!limiter.ok()) return std::move(limiter).failure();
  auto announcer = std::make_shared<RateAnnouncer>(*limiter);
  *out = make_handle<ppn_rate_limiter>(RateLimiterObject{std::move(*limiter), std::move(announcer)});
  return {};
}

void check_demand(Arguments& in, int64_t cost, int64_t tokens) {
  in.require(cost >= 0 && cost <= kMostCost, "cost is not from 0 to 1000000000");
  in.require(tokens >= 0 && tokens <= kMostTokens, "tokens is not from 0 to 1000000000000000");
}

int32_t take_permit(ppn_rate_limiter* limiter, const char* scope, size_t scope_length, int64_t cost, int64_t tokens,
                    int64_t timeout_ms, bool may_block, ppn_rate_ticket** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(limiter, "limiter");
    const auto scope_text = in.text_or_empty(scope, scope_length, "scope");
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    check_demand(in, cost, tokens);
    if (may_block) in.may_wait();
    if (!in.ok()) return in.failure();
    auto permit = wait_for_permit(object->limiter, {scope_text, cost, tokens}, wait_ms);
    if (!permit.ok()) return std::move(permit).failure();
    *out = make_handle<ppn_rate_ticket>(RateTicketObject{std::move(*permit)});
    return {};
  });
}

// The callback of a user, its data, and the trampoline: noexcept, so that an exception of the user ends the process.
struct Granted {
  ppn_rate_granted_fn on_granted;
  UserData user;

  void operator()(const std::shared_ptr<RatePermit>& permit, std::unique_ptr<Error> problem) const noexcept {
    ppn_rate_ticket* ticket = nullptr;
    ppn_error* error = problem != nullptr ? make_error(std::move(*problem)) : nullptr;
    try {
      if (permit != nullptr) ticket = make_handle<ppn_rate_ticket>(RateTicketObject{permit});
    } catch (const std::bad_alloc&) {
      // Said below: neither a ticket nor an error.
    }
    if (ticket == nullptr && error == nullptr) error = out_of_memory_error();
    on_granted(user.get(), ticket, error);
    drop_reference(ticket);
    drop_reference(error);
  }
};

}  // namespace

int32_t ppn_rate_limiter_new(double requests_per_minute, int64_t burst_size, ppn_rate_limiter** out,
                             ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto rate = rate_per_minute(requests_per_minute);
    in.require(rate.has_value(), "requests_per_minute is neither 0 nor from 0.001 to 1e9");
    in.require(burst_size >= 0 && burst_size <= kMostCost, "burst_size is not from 0 to 1000000000");
    if (!in.ok()) return in.failure();
    RateLimitOptions options;
    options.requests = *rate;
    options.requests.burst = burst_size;
    return make_limiter(options, out);
  });
}

int32_t ppn_rate_limiter_new_with_config(const ppn_config* config, ppn_rate_limiter** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto given = in.optional_handle(config, "config");
    if (!in.ok()) return in.failure();
    auto options = given ? Result<Options>(given->state->options) : options_from_environment();
    if (!options.ok()) return std::move(options).failure();
    return make_limiter(options->rate_limit, out);
  });
}

ppn_rate_limiter* ppn_rate_limiter_acquire(ppn_rate_limiter* limiter) {
  return acquire(limiter);
}

void ppn_rate_limiter_release(ppn_rate_limiter* limiter) {
  release(limiter);
}

int32_t ppn_rate_limiter_wait(ppn_rate_limiter* limiter, const char* scope, size_t scope_length, int64_t cost,
                              int64_t tokens, int64_t timeout_ms, ppn_rate_ticket** out, ppn_error** error) {
  return take_permit(limiter, scope, scope_length, cost, tokens, timeout_ms, true, out, error);
}

int32_t ppn_rate_limiter_try(ppn_rate_limiter* limiter, const char* scope, size_t scope_length, int64_t cost,
                             int64_t tokens, ppn_rate_ticket** out, ppn_error** error) {
  return take_permit(limiter, scope, scope_length, cost, tokens, 0, false, out, error);
}

int32_t ppn_rate_limiter_start(ppn_rate_limiter* limiter, const char* scope, size_t scope_length, int64_t cost,
                               int64_t tokens, int64_t timeout_ms, ppn_rate_granted_fn on_granted, void* user_data,
                               ppn_destroy_fn destroy, ppn_rate_ticket** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    Arguments::optional_out(out);
    const auto object = in.handle(limiter, "limiter");
    const auto scope_text = in.text_or_empty(scope, scope_length, "scope");
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    check_demand(in, cost, tokens);
    in.callback(on_granted, "on_granted");
    if (!in.ok()) return in.failure();

    // A handle without a permit yet: when the waiting has begun nothing may fail any more.
    ppn_rate_ticket* const ticket = make_handle<ppn_rate_ticket>(RateTicketObject{});
    const Pinned<ppn_rate_ticket> pinned(ticket);
    struct Begun {
      ~Begun() {
        if (granted != nullptr) granted->user.adopt(nullptr);
        drop_reference(ticket);
      }
      std::shared_ptr<Granted> granted;  // until it can not fail any more
      ppn_rate_ticket* ticket;           // until it is handed out
    } begun{nullptr, ticket};
    begun.granted = std::make_shared<Granted>(Granted{on_granted, UserData(user_data)});
    begun.granted->user.adopt(destroy);
    auto permit = object->announcer->start(
        std::string(scope_text), cost, tokens, wait_ms,
        [granted = begun.granted](const std::shared_ptr<RatePermit>& given, std::unique_ptr<Error> problem) {
          (*granted)(given, std::move(problem));
        });
    if (!permit.ok()) return std::move(permit).failure();
    begun.granted.reset();
    pinned->permit = std::move(*permit);
    if (out != nullptr) *out = std::exchange(begun.ticket, nullptr);
    return {};
  });
}

int32_t ppn_rate_limiter_observe(ppn_rate_limiter* limiter, const char* scope, size_t scope_length,
                                 const ppn_response* response, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(limiter, "limiter");
    const auto scope_text = in.text_or_empty(scope, scope_length, "scope");
    const auto given = in.handle(response, "response");
    if (!in.ok()) return in.failure();
    const Response& seen = *given->response;
    object->limiter->observe(scope_text, rate_observation_of(seen.status, seen.headers), monotonic_now());
    return {};
  });
}

int64_t ppn_rate_limiter_count(ppn_rate_limiter* limiter, int32_t which) {
  return read(limiter, int64_t{0}, [&](const RateLimiterObject& object) -> int64_t {
    const RateLimiter::Counts counts = object.limiter->counts(monotonic_now());
    switch (which) {
      case PPN_RATE_WAITING: return counts.waiting;
      case PPN_RATE_IN_FLIGHT: return counts.in_flight;
      case PPN_RATE_GRANTED: return counts.granted;
      case PPN_RATE_REFUSED: return counts.refused;
      case PPN_RATE_FROZEN: return counts.frozen;
      case PPN_RATE_SCOPES: return counts.scopes;
      default: return 0;
    }
  });
}

ppn_rate_ticket* ppn_rate_ticket_acquire(ppn_rate_ticket* ticket) {
  return acquire(ticket);
}

void ppn_rate_ticket_release(ppn_rate_ticket* ticket) {
  release(ticket);
}

int32_t ppn_rate_ticket_settle(ppn_rate_ticket* ticket, int64_t actual_tokens) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    const auto object = in.handle(ticket, "ticket");
    in.require(actual_tokens >= 0, "actual_tokens is less than 0");
    if (!in.ok()) return in.failure();
    object->permit->settle(actual_tokens);
    return {};
  });
}

int32_t ppn_rate_ticket_cancel(ppn_rate_ticket* ticket) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    const auto object = in.handle(ticket, "ticket");
    if (!in.ok()) return in.failure();
    object->permit->cancel();
    return {};
  });
}
