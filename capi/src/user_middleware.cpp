#include "user_middleware.hpp"

#include <new>
#include <optional>

#include "client/middleware_context.hpp"
#include "error_handle.hpp"
#include "event.hpp"
#include "lent.hpp"
#include "objects.hpp"

namespace ppn::capi {
namespace {

// NULL when there is no memory for the handle.
ppn_middleware_context* lend(MiddlewareContext& context) noexcept {
  try {
    return make_handle<ppn_middleware_context>(MiddlewareContextObject{context.shared_from_this(), nullptr});
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

// The last thing to try; without memory even for that the step ends as it is.
void fail_quietly(MiddlewareContext& context, ErrorCode code, const char* text) noexcept {
  try {
    static_cast<void>(context.fail(code, text));
  } catch (const std::bad_alloc&) {
  }
}

// Runs a callback with a handle of the context. Nothing when it could not be run. The callers are noexcept: a C++
// exception out of a user's callback ends the process here.
template <class Callback>
std::optional<std::int32_t> run_with(MiddlewareContext& context, Callback callback) {
  const Lent<ppn_middleware_context> lent(lend(context));
  if (lent.get() != nullptr) return callback(lent.get());
  fail_quietly(context, ErrorCode::out_of_memory, "no memory for a callback");
  return std::nullopt;
}

}  // namespace

Middleware::Step UserMiddleware::step(ppn_middleware_fn function, MiddlewareContext& context) const noexcept {
  if (function == nullptr) return Step::done;
  const auto answer = run_with(context, [&](ppn_middleware_context* handle) { return function(user_.get(), handle); });
  if (answer == PPN_MW_PENDING) return Step::pending;
  if (answer && *answer != PPN_MW_DONE) {
    fail_quietly(context, ErrorCode::middleware_failed, "a callback returned a number without a meaning");
  }
  return Step::done;
}

Middleware::Step UserMiddleware::before(MiddlewareContext& context) noexcept {
  return step(functions_.before, context);
}

Middleware::Step UserMiddleware::after(MiddlewareContext& context) noexcept {
  return step(functions_.after, context);
}

Middleware::Step UserMiddleware::on_error(MiddlewareContext& context) noexcept {
  return step(functions_.on_error, context);
}

void UserMiddleware::on_chunk(MiddlewareContext& context, std::string_view bytes) noexcept {
  const auto answer = run_with(context, [&](ppn_middleware_context* handle) {
    return functions_.on_chunk(user_.get(), handle, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  });
  if (answer && *answer != PPN_MW_DONE) {
    fail_quietly(context, ErrorCode::middleware_failed, "a filter returned another number than PPN_MW_DONE");
  }
}

void UserMiddleware::on_event(MiddlewareContext& context, const SseEvent& event) noexcept {
  const ppn_event view = view_of(event);
  const auto answer = run_with(
      context, [&](ppn_middleware_context* handle) { return functions_.on_event(user_.get(), handle, &view); });
  if (answer && *answer != PPN_MW_DONE) {
    fail_quietly(context, ErrorCode::middleware_failed, "a filter returned another number than PPN_MW_DONE");
  }
}

void UserMiddleware::on_stream_end(MiddlewareContext& context, const Error* error) noexcept {
  if (functions_.on_end == nullptr) return;
  ppn_error* told = nullptr;
  if (error != nullptr) {
    try {
      told = make_error(Error(*error));
    } catch (const std::bad_alloc&) {
      told = out_of_memory_error();
    }
  }
  const Lent<ppn_error> lent(told);
  static_cast<void>(run_with(context, [&](ppn_middleware_context* handle) {
    functions_.on_end(user_.get(), handle, lent.get());
    return std::int32_t{PPN_MW_DONE};
  }));
}

bool UserRefresh::run(TokenRefresh& middleware) const {
  const std::uint64_t before = middleware.generation();
  const Lent<ppn_middleware> lent(
      make_handle<ppn_middleware>(MiddlewareObject{middleware.shared_from_this(), nullptr, &middleware}));
  const std::int32_t answer = [&]() noexcept { return refresh_(user_.get(), lent.get()); }();
  return answer == PPN_MW_PENDING || (answer == PPN_MW_DONE && middleware.generation() != before);
}

}  // namespace ppn::capi
