// Random numbers that need not be secret but must not repeat: jitter, sampling, names of calls.
#pragma once

#include <cstdint>
#include <string>

namespace ppn {

// From a generator of the calling thread, seeded by the operating system, and anew in a child of fork.
std::uint64_t random_bits() noexcept;

// At least 0, less than 1.
double random_unit() noexcept;

// A random UUID (RFC 9562 5.4) in its usual text. Comes from the operating system itself.
std::string random_uuid();

}  // namespace ppn
