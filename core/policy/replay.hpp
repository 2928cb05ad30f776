// Whether a request that met a connection which the server was about to close is sent once more (SEMANTICS 3.1.4).
// That is no retry: the request was most likely never seen.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace ppn {

// RFC 9110 9.2.2, as far as methods are registered.
bool is_idempotent(std::string_view method) noexcept;

// What is known after an attempt that failed.
struct StaleAttempt {
  ErrorCode code = ErrorCode::ok;
  bool connection_was_reused = false;
  bool response_begun = false;
  Sent sent = Sent::none;
};

// `keyed`: the request carries an idempotency key.
bool may_replay(const StaleAttempt& attempt, std::string_view method, bool keyed) noexcept;

}  // namespace ppn
