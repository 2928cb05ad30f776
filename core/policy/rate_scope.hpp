// The rate limit of one scope: requests, tokens, concurrency, freeze, pace and the queue of those who wait
// (SEMANTICS 3.2). Single-threaded, and time is an argument.
//
// A waiter keeps its place in the queue from the moment it enters, and nobody passes it. The first of the queue is
// charged when its time has come, which is when the time of whoever asks has reached it; so no window of time sees more
// than the limit, however late somebody asks. Others are told what to expect: the times are computed for the whole queue
// with the same arithmetic, and again only after something has moved them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/error_code.hpp"
#include "base/fleet_gate.hpp"
#include "base/linked_list.hpp"
#include "policy/rate_dimension.hpp"
#include "policy/rate_limit_options.hpp"
#include "policy/rate_observation.hpp"

namespace ppn {

struct RateDemand {
  std::int64_t cost = 1;    // requests
  std::int64_t tokens = 0;  // the estimate
};

struct RateRefusal {
  ErrorCode code = ErrorCode::invalid_state;
  std::int64_t retry_after_ms = -1;  // -1 = not known
};

// One who wants to pass. It must stay where it is while it is in a scope.
class RateWaiter : public Linked<struct OfRateScope> {
 public:
  // The answer of ready_at() became earlier.
  virtual void on_change() noexcept = 0;

 protected:
  ~RateWaiter() = default;

 private:
  friend class RateScope;
  enum class Standing : std::uint8_t { outside, waiting, granted, used, refused };

  RateDemand demand_;
  Standing standing_ = Standing::outside;
  RateRefusal refusal_;
  Nanos give_up_at_ = kNever;
  Nanos expected_ = 0;  // as of the last time that the queue was computed
  Nanos told_ = 0;      // the last answer
  Nanos charged_at_ = 0;
};

class RateScope {
 public:
  // `options` must outlive it. `gated`: the first of the queue asks a fleet before it passes.
  RateScope(const RateLimitOptions& options, bool gated) noexcept;

  // Takes a place, or says why not. Waiting ends at `deadline` or after max_wait_ms.
  std::optional<RateRefusal> enter(RateWaiter& waiter, const RateDemand& demand, Nanos now, Nanos deadline);
  bool granted(const RateWaiter& waiter) const noexcept { return waiter.standing_ == RateWaiter::Standing::granted; }

  static constexpr Nanos kGranted = 0;
  static constexpr Nanos kRefused = -1;
  // kGranted: it counts as used. kRefused: see refusal(). Otherwise when to ask again; kNever: on_change() will tell.
  Nanos ready_at(RateWaiter& waiter, Nanos now);
  static const RateRefusal& refusal(const RateWaiter& waiter) noexcept { return waiter.refusal_; }
  // What ready_at() and leave() come down to for one that is granted, or used and without a slot: nobody else knows such
  // a waiter, so no lock is needed.
  static void use(RateWaiter& waiter) noexcept { waiter.standing_ = RateWaiter::Standing::used; }
  static bool used(const RateWaiter& waiter) noexcept { return waiter.standing_ == RateWaiter::Standing::used; }
  static void forget(RateWaiter& waiter) noexcept { waiter.standing_ = RateWaiter::Standing::outside; }

  // Ends what enter() began, whatever became of it: the ticket goes back unless it was used, the slot is free.
  void leave(RateWaiter& waiter, Nanos now);
  void settle(RateWaiter& waiter, std::int64_t actual_tokens, Nanos now);
  void observe(const RateObservation& seen, Nanos now);

  struct Question {
    std::int64_t cost = 1;
    Nanos interval = 0;
    std::int64_t burst = 1;
  };
  // What the fleet has to be asked now. Whoever takes the question must bring the answer.
  std::optional<Question> question() noexcept;
  void answer(const FleetGate::Answer& answer) noexcept;
  // How many processes the rate is divided by because the fleet can not be asked; 0 = it can.
  int divided_by() const noexcept { return divided_by_; }

  std::int64_t waiting() const noexcept { return waiting_; }
  std::int64_t in_flight() const noexcept { return in_flight_; }  // counted only when max_in_flight is set
  std::int64_t granted_count() const noexcept { return granted_; }
  std::int64_t refused_count() const noexcept { return refused_; }
  Nanos frozen_until() const noexcept { return frozen_until_; }
  bool idle(Nanos now) const noexcept;

 private:
  using Standing = RateWaiter::Standing;

  Nanos clock(Nanos now) noexcept;
  bool slot_free() const noexcept { return options_->max_in_flight <= 0 || in_flight_ < options_->max_in_flight; }
  void free_slot() noexcept {
    if (options_->max_in_flight > 0) --in_flight_;
  }
  bool allowed(const RateWaiter& waiter, Nanos now) const noexcept;
  Nanos allowed_at(const RateWaiter& waiter, Nanos now) const noexcept;
  Nanos first_at(const RateWaiter& first, Nanos now) const noexcept;
  bool fleet_lets(RateWaiter& first, Nanos now) noexcept;
  void divide(int parts, Nanos now) noexcept;
  void grant(RateWaiter& waiter, Nanos now) noexcept;
  void refuse(RateWaiter& waiter, ErrorCode code, std::int64_t retry_after_ms) noexcept;
  void refuse_all(Nanos now) noexcept;
  void push(RateWaiter& waiter) noexcept;
  std::optional<RateRefusal> join(RateWaiter& waiter, Nanos now) noexcept;
  void take_out(RateWaiter& waiter) noexcept;
  void give_way(RateWaiter& waiter) noexcept;
  void pump(Nanos now, const RateWaiter* asking) noexcept;
  void compute_queue(Nanos now) noexcept;
  std::optional<RateRefusal> refused(ErrorCode code, Nanos wait) noexcept;

  const RateLimitOptions* options_;
  RateDimension requests_;
  RateDimension tokens_;
  LinkedList<RateWaiter, struct OfRateScope> queue_;
  std::int64_t waiting_ = 0;
  std::int64_t waiting_cost_ = 0;
  std::int64_t waiting_tokens_ = 0;
  std::int64_t in_flight_ = 0;  // counted only when there is a limit
  std::int64_t granted_ = 0;
  std::int64_t refused_ = 0;
  Nanos now_ = 0;  // never goes back
  Nanos frozen_until_ = 0;
  Nanos refuse_until_ = 0;  // a freeze that is longer than anybody should wait

  // What the dimensions will be after the last of the queue.
  struct Tail {
    RateDimension requests;
    RateDimension tokens;
    Nanos at = 0;
  };
  std::optional<Tail> tail_;  // nothing: to be computed

  const bool gated_;
  enum class Asked : std::uint8_t { no, wanted, out, answered };
  Asked asked_ = Asked::no;
  std::int64_t asked_cost_ = 0;
  Nanos ask_at_ = 0;
  FleetGate::Answer answer_;
  int divided_by_ = 0;
};

}  // namespace ppn
