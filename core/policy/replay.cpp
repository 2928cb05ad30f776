#include "policy/replay.hpp"

#include <algorithm>
#include <array>

namespace ppn {

bool is_idempotent(std::string_view method) noexcept {
  static constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

bool may_replay(const StaleAttempt& attempt, std::string_view method, bool keyed) noexcept {
  const bool broken = attempt.code == ErrorCode::connection_reset || attempt.code == ErrorCode::connection_closed ||
                      attempt.code == ErrorCode::write_failed;
  if (!broken || !attempt.connection_was_reused || attempt.response_begun) return false;
  return attempt.sent == Sent::none || is_idempotent(method) || keyed;
}

}  // namespace ppn
