// A rate limiter that any number of calls, clients and threads share (SEMANTICS 3.2): one RateScope for each scope,
// behind one mutex.
//
// A call enters with its ticket, asks ready_at() until it is granted, and leaves when its response has ended:
//
//     enter --> ready_at * --> (granted) --> settle? --> leave
//        \-> refused      \-> refused
//
// ready_at() names the time to ask again. When the answer becomes earlier than that, the ticket is told by on_change().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/fleet_gate.hpp"
#include "base/linked_list.hpp"
#include "base/live_objects.hpp"
#include "base/process_generation.hpp"
#include "base/result.hpp"
#include "policy/rate_limit_options.hpp"
#include "policy/rate_observation.hpp"
#include "policy/rate_scope.hpp"

namespace ppn {

// Thread: any.
class RateLimiter : public std::enable_shared_from_this<RateLimiter> {
 public:
  // A `gate` counts requests for several processes; tokens and slots are counted here.
  static std::shared_ptr<RateLimiter> create(const RateLimitOptions& options,
                                             std::shared_ptr<FleetGate> gate = nullptr);

  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  const RateLimitOptions& options() const noexcept { return options_; }

  struct Demand {
    std::string_view scope = {};
    std::int64_t cost = 1;
    std::int64_t tokens = 0;  // the estimate that is reserved
  };

  // Stays where it is from enter() on; it keeps the limiter alive until leave(). on_change() may come on any thread and
  // while the limiter is locked: it posts a notice and returns.
  class Ticket : public RateWaiter {
   public:
    Ticket() = default;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    virtual ~Ticket() { retire(); }

   protected:
    // Leaves, at the time that the limiter saw last. First line of the destructor of every class whose on_change() may
    // be called by another thread: afterwards it is not.
    void retire() noexcept;

   private:
    friend class RateLimiter;
    std::shared_ptr<RateLimiter> limiter_;  // null: outside
    void* scope_ = nullptr;
    bool granted_at_once_ = false;  // known to the caller of enter() alone
  };

  // In a child of fork, of a limiter that its parent made, everything below fails with `forked` or has no effect: the
  // mutex may be held by a thread that is not there.

  // Takes a place. Errors (Phase::rate_limit): rate_limited (with retry_after_ms; the wait is longer than max_wait_ms or
  // goes beyond `deadline`, or nobody may wait), rate_limit_queue_full, rate_limit_cost; invalid_state (inside already).
  Status enter(Ticket& ticket, const Demand& demand, Nanos now, Nanos deadline);
  // 0: granted, and it counts as used. Otherwise when to ask again; kNever: on_change() will tell. Errors: rate_limited
  // (a freeze made the wait too long, or time is up), rate_limit_cost and rate_limit_backend (the fleet said so).
  Result<Nanos> ready_at(Ticket& ticket, Nanos now);
  // Gives the ticket back: cancelled or out of time while waiting. The same as leave().
  void give_back(Ticket& ticket, Nanos now) noexcept { leave(ticket, now); }
  // What the tokens really were; before leave(). A second time corrects the first.
  void settle(Ticket& ticket, std::int64_t actual_tokens, Nanos now) noexcept;
  // Ends what enter() began: a slot is free. Without effect outside.
  void leave(Ticket& ticket, Nanos now) noexcept;
  // What a response said. A scope that is not known yet is made only when it says something that lasts.
  void observe(std::string_view scope, const RateObservation& seen, Nanos now);

  struct Counts {
    std::int64_t waiting = 0;
    std::int64_t in_flight = 0;  // granted and not left
    std::int64_t granted = 0;    // ever
    std::int64_t refused = 0;    // ever
    std::int64_t frozen = 0;     // scopes
    std::int64_t scopes = 0;
  };
  Counts counts(Nanos now) noexcept;
  Counts counts(std::string_view scope, Nanos now) noexcept;

  static constexpr std::size_t kMostScopes = 10'000;  // idle ones beyond it are forgotten

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  // Least recently used first.
  struct Scope : Linked<struct OfRecency> {
    Scope(const RateLimitOptions& options, bool gated) noexcept : policy(options, gated) {}
    RateScope policy;
    const std::string* name = nullptr;
    std::atomic<std::int64_t> users{0};  // tickets inside; counted up with the mutex
  };
  class Locked;

  RateLimiter(const RateLimitOptions& options, std::shared_ptr<FleetGate> gate);
  Scope& scope_for(std::string_view name, Nanos now);
  void forget_idle(Nanos now) noexcept;
  void ask(std::string scope, const RateScope::Question& question) noexcept;
  void answered(std::string_view scope, const FleetGate::Answer& answer) noexcept;
  Failure failure(const RateRefusal& refusal) const;
  void add(Counts& counts, const Scope& scope, Nanos now) const noexcept;

  const RateLimitOptions options_;
  const std::shared_ptr<FleetGate> gate_;
  std::mutex mutex_;
  // All guarded by mutex_.
  std::unordered_map<std::string, Scope, Hash, std::equal_to<>> scopes_;
  LinkedList<Scope, struct OfRecency> recency_;
  Scope* last_ = nullptr;          // that scope_for() returned
  std::int64_t past_granted_ = 0;  // of scopes that were forgotten
  std::int64_t past_refused_ = 0;
  int divided_by_ = 0;  // that was logged last
  MadeInProcess made_;
  LiveObject live_;
};

}  // namespace ppn
