// Middleware that names the trace a request belongs to (W3C Trace Context).
#pragma once

#include <memory>

#include "client/middleware.hpp"

namespace ppn {

// Sets traceparent on each attempt: the trace of the caller's header when it is valid, else one that all attempts of the
// call share; and a parent id of its own for each attempt. A tracestate without a valid traceparent is not sent.
std::shared_ptr<Middleware> make_trace_middleware();

}  // namespace ppn
