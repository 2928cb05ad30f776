#include "base/attempt_record.hpp"

namespace ppn {

std::string_view name_of(OutcomeClass outcome) noexcept {
  switch (outcome) {
    case OutcomeClass::success: return "success";
    case OutcomeClass::not_sent: return "not_sent";
    case OutcomeClass::sent_no_response: return "sent_no_response";
    case OutcomeClass::status_retryable: return "status_retryable";
    case OutcomeClass::body_failed: return "body_failed";
    case OutcomeClass::committed: return "committed";
    case OutcomeClass::fatal: return "fatal";
  }
  return "fatal";
}

std::string_view name_of(DelaySource source) noexcept {
  switch (source) {
    case DelaySource::none: return "none";
    case DelaySource::backoff: return "backoff";
    case DelaySource::retry_after_ms: return "retry_after_ms";
    case DelaySource::retry_after: return "retry_after";
    case DelaySource::rate_headers: return "rate_headers";
    case DelaySource::decider: return "decider";
    case DelaySource::middleware: return "middleware";
    case DelaySource::reconnect: return "reconnect";
  }
  return "none";
}

std::string_view name_of(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::none: return "none";
    case StopReason::not_retryable: return "not_retryable";
    case StopReason::unsafe_method: return "unsafe_method";
    case StopReason::max_retries: return "max_retries";
    case StopReason::budget: return "budget";
    case StopReason::deadline: return "deadline";
    case StopReason::retry_after_too_long: return "retry_after_too_long";
    case StopReason::server: return "server";
    case StopReason::provider_code: return "provider_code";
    case StopReason::body_not_replayable: return "body_not_replayable";
    case StopReason::committed: return "committed";
    case StopReason::decider: return "decider";
    case StopReason::cancelled: return "cancelled";
  }
  return "none";
}

}  // namespace ppn
