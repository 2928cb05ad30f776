/** @file batch.hpp
 *  Many requests, a few of them at a time, under one deadline. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_BATCH_HPP
#define PEPPERPY_NETWORK_CPP_BATCH_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "callbacks.hpp"
#include "error.hpp"
#include "handle.hpp"
#include "request.hpp"
#include "response.hpp"
#include "thrown.hpp"

namespace ppn {
inline namespace api_v0 {

/** Requests that run together; each has its result, in its place:
 *
 *      ppn::Batch batch;
 *      for (const std::string& url : urls) batch.add(client.request("GET", url));
 *      for (ppn::Completion& result : batch.concurrency(4).timeout(30s).run()) use(std::move(result).get());
 *
 *  That requests fail is no failure of the batch. The functions that describe it throw UsageError (PPN_E_INVALID_STATE)
 *  once it was started. The destructor does not cancel: a batch that runs goes on and calls its lambdas.
 *  Thread: one at a time, except cancel and done. Blocks: run. Since 0.1. */
class Batch {
 public:
  Batch() { detail::call(ppn_batch_new, handle_.out()); }

  /** Add a request; its index is the number of those before it. Its own lambdas are called as well. Throws UsageError
   *  (PPN_E_INVALID_STATE: it was started or added before). */
  Batch& add(Request request) {
    thrown_->push_back(request.thrown_);
    try {
      request.install();
      detail::call(ppn_batch_add, handle(), request.handle());
    } catch (...) {
      thrown_->pop_back();
      throw;
    }
    return *this;
  }

  /** How many requests are under way at a time: 1 to 1000, 8 by itself. Throws UsageError (PPN_E_INVALID_ARGUMENT). */
  Batch& concurrency(int64_t requests) {
    detail::call(ppn_batch_set_concurrency, handle(), requests);
    return *this;
  }

  /** The time for all of it; then what has no result ends with TimeoutError. Zero is no limit. */
  template <class Rep, class Period>
  Batch& timeout(std::chrono::duration<Rep, Period> limit) {
    detail::call(ppn_batch_set_timeout_ms, handle(), detail::milliseconds_of(limit));
    return *this;
  }

  /** Whether the first error, or status of 400 or more, cancels the rest, which it does not by itself. */
  Batch& fail_fast(bool enabled = true) {
    detail::call(ppn_batch_set_fail_fast, handle(), int32_t{enabled});
    return *this;
  }

  /** `lambda(std::size_t index, Completion)` gets each result as its request ends. Results are not kept then. */
  template <class Callable>
  Batch& on_result(Callable lambda) {
    static_assert(std::is_invocable_v<Callable&, std::size_t, Completion>, "on_result takes an index and a Completion");
    lambdas().on_result = decltype(Lambdas::on_result)(std::move(lambda));
    return *this;
  }

  /** `lambda(std::size_t done, std::size_t total)` is called after each result. */
  template <class Callable>
  Batch& on_progress(Callable lambda) {
    static_assert(std::is_invocable_v<Callable&, std::size_t, std::size_t>, "on_progress takes two numbers");
    lambdas().on_progress = decltype(Lambdas::on_progress)(std::move(lambda));
    return *this;
  }

  /** `lambda()` is called at the end of everything. Lambdas run on a thread of the library, one at a time. One that
   *  throws cancels the batch while this object lives; run throws that again. */
  template <class Callable>
  Batch& on_complete(Callable lambda) {
    static_assert(std::is_invocable_v<Callable&>, "on_complete takes nothing");
    lambdas().on_complete = decltype(Lambdas::on_complete)(std::move(lambda));
    return *this;
  }

  /** Start the batch and wait for its end. The results, in the order of add; none when on_result took them. Throws
   *  UsageError (PPN_E_WOULD_DEADLOCK: inside a lambda; nothing is started), and what a lambda of the batch threw. */
  std::vector<Completion> run() {
    install();
    detail::call(ppn_batch_run, handle());
    failed_->raise();
    std::vector<Completion> results;
    if (takes_results_) return results;
    results.reserve(size());
    for (std::size_t index = 0; index < size(); ++index) results.push_back(result(index));
    return results;
  }

  /** Start the batch; its end goes to on_complete. */
  void start() {
    install();
    detail::call(ppn_batch_start, handle());
  }

  /** The result of a request, once the batch is complete. Throws UsageError (PPN_E_INVALID_ARGUMENT: no such index;
   *  PPN_E_INVALID_STATE: not complete, or on_result took it). */
  Completion result(std::size_t index) const {
    if (index >= size()) detail::fail(PPN_E_INVALID_ARGUMENT, "the batch has no request of this index");
    if (takes_results_ || done() < size()) detail::fail(PPN_E_INVALID_STATE, "the batch holds no results");
    detail::ResponseHandle response;
    detail::ErrorOut error;
    const int32_t code = ppn_batch_result(handle(), index, response.out(), error);
    Completion outcome;
    std::shared_ptr<const Response> partial;
    if (response) {
      partial = std::make_shared<const Response>(response.share());
      outcome.response.emplace(std::move(response));
    }
    if (code != PPN_OK) outcome.error = error.exception(code, std::move(partial));
    prefer_thrown(*thrown_, index, outcome);
    return outcome;
  }

  /** Requests under way end with CancelledError, those that were not begun too. Thread: any, inside lambdas too.
   *  Blocks: never. */
  void cancel() noexcept { ppn_batch_cancel(handle()); }

  std::size_t size() const noexcept { return ppn_batch_count(handle()); }
  /** How many requests have their result. Thread: any. */
  std::size_t done() const noexcept { return ppn_batch_done(handle()); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_batch* handle() const noexcept { return handle_.get(); }

 private:
  /** What the lambdas of each request threw. */
  using ThrownOfRequests = std::vector<std::shared_ptr<detail::Thrown>>;

  /** Owned by the library from its start on, which lets go of it by its destroy callback. */
  struct Lambdas {
    detail::Function<void, std::size_t, Completion> on_result;
    detail::Function<void, std::size_t, std::size_t> on_progress;
    detail::Function<void> on_complete;
    std::shared_ptr<const ThrownOfRequests> thrown;
    std::shared_ptr<detail::Thrown> failed;
    ppn_batch* batch = nullptr;  // borrowed: without its Batch it is recognised as released

    /** Nothing that `step` throws leaves: it is kept, and the batch is cancelled. */
    template <class Step>
    void guarded(Step step) noexcept {
      try {
        step();
      } catch (...) {
        failed->keep();
        ppn_batch_cancel(batch);
      }
    }

    static Lambdas& of(void* user_data) noexcept { return *static_cast<Lambdas*>(user_data); }

    static void PPN_CALL result(void* user_data, size_t index, ppn_request*, ppn_response* response,
                                const ppn_error* error) noexcept {
      Lambdas& self = of(user_data);
      self.guarded([&] {
        Completion outcome;
        if (response != nullptr) outcome.response.emplace(detail::ResponseHandle::share(response));
        if (error != nullptr) {
          std::shared_ptr<const Response> partial;
          if (response != nullptr) {
            partial = std::make_shared<const Response>(detail::ResponseHandle::share(response));
          }
          outcome.error = make_exception(detail::details_of(ppn_error_code(error), error), std::move(partial));
        }
        prefer_thrown(*self.thrown, index, outcome);
        self.on_result(index, std::move(outcome));
      });
    }
    static void PPN_CALL progress(void* user_data, size_t done, size_t total) noexcept {
      Lambdas& self = of(user_data);
      self.guarded([&] { self.on_progress(done, total); });
    }
    static void PPN_CALL complete(void* user_data) noexcept {
      Lambdas& self = of(user_data);
      self.guarded([&] { self.on_complete(); });
    }
    static void PPN_CALL destroy(void* user_data) noexcept {
      const std::unique_ptr<Lambdas> self(static_cast<Lambdas*>(user_data));
    }
  };

  static void prefer_thrown(const ThrownOfRequests& thrown, std::size_t index, Completion& outcome) {
    if (thrown[index] == nullptr) return;
    if (std::exception_ptr first = thrown[index]->get()) outcome.error = std::move(first);
  }

  Lambdas& lambdas() {
    if (installed_) detail::fail(PPN_E_INVALID_STATE, "the lambdas of the batch have been handed over");
    if (lambdas_ == nullptr) lambdas_ = std::make_unique<Lambdas>();
    return *lambdas_;
  }

  void install() {
    if (lambdas_ == nullptr) return;
    Lambdas& given = *lambdas_;
    given.thrown = thrown_;
    given.failed = failed_;
    given.batch = handle();
    takes_results_ = static_cast<bool>(given.on_result);
    detail::call(ppn_batch_set_callbacks, handle(), given.on_result ? Lambdas::result : ppn_batch_result_fn{nullptr},
                 given.on_progress ? Lambdas::progress : ppn_batch_progress_fn{nullptr},
                 given.on_complete ? Lambdas::complete : ppn_batch_complete_fn{nullptr},
                 static_cast<void*>(lambdas_.get()), ppn_destroy_fn{Lambdas::destroy});
    static_cast<void>(lambdas_.release());  // the library's own from here on
    installed_ = true;
  }

  detail::BatchHandle handle_;
  std::unique_ptr<Lambdas> lambdas_;  // until the batch is started
  std::shared_ptr<ThrownOfRequests> thrown_ = std::make_shared<ThrownOfRequests>();
  std::shared_ptr<detail::Thrown> failed_ = std::make_shared<detail::Thrown>();
  bool installed_ = false;
  bool takes_results_ = false;
};

}  // namespace api_v0
}  // namespace ppn

#endif
