#include "policy/rate_scope.hpp"

#include <algorithm>
#include <limits>

namespace ppn {
namespace {

// Rounded up: whoever waits so long finds the door open.
std::int64_t to_ms(Nanos wait) noexcept {
  return wait <= 0 ? 0 : (wait - 1) / kMillisecond + 1;
}

Nanos longest_hold(const RateLimitOptions& options) noexcept {
  constexpr std::int64_t longest_ms = 31'536'000'000;
  return std::clamp<std::int64_t>(options.max_freeze_ms, 0, longest_ms) * kMillisecond;
}

// Sums of what waits, which users may have made absurd.
std::int64_t plus(std::int64_t sum, std::int64_t more) noexcept {
  return sum > std::numeric_limits<std::int64_t>::max() - more ? std::numeric_limits<std::int64_t>::max() : sum + more;
}

}  // namespace

RateScope::RateScope(const RateLimitOptions& options, bool gated) noexcept
    : options_(&options),
      requests_(options.requests, burst_of_requests(options.requests)),
      tokens_(options.tokens, burst_of_tokens(options.tokens)),
      gated_(gated && options.requests.count > 0) {}

Nanos RateScope::clock(Nanos now) noexcept {
  now_ = std::max(now_, now);
  // No `||`: both have to look.
  if (static_cast<int>(requests_.forget(now_)) + static_cast<int>(tokens_.forget(now_)) > 0) tail_.reset();
  return now_;
}

bool RateScope::allowed(const RateWaiter& waiter, Nanos now) const noexcept {
  return slot_free() && frozen_until_ <= now && requests_.allows(waiter.demand_.cost, waiting_cost_, now) &&
         tokens_.allows(waiter.demand_.tokens, waiting_tokens_, now);
}

Nanos RateScope::allowed_at(const RateWaiter& waiter, Nanos now) const noexcept {
  return std::max({frozen_until_, requests_.allowed_at(waiter.demand_.cost, waiting_cost_, now),
                   tokens_.allowed_at(waiter.demand_.tokens, waiting_tokens_, now)});
}

Nanos RateScope::first_at(const RateWaiter& first, Nanos now) const noexcept {
  if (!slot_free()) return kNever;
  const Nanos at = std::max(allowed_at(first, now), gated_ ? ask_at_ : 0);
  return at <= now ? kNever : at;  // allowed, so the answer of the fleet is what it waits for
}

std::optional<RateRefusal> RateScope::refused(ErrorCode code, Nanos wait) noexcept {
  ++refused_;
  return RateRefusal{code, wait < 0 || wait == kNever ? -1 : to_ms(wait)};
}

std::optional<RateRefusal> RateScope::enter(RateWaiter& waiter, const RateDemand& demand, Nanos now, Nanos deadline) {
  now = clock(now);
  waiter.demand_ = {std::max<std::int64_t>(demand.cost, 0), std::max<std::int64_t>(demand.tokens, 0)};
  waiter.standing_ = Standing::outside;
  waiter.told_ = 0;  // nothing: it has not asked yet
  waiter.give_up_at_ = std::min(deadline, deadline_after(now, options_->max_wait_ms));
  if (!requests_.fits(waiter.demand_.cost) || !tokens_.fits(waiter.demand_.tokens)) {
    return refused(ErrorCode::rate_limit_cost, -1);
  }
  if (now < refuse_until_ && now < frozen_until_) return refused(ErrorCode::rate_limited, refuse_until_ - now);
  if (!queue_.empty()) pump(now, nullptr);
  if (queue_.empty() && !gated_) {
    push(waiter);  // it counts among those who wait when it is asked whether it may pass
    if (allowed(waiter, now)) {
      grant(waiter, now);
      return std::nullopt;
    }
    take_out(waiter);
    waiter.standing_ = Standing::outside;
  }
  return join(waiter, now);
}

// At the end of the queue, when the wait fits into all limits. Whoever is refused has moved nothing.
std::optional<RateRefusal> RateScope::join(RateWaiter& waiter, Nanos now) noexcept {
  if (!tail_) compute_queue(now);
  const std::int64_t cost = plus(waiting_cost_, waiter.demand_.cost);
  const std::int64_t tokens = plus(waiting_tokens_, waiter.demand_.tokens);
  const Nanos from = std::max({tail_->at, now, frozen_until_});
  const Nanos at = std::max(tail_->requests.allowed_at(waiter.demand_.cost, cost, from),
                            tail_->tokens.allowed_at(waiter.demand_.tokens, tokens, from));
  const bool only_asks = gated_ && at <= now && slot_free();
  if (!only_asks) {
    const Nanos wait = at > now ? at - now : -1;  // how long a slot is taken nobody knows
    if (waiting_ >= options_->max_waiters) return refused(ErrorCode::rate_limit_queue_full, wait);
    const bool too_long = at > waiter.give_up_at_ || waiter.give_up_at_ <= now;
    if (options_->mode == LimitMode::fail_fast || too_long) return refused(ErrorCode::rate_limited, wait);
  }
  push(waiter);
  tail_->requests.charge(waiter.demand_.cost, cost, at);
  tail_->tokens.charge(waiter.demand_.tokens, tokens, at);
  waiter.expected_ = tail_->at = at;
  if (gated_) pump(now, &waiter);
  return std::nullopt;
}

void RateScope::push(RateWaiter& waiter) noexcept {
  queue_.push_back(waiter);
  waiter.standing_ = Standing::waiting;
  ++waiting_;
  waiting_cost_ = plus(waiting_cost_, waiter.demand_.cost);
  waiting_tokens_ = plus(waiting_tokens_, waiter.demand_.tokens);
}

void RateScope::take_out(RateWaiter& waiter) noexcept {
  waiter.unlink();
  --waiting_;
  waiting_cost_ -= waiter.demand_.cost;
  waiting_tokens_ -= waiter.demand_.tokens;
  if (!queue_.empty()) return;
  waiting_cost_ = waiting_tokens_ = 0;
  tail_.reset();
  if (asked_ != Asked::out) asked_ = Asked::no;
}

// Whoever stands behind it moves up.
void RateScope::give_way(RateWaiter& waiter) noexcept {
  take_out(waiter);
  tail_.reset();
}

// A grant that comes later than it was computed leaves the times of the others as they are: with a burst of more than
// one they still hold, and otherwise they are too early, which whoever asks too early puts right.
void RateScope::grant(RateWaiter& waiter, Nanos now) noexcept {
  requests_.charge(waiter.demand_.cost, waiting_cost_, now);
  tokens_.charge(waiter.demand_.tokens, waiting_tokens_, now);
  take_out(waiter);
  waiter.standing_ = Standing::granted;
  waiter.charged_at_ = now;
  if (options_->max_in_flight > 0) ++in_flight_;
  ++granted_;
}

void RateScope::refuse(RateWaiter& waiter, ErrorCode code, std::int64_t retry_after_ms) noexcept {
  give_way(waiter);
  waiter.standing_ = Standing::refused;
  waiter.refusal_ = {code, retry_after_ms};
  ++refused_;
}

void RateScope::refuse_all(Nanos now) noexcept {
  while (RateWaiter* const waiter = queue_.front()) {
    refuse(*waiter, ErrorCode::rate_limited, to_ms(refuse_until_ - now));
    waiter->on_change();
  }
}

void RateScope::pump(Nanos now, const RateWaiter* asking) noexcept {
  RateWaiter* first = queue_.front();
  for (; first != nullptr && allowed(*first, now) && (!gated_ || fleet_lets(*first, now)); first = queue_.front()) {
    if (first->standing_ == Standing::waiting) grant(*first, now);
    if (first != asking) first->on_change();
  }
  if (first == nullptr || first == asking) return;
  const Nanos at = first_at(*first, now);
  if (at >= first->told_) return;
  first->told_ = at;
  first->on_change();
}

// Whether the first of the queue is through with the fleet: it may be granted, or is refused and no longer waits.
bool RateScope::fleet_lets(RateWaiter& first, Nanos now) noexcept {
  if (asked_ == Asked::answered && first.demand_.cost > asked_cost_) asked_ = Asked::no;
  if (asked_ != Asked::answered) {
    if (asked_ == Asked::no && now >= ask_at_) {
      asked_ = Asked::wanted;
      asked_cost_ = first.demand_.cost;
    }
    return false;
  }
  asked_ = Asked::no;
  if (answer_.kind != FleetGate::Answer::Kind::unavailable) divide(0, now);
  switch (answer_.kind) {
    case FleetGate::Answer::Kind::granted: return true;
    case FleetGate::Answer::Kind::never: refuse(first, ErrorCode::rate_limit_cost, -1); return true;
    case FleetGate::Answer::Kind::wait: {
      // A wait of nothing would ask in a circle.
      ask_at_ = deadline_after(now, to_ms(std::max(answer_.wait, kMillisecond)));
      if (options_->mode != LimitMode::fail_fast && ask_at_ <= first.give_up_at_) return false;
      refuse(first, ErrorCode::rate_limited, to_ms(ask_at_ - now));
      return true;
    }
    case FleetGate::Answer::Kind::unavailable: break;
  }
  switch (options_->redis_fallback) {
    case FleetFallback::open: divide(1, now); break;
    case FleetFallback::closed:
      divide(1, now);
      refuse(first, ErrorCode::rate_limit_backend, -1);
      return true;
    case FleetFallback::share: divide(std::max(answer_.replicas, 1), now); break;
  }
  return allowed(first, now);
}

void RateScope::divide(int parts, Nanos now) noexcept {
  if (divided_by_ == parts) return;
  divided_by_ = parts;
  requests_.share(std::max(parts, 1), now);
  tokens_.share(std::max(parts, 1), now);
  tail_.reset();
}

std::optional<RateScope::Question> RateScope::question() noexcept {
  if (asked_ != Asked::wanted) return std::nullopt;
  asked_ = Asked::out;
  const Gcra whole = requests_.undivided();
  return Question{asked_cost_, whole.interval(), whole.burst()};
}

void RateScope::answer(const FleetGate::Answer& answer) noexcept {
  answer_ = answer;
  RateWaiter* const first = queue_.front();
  asked_ = first != nullptr ? Asked::answered : Asked::no;
  if (first == nullptr) return;
  first->told_ = 0;  // it asks anew
  first->on_change();
}

void RateScope::compute_queue(Nanos now) noexcept {
  tail_.emplace(Tail{requests_, tokens_, std::max(now, frozen_until_)});
  for (RateWaiter* waiter = queue_.front(); waiter != nullptr; waiter = queue_.next(*waiter)) {
    const Nanos at = std::max({tail_->at, tail_->requests.allowed_at(waiter->demand_.cost, waiting_cost_, tail_->at),
                               tail_->tokens.allowed_at(waiter->demand_.tokens, waiting_tokens_, tail_->at)});
    tail_->requests.charge(waiter->demand_.cost, waiting_cost_, at);
    tail_->tokens.charge(waiter->demand_.tokens, waiting_tokens_, at);
    waiter->expected_ = tail_->at = at;
  }
}

Nanos RateScope::ready_at(RateWaiter& waiter, Nanos now) {
  now = clock(now);
  pump(now, &waiter);
  if (waiter.standing_ == Standing::granted) waiter.standing_ = Standing::used;
  if (waiter.standing_ == Standing::used) return kGranted;
  if (waiter.standing_ != Standing::waiting) return kRefused;

  Nanos at = kNever;
  if (&waiter == queue_.front()) {
    at = first_at(waiter, now);
  } else {
    // Computed before something moved it.
    if (!tail_ || waiter.expected_ <= now) compute_queue(now);
    // Its time has come but not its turn: a slot or the fleet is what all wait for.
    if (waiter.expected_ > now) at = waiter.expected_;
  }
  if (now >= waiter.give_up_at_ || (at != kNever && at > waiter.give_up_at_)) {
    refuse(waiter, ErrorCode::rate_limited, at == kNever ? -1 : to_ms(at - now));
    pump(now, nullptr);
    return kRefused;
  }
  return waiter.told_ = std::min(at, waiter.give_up_at_);
}

void RateScope::leave(RateWaiter& waiter, Nanos now) {
  now = clock(now);
  switch (waiter.standing_) {
    case Standing::outside:
    case Standing::refused: break;
    case Standing::waiting: give_way(waiter); break;
    case Standing::granted:
      requests_.give_back(waiter.demand_.cost, waiter.charged_at_, now);
      tokens_.give_back(waiter.demand_.tokens, waiter.charged_at_, now);
      tail_.reset();
      --granted_;
      free_slot();
      break;
    case Standing::used: free_slot(); break;
  }
  waiter.standing_ = Standing::outside;
  waiter.refusal_ = {};
  pump(now, nullptr);
}

void RateScope::settle(RateWaiter& waiter, std::int64_t actual_tokens, Nanos now) {
  now = clock(now);
  if (waiter.standing_ != Standing::used && waiter.standing_ != Standing::granted) return;
  tokens_.settle(waiter.demand_.tokens, actual_tokens, waiter.charged_at_, now);
  waiter.demand_.tokens = std::max<std::int64_t>(actual_tokens, 0);  // a second settlement corrects the first
  tail_.reset();
  pump(now, nullptr);
}

void RateScope::observe(const RateObservation& seen, Nanos now) {
  if (!options_->adaptive) return;
  now = clock(now);
  const Nanos longest = longest_hold(*options_);
  bool changed = requests_.observe(seen.requests, now, longest);
  changed = tokens_.observe(seen.tokens, now, longest) || changed;
  if (seen.freeze > 0 && longest > 0) {
    changed = true;
    frozen_until_ = std::max(frozen_until_, now + std::min(seen.freeze, longest));
    if (seen.freeze > longest) {
      refuse_until_ = std::max(refuse_until_, now + std::min(seen.freeze, kNever - now));
      refuse_all(now);
    }
  }
  if (!changed) return;
  tail_.reset();
  pump(now, nullptr);
}

bool RateScope::idle(Nanos now) const noexcept {
  return queue_.empty() && in_flight_ == 0 && frozen_until_ <= now && refuse_until_ <= now && asked_ == Asked::no &&
         ask_at_ <= now && requests_.idle(now) && tokens_.idle(now);
}

}  // namespace ppn
