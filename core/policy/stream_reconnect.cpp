#include "policy/stream_reconnect.hpp"

#include <algorithm>

#include "policy/retry_policy.hpp"

namespace ppn {
namespace {

constexpr std::int64_t kLongest = 86'400'000;  // no server may ask for more than a day

// What a new connection may mend. Limits of this side and what the server said end the stream.
bool is_cut(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::ok:
    case ErrorCode::body_truncated:
    case ErrorCode::stream_truncated:
    case ErrorCode::read_failed:
    case ErrorCode::write_failed:
    case ErrorCode::stream_idle_timeout:
    case ErrorCode::first_byte_timeout:
    case ErrorCode::attempt_timeout:
    case ErrorCode::connect_timeout:
    case ErrorCode::write_timeout:
    case ErrorCode::too_slow:
    case ErrorCode::tls_handshake: return true;
    default: return category_of(code) == ErrorCategory::network && describe(code).retryable;
  }
}

}  // namespace

bool may_resume(const StreamOptions& options, std::string_view method, bool body_rewindable) noexcept {
  return options.auto_reconnect && body_rewindable && (method == "GET" || options.resume_allowed);
}

bool goes_on(const StreamOptions& options, const StreamEnd& end) noexcept {
  if (end.terminal || !is_cut(end.code)) return false;
  return options.max_reconnects == 0 || end.failures <= options.max_reconnects;
}

Nanos reconnect_delay(const StreamOptions& options, const RetryOptions& retry, std::int64_t asked_ms, int failures,
                      double random) noexcept {
  const std::int64_t base_ms = std::min(asked_ms >= 0 ? asked_ms : options.reconnect_ms, kLongest);
  // "retry: 0" is no leave to be asked without end: after a failure it is the backoff of any other call.
  const Backoff growing{.factor = asked_ms == 0 ? retry.backoff_factor : static_cast<double>(base_ms) / 1e3,
                        .max_ms = std::max(retry.max_backoff_ms, base_ms),
                        .jitter = retry.jitter};
  const Nanos least = base_ms * kMillisecond;
  const Nanos grown = asked_ms == 0 && failures == 0 ? 0 : delay_of(growing, std::max(failures - 1, 0), -1, random);
  const Nanos delay = std::max(least, grown);
  // Those that were cut at the same time do not come back at the same time.
  return delay + spread_delay(least, kNever, random) - least;
}

}  // namespace ppn
