// The limits of time of a call in one place: streams have others than calls that collect their body.
#pragma once

#include <cstdint>

#include "base/error_code.hpp"
#include "client/options.hpp"
#include "policy/stream_timers.hpp"

namespace ppn {

struct CallLimits {
  std::int64_t total_ms;
  std::int64_t attempt_ms;
  std::int64_t write_ms;
  std::int64_t first_byte_ms;
  ErrorCode idle_code;
  StreamLimits body;
};

inline CallLimits limits_of(const RequestOptions& options, bool collects) noexcept {
  if (collects) {
    return {.total_ms = options.timeout_ms,
            .attempt_ms = options.attempt_timeout_ms,
            .write_ms = options.write_timeout_ms,
            .first_byte_ms = options.first_byte_timeout_ms,
            .idle_code = ErrorCode::read_timeout,
            .body = {.idle_ms = options.read_timeout_ms,
                     .rate_bytes = options.min_rate.bytes_per_second,
                     .rate_window_ms = options.min_rate.window_ms}};
  }
  return {.total_ms = options.stream_timeout_ms,
          .attempt_ms = options.attempt_timeout_ms,
          .write_ms = options.write_timeout_ms,
          .first_byte_ms = options.stream_first_byte_timeout_ms,
          .idle_code = ErrorCode::stream_idle_timeout,
          .body = {.idle_ms = options.stream_idle_timeout_ms,
                   .first_event_ms = options.stream.first_event_timeout_ms,
                   .event_idle_ms = options.stream.event_idle_timeout_ms,
                   .ceiling_ms = options.stream.ceiling_ms,
                   .rate_bytes = options.min_rate.bytes_per_second,
                   .rate_window_ms = options.min_rate.window_ms}};
}

}  // namespace ppn
