#include "policy/circuit_breaker.hpp"

#include <algorithm>
#include <cmath>

namespace ppn {
namespace {

bool is_failing_status(int status) noexcept {
  return status >= 500 && status != 501;
}

}  // namespace

BreakerVerdict verdict_of(const AttemptOutcome& attempt) noexcept {
  using enum ErrorCode;
  if (attempt.code == ok || category_of(attempt.code) == ErrorCategory::status) {
    if (attempt.status == 429) return BreakerVerdict::ignored;
    return is_failing_status(attempt.status) ? BreakerVerdict::failure : BreakerVerdict::success;
  }
  switch (attempt.code) {
    case dns_failed:
    case dns_timeout:
    case connect_failed:
    case connect_timeout:
    case proxy_failed: return BreakerVerdict::connect_failure;
    case attempt_timeout: return BreakerVerdict::failure;
    // The deadline of the call may have passed anywhere. It is the server's fault when a request was out.
    case timeout:
      return attempt.sent != Sent::none && !attempt.response_begun ? BreakerVerdict::failure : BreakerVerdict::ignored;
    case tls_handshake:
    case connection_reset:
    case connection_closed:
    case write_failed:
    case read_failed:
    case write_timeout:
    case first_byte_timeout:
    case read_timeout:
    case stream_idle_timeout:
    case too_slow: break;
    default: return BreakerVerdict::ignored;
  }
  if (attempt.response_begun) return BreakerVerdict::ignored;
  return attempt.sent == Sent::none ? BreakerVerdict::connect_failure : BreakerVerdict::failure;
}

std::optional<Nanos> open_floor_of(const AttemptOutcome& attempt) noexcept {
  if (!attempt.server_delay || (attempt.status != 503 && attempt.status != 529)) return std::nullopt;
  return attempt.server_delay->delay;
}

CircuitBreaker::Admission CircuitBreaker::admit(Nanos now, double random, Nanos probe_timeout) noexcept {
  settle(now);
  random_ = std::isnan(random) ? 0.5 : std::clamp(random, 0.0, 1.0);
  switch (state_) {
    case State::closed: return {.admitted = true, .permit = closed_id_};
    case State::open: return {.retry_after = open_until_ - now};
    case State::half_open: break;
  }
  if (lease_ != 0) return {.retry_after = std::min(lease_until_ - now, options_.open_ms * kMillisecond)};
  lease_ = next_id(now);
  lease_until_ = probe_timeout < kNever - now ? now + std::max<Nanos>(probe_timeout, 0) : kNever;
  return {.admitted = true, .is_probe = true, .permit = lease_};
}

void CircuitBreaker::record(std::uint64_t permit, BreakerVerdict verdict, Nanos now,
                            std::optional<Nanos> floor) noexcept {
  settle(now);
  if (state_ == State::closed && permit == closed_id_) count(verdict, now, floor);
  if (state_ == State::half_open && permit == lease_ && lease_ != 0) judge_probe(verdict, now, floor);
}

CircuitBreaker::State CircuitBreaker::state(Nanos now) noexcept {
  settle(now);
  return state_;
}

bool CircuitBreaker::is_idle(Nanos now) noexcept {
  settle(now);
  if (state_ != State::closed || connect_failures_ > 0) return false;
  advance(now);
  return std::ranges::all_of(buckets_, [](const Bucket& bucket) { return bucket.calls == 0; });
}

void CircuitBreaker::count(BreakerVerdict verdict, Nanos now, std::optional<Nanos> floor) noexcept {
  if (verdict == BreakerVerdict::ignored) return;
  advance(now);
  const bool failed = verdict != BreakerVerdict::success;
  Bucket& bucket = buckets_[static_cast<std::size_t>(newest_) % kBuckets];
  ++bucket.calls;
  bucket.failures += failed ? 1 : 0;
  connect_failures_ = verdict == BreakerVerdict::connect_failure ? connect_failures_ + 1 : 0;
  if (!failed) return;
  std::int64_t calls = 0;
  std::int64_t failures = 0;
  for (const Bucket& each : buckets_) {
    calls += each.calls;
    failures += each.failures;
  }
  const bool too_many = calls >= options_.min_calls &&
                        static_cast<double>(failures) >= options_.failure_ratio * static_cast<double>(calls);
  const bool unreachable = options_.connect_failures > 0 && connect_failures_ >= options_.connect_failures;
  if (too_many || unreachable) open(now, floor.value_or(0));
}

void CircuitBreaker::judge_probe(BreakerVerdict verdict, Nanos now, std::optional<Nanos> floor) noexcept {
  lease_ = 0;
  switch (verdict) {
    case BreakerVerdict::ignored: return;
    case BreakerVerdict::success:
      if (++successful_probes_ >= options_.probe_successes) close(now);
      return;
    case BreakerVerdict::failure:
    case BreakerVerdict::connect_failure:
      ++failed_probes_;
      open(now, floor.value_or(0));
      return;
  }
}

// What time alone changes. A probe that never came back says nothing: open for as long as before, from the end of its
// lease.
void CircuitBreaker::settle(Nanos now) noexcept {
  if (state_ == State::half_open && lease_ != 0 && now >= lease_until_) open(lease_until_, 0);
  if (state_ == State::open && now >= open_until_) {
    state_ = State::half_open;
    lease_ = 0;
    successful_probes_ = 0;
  }
}

void CircuitBreaker::open(Nanos now, Nanos floor) noexcept {
  const auto longest = static_cast<double>(options_.max_open_ms);
  const double base = std::min(static_cast<double>(options_.open_ms) *
                                   std::exp2(static_cast<double>(std::min<std::int64_t>(failed_probes_, 30))),
                               longest);
  // 20 percent to either side, mirrored at the limit: many clients must not come back at the same time.
  double open_ms = base * (0.8 + 0.4 * random_);
  if (open_ms > longest) open_ms = 2 * longest - open_ms;
  const Nanos lasts = std::llround(open_ms * static_cast<double>(kMillisecond));
  state_ = State::open;
  lease_ = 0;
  open_until_ = now + std::max(lasts, std::min(floor, options_.max_open_ms * kMillisecond));
}

void CircuitBreaker::close(Nanos now) noexcept {
  state_ = State::closed;
  closed_id_ = next_id(now);
  buckets_ = {};
  connect_failures_ = 0;
  failed_probes_ = 0;
}

// Ids grow with time, so that those of a breaker that was dropped do not fit its successor.
std::uint64_t CircuitBreaker::next_id(Nanos now) noexcept {
  last_id_ = std::max(last_id_ + 1, static_cast<std::uint64_t>(now));
  return last_id_;
}

void CircuitBreaker::advance(Nanos now) noexcept {
  const Nanos width = std::max<Nanos>(options_.window_ms * kMillisecond / static_cast<Nanos>(kBuckets), 1);
  const std::int64_t number = now / width;
  const std::int64_t passed = std::min<std::int64_t>(number - newest_, kBuckets);
  if (passed <= 0) return;
  for (std::int64_t i = 1; i <= passed; ++i) buckets_[static_cast<std::size_t>(newest_ + i) % kBuckets] = {};
  newest_ = number;
}

}  // namespace ppn
