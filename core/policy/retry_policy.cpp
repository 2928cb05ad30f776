#include "policy/retry_policy.hpp"

#include <algorithm>
#include <cmath>

#include "base/ascii.hpp"
#include "policy/replay.hpp"

namespace ppn {
namespace {

// Status errors count by their status.
bool is_transfer_error(ErrorCode code) noexcept {
  return code != ErrorCode::ok && category_of(code) != ErrorCategory::status;
}

bool is_error_response(const AttemptOutcome& attempt) noexcept {
  return !is_transfer_error(attempt.code) && (attempt.status >= 400 || attempt.code != ErrorCode::ok);
}

// The table says which errors may go away by themselves. Here some of them are decisions of this side that another
// attempt does not change, and a broken TLS handshake is what a server that restarts looks like.
bool is_final(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::timeout:
    case ErrorCode::circuit_open:
    case ErrorCode::rate_limited:
    case ErrorCode::rate_limit_queue_full:
    case ErrorCode::rate_limit_backend: return true;
    case ErrorCode::tls_handshake: return false;
    default: return !describe(code).retryable;
  }
}

bool is_listed(std::string_view list, std::string_view name) noexcept {
  while (!name.empty() && !list.empty()) {
    const std::size_t comma = list.find(',');
    if (trim_ows(list.substr(0, comma)) == name) return true;
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return false;
}

// With these the server says that it did not do the work (SEMANTICS 3.1.3).
bool refuses_work(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status == 503 || status == 529;
}

bool is_safe_to_repeat(const RetryOptions& options, const AttemptOutcome& attempt, OutcomeClass outcome) noexcept {
  if (outcome == OutcomeClass::not_sent || options.retry_unsafe || is_idempotent(attempt.method)) return true;
  // Also when the body behind such a head got lost.
  if (attempt.status >= 400 && (refuses_work(attempt.status) || attempt.should_retry == true)) return true;
  // A model may still be at work, and the work is billed: few servers honour a key while the first request runs.
  const bool timed_out = is_timeout(attempt.code) || attempt.code == ErrorCode::too_slow;
  if (outcome == OutcomeClass::sent_no_response && timed_out) return false;
  return attempt.keyed;
}

StopReason reason_of_fatal(const RetryOptions& options, const AttemptOutcome& attempt) noexcept {
  switch (attempt.code) {
    case ErrorCode::cancelled:
    case ErrorCode::client_closed: return StopReason::cancelled;
    case ErrorCode::timeout: return StopReason::deadline;
    case ErrorCode::body_not_replayable: return StopReason::body_not_replayable;
    default: break;
  }
  if (is_transfer_error(attempt.code)) return StopReason::not_retryable;
  if (attempt.should_retry == false) return StopReason::server;
  return is_listed(options.final_error_codes, attempt.provider_code) ? StopReason::provider_code
                                                                     : StopReason::not_retryable;
}

// Why there is no retry, apart from the delay.
StopReason obstacle(const RetryOptions& options, const AttemptOutcome& attempt, const RetryContext& context,
                    OutcomeClass outcome) noexcept {
  if (outcome == OutcomeClass::fatal) return reason_of_fatal(options, attempt);
  if (outcome == OutcomeClass::committed) return StopReason::committed;
  if (attempt.should_retry == false) return StopReason::server;
  if (!is_safe_to_repeat(options, attempt, outcome)) return StopReason::unsafe_method;
  if (!attempt.body_replayable) return StopReason::body_not_replayable;
  if (context.retries_done >= std::min(options.max_retries, kMaxRetries)) return StopReason::max_retries;
  return StopReason::none;
}

RetryDecision stopped(OutcomeClass outcome, StopReason reason) noexcept {
  return {.outcome = outcome, .reason = reason};
}

RetryDecision after(OutcomeClass outcome, Nanos delay, DelaySource source) noexcept {
  return {.retry = true, .delay = delay, .source = source, .outcome = outcome};
}

// What is no number is the middle.
double chance(double random) noexcept {
  return std::isnan(random) ? 0.5 : std::clamp(random, 0.0, 1.0);
}

// `outcome` is to be retried: when?
RetryDecision with_delay(const RetryOptions& options, const AttemptOutcome& attempt, const RetryContext& context,
                         OutcomeClass outcome) noexcept {
  if (attempt.server_delay && attempt.server_delay->delay > 0) {
    const ServerDelay& asked = *attempt.server_delay;
    const bool too_long = asked.delay / kMillisecond > options.max_retry_after_ms ||
                          (asked.delay / kMillisecond == options.max_retry_after_ms && asked.delay % kMillisecond > 0);
    if (too_long || asked.delay >= context.remaining) return stopped(outcome, StopReason::retry_after_too_long);
    return after(outcome, spread_delay(asked.delay, context.remaining, context.random), asked.source);
  }
  const Nanos delay = backoff_delay(options, context.retries_done, context.backoff_so_far, context.random);
  if (delay >= context.remaining) return stopped(outcome, StopReason::deadline);
  return after(outcome, delay, DelaySource::backoff);
}

// The curve of decorrelated jitter ("DecorrelatedJitterBackoffV2"): a delay is the difference of two points on it, so
// that the sum of the delays of all clients is smooth.
double curve(double t) noexcept {
  return std::exp2(t) * std::tanh(std::sqrt(4.0 * t));
}

constexpr double kCurveScale = 1 / 1.4;  // makes the median of the first delay about backoff_factor

double decorrelated(double base, int n, Nanos backoff_so_far, double random) noexcept {
  const double unit = kCurveScale * base;
  double before = unit * (n > 0 ? curve(n - 0.5) : 0);  // the usual sum
  if (backoff_so_far >= 0) before = static_cast<double>(backoff_so_far);
  return std::max(unit * curve(n + random) - before, 0.0);
}

}  // namespace

OutcomeClass classify(const RetryOptions& options, const AttemptOutcome& attempt) noexcept {
  const bool failed = is_transfer_error(attempt.code);
  if (!failed && !is_error_response(attempt)) return OutcomeClass::success;
  if (failed && is_final(attempt.code)) return OutcomeClass::fatal;
  if (!failed) {
    // Before `committed`, so that the reason is the better one.
    if (is_listed(options.final_error_codes, attempt.provider_code)) return OutcomeClass::fatal;
    const bool asked = attempt.should_retry == true && attempt.status >= 400 && attempt.status <= 599;
    if (!asked && !options.retry_codes.contains(attempt.status)) return OutcomeClass::fatal;
  }
  if (attempt.committed) return OutcomeClass::committed;
  if (!failed) return OutcomeClass::status_retryable;
  if (attempt.response_begun) return OutcomeClass::body_failed;
  return attempt.sent == Sent::none ? OutcomeClass::not_sent : OutcomeClass::sent_no_response;
}

RetryDecision decide_retry(const RetryOptions& options, const AttemptOutcome& attempt,
                           const RetryContext& context) noexcept {
  const OutcomeClass outcome = classify(options, attempt);
  if (outcome == OutcomeClass::success) return stopped(outcome, StopReason::none);
  const StopReason reason = obstacle(options, attempt, context, outcome);
  return reason == StopReason::none ? with_delay(options, attempt, context, outcome) : stopped(outcome, reason);
}

Nanos spread_delay(Nanos asked, Nanos remaining, double random) noexcept {
  Nanos room = std::min(kSecond, asked / 10);
  room = std::min(room, (remaining - asked) / 2);
  return asked + std::min(room, static_cast<Nanos>(static_cast<double>(room) * chance(random)));
}

Nanos delay_of(const Backoff& backoff, int n, Nanos backoff_so_far, double random) noexcept {
  constexpr double kLargest = 4e18;  // below kNever, with room for what is added
  const double cap = std::min(
      static_cast<double>(std::max<std::int64_t>(backoff.max_ms, 0)) * static_cast<double>(kMillisecond), kLargest);
  const double base = std::clamp(backoff.factor * static_cast<double>(kSecond), 0.0, kLargest);
  n = std::clamp(n, 0, 30);
  random = chance(random);
  double delay = std::min(cap, base * std::exp2(n));
  switch (backoff.jitter) {
    case Jitter::equal_down: delay *= 0.75 + 0.25 * random; break;
    case Jitter::full: delay *= random; break;
    case Jitter::decorrelated: delay = std::min(cap, decorrelated(base, n, backoff_so_far, random)); break;
    case Jitter::none: break;
  }
  return std::isfinite(delay) ? static_cast<Nanos>(delay) : 0;
}

RetryDecision apply_decider(const RetryDecision& by_default, const DeciderAnswer& answer, const AttemptOutcome& attempt,
                            const RetryContext& context, const RetryOptions& options) noexcept {
  using Verdict = DeciderAnswer::Verdict;
  if (answer.verdict == Verdict::by_default) return by_default;
  const OutcomeClass outcome = by_default.outcome;
  if (answer.verdict == Verdict::stop) {
    return by_default.retry ? stopped(outcome, StopReason::decider) : by_default;
  }
  const bool is_response = !is_transfer_error(attempt.code);
  if ((outcome == OutcomeClass::fatal && !is_response) || attempt.committed || !attempt.body_replayable ||
      context.retries_done >= kMaxRetries) {
    return by_default;
  }
  RetryDecision decision = by_default;
  if (answer.verdict == Verdict::retry_after) {
    const Nanos delay = std::max<Nanos>(answer.delay, 0);
    decision = delay < context.remaining ? after(outcome, delay, DelaySource::decider)
                                         : stopped(outcome, StopReason::deadline);
  } else if (!by_default.retry) {
    decision = with_delay(options, attempt, context, outcome);
  }
  // A success that can not be had again stays one.
  return decision.retry || outcome != OutcomeClass::success ? decision : by_default;
}

}  // namespace ppn
