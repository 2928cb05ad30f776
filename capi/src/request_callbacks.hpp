// From a request that is about to begin to the handler of its call.
#pragma once

#include <memory>
#include <utility>

#include "callback_adapter.hpp"
#include "objects.hpp"

namespace ppn::capi {

inline Failure begun_before() {
  return Failure(ErrorCode::invalid_state, Phase::validate, "the request was started before");
}

// Moves the callbacks of the request into a handler, which keeps the request's handle alive until the call has ended.
inline std::unique_ptr<CallHandler> take_callbacks(const Pinned<ppn_request>& request) {
  Pinned<ppn_request> own(request.handle());
  // Nothing is moved before there is memory for the adapter: without it the request keeps its callbacks.
  return std::make_unique<CallbackAdapter>(std::move(request->callbacks), std::move(own));
}

}  // namespace ppn::capi
