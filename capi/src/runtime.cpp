#include "pepperpy/network/runtime.h"

#include <memory>

#include "base/live_objects.hpp"
#include "boundary.hpp"
#include "client/runtime.hpp"
#include "user_callbacks.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

void call(ppn_thread_fn hook, void* user_data) noexcept {
  if (hook != nullptr) hook(user_data);
}

}  // namespace

int32_t ppn_runtime_set_io_threads(int32_t count, ppn_error** error) {
  return boundary(error, [&](Arguments&) { return Runtime::set_io_threads(count); });
}

int32_t ppn_runtime_set_thread_hooks(ppn_thread_fn on_start, ppn_thread_fn on_stop, void* user_data,
                                     ppn_destroy_fn destroy, ppn_error** error) {
  return boundary(error, [&](Arguments&) -> Status {
    const auto user = std::make_shared<UserData>(user_data);
    Status set = Runtime::set_thread_hooks(
        std::make_shared<const ThreadHooks>(ThreadHooks{.started = [on_start, user] { call(on_start, user->get()); },
                                                        .stopping = [on_stop, user] { call(on_stop, user->get()); }}));
    if (set) user->adopt(destroy);
    return set;
  });
}

int32_t ppn_runtime_shutdown(ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.may_wait();
    return in.ok() ? Runtime::shutdown() : in.failure();
  });
}

int64_t ppn_debug_live_objects(void) {
  return live_object_count().load(std::memory_order_relaxed);
}
