#include "pepperpy/network/retry_policy.h"

#include <memory>

#include "base/attempt_record.hpp"
#include "boundary.hpp"
#include "objects.hpp"
#include "policy/retry_policy.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

template <class Enum>
constexpr bool same(int32_t constant, Enum value) {
  return constant == static_cast<int32_t>(value);
}
static_assert(same(PPN_OUTCOME_SUCCESS, OutcomeClass::success) && same(PPN_OUTCOME_NOT_SENT, OutcomeClass::not_sent) &&
              same(PPN_OUTCOME_SENT_NO_RESPONSE, OutcomeClass::sent_no_response) &&
              same(PPN_OUTCOME_STATUS_RETRYABLE, OutcomeClass::status_retryable) &&
              same(PPN_OUTCOME_BODY_FAILED, OutcomeClass::body_failed) &&
              same(PPN_OUTCOME_COMMITTED, OutcomeClass::committed) && same(PPN_OUTCOME_FATAL, OutcomeClass::fatal));
static_assert(same(PPN_STOP_NONE, StopReason::none) && same(PPN_STOP_NOT_RETRYABLE, StopReason::not_retryable) &&
              same(PPN_STOP_UNSAFE_METHOD, StopReason::unsafe_method) &&
              same(PPN_STOP_MAX_RETRIES, StopReason::max_retries) && same(PPN_STOP_BUDGET, StopReason::budget) &&
              same(PPN_STOP_DEADLINE, StopReason::deadline) &&
              same(PPN_STOP_RETRY_AFTER_TOO_LONG, StopReason::retry_after_too_long) &&
              same(PPN_STOP_SERVER, StopReason::server) && same(PPN_STOP_PROVIDER_CODE, StopReason::provider_code) &&
              same(PPN_STOP_BODY_NOT_REPLAYABLE, StopReason::body_not_replayable) &&
              same(PPN_STOP_COMMITTED, StopReason::committed) && same(PPN_STOP_DECIDER, StopReason::decider) &&
              same(PPN_STOP_CANCELLED, StopReason::cancelled));
static_assert(same(PPN_DELAY_NONE, DelaySource::none) && same(PPN_DELAY_BACKOFF, DelaySource::backoff) &&
              same(PPN_DELAY_RETRY_AFTER_MS, DelaySource::retry_after_ms) &&
              same(PPN_DELAY_RETRY_AFTER, DelaySource::retry_after) &&
              same(PPN_DELAY_RATE_HEADERS, DelaySource::rate_headers) &&
              same(PPN_DELAY_DECIDER, DelaySource::decider) && same(PPN_DELAY_MIDDLEWARE, DelaySource::middleware) &&
              same(PPN_DELAY_RECONNECT, DelaySource::reconnect));

bool is_chance(double random) {
  return random >= 0 && random <= 1;
}

Nanos nanos_of(int64_t ms) {
  return ms < kNever / kMillisecond ? ms * kMillisecond : kNever;
}

// 255 stands for what is no constant; no table of names knows it.
template <class Enum>
Enum enum_of(int32_t constant) {
  return static_cast<Enum>(constant >= 0 && constant < 255 ? constant : 255);
}

}  // namespace

int32_t ppn_retry_policy_new(ppn_retry_policy** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    if (!in.ok()) return in.failure();
    *out = make_handle<ppn_retry_policy>(RetryPolicyObject{std::make_unique<RetryOptions>()});
    return {};
  });
}

ppn_retry_policy* ppn_retry_policy_acquire(ppn_retry_policy* policy) {
  return acquire(policy);
}

void ppn_retry_policy_release(ppn_retry_policy* policy) {
  release(policy);
}

int32_t ppn_retry_policy_set(ppn_retry_policy* policy, const char* name, size_t name_length, const char* value,
                             size_t value_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(policy, "policy");
    const auto name_text = in.text(name, name_length, "name");
    const auto value_text = in.text(value, value_length, "value");
    return in.ok() ? set_retry_option(*object->options, name_text, value_text) : in.failure();
  });
}

int32_t ppn_retry_policy_decide(ppn_retry_policy* policy, const char* method, size_t method_length, int32_t status,
                                int32_t code, int32_t sent, int32_t keyed, int32_t retries_done, int64_t retry_after_ms,
                                int64_t remaining_ms, double random, int32_t* out_retry, int64_t* out_delay_ms,
                                int32_t* out_outcome, int32_t* out_reason, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out_retry, "out_retry");
    in.out(out_delay_ms, "out_delay_ms");
    in.optional_out(out_outcome);
    in.optional_out(out_reason);
    const auto object = in.handle(policy, "policy");
    const auto method_text = in.text(method, method_length, "method");
    in.require(status == 0 || (status >= 100 && status <= 999), "status is not 0 or 100..999");
    in.require(status != 0 || code != PPN_OK, "there is neither a status nor a code");
    in.require(sent >= PPN_SENT_NONE && sent <= PPN_SENT_FULL, "sent is no PPN_SENT_ constant");
    in.require(retries_done >= 0, "retries_done is negative");
    in.require(retry_after_ms >= -1, "retry_after_ms is less than -1");
    in.require(remaining_ms >= -1, "remaining_ms is less than -1");
    in.require(is_chance(random), "random is not 0..1");
    if (!in.ok()) return in.failure();
    AttemptOutcome attempt{.method = method_text,
                           .keyed = keyed != 0,
                           .code = static_cast<ErrorCode>(code),
                           .status = status,
                           .sent = static_cast<Sent>(sent),
                           .response_begun = status != 0};
    if (retry_after_ms >= 0) attempt.server_delay = ServerDelay{nanos_of(retry_after_ms), DelaySource::retry_after};
    const RetryContext context{.retries_done = retries_done,
                               .remaining = remaining_ms >= 0 ? nanos_of(remaining_ms) : kNever,
                               .random = random};
    const RetryDecision decision = decide_retry(*object->options, attempt, context);
    *out_retry = decision.retry ? 1 : 0;
    // What was asked for is whole milliseconds, and rounding up could reach the deadline.
    *out_delay_ms = decision.delay / kMillisecond;
    if (out_outcome != nullptr) *out_outcome = static_cast<int32_t>(decision.outcome);
    if (out_reason != nullptr) *out_reason = static_cast<int32_t>(decision.reason);
    return {};
  });
}

int64_t ppn_retry_policy_delay_ms(ppn_retry_policy* policy, int32_t retry, double random) {
  if (retry < 0 || !is_chance(random)) return -1;
  return read(policy, int64_t{-1}, [&](const RetryPolicyObject& object) {
    return backoff_delay(*object.options, retry, -1, random) / kMillisecond;
  });
}

int32_t ppn_request_set_retry_policy(ppn_request* request, ppn_retry_policy* policy, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto rules = in.handle(policy, "policy");
    return in.ok() ? object->call->set_retry(*rules->options) : in.failure();
  });
}

const char* ppn_outcome_name(int32_t outcome) {
  return name_of(enum_of<OutcomeClass>(outcome)).data();
}

const char* ppn_stop_reason_name(int32_t reason) {
  return name_of(enum_of<StopReason>(reason)).data();
}

const char* ppn_delay_source_name(int32_t source) {
  return name_of(enum_of<DelaySource>(source)).data();
}
