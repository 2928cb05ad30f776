/** @file middleware.hpp
 *  User code around the requests of a client. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_MIDDLEWARE_HPP
#define PEPPERPY_NETWORK_CPP_MIDDLEWARE_HPP

#include <pepperpy/network.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "callbacks.hpp"
#include "error.hpp"
#include "event.hpp"
#include "handle.hpp"
#include "middleware_context.hpp"

namespace ppn {
inline namespace api_v0 {
namespace detail {

/** The lambdas of one RequestMiddleware, shared by it and by every client that has it. */
struct MiddlewareLambdas {
  using Step = Function<int32_t, ppn_middleware_context*>;

  std::string name;
  Step before_request;
  Step after_response;
  Step on_error;
  Step before_attempt;
  Step after_attempt;
  Step on_attempt_error;
  Function<void, std::string_view, MiddlewareContext&> filter_chunks;
  Function<void, const Event&, MiddlewareContext&> filter_events;
  Function<void, const ErrorDetails*> on_stream_end;
  std::atomic<bool> shared{false};

  /** A lambda for a reference is done when it returns; one that takes the context finishes it. */
  template <class Lambda>
  static Step step_of(Lambda lambda) {
    return Step([lambda = std::move(lambda)](ppn_middleware_context* borrowed) mutable -> int32_t {
      MiddlewareContext context(MiddlewareContextHandle::share(borrowed));
      if constexpr (std::is_invocable_v<Lambda&, MiddlewareContext&>) {
        lambda(context);
        return PPN_MW_DONE;
      } else {
        static_assert(std::is_invocable_v<Lambda&, MiddlewareContext>, "the lambda takes a MiddlewareContext");
        lambda(std::move(context));
        return PPN_MW_PENDING;
      }
    });
  }

  static void install(const std::shared_ptr<MiddlewareLambdas>& lambdas, ppn_client* client) {
    const bool filters = lambdas->filter_chunks || lambdas->filter_events || lambdas->on_stream_end;
    if (lambdas->before_request || lambdas->after_response || lambdas->on_error || filters) {
      const MiddlewareHandle made = make(lambdas, PPN_MIDDLEWARE_APPLICATION,
                                         lambdas->before_request ? run<&MiddlewareLambdas::before_request> : nullptr,
                                         lambdas->after_response ? run<&MiddlewareLambdas::after_response> : nullptr,
                                         lambdas->on_error ? run<&MiddlewareLambdas::on_error> : nullptr);
      if (lambdas->filter_chunks) call(ppn_middleware_set_chunk_filter, made.get(), ppn_middleware_chunk_fn{chunk});
      if (lambdas->filter_events) call(ppn_middleware_set_event_filter, made.get(), ppn_middleware_event_fn{event});
      if (lambdas->on_stream_end) call(ppn_middleware_set_stream_end, made.get(), ppn_middleware_end_fn{end});
      call(ppn_client_add_middleware, client, made.get());
    }
    if (lambdas->before_attempt || lambdas->after_attempt || lambdas->on_attempt_error) {
      const MiddlewareHandle made = make(
          lambdas, PPN_MIDDLEWARE_ATTEMPT, lambdas->before_attempt ? run<&MiddlewareLambdas::before_attempt> : nullptr,
          lambdas->after_attempt ? run<&MiddlewareLambdas::after_attempt> : nullptr,
          lambdas->on_attempt_error ? run<&MiddlewareLambdas::on_attempt_error> : nullptr);
      call(ppn_client_add_middleware, client, made.get());
    }
  }

 private:
  static MiddlewareHandle make(const std::shared_ptr<MiddlewareLambdas>& lambdas, int32_t kind,
                               ppn_middleware_fn before, ppn_middleware_fn after, ppn_middleware_fn on_error) {
    auto user_data = std::make_unique<std::shared_ptr<MiddlewareLambdas>>(lambdas);
    MiddlewareHandle made;
    call(ppn_middleware_new, lambdas->name.data(), lambdas->name.size(), kind, before, after, on_error,
         static_cast<void*>(user_data.get()), ppn_destroy_fn{destroy}, made.out());
    static_cast<void>(user_data.release());  // the library's own from here on
    return made;
  }

  static MiddlewareLambdas& of(void* user_data) noexcept {
    return **static_cast<std::shared_ptr<MiddlewareLambdas>*>(user_data);
  }

  /** Nothing that `action` throws leaves: it becomes the error of the request. */
  template <class Action>
  static int32_t guarded(ppn_middleware_context* context, Action action) noexcept {
    try {
      return action();
    } catch (const NetworkError& error) {
      fail(context, error.code(), error.message().c_str());
    } catch (const std::exception& error) {
      fail(context, PPN_E_MIDDLEWARE_FAILED, error.what());
    } catch (...) {
      fail(context, PPN_E_MIDDLEWARE_FAILED, "a lambda threw what is no std::exception");
    }
    return PPN_MW_DONE;
  }

  static void fail(ppn_middleware_context* context, int32_t code, const char* text) noexcept {
    ppn_middleware_context_fail(context, code, text, PPN_AUTO_LENGTH, nullptr);
  }

  template <Step MiddlewareLambdas::*Which>
  static int32_t PPN_CALL run(void* user_data, ppn_middleware_context* context) noexcept {
    return guarded(context, [&] { return (of(user_data).*Which)(context); });
  }

  static int32_t PPN_CALL chunk(void* user_data, ppn_middleware_context* borrowed, const uint8_t* data,
                                size_t length) noexcept {
    return guarded(borrowed, [&] {
      MiddlewareContext context(MiddlewareContextHandle::share(borrowed));
      of(user_data).filter_chunks(std::string_view(reinterpret_cast<const char*>(data), length), context);
      return int32_t{PPN_MW_DONE};
    });
  }

  static int32_t PPN_CALL event(void* user_data, ppn_middleware_context* borrowed, const ppn_event* piece) noexcept {
    return guarded(borrowed, [&] {
      MiddlewareContext context(MiddlewareContextHandle::share(borrowed));
      of(user_data).filter_events(Event(piece), context);
      return int32_t{PPN_MW_DONE};
    });
  }

  static void PPN_CALL end(void* user_data, ppn_middleware_context*, const ppn_error* error) noexcept {
    try {
      if (error == nullptr) return of(user_data).on_stream_end(nullptr);
      const ErrorDetails details = details_of(ppn_error_code(error), error);
      of(user_data).on_stream_end(&details);
    } catch (...) {
      // The stream has its outcome already.
    }
  }

  static void PPN_CALL destroy(void* user_data) noexcept {
    delete static_cast<std::shared_ptr<MiddlewareLambdas>*>(user_data);
  }
};

}  // namespace detail

/** Lambdas around the requests of a client, once for each request, or for each of its attempts:
 *
 *      client.add_middleware(RequestMiddleware("signer").before_attempt([](MiddlewareContext& context) {
 *        context.set_header("X-Signature", sign(context.method(), context.url()));
 *      }));
 *
 *  `before` lambdas run in the order in which the client got the middleware, the others in reverse; whoever was entered
 *  leaves. A lambda that takes `MiddlewareContext&` is done when it returns; one that takes a `MiddlewareContext` may keep
 *  it, and the request waits for its finish(), on any thread, up to middleware_timeout_ms. They run on threads of the
 *  library, for several requests at the same time, and must not block. What one throws ends the request: a NetworkError
 *  with its code, anything else with PPN_E_MIDDLEWARE_FAILED and its text.
 *  Thread: one at a time. Since 0.1. */
class RequestMiddleware {
 public:
  /** @param name  For messages; 1 to 128 bytes without control characters. */
  explicit RequestMiddleware(std::string_view name) : lambdas_(std::make_shared<detail::MiddlewareLambdas>()) {
    lambdas_->name = name;
  }

  template <class Lambda>
  RequestMiddleware& before_request(Lambda lambda) {
    return set(&detail::MiddlewareLambdas::before_request, std::move(lambda));
  }
  /** The request ended with a response, of any status. Of a stream, it has its head only. */
  template <class Lambda>
  RequestMiddleware& after_response(Lambda lambda) {
    return set(&detail::MiddlewareLambdas::after_response, std::move(lambda));
  }
  template <class Lambda>
  RequestMiddleware& on_error(Lambda lambda) {
    return set(&detail::MiddlewareLambdas::on_error, std::move(lambda));
  }
  template <class Lambda>
  RequestMiddleware& before_attempt(Lambda lambda) {
    return set(&detail::MiddlewareLambdas::before_attempt, std::move(lambda));
  }
  template <class Lambda>
  RequestMiddleware& after_attempt(Lambda lambda) {
    return set(&detail::MiddlewareLambdas::after_attempt, std::move(lambda));
  }
  template <class Lambda>
  RequestMiddleware& on_attempt_error(Lambda lambda) {
    return set(&detail::MiddlewareLambdas::on_attempt_error, std::move(lambda));
  }

  /** `lambda(std::string_view, MiddlewareContext&)` for each chunk or line of a stream: what it gives to
   *  MiddlewareContext::emit is delivered instead. */
  template <class Lambda>
  RequestMiddleware& filter_chunks(Lambda lambda) {
    changeable().filter_chunks = decltype(lambdas_->filter_chunks)(std::move(lambda));
    return *this;
  }
  /** `lambda(const Event&, MiddlewareContext&)` for each event of a stream: what it gives to
   *  MiddlewareContext::emit_event is delivered instead. */
  template <class Lambda>
  RequestMiddleware& filter_events(Lambda lambda) {
    changeable().filter_events = decltype(lambdas_->filter_events)(std::move(lambda));
    return *this;
  }
  /** `lambda(const ErrorDetails*)`: a stream is over; null when it came to its end. */
  template <class Lambda>
  RequestMiddleware& on_stream_end(Lambda lambda) {
    changeable().on_stream_end = decltype(lambdas_->on_stream_end)(std::move(lambda));
    return *this;
  }

 private:
  template <class Client>
  friend class Hooks;

  template <class Lambda>
  RequestMiddleware& set(detail::MiddlewareLambdas::Step detail::MiddlewareLambdas::*which, Lambda lambda) {
    changeable().*which = detail::MiddlewareLambdas::step_of(std::move(lambda));
    return *this;
  }

  detail::MiddlewareLambdas& changeable() {
    if (lambdas_->shared) detail::fail(PPN_E_INVALID_STATE, "a client has this middleware already");
    return *lambdas_;
  }

  void install(ppn_client* client) const {
    lambdas_->shared = true;
    detail::MiddlewareLambdas::install(lambdas_, client);
  }

  std::shared_ptr<detail::MiddlewareLambdas> lambdas_;
};

/** A middleware that the library makes. Thread: any. Blocks: never. Since 0.1. */
class Middleware {
 public:
  /** Names the trace of each attempt (W3C Trace Context): see ppn_middleware_new_trace_context. */
  static Middleware trace_context() {
    Middleware made;
    detail::call(ppn_middleware_new_trace_context, made.handle_.out());
    return made;
  }

  /** Sends a credential to the origin of `url` and to no other: see ppn_middleware_new_auth. Throws UsageError:
   *  PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME, PPN_E_INVALID_HEADER. */
  static Middleware auth(std::string_view url, std::string_view secret, std::string_view header = "Authorization",
                         std::string_view scheme = "Bearer") {
    Middleware made;
    detail::call(ppn_middleware_new_auth, detail::data_of(url), url.size(), detail::data_of(header), header.size(),
                 detail::data_of(scheme), scheme.size(), detail::data_of(secret), secret.size(), made.handle_.out());
    return made;
  }

  /** Sends a token and gets a new one when the server answers 401, once for all requests that were refused meanwhile: see
   *  ppn_middleware_new_token_refresh.
   *  @param token    The first one; empty: the first request gets one.
   *  @param refresh  `lambda(Middleware)` calls set_token or refresh_failed, at once or later, on any thread. One that
   *                  throws has no token. It must not block.
   *  Throws as auth. */
  template <class Refresh>
  static Middleware token_refresh(std::string_view url, std::string_view token, Refresh refresh,
                                  std::string_view header = "Authorization", std::string_view scheme = "Bearer") {
    static_assert(std::is_invocable_v<Refresh&, Middleware>, "refresh takes a Middleware");
    auto owned = std::make_unique<Refresh>(std::move(refresh));
    Middleware made;
    detail::call(ppn_middleware_new_token_refresh, detail::data_of(url), url.size(), detail::data_of(header),
                 header.size(), detail::data_of(scheme), scheme.size(), detail::data_of(token), token.size(),
                 ppn_token_refresh_fn{run<Refresh>}, static_cast<void*>(owned.get()), ppn_destroy_fn{destroy<Refresh>},
                 made.handle_.out());
    static_cast<void>(owned.release());  // the library's own from here on
    return made;
  }

  /** Of token_refresh: a new token, asked for or not. Throws UsageError: PPN_E_INVALID_HEADER, PPN_E_INVALID_ARGUMENT. */
  void set_token(std::string_view token) const {
    detail::call(ppn_middleware_set_token, handle(), detail::data_of(token), token.size());
  }
  /** Of token_refresh: no token is coming. */
  void refresh_failed() const { detail::call(ppn_middleware_refresh_failed, handle()); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_middleware* handle() const noexcept { return handle_.get(); }

 private:
  Middleware() = default;

  template <class Refresh>
  static int32_t PPN_CALL run(void* user_data, ppn_middleware* borrowed) noexcept {
    try {
      Middleware own;
      own.handle_ = detail::MiddlewareHandle::share(borrowed);
      (*static_cast<Refresh*>(user_data))(std::move(own));
      return PPN_MW_PENDING;
    } catch (...) {
      return -1;
    }
  }

  template <class Refresh>
  static void PPN_CALL destroy(void* user_data) noexcept {
    delete static_cast<Refresh*>(user_data);
  }

  detail::MiddlewareHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
