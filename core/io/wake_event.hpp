// Wakes one thread that sleeps in poll(2), beside a socket or alone.
#pragma once

#include "base/clock.hpp"
#include "base/process_generation.hpp"

namespace ppn {

class WakeEvent {
 public:
  // Throws std::system_error when the system has no descriptor to give.
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  // Thread: any.
  void set() noexcept;
  // What was set until now does not wake again.
  void clear() noexcept;

  // What ended a wait. More than one at a time.
  struct Ended {
    bool woken = false;
    short events = 0;  // of the descriptor, as of poll(2)
  };
  // Until it is set, `descriptor` shows one of `events`, or `deadline`. A negative descriptor shows nothing.
  Ended wait(int descriptor, short events, Nanos deadline) const noexcept;

 private:
  const int event_;
  MadeInProcess made_;
};

// An argument of poll(2): rounded up, so that nobody wakes before `deadline`.
int poll_timeout_ms(Nanos now, Nanos deadline) noexcept;

}  // namespace ppn
