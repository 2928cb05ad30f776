// Errors of the core as handles of the C ABI.
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "pepperpy/network/error.h"

namespace ppn::capi {

// One reference to an error that says what `error` says; the immortal one below when there is no memory for it.
ppn_error* make_error(Error&& error) noexcept;

// One reference to the error "out of memory", which exists without allocating.
ppn_error* out_of_memory_error() noexcept;

// Hands the error over unless `out` is NULL; returns its code.
std::int32_t give_error(ppn_error** out, Error&& error) noexcept;

// The same for the exception that is being handled.
std::int32_t give_current_exception(ppn_error** out) noexcept;

}  // namespace ppn::capi
