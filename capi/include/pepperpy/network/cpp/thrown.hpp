/** @file thrown.hpp
 *  What the lambdas of a request threw. Part of <pepperpy/network.hpp>; nothing here is for users.
 */
#ifndef PEPPERPY_NETWORK_CPP_THROWN_HPP
#define PEPPERPY_NETWORK_CPP_THROWN_HPP

#include <pepperpy/network.h>

#include <atomic>
#include <exception>

namespace ppn {
inline namespace api_v0 {
namespace detail {

/** The first exception of the lambdas of one request. They keep it one thread at a time; any thread reads it, also
 *  while a lambda runs: a stream that is cancelled ends before its lambdas do. */
class Thrown {
 public:
  /** Inside a handler. */
  void keep() noexcept {
    if (kept_.load(std::memory_order_relaxed)) return;
    first_ = std::current_exception();
    kept_.store(true, std::memory_order_release);
  }

  /** Null when nothing was thrown. */
  std::exception_ptr get() const noexcept {
    return kept_.load(std::memory_order_acquire) ? first_ : std::exception_ptr();
  }

  /** Throws it again, when there is one. */
  void raise() const {
    if (kept_.load(std::memory_order_acquire)) std::rethrow_exception(first_);
  }

 private:
  std::exception_ptr first_;
  std::atomic<bool> kept_{false};
};

}  // namespace detail
}  // namespace api_v0
}  // namespace ppn

#endif
