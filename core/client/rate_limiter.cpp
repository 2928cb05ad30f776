#include "client/rate_limiter.hpp"

#include <exception>
#include <tuple>
#include <utility>

#include "base/log.hpp"

namespace ppn {
namespace {

Failure left_to_parent() {
  return Failure(ErrorCode::forked, Phase::rate_limit, "this process was forked after the rate limiter was made");
}

}  // namespace

// The mutex while it is held, and what has to happen afterwards: to ask the fleet and to write to the log.
class RateLimiter::Locked {
 public:
  explicit Locked(RateLimiter& limiter) : limiter_(limiter), lock_(limiter.mutex_) {}
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() {
    if (scope_ == nullptr) return;
    const std::optional<RateScope::Question> question = scope_->policy.question();
    const int parts = scope_->policy.divided_by();
    const bool changed = std::exchange(limiter_.divided_by_, parts) != parts;
    std::string name;
    bool named = true;
    if (question) {
      try {
        name = *scope_->name;
      } catch (const std::exception&) {
        named = false;
        scope_->policy.answer({.kind = FleetGate::Answer::Kind::unavailable, .replicas = parts});
      }
    }
    lock_.unlock();
    if (changed) tell(parts);
    if (question && named) limiter_.ask(std::move(name), *question);
  }

  // Look for questions here at the end.
  void watch(Scope& scope) noexcept {
    if (limiter_.gate_) scope_ = &scope;
  }

 private:
  void tell(int parts) const noexcept {
    if (!log_enabled(LogLevel::warning)) return;
    if (parts == 0) return log(LogLevel::warning, "rate limit: the fleet's count is reached again");
    try {
      switch (limiter_.options_.redis_fallback) {
        case FleetFallback::share:
          log(LogLevel::warning,
              "rate limit: the fleet's count can not be reached; the local limit is the rate divided by " +
                  std::to_string(parts));
          break;
        case FleetFallback::open:
          log(LogLevel::warning, "rate limit: the fleet's count can not be reached; the local limit is the whole rate");
          break;
        case FleetFallback::closed:
          log(LogLevel::warning, "rate limit: the fleet's count can not be reached; calls are refused");
          break;
      }
    } catch (const std::exception&) {
      log(LogLevel::warning, "rate limit: the fleet's count can not be reached");
    }
  }

  RateLimiter& limiter_;
  std::unique_lock<std::mutex> lock_;
  Scope* scope_ = nullptr;
};

RateLimiter::RateLimiter(const RateLimitOptions& options, std::shared_ptr<FleetGate> gate)
    : options_(options), gate_(std::move(gate)) {}

std::shared_ptr<RateLimiter> RateLimiter::create(const RateLimitOptions& options, std::shared_ptr<FleetGate> gate) {
  return std::shared_ptr<RateLimiter>(new RateLimiter(options, std::move(gate)));
}

RateLimiter::Scope& RateLimiter::scope_for(std::string_view name, Nanos now) {
  if (last_ != nullptr && *last_->name == name) return *last_;
  auto found = scopes_.find(name);
  if (found == scopes_.end()) {
    if (scopes_.size() >= kMostScopes) forget_idle(now);
    found = scopes_
                .emplace(std::piecewise_construct, std::forward_as_tuple(name),
                         std::forward_as_tuple(options_, gate_ != nullptr))
                .first;
    found->second.name = &found->first;
  }
  last_ = &found->second;
  recency_.push_back(*last_);
  return *last_;
}

// A limit that is in use can not be forgotten without being broken, so there may be more than kMostScopes; looking at a
// few for each new one brings their number down again.
void RateLimiter::forget_idle(Nanos now) noexcept {
  constexpr int most_looks = 8;
  Scope* oldest = recency_.front();
  for (int looks = 0; oldest != nullptr && looks < most_looks && scopes_.size() >= kMostScopes; ++looks) {
    Scope* const next = recency_.next(*oldest);
    if (oldest->users.load(std::memory_order_acquire) == 0 && oldest->policy.idle(now)) {
      past_granted_ += oldest->policy.granted_count();
      past_refused_ += oldest->policy.refused_count();
      if (last_ == oldest) last_ = nullptr;
      scopes_.erase(scopes_.find(*oldest->name));
    }
    oldest = next;
  }
}

Failure RateLimiter::failure(const RateRefusal& refusal) const {
  std::string text;
  switch (refusal.code) {
    case ErrorCode::rate_limited:
      text = "the rate limit leaves no room";
      if (refusal.retry_after_ms >= 0) text += " for " + std::to_string(refusal.retry_after_ms) + " ms";
      text += options_.mode == LimitMode::fail_fast ? ", and calls do not wait"
                                                    : ", which is longer than the call may wait";
      break;
    case ErrorCode::rate_limit_queue_full:
      text = std::to_string(options_.max_waiters) + " calls wait for the rate limit already";
      break;
    case ErrorCode::rate_limit_cost: text = "the call costs more than the rate limit ever allows at once"; break;
    case ErrorCode::rate_limit_backend: text = "the shared rate limit can not be reached"; break;
    default: text = "the ticket does not wait"; break;
  }
  Error error(refusal.code, Phase::rate_limit, std::move(text));
  error.retry_after_ms = refusal.retry_after_ms;
  return Failure(std::move(error));
}

Status RateLimiter::enter(Ticket& ticket, const Demand& demand, Nanos now, Nanos deadline) {
  if (!made_.here()) return left_to_parent();
  if (ticket.limiter_) return Failure(ErrorCode::invalid_state, Phase::rate_limit, "the ticket is in use");
  std::optional<RateRefusal> refused;
  {
    Locked locked(*this);
    Scope& scope = scope_for(demand.scope, now);
    locked.watch(scope);
    refused = scope.policy.enter(ticket, {demand.cost, demand.tokens}, now, deadline);
    if (!refused) {
      scope.users.fetch_add(1, std::memory_order_relaxed);
      ticket.scope_ = &scope;
      ticket.limiter_ = shared_from_this();
      ticket.granted_at_once_ = scope.policy.granted(ticket);
    }
  }
  if (refused) return failure(*refused);
  return {};
}

Result<Nanos> RateLimiter::ready_at(Ticket& ticket, Nanos now) {
  if (std::exchange(ticket.granted_at_once_, false)) {
    RateScope::use(ticket);
    return RateScope::kGranted;
  }
  if (!ticket.limiter_) return failure({});
  if (!made_.here()) return left_to_parent();
  Nanos at = 0;
  {
    Locked locked(*this);
    Scope& scope = *static_cast<Scope*>(ticket.scope_);
    locked.watch(scope);
    at = scope.policy.ready_at(ticket, now);
  }
  if (at == RateScope::kRefused) return failure(RateScope::refusal(ticket));
  return at;
}

void RateLimiter::settle(Ticket& ticket, std::int64_t actual_tokens, Nanos now) noexcept {
  if (!ticket.limiter_ || options_.tokens.count <= 0 || !made_.here()) return;
  Locked locked(*this);
  Scope& scope = *static_cast<Scope*>(ticket.scope_);
  locked.watch(scope);
  scope.policy.settle(ticket, actual_tokens, now);
}

void RateLimiter::leave(Ticket& ticket, Nanos now) noexcept {
  const std::shared_ptr<RateLimiter> self = std::move(ticket.limiter_);
  if (!self || !made_.here()) return;
  Scope& scope = *static_cast<Scope*>(std::exchange(ticket.scope_, nullptr));
  // One that was used and holds no slot leaves nothing behind, so it need not wait for the lock.
  if (options_.max_in_flight > 0 || !RateScope::used(ticket)) {
    ticket.granted_at_once_ = false;
    Locked locked(*this);
    locked.watch(scope);
    scope.policy.leave(ticket, now);
  } else {
    RateScope::forget(ticket);
  }
  scope.users.fetch_sub(1, std::memory_order_release);
}

void RateLimiter::observe(std::string_view scope, const RateObservation& seen, Nanos now) {
  if (!options_.adaptive || seen == RateObservation{} || !made_.here()) return;
  Locked locked(*this);
  Scope& known = scope_for(scope, now);
  locked.watch(known);
  known.policy.observe(seen, now);
}

void RateLimiter::ask(std::string scope, const RateScope::Question& question) noexcept {
  FleetGate::Answer unavailable;
  try {
    auto done = [weak = weak_from_this(), scope](const FleetGate::Answer& answer) {
      if (const auto self = weak.lock()) self->answered(scope, answer);
    };
    gate_->ask(scope, question.cost, question.interval, question.burst, std::move(done));
  } catch (const std::exception&) {
    answered(scope, unavailable);
  }
}

void RateLimiter::answered(std::string_view scope, const FleetGate::Answer& answer) noexcept {
  const std::lock_guard lock(mutex_);
  // A scope with a question that is out is not idle, so it is still there.
  const auto found = scopes_.find(scope);
  if (found != scopes_.end()) found->second.policy.answer(answer);
}

void RateLimiter::add(Counts& counts, const Scope& scope, Nanos now) const noexcept {
  counts.waiting += scope.policy.waiting();
  counts.in_flight += scope.users.load(std::memory_order_relaxed) - scope.policy.waiting();
  counts.granted += scope.policy.granted_count();
  counts.refused += scope.policy.refused_count();
  counts.frozen += scope.policy.frozen_until() > now ? 1 : 0;
  ++counts.scopes;
}

RateLimiter::Counts RateLimiter::counts(Nanos now) noexcept {
  if (!made_.here()) return {};
  const std::lock_guard lock(mutex_);
  Counts counts{.granted = past_granted_, .refused = past_refused_};
  for (const auto& [name, scope] : scopes_) add(counts, scope, now);
  return counts;
}

RateLimiter::Counts RateLimiter::counts(std::string_view scope, Nanos now) noexcept {
  if (!made_.here()) return {};
  const std::lock_guard lock(mutex_);
  Counts counts;
  if (const auto found = scopes_.find(scope); found != scopes_.end()) add(counts, found->second, now);
  return counts;
}

void RateLimiter::Ticket::retire() noexcept {
  if (limiter_) limiter_->leave(*this, 0);
}

}  // namespace ppn
