// Something that happens once, and a thread that waits for it. One futex word: waking a thread that waits costs one
// system call, and it goes on without meeting a lock.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace ppn {

class Completion {
 public:
  // What was written before is seen after wait() and after done(). May be called once.
  void set() noexcept {
    if (state_.exchange(kDone, std::memory_order_acq_rel) == kWaiting) futex(FUTEX_WAKE_PRIVATE, 1);
  }
  bool done() const noexcept { return state_.load(std::memory_order_acquire) == kDone; }

  // Thread: one.
  void wait() noexcept {
    std::uint32_t seen = kPending;
    state_.compare_exchange_strong(seen, kWaiting, std::memory_order_acq_rel);
    while (!done()) futex(FUTEX_WAIT_PRIVATE, kWaiting);
  }

 private:
  static constexpr std::uint32_t kPending = 0;
  static constexpr std::uint32_t kWaiting = 1;
  static constexpr std::uint32_t kDone = 2;

  void futex(int operation, std::uint32_t value) noexcept {
    static_assert(sizeof state_ == sizeof(std::uint32_t));
    ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&state_), operation, value, nullptr, nullptr, 0);
  }

  std::atomic<std::uint32_t> state_{kPending};
};

}  // namespace ppn
