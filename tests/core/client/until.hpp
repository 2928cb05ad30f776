// Waiting for what no event announces.
#pragma once

#include <poll.h>

#include "support/deadline.hpp"

namespace ppn::test {

// Looks again and again until `condition()` holds; false when the deadline passed first.
template <class Condition>
bool until(Condition condition, Deadline deadline = default_deadline()) {
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

}  // namespace ppn::test
