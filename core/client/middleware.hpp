// User code around a call, or around each attempt of a call (SEMANTICS 3.6).
//
// before() runs in the order of registration, after() and on_error() in reverse. Whoever was entered leaves: one before()
// is followed by one after() or on_error(), also for the middleware that has answered or failed the call itself. Only a
// retry makes the second half run again.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "codec/sse_decoder.hpp"

namespace ppn {

class MiddlewareContext;

// Thread: any; one object serves many calls at once. All but the filters may take their time by `pending`.
class Middleware {
 public:
  enum class Kind : std::uint8_t {
    application,  // once for a call
    attempt,      // for each attempt, and for each hop of a redirect
  };
  enum class Step : std::uint8_t {
    done,
    pending,  // MiddlewareContext::finish() follows, from any thread
  };

  virtual ~Middleware() = default;

  virtual std::string_view name() const noexcept = 0;  // for messages
  virtual Kind kind() const noexcept = 0;
  // The header of a credential that before() sets for one origin; it does not follow a redirect to another one.
  virtual std::string_view credential_header() const noexcept { return {}; }

  virtual Step before(MiddlewareContext&) noexcept { return Step::done; }
  virtual Step after(MiddlewareContext&) noexcept { return Step::done; }
  virtual Step on_error(MiddlewareContext&) noexcept { return Step::done; }

  // Filters of a stream: what they emit to the context stands for what they were given, in its order. Nothing emitted
  // drops it. Bodies that are collected pass no filter.
  virtual bool filters_chunks() const noexcept { return false; }
  virtual bool filters_events() const noexcept { return false; }
  virtual void on_chunk(MiddlewareContext&, std::string_view) noexcept {}  // a chunk, or a line of a stream of lines
  virtual void on_event(MiddlewareContext&, const SseEvent&) noexcept {}
  // The stream is over; null when it came to its end.
  virtual void on_stream_end(MiddlewareContext&, const Error*) noexcept {}
};

// Never changed once it is shared: a client replaces the whole list.
using MiddlewareList = std::vector<std::shared_ptr<Middleware>>;

}  // namespace ppn
