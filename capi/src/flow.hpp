// What a callback of a user has answered.
#pragma once

#include <cstdint>

#include "client/call.hpp"
#include "client/handler.hpp"
#include "pepperpy/network/request.h"

namespace ppn::capi {

inline Flow flow_of(std::int32_t answer) noexcept {
  switch (answer) {
    case PPN_CB_CONTINUE: return Flow::proceed;
    case PPN_CB_PAUSE: return Flow::pause;
    default: return Flow::abort;
  }
}

// A cancel inside the callback counts from there on: what has arrived already is not delivered any more.
inline Flow flow_of(std::int32_t answer, const Call& call) noexcept {
  return call.cancel_requested() ? Flow::abort : flow_of(answer);
}

}  // namespace ppn::capi
