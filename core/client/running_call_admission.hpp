// What a running call keeps of the leave for one attempt.
#pragma once

#include <cstdint>
#include <optional>

#include "client/rate_limiter.hpp"
#include "client/running_call.hpp"
#include "io/wait.hpp"

namespace ppn {

// Its end gives back what was taken: the place in the line or the slot of the limiter, the lease of a probe.
struct RunningCall::Admission {
  class LimiterTicket final : public RateLimiter::Ticket {
   public:
    explicit LimiterTicket(RunningCall& call) noexcept : call_(call) {}
    ~LimiterTicket() override { retire(); }
    void retire_now() noexcept { retire(); }
    void on_change() noexcept override { call_.notice_.post(Notice::kAdmission); }

   private:
    RunningCall& call_;
  };

  explicit Admission(RunningCall& running) noexcept : call(running), limiter_ticket(running) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;
  ~Admission();

  RunningCall& call;
  Wait changed;                         // notified when the limiter has another answer
  std::optional<std::uint64_t> permit;  // of the breaker, until it was told how the attempt ended
  LimiterTicket limiter_ticket;
};

}  // namespace ppn
