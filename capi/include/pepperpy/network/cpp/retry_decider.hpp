/** @file retry_decider.hpp
 *  A say in whether a failed call is repeated. Part of <pepperpy/network.hpp>; the clients take it as on_retry_decision.
 */
#ifndef PEPPERPY_NETWORK_CPP_RETRY_DECIDER_HPP
#define PEPPERPY_NETWORK_CPP_RETRY_DECIDER_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "attempt.hpp"
#include "error.hpp"
#include "handle.hpp"
#include "response.hpp"
#include "retry_handler.hpp"

namespace ppn {
inline namespace api_v0 {

/** What is asked after an attempt that failed: a view, valid until the lambda returns, also when it was copied.
 *  Blocks: never. Since 0.1. */
class RetryQuestion {
 public:
  explicit RetryQuestion(const ppn_retry_question* question = nullptr) noexcept : question_(question) {}

  /** The number of the attempt, from 0. */
  int32_t attempt() const noexcept { return ppn_retry_question_attempt(question_); }
  Outcome outcome() const noexcept { return static_cast<Outcome>(ppn_retry_question_outcome(question_)); }
  /** A PPN_E_ code, for a status too. */
  int32_t code() const noexcept { return ppn_retry_question_code(question_); }
  /** 0 = no response. */
  int32_t status() const noexcept { return ppn_retry_question_status(question_); }
  Sent sent() const noexcept { return static_cast<Sent>(ppn_retry_question_sent(question_)); }
  /** Nothing when none began. Only status and headers may be read. */
  std::optional<Response> response() const {
    ppn_response* const lent = ppn_retry_question_response(question_);
    if (lent == nullptr) return std::nullopt;
    return Response(detail::ResponseHandle::share(lent));
  }
  /** What is known of the body of the response, up to 64 KiB. */
  std::string_view body() const noexcept {
    size_t length = 0;
    const uint8_t* const bytes = ppn_retry_question_body(question_, &length);
    return std::string_view(reinterpret_cast<const char*>(bytes), length);
  }
  /** What the policy says; its delay is rounded up. */
  RetryDecision by_default() const noexcept {
    const int64_t delay = ppn_retry_question_default_delay_ms(question_);
    return {ppn_retry_question_default_retry(question_) != 0, std::chrono::milliseconds(delay > 0 ? delay : 0),
            outcome(), static_cast<StopReason>(ppn_retry_question_default_stop_reason(question_))};
  }
  /** Where that delay comes from: "backoff", "retry_after", "none". */
  const char* default_delay_source() const noexcept {
    return ppn_delay_source_name(ppn_retry_question_default_delay_source(question_));
  }

 private:
  const ppn_retry_question* question_;
};

/** What a lambda answers to a RetryQuestion. Since 0.1. */
class RetryAnswer {
 public:
  /** What the policy says. */
  static RetryAnswer by_default() noexcept { return RetryAnswer(PPN_DECIDE_DEFAULT, 0); }
  /** Another attempt, after the delay that the policy would take. */
  static RetryAnswer retry() noexcept { return RetryAnswer(PPN_DECIDE_RETRY, 0); }
  /** Another attempt after `delay`; less than 0 counts as 0. */
  template <class Rep, class Period>
  static RetryAnswer retry_after(std::chrono::duration<Rep, Period> delay) noexcept {
    return RetryAnswer(PPN_DECIDE_RETRY_AFTER, detail::milliseconds_of(delay));
  }
  /** No further attempt: StopReason::decider. */
  static RetryAnswer stop() noexcept { return RetryAnswer(PPN_DECIDE_STOP, 0); }

  /** A PPN_DECIDE_ constant. */
  int32_t verdict() const noexcept { return verdict_; }
  int64_t delay_ms() const noexcept { return delay_ms_; }

 private:
  RetryAnswer(int32_t verdict, int64_t delay_ms) noexcept : verdict_(verdict), delay_ms_(delay_ms) {}

  int32_t verdict_;
  int64_t delay_ms_;
};

namespace detail {

template <class Decider>
void set_retry_decider(ppn_client* client, Decider decider) {
  static_assert(std::is_invocable_r_v<RetryAnswer, Decider&, const RetryQuestion&>,
                "a decider takes const RetryQuestion& and returns RetryAnswer");
  const ppn_retry_decider_fn decide = [](void* user_data, const ppn_retry_question* question,
                                         int64_t* out_delay_ms) -> int32_t {
    try {
      const RetryAnswer answer = (*static_cast<Decider*>(user_data))(RetryQuestion(question));
      *out_delay_ms = answer.delay_ms();
      return answer.verdict();
    } catch (...) {
      return PPN_DECIDE_DEFAULT;
    }
  };
  const ppn_destroy_fn destroy = [](void* user_data) { delete static_cast<Decider*>(user_data); };
  auto owned = std::make_unique<Decider>(std::move(decider));
  call(ppn_client_set_retry_decider, client, decide, static_cast<void*>(owned.get()), destroy);
  static_cast<void>(owned.release());  // the library's own from here on
}

}  // namespace detail
}  // namespace api_v0
}  // namespace ppn

#endif
