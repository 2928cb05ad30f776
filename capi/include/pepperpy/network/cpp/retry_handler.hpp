/** @file retry_handler.hpp
 *  Repeats what fails. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_RETRY_HANDLER_HPP
#define PEPPERPY_NETWORK_CPP_RETRY_HANDLER_HPP

#include <pepperpy/network.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "config.hpp"
#include "error.hpp"
#include "handle.hpp"

namespace ppn {
inline namespace api_v0 {

/** What became of an attempt. */
enum class Outcome : int32_t {
  success = PPN_OUTCOME_SUCCESS,
  not_sent = PPN_OUTCOME_NOT_SENT,
  sent_no_response = PPN_OUTCOME_SENT_NO_RESPONSE,
  status_retryable = PPN_OUTCOME_STATUS_RETRYABLE,
  body_failed = PPN_OUTCOME_BODY_FAILED,
  committed = PPN_OUTCOME_COMMITTED,
  fatal = PPN_OUTCOME_FATAL
};

/** Why there is no further attempt. */
enum class StopReason : int32_t {
  none = PPN_STOP_NONE,
  not_retryable = PPN_STOP_NOT_RETRYABLE,
  unsafe_method = PPN_STOP_UNSAFE_METHOD,
  max_retries = PPN_STOP_MAX_RETRIES,
  budget = PPN_STOP_BUDGET,
  deadline = PPN_STOP_DEADLINE,
  retry_after_too_long = PPN_STOP_RETRY_AFTER_TOO_LONG,
  server = PPN_STOP_SERVER,
  provider_code = PPN_STOP_PROVIDER_CODE,
  body_not_replayable = PPN_STOP_BODY_NOT_REPLAYABLE,
  committed = PPN_STOP_COMMITTED,
  decider = PPN_STOP_DECIDER,
  cancelled = PPN_STOP_CANCELLED
};

/** "sent_no_response". The text lives as long as the process. */
inline std::string_view name_of(Outcome outcome) noexcept {
  return ppn_outcome_name(static_cast<int32_t>(outcome));
}
/** "max_retries". The text lives as long as the process. */
inline std::string_view name_of(StopReason reason) noexcept {
  return ppn_stop_reason_name(static_cast<int32_t>(reason));
}

/** What RetryHandler does after a failure, and why. */
struct RetryDecision {
  bool retry = false;
  std::chrono::milliseconds delay{0};
  Outcome outcome = Outcome::fatal;
  StopReason reason = StopReason::none;
};

/** Calls a function, and again when it throws a NetworkError that may go away, after a delay that grows and that the
 *  server may set. Everything else that the function throws, and the last NetworkError, reaches the caller as it is.
 *
 *      const ppn::RetryHandler retry(3, {500, 502, 503});
 *      const ppn::Response response = retry.run([&] { return client.get(url).raise_for_status(); });
 *
 *  A client with max_retries repeats its calls itself: around such calls set one of both to 0, or the attempts multiply.
 *
 *  Thread: any, for run and cancel, several at a time; one at a time for the setters, and before the first run. Blocks:
 *  run, between two calls of the function. Since 0.1. */
class RetryHandler {
 public:
  /** With the defaults of ppn_retry_policy_new. */
  RetryHandler() { detail::call(ppn_retry_policy_new, handle_.out()); }
  /** @param max_retries  Calls after the first one; 0..10.
   *  @param retry_codes  The statuses that are repeated, instead of the usual ones; empty: the usual ones.
   *  Throws ConfigError. */
  explicit RetryHandler(int32_t max_retries, std::initializer_list<int32_t> retry_codes = {}) : RetryHandler() {
    set("max_retries", max_retries);
    if (retry_codes.size() > 0) this->retry_codes(retry_codes);
  }

  /** Set one option by its name, as ppn_retry_policy_set: to a text, a bool, an integer or, for one in milliseconds, a
   *  duration. Throws ConfigError and changes nothing then. */
  template <class Value>
  RetryHandler& set(std::string_view name, const Value& value) & {
    const std::string text = detail::option_text(name, value);
    detail::call(ppn_retry_policy_set, handle_.get(), detail::data_of(name), name.size(), text.data(), text.size());
    return *this;
  }
  template <class Value>
  RetryHandler set(std::string_view name, const Value& value) && {
    return std::move(set(name, value));
  }
  RetryHandler& retry_codes(std::initializer_list<int32_t> statuses) & {
    std::string text;
    for (const int32_t status : statuses) text.append(text.empty() ? "" : ",").append(std::to_string(status));
    return set("retry_codes", text);
  }
  RetryHandler retry_codes(std::initializer_list<int32_t> statuses) && { return std::move(retry_codes(statuses)); }

  /** Set the time that one run has, waits included: what would wait beyond it fails at once. A function that is running
   *  is not interrupted. None by default. */
  RetryHandler& timeout(std::chrono::milliseconds total) & {
    timeout_ = total;
    return *this;
  }
  RetryHandler timeout(std::chrono::milliseconds total) && { return std::move(timeout(total)); }

  /** Set what is called before each wait, with the error and the decision. */
  RetryHandler& on_retry(std::function<void(const NetworkError&, const RetryDecision&)> hook) & {
    on_retry_ = std::move(hook);
    return *this;
  }
  RetryHandler on_retry(std::function<void(const NetworkError&, const RetryDecision&)> hook) && {
    return std::move(on_retry(std::move(hook)));
  }

  /** Set how it is waited, for tests and for programs with an event loop: true after the delay, false ends the run as
   *  cancel() does. By default the thread sleeps until cancel() is called. */
  RetryHandler& sleeper(std::function<bool(std::chrono::milliseconds)> wait) & {
    sleeper_ = std::move(wait);
    return *this;
  }
  RetryHandler sleeper(std::function<bool(std::chrono::milliseconds)> wait) && {
    return std::move(sleeper(std::move(wait)));
  }
  /** Set the clock of timeout(), for tests: time since any point. */
  RetryHandler& clock(std::function<std::chrono::nanoseconds()> now) & {
    clock_ = std::move(now);
    return *this;
  }
  /** Set where chance comes from, for tests: 0 to 1. */
  RetryHandler& chance(std::function<double()> random) & {
    chance_ = std::move(random);
    return *this;
  }

  /** Call `function()` until it returns, and return what it does. It is taken for something that may be done twice, as
   *  GET is; say otherwise with the name of the method. Throws what the function throws, and CancelledError. */
  template <class Function>
  std::invoke_result_t<Function&> run(Function&& function) const {
    return run("GET", std::forward<Function>(function));
  }
  /** @param method  Decides which failures are repeated, as in ppn_retry_policy_decide: a "POST" only when the server did
   *                 not do the work.
   *  @param keyed   The request carries an idempotency key that the server honours. */
  template <class Function>
  std::invoke_result_t<Function&> run(std::string_view method, Function&& function, bool keyed = false) const {
    if (signal_ == nullptr) detail::fail(PPN_E_INVALID_ARGUMENT, "the retry handler was moved from");
    const Run run_of(*signal_);
    const std::chrono::nanoseconds began = now();
    for (int32_t retries = 0;; ++retries) {
      std::chrono::milliseconds delay{0};
      try {
        return function();
      } catch (const NetworkError& error) {
        const RetryDecision decision = decide(error, method, keyed, retries, remaining(began));
        if (!decision.retry) throw;
        if (on_retry_) on_retry_(error, decision);
        delay = decision.delay;
      }
      if (!wait(run_of, delay)) detail::fail(PPN_E_CANCELLED, "the retry handler was cancelled");
    }
  }

  /** What run() would do after `error`. Nothing is left of `remaining`: no deadline. */
  RetryDecision decide(const NetworkError& error, std::string_view method = "GET", bool keyed = false,
                       int32_t retries_done = 0,
                       std::optional<std::chrono::milliseconds> remaining = std::nullopt) const {
    int32_t retry = 0;
    int64_t delay = 0;
    int32_t outcome = 0;
    int32_t reason = 0;
    const int64_t asked = error.retry_after() ? std::max<int64_t>(error.retry_after()->count(), -1) : -1;
    const int64_t left = remaining ? std::max<int64_t>(remaining->count(), 0) : -1;
    detail::call(ppn_retry_policy_decide, handle_.get(), detail::data_of(method), method.size(), error.status(),
                 error.code(), static_cast<int32_t>(error.sent()), keyed ? 1 : 0, retries_done, asked, left, random(),
                 &retry, &delay, &outcome, &reason);
    return {retry != 0, std::chrono::milliseconds(delay), static_cast<Outcome>(outcome),
            static_cast<StopReason>(reason)};
  }

  /** End the runs under way: those that wait throw CancelledError at once, the others before their next wait. Later runs
   *  are not concerned. Thread: any. Blocks: never. */
  void cancel() const noexcept {
    if (signal_ == nullptr) return;
    {
      const std::lock_guard<std::mutex> lock(signal_->mutex);
      ++signal_->cancels;
    }
    signal_->changed.notify_all();
  }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_retry_policy* handle() const noexcept { return handle_.get(); }

 private:
  struct Signal {
    std::mutex mutex;
    std::condition_variable changed;
    uint64_t cancels = 0;
  };
  /** Which cancels came before a run. */
  struct Run {
    explicit Run(Signal& of) : signal(of) {
      const std::lock_guard<std::mutex> lock(signal.mutex);
      before = signal.cancels;
    }
    Signal& signal;
    uint64_t before = 0;
  };

  std::chrono::nanoseconds now() const {
    return clock_ ? clock_() : std::chrono::steady_clock::now().time_since_epoch();
  }
  std::optional<std::chrono::milliseconds> remaining(std::chrono::nanoseconds began) const {
    if (!timeout_) return std::nullopt;
    return *timeout_ - std::chrono::ceil<std::chrono::milliseconds>(now() - began);
  }
  /** From the system each time, for it is rarely needed: a state of its own would repeat itself after fork. */
  double random() const { return chance_ ? chance_() : std::random_device{}() / 4294967296.0; }

  bool wait(const Run& of, std::chrono::milliseconds delay) const {
    const auto cancelled = [&] { return of.signal.cancels != of.before; };
    if (sleeper_) {
      if (!sleeper_(delay)) return false;
      const std::lock_guard<std::mutex> lock(of.signal.mutex);
      return !cancelled();
    }
    std::unique_lock<std::mutex> lock(of.signal.mutex);
    return !of.signal.changed.wait_for(lock, delay, cancelled);
  }

  detail::RetryPolicyHandle handle_;
  std::optional<std::chrono::milliseconds> timeout_;
  std::function<void(const NetworkError&, const RetryDecision&)> on_retry_;
  std::function<bool(std::chrono::milliseconds)> sleeper_;
  std::function<std::chrono::nanoseconds()> clock_;
  std::function<double()> chance_;
  std::unique_ptr<Signal> signal_ = std::make_unique<Signal>();
};

}  // namespace api_v0
}  // namespace ppn

#endif
