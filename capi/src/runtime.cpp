#include "pepperpy/network/runtime.h"

#include "base/live_objects.hpp"
#include "boundary.hpp"
#include "client/runtime.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

int32_t ppn_runtime_shutdown(ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.may_wait();
    return in.ok() ? Runtime::shutdown() : in.failure();
  });
}

int64_t ppn_debug_live_objects(void) {
  return live_object_count().load(std::memory_order_relaxed);
}
