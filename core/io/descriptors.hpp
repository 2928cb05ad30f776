// The descriptors that the library has open, so that a child of fork can close its copies: as long as the child holds
// one, the peer never sees the end of a connection that the parent has closed.
#pragma once

namespace ppn {

// Call the first after a descriptor was opened and the second before it is closed: in between, its number is ours
// alone. Thread: any.
void note_opened(int descriptor) noexcept;
void note_closing(int descriptor) noexcept;

// Closes every one of them with close(2) and nothing else. For the child of fork; async-signal-safe.
void close_inherited_descriptors() noexcept;

}  // namespace ppn
