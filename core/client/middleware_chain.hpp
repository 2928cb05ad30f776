// The middleware of one kind around one call, or around one attempt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "client/middleware.hpp"
#include "client/middleware_context.hpp"
#include "client/stream_filters.hpp"

namespace ppn {

// Thread: the loop thread. Steps of the application kind may change `request`, and ask `editor` for more.
class MiddlewareChain {
 public:
  using Outcome = MiddlewareOutcome;

  // `list` may be null. `attempt` is 0 for the application kind. A step that stays pending fails after `timeout_ms`, 0 =
  // no limit of its own.
  MiddlewareChain(std::shared_ptr<const MiddlewareList> list, Middleware::Kind kind, EventLoop& loop,
                  RequestMessage& request, CallEditor* editor, std::shared_ptr<Attributes> attributes, int attempt,
                  std::int64_t timeout_ms);
  // Without memory a step may have been left open.
  ~MiddlewareChain() {
    if (context_) context_->close();
  }
  MiddlewareChain(const MiddlewareChain&) = delete;
  MiddlewareChain& operator=(const MiddlewareChain&) = delete;

  // No middleware of this kind: nothing else needs to be called.
  bool empty() const noexcept { return size_ == 0; }

  // Stops at the first middleware that responds (see short_circuit) or fails. Then after() is due as in every other case.
  Task<Status> before(Token& token);
  // The response that a before() gave, instead of what is inside.
  std::shared_ptr<Response> short_circuit() noexcept { return std::move(short_circuit_); }

  // Takes the outcome through after() or on_error() of those that were entered, in reverse. A value is the delay in which
  // the call is to be made once more; after() is due again then.
  Task<std::optional<Nanos>> after(Token& token, Outcome& outcome);

  // Adds the filters of those that were entered, innermost first.
  void add_filters(StreamFilters& filters);
  // The stream is over: tells those that were entered, innermost first. `error` is null when it came to its end.
  // Without memory some are not told.
  void end(const Error* error) noexcept;

 private:
  bool is_ours(std::size_t index) const noexcept { return (*list_)[index]->kind() == scope_.kind; }
  MiddlewareContext& open(const Middleware& middleware, MiddlewareContext::Place place, const Outcome* outcome);
  // A step that is not done: waits for finish(). No value is a step that was finished.
  Failure unfinished(Token& token, Wake wake, const Middleware& middleware, const Error* inner) const;

  const std::shared_ptr<const MiddlewareList> list_;
  MiddlewareContext::Scope scope_;
  const std::int64_t timeout_ms_;
  std::size_t size_ = 0;     // middleware of this kind
  std::size_t entered_ = 0;  // all of this kind before this place of the list
  std::shared_ptr<MiddlewareContext> context_;
  std::shared_ptr<Response> short_circuit_;
};

}  // namespace ppn
