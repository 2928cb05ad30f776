#include "handlers.hpp"

#include <chrono>
#include <cstdint>
#include <thread>

#include "notify.hpp"

namespace ppn_bindings {

std::atomic<std::int64_t> handlers_running{0};
std::atomic<CallHandler*> call_handler{nullptr};
std::atomic<StreamHandler*> stream_handler{nullptr};
std::atomic<WebSocketHandler*> websocket_handler{nullptr};
std::atomic<MiddlewareHandler*> middleware_handler{nullptr};
std::atomic<LogHandler*> log_handler{nullptr};
std::atomic<EventHandler*> event_handler{nullptr};

}  // namespace ppn_bindings

using namespace ppn_bindings;

void ppnb_set_call_handler(CallHandler* handler) {
  call_handler = handler;
}
void ppnb_set_stream_handler(StreamHandler* handler) {
  stream_handler = handler;
}
void ppnb_set_websocket_handler(WebSocketHandler* handler) {
  websocket_handler = handler;
}
void ppnb_set_middleware_handler(MiddlewareHandler* handler) {
  middleware_handler = handler;
}
void ppnb_set_log_handler(LogHandler* handler) {
  log_handler = handler;
}
void ppnb_set_event_handler(EventHandler* handler) {
  event_handler = handler;
}

std::int32_t ppnb_stop_handlers(std::int64_t timeout_ms) {
  call_handler = nullptr;
  stream_handler = nullptr;
  websocket_handler = nullptr;
  middleware_handler = nullptr;
  log_handler = nullptr;
  event_handler = nullptr;
  // Handlers note something and leave, so this is over soon; a condition variable would cost every call.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (handlers_running != 0) {
    if (std::chrono::steady_clock::now() >= deadline) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return 1;
}
