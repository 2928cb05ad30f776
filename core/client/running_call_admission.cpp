// Leave to make an attempt: the circuit breaker first, then the rate limiter (SEMANTICS 3.0 G, H).
#include "client/running_call_admission.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/random.hpp"
#include "client/credential_scope.hpp"
#include "client/rate_fields.hpp"
#include "client/token_usage.hpp"

namespace ppn {
namespace {

std::optional<BreakerChange> change_between(CircuitBreaker::State before, CircuitBreaker::State after) noexcept {
  if (before == after) return std::nullopt;
  switch (after) {
    case CircuitBreaker::State::open: return BreakerChange::opened;
    case CircuitBreaker::State::half_open: return BreakerChange::half_opened;
    case CircuitBreaker::State::closed: return BreakerChange::closed;
  }
  return std::nullopt;
}

}  // namespace

RunningCall::Admission::~Admission() {
  limiter_ticket.retire_now();
  // A call that was cancelled says nothing about the server: the next one may probe.
  if (permit) call.breaker_verdict(*this, BreakerVerdict::ignored, std::nullopt);
}

void RunningCall::AdmissionDeleter::operator()(Admission* admission) const noexcept {
  delete admission;
}

bool RunningCall::needs_admission() const noexcept {
  return limiter_ != nullptr || call_->client_->options().breaker.enabled;
}

const std::string& RunningCall::scope() {
  if (!scope_) {
    const Options& options = call_->client_->options();
    scope_ = credential_scope(origin_, call_->message_,
                              call_->takes_key(call_->message_) ? options.api_key.view() : std::string_view());
  }
  return scope_->empty() ? origin_ : *scope_;
}

std::string_view RunningCall::limiter_scope() {
  const std::string& own = call_->request_options().rate_limit_scope;
  return own.empty() ? std::string_view(scope()) : std::string_view(own);
}

Status RunningCall::ask_breaker(Admission& admission) {
  if (!call_->client_->options().breaker.enabled) return {};
  CircuitBreaker& breaker = client_loop_->breaker(scope());
  const Nanos now = loop_.now();
  const CircuitBreaker::State before = breaker.last_state();
  const Nanos probe_timeout =
      limits().attempt_ms > 0 ? limits().attempt_ms * kMillisecond + kSecond : CircuitBreaker::kDefaultProbeTimeout;
  const CircuitBreaker::Admission answer = breaker.admit(now, random_unit(), probe_timeout);
  if (const auto change = change_between(before, breaker.state(now))) report_.breaker_changed(*change);
  if (answer.admitted) {
    admission.permit = answer.permit;
    return {};
  }
  report_.breaker_refused("open");
  Error error(ErrorCode::circuit_open, Phase::breaker,
              "too many calls to this server have failed; the next one may go out in " +
                  std::to_string(whole_milliseconds(answer.retry_after)) + " ms");
  error.retry_after_ms = whole_milliseconds(answer.retry_after);
  return Failure(std::move(error));
}

void RunningCall::breaker_verdict(Admission& admission, BreakerVerdict verdict, std::optional<Nanos> floor) noexcept {
  const std::uint64_t permit = *std::exchange(admission.permit, std::nullopt);
  try {
    CircuitBreaker& breaker = client_loop_->breaker(scope());
    const Nanos now = loop_.now();
    const CircuitBreaker::State before = breaker.last_state();
    breaker.record(permit, verdict, now, floor);
    if (const auto change = change_between(before, breaker.state(now))) report_.breaker_changed(*change);
  } catch (const std::bad_alloc&) {
    // The breaker was forgotten meanwhile, and a new one knows no such permit.
  }
}

// Waits for its turn, within the deadline of the call.
Task<Status> RunningCall::admit(AdmissionPointer& admission) {
  admission.reset(new Admission(*this));
  if (Status asked = ask_breaker(*admission); !asked) co_return asked;
  if (!limiter_) co_return Status();
  const RequestOptions& options = call_->request_options();
  RateLimiter::Demand demand;
  demand.scope = limiter_scope();
  demand.cost = options.rate_limit_cost;
  demand.tokens = options.rate_limit_tokens;
  Status entered = limiter_->enter(admission->limiter_ticket, demand, loop_.now(), token_.deadline());
  if (!entered) co_return entered;
  for (bool told = false;;) {
    Result<Nanos> ready_at = limiter_->ready_at(admission->limiter_ticket, loop_.now());
    if (!ready_at) co_return std::move(ready_at).failure();
    if (*ready_at == 0) co_return Status();
    if (!std::exchange(told, true)) {
      report_.rate_limit_wait(*ready_at == kNever ? 0 : *ready_at - loop_.now(), demand.scope);
    }
    if (co_await admission->changed.until(token_, *ready_at) == Wake::interrupted) {
      co_return interrupted(Phase::rate_limit);
    }
  }
}

// For an attempt beside another one, which may not wait.
bool RunningCall::admit_at_once(AdmissionPointer& admission) {
  admission.reset(new Admission(*this));
  if (!ask_breaker(*admission)) return false;
  if (!limiter_) return true;
  const RequestOptions& options = call_->request_options();
  const RateLimiter::Demand demand{
      .scope = limiter_scope(), .cost = options.rate_limit_cost, .tokens = options.rate_limit_tokens};
  if (!limiter_->enter(admission->limiter_ticket, demand, loop_.now(), loop_.now())) return false;
  const Result<Nanos> ready_at = limiter_->ready_at(admission->limiter_ticket, loop_.now());
  return ready_at && *ready_at == 0;
}

// What the attempt says about the server and its limits. `final_code`: the body names a reason that is no overload, such
// as a quota that is used up; other calls need not wait for it (FEATURES row 30).
void RunningCall::learn_from(const Attempt& attempt, const Status& outcome, bool final_code, Admission* admission) {
  if (admission == nullptr) return;
  if (admission->permit) {
    const AttemptOutcome seen = outcome_of(attempt, outcome);
    breaker_verdict(*admission, final_code ? BreakerVerdict::ignored : verdict_of(seen), open_floor_of(seen));
  }
  const auto& response = attempt.response();
  if (!limiter_ || !response) return;
  if (limiter_->options().adaptive && !final_code) {
    limiter_->observe(limiter_scope(), rate_observation_of(response->status, response->headers), loop_.now());
  }
  settle_tokens(attempt, admission);
}

bool RunningCall::wants_tokens() const noexcept {
  return limiter_ && call_->request_options().rate_limit_tokens > 0;
}

// What the tokens really were, as soon as the body is there that says it.
void RunningCall::settle_tokens(const Attempt& attempt, Admission* admission) {
  const auto& response = attempt.response();
  if (!wants_tokens() || admission == nullptr) return;
  if (!response || response->status >= 400) return;
  const auto told = body_.tokens();
  if (const auto used = told ? told : token_usage(response->body)) {
    limiter_->settle(admission->limiter_ticket, *used, loop_.now());
  }
}

}  // namespace ppn
