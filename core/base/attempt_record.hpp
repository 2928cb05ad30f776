// What is kept of one attempt of a call, and the words that describe how it ended and what was decided then.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace ppn {

// What became of one attempt, as far as a retry is concerned (SEMANTICS 3.1.1).
enum class OutcomeClass : std::uint8_t {
  success,           // a response that ends the call
  not_sent,          // failed before the kernel took a byte of the request
  sent_no_response,  // failed after that, and no response began
  status_retryable,  // a response whose status asks for another attempt
  body_failed,       // failed inside a response that nobody had seen
  committed,         // failed after a part of the response was handed to the user
  fatal,             // fails the same way every time, or was ended by the user
};

// Where the delay before a retry came from.
enum class DelaySource : std::uint8_t {
  none,
  backoff,         // the exponential backoff of this side
  retry_after_ms,  // the field Retry-After-Ms
  retry_after,     // the field Retry-After
  rate_headers,    // the reset of an exhausted limit
  decider,         // the hook of the user
  middleware,      // a middleware that asked for one more attempt
  reconnect,       // the reconnection time of a stream, as the server or an option says
};

std::string_view name_of(OutcomeClass outcome) noexcept;  // "not_sent"
std::string_view name_of(DelaySource source) noexcept;    // "retry_after"
std::string_view name_of(StopReason reason) noexcept;     // "budget"

struct AttemptRecord {
  std::int32_t number = 0;  // from 0
  OutcomeClass outcome = OutcomeClass::success;
  ErrorCode code = ErrorCode::ok;  // a status of 400 or more has its code here
  Phase phase = Phase::none;
  int status = 0;  // 0 = no response
  Sent sent = Sent::none;
  std::uint64_t received_bytes = 0;  // of the body
  Nanos began = 0;                   // after the start of the call
  Nanos ended = 0;                   // after the start of the call
  Nanos delay = -1;                  // before the next attempt; -1 = there was none
  DelaySource delay_source = DelaySource::none;
  std::uint64_t connection_id = 0;  // 0 = no connection
  std::string remote;               // "127.0.0.1:443"
};

// The first attempts are kept, and the last.
inline constexpr std::size_t kMaxAttemptRecords = 16;

}  // namespace ppn
