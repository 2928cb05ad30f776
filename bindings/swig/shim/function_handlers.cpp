#include "function_handlers.hpp"

#include <cstdint>

#include "handlers.hpp"

namespace {

using CallComplete = void (*)(std::int64_t, std::int64_t, std::int32_t, ppn_response*, ppn_error*);
using OfToken = void (*)(std::int64_t);
using Writable = void (*)(std::int64_t, std::int64_t);
using Opened = void (*)(std::int64_t, ppn_response*);
using Closed = void (*)(std::int64_t, std::int32_t, ppn_buffer*, ppn_error*);
using Reconnecting = void (*)(std::int64_t, std::int64_t, std::int64_t, std::int32_t, ppn_error*);
using Terminated = void (*)(std::int64_t, ppn_error*);
using Sent = void (*)(std::int64_t, std::int32_t);
using Step = void (*)(std::int64_t, std::int32_t, ppn_middleware_context*);
using Refresh = void (*)(std::int64_t, ppn_middleware*);
using LogReady = void (*)();

struct Functions final : CallHandler, MiddlewareHandler, LogHandler {
  CallComplete call_complete = nullptr;
  Step middleware_step = nullptr;
  Refresh middleware_refresh = nullptr;
  OfToken middleware_released = nullptr;
  LogReady log_ready = nullptr;

  void on_complete(std::int64_t token, std::int64_t index, std::int32_t status, ppn_response* response,
                   ppn_error* error) override {
    call_complete(token, index, status, response, error);
  }
  void on_step(std::int64_t token, std::int32_t step, ppn_middleware_context* context) override {
    middleware_step(token, step, context);
  }
  void on_refresh(std::int64_t token, ppn_middleware* middleware) override { middleware_refresh(token, middleware); }
  void on_released(std::int64_t token) override { middleware_released(token); }
  void on_ready() override { log_ready(); }
};

struct StreamFunctions final : StreamHandler {
  OfToken ready = nullptr;
  Writable writable = nullptr;
  void on_ready(std::int64_t token) override { ready(token); }
  void on_writable(std::int64_t token, std::int64_t generation) override { writable(token, generation); }
};

struct WebSocketFunctions final : WebSocketHandler {
  OfToken ready = nullptr;
  Opened opened = nullptr;
  Closed closed = nullptr;
  Reconnecting reconnecting = nullptr;
  Terminated terminated = nullptr;
  Sent sent = nullptr;
  void on_ready(std::int64_t token) override { ready(token); }
  void on_open(std::int64_t token, ppn_response* handshake) override { opened(token, handshake); }
  void on_close(std::int64_t token, std::int32_t code, ppn_buffer* reason, ppn_error* error) override {
    closed(token, code, reason, error);
  }
  void on_reconnecting(std::int64_t token, std::int64_t attempt, std::int64_t delay_ms, std::int32_t code,
                       ppn_error* error) override {
    reconnecting(token, attempt, delay_ms, code, error);
  }
  void on_terminated(std::int64_t token, ppn_error* error) override { terminated(token, error); }
  void on_sent(std::int64_t token, std::int32_t status) override { sent(token, status); }
};

struct EventFunctions final : EventHandler {
  OfToken ready = nullptr;
  OfToken released = nullptr;
  void on_ready(std::int64_t token) override { ready(token); }
  void on_released(std::int64_t token) override { released(token); }
};

template <class Function>
Function as(void* function) noexcept {
  return reinterpret_cast<Function>(function);
}

}  // namespace

void ppnb_functions_open(void* call_complete, void* stream_ready, void* stream_writable, void* websocket_ready,
                         void* websocket_open, void* websocket_close, void* websocket_reconnecting,
                         void* websocket_terminated, void* websocket_sent, void* middleware_step,
                         void* middleware_refresh, void* middleware_released, void* log_ready, void* event_ready,
                         void* event_released) {
  // For as long as the process: an I/O thread may be inside of one at any time.
  static const bool opened = [&] {
    auto* const functions = new Functions;
    functions->call_complete = as<CallComplete>(call_complete);
    functions->middleware_step = as<Step>(middleware_step);
    functions->middleware_refresh = as<Refresh>(middleware_refresh);
    functions->middleware_released = as<OfToken>(middleware_released);
    functions->log_ready = as<LogReady>(log_ready);
    auto* const streams = new StreamFunctions;
    streams->ready = as<OfToken>(stream_ready);
    streams->writable = as<Writable>(stream_writable);
    auto* const websockets = new WebSocketFunctions;
    websockets->ready = as<OfToken>(websocket_ready);
    websockets->opened = as<Opened>(websocket_open);
    websockets->closed = as<Closed>(websocket_close);
    websockets->reconnecting = as<Reconnecting>(websocket_reconnecting);
    websockets->terminated = as<Terminated>(websocket_terminated);
    websockets->sent = as<Sent>(websocket_sent);
    auto* const events = new EventFunctions;
    events->ready = as<OfToken>(event_ready);
    events->released = as<OfToken>(event_released);
    ppnb_set_call_handler(functions);
    ppnb_set_middleware_handler(functions);
    ppnb_set_log_handler(functions);
    ppnb_set_stream_handler(streams);
    ppnb_set_websocket_handler(websockets);
    ppnb_set_event_handler(events);
    return true;
  }();
  static_cast<void>(opened);
}
