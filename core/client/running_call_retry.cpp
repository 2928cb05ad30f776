// Whether there is another attempt, and what is kept of the one before.
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/random.hpp"
#include "client/attempt_log.hpp"
#include "client/idempotency.hpp"
#include "client/provider_error.hpp"
#include "client/running_call.hpp"
#include "client/server_delay.hpp"

namespace ppn {
namespace {

std::optional<bool> should_retry(const HeaderList& headers) {
  const auto said = headers.find("x-should-retry");
  if (!said) return std::nullopt;
  if (equals_ignore_case(*said, "true")) return true;
  if (equals_ignore_case(*said, "false")) return false;
  return std::nullopt;
}

}  // namespace

// Whether another attempt is likely, so that the body should not be handed on before that is decided.
bool RunningCall::asks_for_retry(const Response& response) const {
  if (response.status < 400) return false;
  const RetryOptions& options = call_->request_options().retry;
  if (options.max_retries <= retries_) return false;
  return options.retry_codes.contains(response.status) || should_retry(response.headers).value_or(false);
}

AttemptOutcome RunningCall::outcome_of(const Attempt& attempt, const Status& outcome) const {
  AttemptOutcome seen;
  seen.method = call_->message_.method;
  seen.keyed = has_idempotency_key(call_->message_.headers, call_->request_options().idempotency_header);
  seen.code = outcome ? ErrorCode::ok : outcome.error().code;
  seen.sent = attempt.sent();
  seen.response_begun = attempt.response_begun();
  seen.committed = committed_;
  seen.body_replayable = !source_ || source_->rewindable();
  if (const auto& response = attempt.response()) {
    const HeaderList& headers = response->headers;
    seen.status = response->status;
    seen.should_retry = should_retry(headers);
    seen.server_delay = server_delay_of(headers);
  }
  return seen;
}

RetryDecision RunningCall::decide(const Attempt& attempt, const Status& outcome, std::string_view provider_code) const {
  AttemptOutcome seen = outcome_of(attempt, outcome);
  seen.provider_code = provider_code;
  const Nanos remaining = facts_.deadline == kNever ? kNever : facts_.deadline - loop_.now();
  return decide_retry(
      call_->request_options().retry, seen,
      {.retries_done = retries_, .remaining = remaining, .backoff_so_far = backoff_so_far_, .random = random_unit()});
}

// The decision, with what only the call knows: the budget of its origin.
RetryDecision RunningCall::settle(const Status& outcome) {
  RetryBudget& budget = client_loop_->retry_budget(origin_);
  if (outcome && attempt_->response()->status < 400) {
    budget.on_success(loop_.now());
    return {};
  }
  const std::string provider_code = outcome ? provider_code_of(attempt_->body_so_far()) : std::string();
  RetryDecision decision = decide(*attempt_, outcome, provider_code);
  if (!decision.retry) return decision;
  budget.on_retryable_failure(loop_.now());
  if (budget.withdraw(loop_.now())) return decision;
  decision.retry = false;
  decision.reason = StopReason::budget;
  return decision;
}

void RunningCall::note_attempt(const Attempt& attempt, const Status& outcome, const RetryDecision& decision) {
  const auto& response = attempt.response();
  if (attempt.sent() != Sent::none) sent_ = attempt.sent();
  note_earlier_attempt(earlier_attempts_,
                       {.number = attempt.number(),
                        .outcome = decision.outcome,
                        .code = outcome ? error_code_of_status(response->status) : outcome.error().code,
                        .phase = outcome ? Phase::body : outcome.error().phase,
                        .status = response ? response->status : 0,
                        .sent = attempt.sent(),
                        .received_bytes = attempt.received_bytes(),
                        .began = attempt.began() - facts_.started,
                        .ended = monotonic_now() - facts_.started,
                        .delay = decision.retry ? decision.delay : -1,
                        .delay_source = decision.source,
                        .connection_id = attempt.connection_id(),
                        .remote = attempt.remote()});
}

}  // namespace ppn
