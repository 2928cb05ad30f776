// Which process this is. A child of fork has the memory of its parent but not its threads, and the sockets that it
// inherits are the parent's: an object that was made before the fork must leave both alone (POCO 2.12).
#pragma once

#include <atomic>
#include <cstdint>

namespace ppn {

// Counts the forks between the first process that used the library and this one.
inline std::atomic<std::uint32_t>& process_generation() noexcept {
  static std::atomic<std::uint32_t> generation{0};
  return generation;
}

// A member of every object that owns a descriptor or waits for a thread.
class MadeInProcess {
 public:
  bool here() const noexcept { return generation_ == process_generation().load(std::memory_order_relaxed); }

 private:
  std::uint32_t generation_ = process_generation().load(std::memory_order_relaxed);
};

}  // namespace ppn
