// A count that one thread changes and any thread may read.
#pragma once

#include <atomic>
#include <cstddef>

namespace ppn {

class Gauge {
 public:
  operator std::size_t() const noexcept { return value_.load(std::memory_order_relaxed); }
  Gauge& operator++() noexcept { return set(*this + 1); }
  Gauge& operator--() noexcept { return set(*this - 1); }

 private:
  Gauge& set(std::size_t value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }

  std::atomic<std::size_t> value_{0};
};

}  // namespace ppn
