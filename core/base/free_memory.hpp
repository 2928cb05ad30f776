// Gives back the memory of a string, a vector or a list of headers that is not needed any more.
#pragma once

#include <utility>

namespace ppn {

// Assigning an empty one, or clear(), keeps the memory.
template <class Container>
void free_memory(Container& container) noexcept {
  Container empty;
  std::swap(container, empty);
}

}  // namespace ppn
