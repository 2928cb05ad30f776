// The way from a callback of the C API to the handler of its family.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "handlers.hpp"

namespace ppn_bindings {

extern std::atomic<std::int64_t> handlers_running;
extern std::atomic<CallHandler*> call_handler;
extern std::atomic<StreamHandler*> stream_handler;
extern std::atomic<WebSocketHandler*> websocket_handler;
extern std::atomic<MiddlewareHandler*> middleware_handler;
extern std::atomic<LogHandler*> log_handler;
extern std::atomic<EventHandler*> event_handler;

// A token travels through C as the pointer of user data.
inline void* as_user_data(std::int64_t token) noexcept {
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(token));
}
inline std::int64_t as_token(const void* user_data) noexcept {
  return static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(user_data));
}

// A reference that is handed to a handler, or dropped when there is none.
template <class Handle, void (*kRelease)(Handle*)>
class Given {
 public:
  explicit Given(Handle* handle) noexcept : handle_(handle) {}
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;
  ~Given() {
    if (handle_ != nullptr) kRelease(handle_);
  }
  Handle* give() noexcept {
    Handle* const handle = handle_;
    handle_ = nullptr;
    return handle;
  }

 private:
  Handle* handle_;
};
using GivenResponse = Given<ppn_response, ppn_response_release>;
using GivenError = Given<ppn_error, ppn_error_release>;
using GivenBuffer = Given<ppn_buffer, ppn_buffer_release>;

// Calls `tell(handler)` unless there is no handler. An exception can only come from a director, whose method catches
// everything itself; one that does come must not unwind through C. Returns whether there was a handler.
template <class Handler, class Tell>
bool notify(const std::atomic<Handler*>& family, Tell tell) noexcept {
  handlers_running.fetch_add(1);
  Handler* const handler = family.load();
  if (handler != nullptr) {
    try {
      tell(*handler);
    } catch (...) {
    }
  }
  handlers_running.fetch_sub(1);
  return handler != nullptr;
}

}  // namespace ppn_bindings
