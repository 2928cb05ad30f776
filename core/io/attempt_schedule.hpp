// When to try which address: the decisions of Happy Eyeballs (RFC 8305), without sockets. Time is an argument.
#pragma once

#include <cstddef>

#include "base/clock.hpp"
#include "io/address.hpp"

namespace ppn {

// The order of attempts: each address once, the families alternate, beginning with that of the first address (RFC 8305
// 4 with a First Address Family Count of 1).
Addresses attempt_order(const Addresses& addresses);

// An attempt begins each 250 ms, or at once when one has failed, and at most six are under way. There is no resolution
// delay: one answer holds both families.
class AttemptSchedule {
 public:
  // `addresses` is not empty.
  explicit AttemptSchedule(const Addresses& addresses) : order_(attempt_order(addresses)) {}

  // The address to try now, which counts as under way from here on; nullptr when it is not time, or nothing is left.
  const Poco::Net::SocketAddress* next(Nanos now) noexcept;
  // An attempt under way ended without a connection.
  void failed(Nanos now) noexcept;

  // When next() has an address if nothing fails before; kNever when it will not have one.
  Nanos wake_at() const noexcept;
  // Every address was tried and has failed.
  bool exhausted() const noexcept { return in_flight_ == 0 && begun_ == order_.size(); }
  const Poco::Net::SocketAddress& first() const noexcept { return order_.front(); }

 private:
  bool may_begin() const noexcept;

  const Addresses order_;
  std::size_t begun_ = 0;
  std::size_t in_flight_ = 0;
  Nanos next_at_ = 0;
};

}  // namespace ppn
