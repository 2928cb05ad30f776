#include "support/deadline.hpp"

#include <algorithm>
#include <limits>

namespace ppn::test {

int poll_timeout_ms(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  constexpr decltype(left) most = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::remove_const_t<decltype(left)>>(left, 0, most));
}

}  // namespace ppn::test
