// Gives back the memory of a string or vector that was large once.
#pragma once

namespace ppn {

// Assigning an empty one, or clear(), keeps the memory.
template <class Container>
void free_memory(Container& container) noexcept {
  Container().swap(container);
}

}  // namespace ppn
