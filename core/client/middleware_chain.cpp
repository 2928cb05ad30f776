#include "client/middleware_chain.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace ppn {
namespace {

// What is known of the call stays known when a middleware gives its error another name.
std::unique_ptr<Error> replace_error(std::unique_ptr<Error> inner, std::unique_ptr<Error> failure) {
  if (!inner) return failure;
  inner->code = failure->code;
  inner->phase = failure->phase;
  inner->retryable = failure->retryable;
  inner->message = std::move(failure->message);
  return inner;
}

}  // namespace

MiddlewareChain::MiddlewareChain(std::shared_ptr<const MiddlewareList> list, Middleware::Kind kind, EventLoop& loop,
                                 RequestMessage& request, CallEditor* editor, std::shared_ptr<Attributes> attributes,
                                 int attempt, std::int64_t timeout_ms)
    : list_(std::move(list)),
      scope_{.kind = kind,
             .loop = loop,
             .request = request,
             .editor = editor,
             .attributes = std::move(attributes),
             .attempt = attempt},
      timeout_ms_(timeout_ms) {
  if (!list_) return;
  size_ = static_cast<std::size_t>(
      std::ranges::count_if(*list_, [kind](const auto& middleware) { return middleware->kind() == kind; }));
}

// A context that a middleware has kept, or that the loop still knows, stays closed for good.
MiddlewareContext& MiddlewareChain::open(const Middleware& middleware, MiddlewareContext::Place place,
                                         const Outcome* outcome) {
  if (!context_ || context_.use_count() > 1) context_ = std::make_shared<MiddlewareContext>();
  context_->open(scope_, middleware, place, outcome);
  return *context_;
}

Failure MiddlewareChain::unfinished(Token& token, Wake wake, const Middleware& middleware, const Error* inner) const {
  if (wake == Wake::interrupted && token.interruption() == ErrorCode::cancelled) {
    return Failure(ErrorCode::cancelled, Phase::middleware, "the call was cancelled");
  }
  std::string text = wake == Wake::interrupted ? "did not finish before the deadline of the call"
                                               : "did not finish within " + std::to_string(timeout_ms_) + " ms";
  if (inner != nullptr) text += ", after " + std::string(describe(inner->code).name);
  return Failure(middleware_error(ErrorCode::middleware_failed, middleware, text));
}

Task<Status> MiddlewareChain::before(Token& token) {
  for (std::size_t i = 0; size_ != 0 && i < list_->size(); ++i) {
    if (!is_ours(i)) continue;
    entered_ = i + 1;
    Middleware& middleware = *(*list_)[i];
    MiddlewareContext& context = open(middleware, MiddlewareContext::Place::before, nullptr);
    Wake wake = Wake::ready;
    if (middleware.before(context) == Middleware::Step::pending && !context.finished()) {
      wake = co_await context.wait().until(token, deadline_after(scope_.loop.now(), timeout_ms_));
    }
    // It may have been finished in the very moment in which the wait ended.
    if (!context.close() && wake != Wake::ready) co_return unfinished(token, wake, middleware, nullptr);
    if (context.verdict() == MiddlewareContext::Verdict::fail) co_return Failure(context.take_failure());
    if (context.verdict() == MiddlewareContext::Verdict::respond) {
      short_circuit_ = context.take_response();
      break;
    }
  }
  co_return Status();
}

Task<std::optional<Nanos>> MiddlewareChain::after(Token& token, Outcome& outcome) {
  for (std::size_t i = entered_; i-- > 0;) {
    if (!is_ours(i)) continue;
    Middleware& middleware = *(*list_)[i];
    const bool failed = outcome.error != nullptr;
    MiddlewareContext& context =
        open(middleware, failed ? MiddlewareContext::Place::on_error : MiddlewareContext::Place::after, &outcome);
    const Middleware::Step step = failed ? middleware.on_error(context) : middleware.after(context);
    Wake wake = Wake::ready;
    if (step == Middleware::Step::pending && !context.finished()) {
      wake = co_await context.wait().until(token, deadline_after(scope_.loop.now(), timeout_ms_));
    }
    if (!context.close() && wake != Wake::ready) {
      // A call that ran into its deadline leaves no time to anybody; that is no fault of the middleware.
      if (failed && outcome.error->code == ErrorCode::timeout && token.interruption() == ErrorCode::timeout) continue;
      std::unique_ptr<Error> late = unfinished(token, wake, middleware, outcome.error.get()).take();
      outcome.error = replace_error(std::move(outcome.error), std::move(late));
      continue;
    }
    switch (context.verdict()) {
      case MiddlewareContext::Verdict::none: break;
      case MiddlewareContext::Verdict::respond:
        outcome.response = context.take_response();
        outcome.error.reset();
        break;
      case MiddlewareContext::Verdict::fail:
        outcome.error = replace_error(std::move(outcome.error), context.take_failure());
        break;
      case MiddlewareContext::Verdict::retry: scope_.retry_used = true; co_return context.retry_delay();
    }
  }
  co_return std::nullopt;
}

void MiddlewareChain::add_filters(StreamFilters& filters) {
  for (std::size_t i = entered_; i-- > 0;) {
    const std::shared_ptr<Middleware>& middleware = (*list_)[i];
    if (is_ours(i) && (middleware->filters_chunks() || middleware->filters_events())) filters.add(middleware, scope_);
  }
}

void MiddlewareChain::end(const Error* error) noexcept {
  for (std::size_t i = entered_; i-- > 0;) {
    if (!is_ours(i)) continue;
    Middleware& middleware = *(*list_)[i];
    try {
      MiddlewareContext& context = open(middleware, MiddlewareContext::Place::stream_end, nullptr);
      middleware.on_stream_end(context, error);
      context.close();
    } catch (const std::bad_alloc&) {
      // Without memory for a context there is nothing to tell it with, and the call has to end.
    }
  }
}

}  // namespace ppn
