// Options as the environment of the process sets them.
#pragma once

#include "base/result.hpp"
#include "client/options.hpp"

namespace ppn::capi {

// A variable of the process; nullptr when it is not set.
const char* variable(const char* name);

// The built-in defaults and the PEPPERPY_NETWORK_ variables over them, read now.
Result<Options> options_from_environment();

}  // namespace ppn::capi
