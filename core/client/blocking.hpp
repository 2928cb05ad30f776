// The blocking call: the asynchronous one plus a wait.
#pragma once

#include <memory>

#include "client/call.hpp"

namespace ppn {

struct BlockingOutcome {
  std::shared_ptr<Response> response;  // null when no head arrived
  std::unique_ptr<Error> error;        // null on success
};

// Starts the call and waits for its end. `inner` receives everything as well when it is not null; it decides the
// delivery. Errors of start are in the outcome. Error: would_deadlock inside a callback.
BlockingOutcome send_and_wait(Call& call, Delivery delivery, std::unique_ptr<CallHandler> inner);

}  // namespace ppn
