// What a callback of a user has answered.
#pragma once

#include <cstdint>

#include "client/call.hpp"
#include "client/handler.hpp"
#include "pepperpy/network/request.h"

namespace ppn::capi {

// A cancel inside the callback counts from there on: what has arrived already is not delivered any more.
inline Flow flow_of(std::int32_t answer, const Call& call) noexcept {
  if (call.cancel_requested()) return Flow::abort;
  switch (answer) {
    case PPN_CB_CONTINUE: return Flow::proceed;
    case PPN_CB_PAUSE: return Flow::pause;
    default: return Flow::abort;
  }
}

}  // namespace ppn::capi
