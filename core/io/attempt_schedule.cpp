#include "io/attempt_schedule.hpp"

#include <algorithm>
#include <set>

namespace ppn {
namespace {

constexpr Nanos kAttemptDelay = 250 * kMillisecond;  // RFC 8305 8
constexpr std::size_t kMaxInFlight = 6;

}  // namespace

Addresses attempt_order(const Addresses& addresses) {
  Addresses ordered;
  Addresses first;
  Addresses other;
  std::set<Poco::Net::SocketAddress> seen;
  for (const auto& address : addresses) {
    if (seen.insert(address).second) (address.af() == addresses.front().af() ? first : other).push_back(address);
  }
  for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
    if (i < first.size()) ordered.push_back(first[i]);
    if (i < other.size()) ordered.push_back(other[i]);
  }
  return ordered;
}

bool AttemptSchedule::may_begin() const noexcept {
  return begun_ < order_.size() && in_flight_ < kMaxInFlight;
}

const Poco::Net::SocketAddress* AttemptSchedule::next(Nanos now) noexcept {
  if (!may_begin() || (in_flight_ > 0 && now < next_at_)) return nullptr;
  ++in_flight_;
  next_at_ = now + kAttemptDelay;
  return &order_[begun_++];
}

void AttemptSchedule::failed(Nanos now) noexcept {
  --in_flight_;
  next_at_ = now;
}

Nanos AttemptSchedule::wake_at() const noexcept {
  return may_begin() ? next_at_ : kNever;
}

}  // namespace ppn
