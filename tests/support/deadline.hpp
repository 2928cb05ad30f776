// Points in time that every wait of the test library ends at. Nothing here sleeps: waits end by an event or by their
// deadline.
#pragma once

#include <chrono>

namespace ppn::test {

using Deadline = std::chrono::steady_clock::time_point;

// Long enough for a loaded machine under a sanitizer; a test that meets it has failed.
inline constexpr std::chrono::milliseconds default_patience{20'000};

inline Deadline after(std::chrono::milliseconds wait) {
  return std::chrono::steady_clock::now() + wait;
}

inline Deadline default_deadline() {
  return after(default_patience);
}

// What is left until `deadline` as an argument of poll(2): rounded up, so that a wait never spins at the end, and never
// -1.
int poll_timeout_ms(Deadline deadline);

}  // namespace ppn::test
