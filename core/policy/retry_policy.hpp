// Whether a call is attempted once more, and when (SEMANTICS 3.1.1 to 3.1.5, 3.1.8). What is decided depends on the
// arguments alone. The budget is asked by the caller, after the answer here was yes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/attempt_record.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "policy/retry_after.hpp"
#include "policy/retry_options.hpp"

namespace ppn {

// What is known after an attempt. A status error may be given as its code, or as `ok` and the status.
struct AttemptOutcome {
  std::string_view method;
  bool keyed = false;              // the request carries an idempotency key
  ErrorCode code = ErrorCode::ok;  // of a transfer that failed
  int status = 0;                  // 0 = no response
  Sent sent = Sent::none;          // of the whole attempt, with the requests before a redirect
  bool response_begun = false;
  bool committed = false;  // a part of the response was handed to the user
  bool body_replayable = true;
  std::optional<bool> should_retry = {};         // x-should-retry
  std::optional<ServerDelay> server_delay = {};  // of the latest response
  std::string_view provider_code = {};           // error.code or error.type of a JSON body; "" = none
};

struct RetryContext {
  int retries_done = 0;
  Nanos remaining = kNever;   // until the deadline of the call
  Nanos backoff_so_far = -1;  // the sum of the backoffs of this call, for Jitter::decorrelated; -1 = not known
  double random = 0;          // in [0, 1)
};

struct RetryDecision {
  bool retry = false;
  Nanos delay = 0;
  DelaySource source = DelaySource::none;
  OutcomeClass outcome = OutcomeClass::fatal;
  StopReason reason = StopReason::none;  // none when `retry`, and after a success
};

// What has no class of its own, such as a status that is not retryable, is fatal.
OutcomeClass classify(const RetryOptions& options, const AttemptOutcome& attempt) noexcept;

RetryDecision decide_retry(const RetryOptions& options, const AttemptOutcome& attempt,
                           const RetryContext& context) noexcept;

// A delay that a server asked for: later, never earlier, so that all who were told the same do not come back together, and
// with some of the remaining time left for the attempt itself. Less than `remaining`.
Nanos spread_delay(Nanos asked, Nanos remaining, double random) noexcept;

// What of RetryOptions the delay depends on.
struct Backoff {
  double factor = 0;  // seconds
  std::int64_t max_ms = 0;
  Jitter jitter = Jitter::equal_down;
};

// Before retry `n`, counted from 0, when the server asks for nothing.
Nanos delay_of(const Backoff& backoff, int n, Nanos backoff_so_far, double random) noexcept;
inline Nanos backoff_delay(const RetryOptions& options, int n, Nanos backoff_so_far, double random) noexcept {
  const Backoff backoff{.factor = options.backoff_factor, .max_ms = options.max_backoff_ms, .jitter = options.jitter};
  return delay_of(backoff, n, backoff_so_far, random);
}

// What the hook of the user says about a decision.
struct DeciderAnswer {
  enum class Verdict : std::uint8_t { by_default, retry, retry_after, stop };

  Verdict verdict = Verdict::by_default;
  Nanos delay = 0;  // of retry_after; `retry` takes the delay that the policy would
};

// The hook may retry any response, a method that is not safe and beyond max_retries. It can not override a transfer
// that fails the same way every time, a cancel, the deadline, a response that was handed out, a body that can not be
// sent again, and kMaxRetries.
RetryDecision apply_decider(const RetryDecision& by_default, const DeciderAnswer& answer, const AttemptOutcome& attempt,
                            const RetryContext& context, const RetryOptions& options) noexcept;

}  // namespace ppn
