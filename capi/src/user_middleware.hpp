// The middleware of a user: callbacks, and the refresh of a token.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "client/auth_middleware.hpp"
#include "client/middleware.hpp"
#include "pepperpy/network/middleware.h"
#include "user_callbacks.hpp"

namespace ppn::capi {

struct MiddlewareFunctions {
  ppn_middleware_fn before = nullptr;
  ppn_middleware_fn after = nullptr;
  ppn_middleware_fn on_error = nullptr;
  ppn_middleware_chunk_fn on_chunk = nullptr;
  ppn_middleware_event_fn on_event = nullptr;
  ppn_middleware_end_fn on_end = nullptr;
};

class UserMiddleware final : public Middleware {
 public:
  UserMiddleware(std::string_view name, Kind kind, const MiddlewareFunctions& functions, void* user_data)
      : name_(name), kind_(kind), functions_(functions), user_(user_data) {}

  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }
  // To be changed until a client has it. One thread at a time.
  MiddlewareFunctions& functions() noexcept { return functions_; }
  void note_shared() noexcept { shared_.store(true, std::memory_order_release); }
  bool shared() const noexcept { return shared_.load(std::memory_order_acquire); }

  std::string_view name() const noexcept override { return name_; }
  Kind kind() const noexcept override { return kind_; }
  Step before(MiddlewareContext& context) noexcept override;
  Step after(MiddlewareContext& context) noexcept override;
  Step on_error(MiddlewareContext& context) noexcept override;
  bool filters_chunks() const noexcept override { return functions_.on_chunk != nullptr; }
  bool filters_events() const noexcept override { return functions_.on_event != nullptr; }
  void on_chunk(MiddlewareContext& context, std::string_view bytes) noexcept override;
  void on_event(MiddlewareContext& context, const SseEvent& event) noexcept override;
  void on_stream_end(MiddlewareContext& context, const Error* error) noexcept override;

 private:
  Step step(ppn_middleware_fn function, MiddlewareContext& context) const noexcept;

  const std::string name_;
  const Kind kind_;
  MiddlewareFunctions functions_;
  UserData user_;
  std::atomic<bool> shared_{false};
};

// The callback that gets a token.
class UserRefresh {
 public:
  UserRefresh(ppn_token_refresh_fn refresh, void* user_data) noexcept : refresh_(refresh), user_(user_data) {}
  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }
  // See TokenRefresh::Refresh.
  bool run(TokenRefresh& middleware) const;

 private:
  const ppn_token_refresh_fn refresh_;
  UserData user_;
};

}  // namespace ppn::capi
