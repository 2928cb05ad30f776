// Counts objects that a leak would leave behind; ppn_debug_live_objects reports the sum.
#pragma once

#include <atomic>
#include <cstdint>

namespace ppn {

inline std::atomic<std::int64_t>& live_object_count() noexcept {
  static std::atomic<std::int64_t> count{0};
  return count;
}

// A member of every object that is counted.
class LiveObject {
 public:
  LiveObject() noexcept { live_object_count().fetch_add(1, std::memory_order_relaxed); }
  LiveObject(const LiveObject&) noexcept : LiveObject() {}
  LiveObject& operator=(const LiveObject&) noexcept = default;
  ~LiveObject() { live_object_count().fetch_sub(1, std::memory_order_relaxed); }
};

}  // namespace ppn
