/** @file callbacks.hpp
 *  From the callbacks of the C ABI to lambdas. Part of <pepperpy/network.hpp>; users meet Flow and Completion.
 */
#ifndef PEPPERPY_NETWORK_CPP_CALLBACKS_HPP
#define PEPPERPY_NETWORK_CPP_CALLBACKS_HPP

#include <pepperpy/network.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "error.hpp"
#include "handle.hpp"
#include "response.hpp"
#include "stream.hpp"
#include "thrown.hpp"

namespace ppn {
inline namespace api_v0 {

/** What a lambda for a piece of the response returns; one that returns nothing goes on. */
enum class Flow : int32_t {
  proceed = PPN_CB_CONTINUE,
  pause = PPN_CB_PAUSE, /**< this piece is taken; nothing more until Request::resume */
  abort = PPN_CB_ABORT  /**< end the request with CancelledError */
};

/** How a request ended, for on_complete. */
struct Completion {
  std::optional<Response> response; /**< nothing when no response head arrived */
  std::exception_ptr error;         /**< what a lambda threw, or a NetworkError; null on success */

  /** The response, or the error as an exception. */
  Response get() && {
    if (error != nullptr) std::rethrow_exception(error);
    return std::move(*response);
  }
};

namespace detail {

/** A lambda of any kind, move-only ones included, behind one type. */
template <class Result, class... Arguments>
class Function {
 public:
  Function() = default;
  template <class Callable>
  explicit Function(Callable callable) : holder_(std::make_unique<Holder<Callable>>(std::move(callable))) {}

  explicit operator bool() const noexcept { return holder_ != nullptr; }
  void reset() noexcept { holder_.reset(); }
  Result operator()(Arguments... arguments) { return holder_->call(std::forward<Arguments>(arguments)...); }

 private:
  struct Base {
    Base() = default;
    Base(const Base&) = delete;
    Base& operator=(const Base&) = delete;
    virtual ~Base() = default;
    virtual Result call(Arguments... arguments) = 0;
  };

  template <class Callable>
  struct Holder final : Base {
    explicit Holder(Callable&& given) : callable(std::move(given)) {}
    Result call(Arguments... arguments) override {
      if constexpr (std::is_same_v<Result, Flow> && std::is_void_v<std::invoke_result_t<Callable&, Arguments...>>) {
        callable(std::forward<Arguments>(arguments)...);
        return Flow::proceed;
      } else {
        return callable(std::forward<Arguments>(arguments)...);
      }
    }

    Callable callable;
  };

  std::unique_ptr<Base> holder_;
};

/** The lambdas of one request. Shared by the Request, which reads what was thrown after the end of a blocking call, and
 *  the library, which lets go of it by its destroy callback. One thread at a time: the library calls back in order, and
 *  the end of a blocking call comes after the last callback. */
struct Callbacks {
  explicit Callbacks(std::shared_ptr<Thrown> of_request) noexcept : thrown(std::move(of_request)) {}

  Function<Flow, Response> on_headers;
  Function<Flow, std::string_view> on_data;
  Function<Flow, std::string_view> on_line;
  Function<Flow, const Event&> on_event;
  Function<void, Completion> on_complete;
  std::optional<std::promise<Response>> promise;
  const std::shared_ptr<Thrown> thrown;

  /** Hands them to a request that has none yet. */
  static void install(const std::shared_ptr<Callbacks>& callbacks, ppn_request* request) {
    auto shared = std::make_unique<std::shared_ptr<Callbacks>>(callbacks);
    call(ppn_request_set_callbacks, request, callbacks->on_headers ? headers : ppn_headers_fn{nullptr},
         callbacks->on_data ? data : ppn_data_fn{nullptr}, ppn_complete_fn{complete}, static_cast<void*>(shared.get()),
         ppn_destroy_fn{destroy});
    static_cast<void>(shared.release());  // the library's own from here on
    if (callbacks->on_line) call(ppn_request_set_line_callback, request, ppn_line_fn{line});
    if (callbacks->on_event) call(ppn_request_set_event_callback, request, ppn_event_fn{event});
  }

 private:
  static Callbacks& of(void* user_data) noexcept { return **static_cast<std::shared_ptr<Callbacks>*>(user_data); }

  /** Nothing that `step` throws leaves: it is kept, and the request is aborted. */
  template <class Step>
  int32_t guarded(Step step) noexcept {
    try {
      return static_cast<int32_t>(step());
    } catch (...) {
      thrown->keep();
      return PPN_CB_ABORT;
    }
  }

  static int32_t PPN_CALL headers(void* user_data, ppn_request*, ppn_response* response) noexcept {
    Callbacks& self = of(user_data);
    return self.guarded([&] { return self.on_headers(Response(ResponseHandle::share(response))); });
  }

  static int32_t PPN_CALL data(void* user_data, ppn_request*, const uint8_t* bytes, size_t length) noexcept {
    Callbacks& self = of(user_data);
    return self.guarded([&] { return self.on_data(std::string_view(reinterpret_cast<const char*>(bytes), length)); });
  }

  static int32_t PPN_CALL line(void* user_data, ppn_request*, const char* text, size_t length) noexcept {
    Callbacks& self = of(user_data);
    return self.guarded([&] { return self.on_line(std::string_view(text, length)); });
  }

  static int32_t PPN_CALL event(void* user_data, ppn_request*, const ppn_event* piece) noexcept {
    Callbacks& self = of(user_data);
    return self.guarded([&] { return self.on_event(Event(piece)); });
  }

  static void PPN_CALL complete(void* user_data, ppn_request*, ppn_response* response,
                                const ppn_error* error) noexcept {
    Callbacks& self = of(user_data);
    try {
      if (self.on_complete) self.on_complete(self.completion(response, error));
    } catch (...) {
      self.thrown->keep();
    }
    if (self.promise) self.keep_promise(response, error);
  }

  /** Without memory for it the completion says so: it is told in any case. */
  Completion completion(ppn_response* response, const ppn_error* error) const noexcept {
    Completion outcome;
    if (response != nullptr) outcome.response.emplace(ResponseHandle::share(response));
    try {
      outcome.error = thrown->get();
      if (outcome.error == nullptr && error != nullptr) {
        outcome.error = make_exception(details_of(ppn_error_code(error), error), share_or_null(response));
      }
    } catch (...) {
      outcome.error = std::current_exception();
    }
    return outcome;
  }

  void keep_promise(ppn_response* response, const ppn_error* error) noexcept {
    Completion outcome = completion(response, error);
    if (outcome.error != nullptr) {
      promise->set_exception(std::move(outcome.error));
    } else {
      promise->set_value(std::move(*outcome.response));
    }
  }

  static std::shared_ptr<const Response> share_or_null(ppn_response* response) {
    return response != nullptr ? std::make_shared<const Response>(ResponseHandle::share(response)) : nullptr;
  }

  static void PPN_CALL destroy(void* user_data) noexcept {
    const std::unique_ptr<std::shared_ptr<Callbacks>> shared(static_cast<std::shared_ptr<Callbacks>*>(user_data));
    Callbacks& self = **shared;
    // What the lambdas hold ends now, even if the Request object lives on.
    self.on_headers.reset();
    self.on_data.reset();
    self.on_line.reset();
    self.on_event.reset();
    self.on_complete.reset();
    self.promise.reset();
  }
};

}  // namespace detail
}  // namespace api_v0
}  // namespace ppn

#endif
