#include "client/retry_decider.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "boundary.hpp"
#include "lent.hpp"
#include "objects.hpp"
#include "pepperpy/network/retry_policy.h"
#include "user_callbacks.hpp"

using namespace ppn;
using namespace ppn::capi;

struct ppn_retry_question {
  const RetryDecider::Question& asked;
  ppn_response* response;
};

namespace {

DeciderAnswer answer_of(int32_t verdict, int64_t delay_ms) noexcept {
  using Verdict = DeciderAnswer::Verdict;
  switch (verdict) {
    case PPN_DECIDE_DEFAULT: return {.verdict = Verdict::by_default};
    case PPN_DECIDE_RETRY: return {.verdict = Verdict::retry};
    case PPN_DECIDE_RETRY_AFTER:
      return {.verdict = Verdict::retry_after,
              .delay = delay_ms < kNever / kMillisecond ? delay_ms * kMillisecond : kNever};
    default: return {.verdict = Verdict::stop};
  }
}

class CallbackDecider final : public RetryDecider {
 public:
  CallbackDecider(ppn_retry_decider_fn decider, void* user_data) noexcept : decider_(decider), user_(user_data) {}

  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }

  // noexcept: a C++ exception out of the user's function ends the process here.
  DeciderAnswer decide(const Question& question) noexcept override {
    const Lent<ppn_response> response(lend(question.response));
    const ppn_retry_question view{question, response.get()};
    int64_t delay_ms = 0;
    const int32_t verdict = decider_(user_.get(), &view, &delay_ms);
    return answer_of(verdict, std::max<int64_t>(delay_ms, 0));
  }

 private:
  const ppn_retry_decider_fn decider_;
  UserData user_;
};

template <class Value, class Read>
Value of(const ppn_retry_question* question, Value fallback, Read&& part) noexcept {
  return question != nullptr ? static_cast<Value>(part(question->asked)) : fallback;
}

}  // namespace

int32_t ppn_client_set_retry_decider(ppn_client* client, ppn_retry_decider_fn decider, void* user_data,
                                     ppn_destroy_fn destroy, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(client, "client");
    if (!in.ok()) return in.failure();
    UserData unused(user_data);
    std::shared_ptr<CallbackDecider> made;
    if (decider != nullptr) made = std::make_shared<CallbackDecider>(decider, user_data);
    Status set = object->client->set_retry_decider(made);
    if (!set) return set;
    if (made != nullptr) {
      made->adopt(destroy);
    } else {
      unused.adopt(destroy);
    }
    return set;
  });
}

int32_t ppn_retry_question_attempt(const ppn_retry_question* question) {
  return of(question, int32_t{0}, [](const auto& asked) { return asked.attempt.number; });
}

int32_t ppn_retry_question_outcome(const ppn_retry_question* question) {
  return of(question, int32_t{PPN_OUTCOME_FATAL}, [](const auto& asked) { return asked.attempt.outcome; });
}

int32_t ppn_retry_question_code(const ppn_retry_question* question) {
  return of(question, int32_t{PPN_OK}, [](const auto& asked) { return asked.attempt.code; });
}

int32_t ppn_retry_question_status(const ppn_retry_question* question) {
  return of(question, int32_t{0}, [](const auto& asked) { return asked.attempt.status; });
}

int32_t ppn_retry_question_sent(const ppn_retry_question* question) {
  return of(question, int32_t{PPN_SENT_NONE}, [](const auto& asked) { return asked.attempt.sent; });
}

ppn_response* ppn_retry_question_response(const ppn_retry_question* question) {
  return question != nullptr ? question->response : nullptr;
}

const uint8_t* ppn_retry_question_body(const ppn_retry_question* question, size_t* out_length) {
  const std::string_view body = question != nullptr ? question->asked.body : std::string_view();
  if (out_length != nullptr) *out_length = body.size();
  return reinterpret_cast<const uint8_t*>(body.data() != nullptr ? body.data() : "");
}

int32_t ppn_retry_question_default_retry(const ppn_retry_question* question) {
  return of(question, int32_t{0}, [](const auto& asked) { return asked.by_default.retry ? 1 : 0; });
}

int64_t ppn_retry_question_default_delay_ms(const ppn_retry_question* question) {
  return of(question, int64_t{-1}, [](const auto& asked) {
    return asked.by_default.retry ? (asked.by_default.delay + kMillisecond - 1) / kMillisecond : int64_t{-1};
  });
}

int32_t ppn_retry_question_default_delay_source(const ppn_retry_question* question) {
  return of(question, int32_t{PPN_DELAY_NONE}, [](const auto& asked) { return asked.by_default.source; });
}

int32_t ppn_retry_question_default_stop_reason(const ppn_retry_question* question) {
  return of(question, int32_t{PPN_STOP_NONE}, [](const auto& asked) { return asked.by_default.reason; });
}
