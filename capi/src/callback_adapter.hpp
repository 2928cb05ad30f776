// Hands a running call to the callbacks of its user.
#pragma once

#include <memory>

#include "client/handler.hpp"
#include "handle.hpp"
#include "objects.hpp"
#include "user_callbacks.hpp"

namespace ppn::capi {

// How the body reaches these callbacks.
Delivery delivery_for(const UserCallbacks* callbacks) noexcept;

// Owns the callbacks from start to end and a reference to the request of its own, so that the handle which callbacks
// receive is alive however often the user has released theirs. The engine destroys the handler after on_complete has
// returned, or when start fails; the reference is dropped then, before the user's data is ended.
class CallbackAdapter final : public CallHandler {
 public:
  CallbackAdapter(std::unique_ptr<UserCallbacks> callbacks, Pinned<ppn_request> request) noexcept
      : callbacks_(std::move(callbacks)), request_(std::move(request)), call_(*request_->call) {}

  bool wants_head() const noexcept override { return callbacks_->on_headers != nullptr; }
  Flow on_head(const std::shared_ptr<Response>& response) override;
  Flow on_chunk(std::string_view bytes) override;
  Flow on_line(std::string_view line) override;
  Flow on_event(const SseEvent& event) override;
  void on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept override;

 private:
  const std::unique_ptr<UserCallbacks> callbacks_;
  const Pinned<ppn_request> request_;
  const Call& call_;  // kept by the engine while it calls back
};

}  // namespace ppn::capi
