// Random numbers: those that need not be secret but must not repeat (jitter, sampling, names of calls), and those that
// nobody may predict.
#pragma once

#include <cstdint>
#include <string>

namespace ppn {

// From a generator of the calling thread, seeded by the operating system, and anew in a child of fork.
std::uint64_t random_bits() noexcept;

// At least 0, less than 1.
double random_unit() noexcept;

// From the operating system, which nobody can predict. Asked in batches for the calling thread; a child of fork asks
// anew, so no two connections share a sequence of masks (RFC 6455 5.3).
std::uint32_t unpredictable_bits() noexcept;

// A random UUID (RFC 9562 5.4) in its usual text. Comes from the operating system itself.
std::string random_uuid();

}  // namespace ppn
