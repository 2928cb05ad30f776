// Whether and when a stream of events goes on over a new connection (SEMANTICS 3.4.6, WHATWG HTML 9.2.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "base/error_code.hpp"
#include "policy/retry_options.hpp"
#include "policy/stream_options.hpp"

namespace ppn {

// How a connection of the stream ended.
struct StreamEnd {
  ErrorCode code = ErrorCode::ok;  // of the failure that ended it; ok = the body was complete
  bool terminal = false;           // the server said that this was all, or answered 204
  int failures = 0;                // connections in a row that brought no event, this one included
};

// Whether such a request may be sent again for the rest of its stream.
bool may_resume(const StreamOptions& options, std::string_view method, bool body_rewindable) noexcept;

// Whether a new connection follows.
bool goes_on(const StreamOptions& options, const StreamEnd& end) noexcept;

// Before the next connection, never earlier than the server asked for. `failures` as above; `asked_ms` is what the server
// said last, negative when it said nothing.
Nanos reconnect_delay(const StreamOptions& options, const RetryOptions& retry, std::int64_t asked_ms, int failures,
                      double random) noexcept;

}  // namespace ppn
