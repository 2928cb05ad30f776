// The limits of time of a call in one place: streams have others than calls that collect their body.
#pragma once

#include <cstdint>

#include "base/error_code.hpp"
#include "client/options.hpp"

namespace ppn {

struct CallLimits {
  std::int64_t total_ms;
  std::int64_t attempt_ms;
  std::int64_t write_ms;
  std::int64_t first_byte_ms;
  std::int64_t idle_ms;
  ErrorCode idle_code;
};

inline CallLimits limits_of(const RequestOptions& options, bool collects) noexcept {
  if (collects) {
    return {.total_ms = options.timeout_ms,
            .attempt_ms = options.attempt_timeout_ms,
            .write_ms = options.write_timeout_ms,
            .first_byte_ms = options.first_byte_timeout_ms,
            .idle_ms = options.read_timeout_ms,
            .idle_code = ErrorCode::read_timeout};
  }
  return {.total_ms = options.stream_timeout_ms,
          .attempt_ms = options.attempt_timeout_ms,
          .write_ms = options.write_timeout_ms,
          .first_byte_ms = options.stream_first_byte_timeout_ms,
          .idle_ms = options.stream_idle_timeout_ms,
          .idle_code = ErrorCode::stream_idle_timeout};
}

}  // namespace ppn
