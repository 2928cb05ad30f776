// The rate limiter for users without a call: permits that a thread waits for, and permits that are announced on an I/O
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/linked_list.hpp"
#include "base/live_objects.hpp"
#include "base/result.hpp"
#include "client/rate_limiter.hpp"
#include "client/runtime.hpp"

namespace ppn {

// A place in a limiter. Its end gives back what was not used and frees the slot. Thread: any.
class RatePermit : public RateLimiter::Ticket {
 public:
  // What the tokens really were; without effect before it is granted.
  void settle(std::int64_t actual_tokens) noexcept;
  // Frees the slot before the end; a second call has no effect.
  void leave() noexcept;
  // Ends the waiting of one that is announced later; without effect on another.
  virtual void cancel() {}

 protected:
  explicit RatePermit(std::shared_ptr<RateLimiter> limiter) : limiter_(std::move(limiter)) {}
  const std::shared_ptr<RateLimiter> limiter_;
  std::atomic<bool> granted_{false};  // from here on no other thread but the user's knows it
  std::mutex mutex_;                  // of users; the limiter knows tickets of one thread

 private:
  LiveObject live_;
};

// Waits up to `timeout_ms`: 0 = not at all, -1 = as long as the limiter lets calls wait. Errors: those of
// RateLimiter::enter and ready_at. Thread: one that may wait.
Result<std::shared_ptr<RatePermit>> wait_for_permit(const std::shared_ptr<RateLimiter>& limiter,
                                                    const RateLimiter::Demand& demand, std::int64_t timeout_ms);

// Permits of one limiter that are announced on an I/O thread. Thread: any, unless a function says otherwise.
class RateAnnouncer {
 public:
  explicit RateAnnouncer(std::shared_ptr<RateLimiter> limiter) : limiter_(std::move(limiter)) {}
  ~RateAnnouncer();
  RateAnnouncer(const RateAnnouncer&) = delete;
  RateAnnouncer& operator=(const RateAnnouncer&) = delete;

  // Called exactly once, on an I/O thread and never inside start(): with the permit, or with null and an error, those of
  // wait_for_permit and `cancelled` (also: the runtime is shut down).
  using Announce = std::function<void(const std::shared_ptr<RatePermit>& permit, std::unique_ptr<Error> error)>;

  // A permit that waits. It lives until it is announced whether it is kept or not. Errors: client_closed (the runtime is
  // ending), forked, internal; then `announce` is not called.
  Result<std::shared_ptr<RatePermit>> start(std::string scope, std::int64_t cost, std::int64_t tokens,
                                            std::int64_t timeout_ms, Announce announce);

 private:
  class Permit;
  class Loop;
  Result<std::shared_ptr<Loop>> loop();

  const std::shared_ptr<RateLimiter> limiter_;
  MadeInProcess made_;
  std::mutex mutex_;
  std::shared_ptr<Loop> loop_;  // guarded by mutex_
};

}  // namespace ppn
