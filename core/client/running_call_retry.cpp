// Whether there is another attempt, and what is kept of the one before.
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/random.hpp"
#include "client/attempt_log.hpp"
#include "client/idempotency.hpp"
#include "client/provider_error.hpp"
#include "client/rate_fields.hpp"
#include "client/rate_limiter.hpp"
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

// Whether another attempt is likely, so that the body should not be handed on before that is decided. And the body of a
// 429 says whether other calls have to wait for the limit.
bool RunningCall::is_looked_at(const Response& response) const {
  if (response.status < 400) return false;
  if (response.status == 429 && limiter_ && limiter_->options().adaptive) return true;
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
  if (seen.code == ErrorCode::stream_error_event && outcome.error().stream_status != 0) seen.code = ErrorCode::ok;
  if (const auto& response = attempt.response()) {
    const HeaderList& headers = response->headers;
    // An error inside a stream counts as the response that it stands for.
    seen.status = !outcome && outcome.error().stream_status != 0 ? outcome.error().stream_status : response->status;
    seen.should_retry = should_retry(headers);
    seen.server_delay = server_delay_of(headers);
    // A limit that is used up says when it is not any more (SEMANTICS 3.1.5).
    if (!seen.server_delay && (seen.status == 429 || seen.status == 503 || seen.status == 529)) {
      if (const auto reset = rate_observation_of(seen.status, headers, std::nullopt).exhausted_reset()) {
        seen.server_delay = ServerDelay{.delay = *reset, .source = DelaySource::rate_headers};
      }
    }
  }
  return seen;
}

RetryDecision RunningCall::decide(const Attempt& attempt, const Status& outcome, std::string_view provider_code) const {
  AttemptOutcome seen = outcome_of(attempt, outcome);
  seen.provider_code = provider_code;
  return decide_retry(call_->request_options().retry, seen, retry_context());
}

RetryContext RunningCall::retry_context() const noexcept {
  return {.retries_done = retries_,
          .remaining = facts_.deadline == kNever ? kNever : facts_.deadline - loop_.now(),
          .backoff_so_far = backoff_so_far_,
          .random = random_unit()};
}

// The decision, with what only the call knows: the hook of the user, and the budget of its origin.
RetryDecision RunningCall::settle(const Status& outcome) {
  if (lost_) return {.outcome = OutcomeClass::fatal, .reason = StopReason::not_retryable};
  // The breaker or the limiter has refused the attempt, or the wait for it was ended: nothing was tried.
  if (!attempt_) return {.outcome = OutcomeClass::fatal, .reason = stop_reason_of(outcome.error())};
  if (outcome && attempt_->response()->status < 400) {
    client_loop_->retry_budget(origin_).on_success(loop_.now());
    const HedgeOptions& hedge = call_->request_options().hedge;
    if (hedge.enabled && hedge.delay_ms == 0) client_loop_->latencies(origin_).add(loop_.now() - attempt_->began());
    return {.outcome = OutcomeClass::success};
  }
  const std::string provider_code = outcome ? provider_code_of(attempt_->body_so_far()) : outcome.error().provider_code;
  RetryDecision decision = decide(*attempt_, outcome, provider_code);
  if (decider_) decision = ask_decider(outcome, provider_code, decision);
  if (!decision.retry) return decision;
  RetryBudget& budget = client_loop_->retry_budget(origin_);
  budget.on_retryable_failure(loop_.now());
  if (budget.withdraw(loop_.now())) return decision;
  decision.retry = false;
  decision.reason = StopReason::budget;
  return decision;
}

RetryDecision RunningCall::ask_decider(const Status& outcome, std::string_view provider_code,
                                       const RetryDecision& by_default) {
  if (attempt_->response()) keep_secrets(*attempt_->response());
  const AttemptRecord record = record_of(*attempt_, outcome, by_default);
  const DeciderAnswer answer = decider_->decide(
      {.attempt = record, .response = attempt_->response(), .body = attempt_->body_so_far(), .by_default = by_default});
  AttemptOutcome seen = outcome_of(*attempt_, outcome);
  seen.provider_code = provider_code;
  return apply_decider(by_default, answer, seen, retry_context(), call_->request_options().retry);
}

AttemptRecord RunningCall::record_of(const Attempt& attempt, const Status& outcome,
                                     const RetryDecision& decision) const {
  const auto& response = attempt.response();
  return {.number = attempt.number(),
          .outcome = decision.outcome,
          .code = !outcome   ? outcome.error().code
                  : response ? error_code_of_status(response->status)
                             : ErrorCode::ok,
          .phase = outcome ? Phase::body : outcome.error().phase,
          .status = response ? response->status : 0,
          .sent = attempt.sent(),
          .received_bytes = attempt.received_bytes(),
          .began = attempt.began() - facts_.started,
          .ended = monotonic_now() - facts_.started,
          .delay = decision.retry ? decision.delay : -1,
          .delay_source = decision.source,
          .connection_id = attempt.connection_id(),
          .remote = attempt.remote()};
}

void RunningCall::note_attempt(const Attempt& attempt, const Status& outcome, const RetryDecision& decision) {
  if (attempt.sent() != Sent::none) sent_ = attempt.sent();
  note_earlier_attempt(earlier_attempts_, record_of(attempt, outcome, decision));
}

void RunningCall::report_attempt_end(Attempt& attempt, ErrorCode code) noexcept {
  if (!attempt.tell_end()) return;
  report_.of_attempt(attempt.number());
  report_.attempt_end(attempt.response() ? attempt.response()->status : 0, code, attempt.received_bytes());
}

// All attempts, the last one with what the error says of it.
std::shared_ptr<const std::vector<AttemptRecord>> RunningCall::attempt_log(const Error& error) const {
  const auto told = committed_ ? current_response() : nullptr;  // its list is that of the call then
  auto log = std::make_shared<std::vector<AttemptRecord>>(told ? told->earlier_attempts : earlier_attempts_);
  if (attempt_) {
    const auto response = current_response();
    add_attempt(*log, {.number = attempt_->number(),
                       .outcome = committed_ ? OutcomeClass::committed : last_outcome_,
                       .code = error.code,
                       .phase = error.phase,
                       .status = response ? response->status : 0,
                       .sent = attempt_->sent(),
                       .received_bytes = attempt_->received_bytes(),
                       .began = attempt_->began() - facts_.started,
                       .ended = monotonic_now() - facts_.started,
                       .connection_id = attempt_->connection_id(),
                       .remote = attempt_->remote()});
  }
  return log;
}

}  // namespace ppn
