// Retry policies alone, through the ABI. What they decide in which case is tested in tests/core/policy.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "capi/capi.hpp"

using namespace ppn::test;

namespace {

struct Question {
  const char* method = "GET";
  int32_t status = 0;
  int32_t code = PPN_OK;
  int32_t sent = PPN_SENT_FULL;
  int32_t keyed = 0;
  int32_t retries_done = 0;
  int64_t retry_after_ms = -1;
  int64_t remaining_ms = -1;
  double random = 0;
};

struct Answer {
  int32_t code = -1;
  int32_t retry = 7;
  int64_t delay_ms = 7;
  int32_t outcome = 7;
  int32_t reason = 7;
  std::string message;
};

Answer ask(const RetryPolicy& policy, const Question& q) {
  Answer answer;
  ErrorHandle error;
  answer.code = ppn_retry_policy_decide(policy.get(), q.method, PPN_AUTO_LENGTH, q.status, q.code, q.sent, q.keyed,
                                        q.retries_done, q.retry_after_ms, q.remaining_ms, q.random, &answer.retry,
                                        &answer.delay_ms, &answer.outcome, &answer.reason, error.out());
  answer.message = ppn_error_message(error.get());
  return answer;
}

void check_retry(const Answer& answer, int64_t delay_ms, int32_t outcome) {
  BOOST_TEST(answer.code == PPN_OK);
  BOOST_TEST(answer.retry == 1);
  BOOST_TEST(answer.delay_ms == delay_ms);
  BOOST_TEST(answer.outcome == outcome);
  BOOST_TEST(answer.reason == PPN_STOP_NONE);
}

void check_stop(const Answer& answer, int32_t outcome, int32_t reason) {
  BOOST_TEST(answer.code == PPN_OK);
  BOOST_TEST(answer.retry == 0);
  BOOST_TEST(answer.delay_ms == 0);
  BOOST_TEST(answer.outcome == outcome);
  BOOST_TEST(answer.reason == reason);
}

int32_t set(const RetryPolicy& policy, std::string_view name, std::string_view value, std::string* message = nullptr) {
  ErrorHandle error;
  const int32_t code =
      ppn_retry_policy_set(policy.get(), name.data(), name.size(), value.data(), value.size(), error.out());
  if (message != nullptr) *message = ppn_error_message(error.get());
  return code;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(retry_policy, NoLeak)

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_documentation) {
  const RetryPolicy policy = make_retry_policy();
  for (const int32_t status : {408, 429, 500, 502, 503, 504, 522, 524, 529}) {
    check_retry(ask(policy, {.status = status}), 375, PPN_OUTCOME_STATUS_RETRYABLE);
  }
  check_stop(ask(policy, {.status = 501}), PPN_OUTCOME_FATAL, PPN_STOP_NOT_RETRYABLE);
  check_retry(ask(policy, {.status = 503, .retries_done = 2}), 1'500, PPN_OUTCOME_STATUS_RETRYABLE);
  check_stop(ask(policy, {.status = 503, .retries_done = 3}), PPN_OUTCOME_STATUS_RETRYABLE, PPN_STOP_MAX_RETRIES);
  check_retry(ask(policy, {.status = 503, .retry_after_ms = 120'000}), 120'000, PPN_OUTCOME_STATUS_RETRYABLE);
  check_stop(ask(policy, {.status = 503, .retry_after_ms = 120'001}), PPN_OUTCOME_STATUS_RETRYABLE,
             PPN_STOP_RETRY_AFTER_TOO_LONG);
}

BOOST_AUTO_TEST_CASE(each_argument_takes_part_in_the_decision) {
  const RetryPolicy policy = make_retry_policy();
  const Question reset{.method = "POST", .code = PPN_E_CONNECTION_RESET};
  check_stop(ask(policy, reset), PPN_OUTCOME_SENT_NO_RESPONSE, PPN_STOP_UNSAFE_METHOD);
  Question other = reset;
  other.method = "PUT";
  check_retry(ask(policy, other), 375, PPN_OUTCOME_SENT_NO_RESPONSE);
  other = reset;
  other.sent = PPN_SENT_NONE;
  check_retry(ask(policy, other), 375, PPN_OUTCOME_NOT_SENT);
  other = reset;
  other.keyed = 1;
  check_retry(ask(policy, other), 375, PPN_OUTCOME_SENT_NO_RESPONSE);
  other.random = 1;
  check_retry(ask(policy, other), 500, PPN_OUTCOME_SENT_NO_RESPONSE);
  other.remaining_ms = 500;
  check_stop(ask(policy, other), PPN_OUTCOME_SENT_NO_RESPONSE, PPN_STOP_DEADLINE);
  other.code = PPN_E_CANCELLED;
  check_stop(ask(policy, other), PPN_OUTCOME_FATAL, PPN_STOP_CANCELLED);
  check_retry(ask(policy, {.status = 200, .code = PPN_E_BODY_TRUNCATED}), 375, PPN_OUTCOME_BODY_FAILED);
  check_retry(ask(policy, {.method = "POST", .status = 503, .code = PPN_E_HTTP_UNAVAILABLE}), 375,
              PPN_OUTCOME_STATUS_RETRYABLE);
  check_stop(ask(policy, {.status = 200}), PPN_OUTCOME_SUCCESS, PPN_STOP_NONE);
  for (const int32_t code : {int32_t{PPN_END}, int32_t{PPN_PENDING}, 999'999, INT32_MIN, INT32_MAX}) {
    check_stop(ask(policy, {.code = code}), PPN_OUTCOME_FATAL, PPN_STOP_NOT_RETRYABLE);
  }
}

BOOST_AUTO_TEST_CASE(delay_is_never_shorter_than_asked_nor_as_long_as_what_is_left) {
  const RetryPolicy policy = make_retry_policy();
  for (const int64_t asked : {1, 2, 9, 10, 999, 60'000, 120'000}) {
    for (const double random : {0.0, 0.3, 0.9999999, 1.0}) {
      for (const int64_t spare : {1, 2, 100, 100'000}) {
        const Answer answer =
            ask(policy, {.status = 429, .retry_after_ms = asked, .remaining_ms = asked + spare, .random = random});
        BOOST_TEST(answer.retry == 1);
        BOOST_TEST((answer.delay_ms >= asked && answer.delay_ms < asked + spare));
      }
      check_stop(ask(policy, {.status = 429, .retry_after_ms = asked, .remaining_ms = asked, .random = random}),
                 PPN_OUTCOME_STATUS_RETRYABLE, PPN_STOP_RETRY_AFTER_TOO_LONG);
    }
  }
  check_stop(ask(policy, {.status = 429, .retry_after_ms = INT64_MAX}), PPN_OUTCOME_STATUS_RETRYABLE,
             PPN_STOP_RETRY_AFTER_TOO_LONG);
  check_retry(ask(policy, {.status = 429, .retry_after_ms = 5, .remaining_ms = INT64_MAX}), 5,
              PPN_OUTCOME_STATUS_RETRYABLE);
  check_stop(ask(policy, {.status = 429, .remaining_ms = 0}), PPN_OUTCOME_STATUS_RETRYABLE, PPN_STOP_DEADLINE);
}

BOOST_AUTO_TEST_CASE(options_are_set_by_their_names) {
  const RetryPolicy policy = make_retry_policy();
  BOOST_TEST(set(policy, "max_retries", "10") == PPN_OK);
  BOOST_TEST(set(policy, "backoff_factor", "0.25") == PPN_OK);
  BOOST_TEST(set(policy, "max_backoff_ms", "700") == PPN_OK);
  BOOST_TEST(set(policy, "backoff_jitter", "none") == PPN_OK);
  BOOST_TEST(set(policy, "max_retry_after_ms", "86400000") == PPN_OK);
  BOOST_TEST(set(policy, "retry_codes", "500, 418") == PPN_OK);
  BOOST_TEST(set(policy, "retry_unsafe", "Yes") == PPN_OK);
  BOOST_TEST(set(policy, "final_error_codes", "") == PPN_OK);
  check_retry(ask(policy, {.method = "POST", .status = 418}), 250, PPN_OUTCOME_STATUS_RETRYABLE);
  check_retry(ask(policy, {.method = "POST", .status = 500, .retries_done = 9}), 700, PPN_OUTCOME_STATUS_RETRYABLE);
  check_retry(ask(policy, {.status = 500, .retry_after_ms = 86'400'000}), 86'400'000, PPN_OUTCOME_STATUS_RETRYABLE);
  check_stop(ask(policy, {.status = 503}), PPN_OUTCOME_FATAL, PPN_STOP_NOT_RETRYABLE);
  BOOST_TEST(set(policy, "backoff_factor", "1e1") == PPN_OK);
  BOOST_TEST(set(policy, "max_backoff_ms", "86400000") == PPN_OK);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), 2, 0.5) == 40'000);
  BOOST_TEST(set(policy, "backoff_jitter", "full") == PPN_OK);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), 2, 0.5) == 20'000);
  BOOST_TEST(set(policy, "backoff_factor", "0") == PPN_OK);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), 2, 0.5) == 0);
}

BOOST_AUTO_TEST_CASE(refused_value_is_named_with_its_option_and_range_and_changes_nothing) {
  const RetryPolicy policy = make_retry_policy();
  struct Row {
    const char* name;
    std::vector<std::string> values;
    std::string why;
  };
  const std::string huge(400, '9');
  const std::vector<Row> rows{
      {"max_retries",
       {"11", "-1", "+1", "3.0", "1e1", "", " 3", "3 ", "x", "99999999999999999999", huge},
       "is no integer of the range 0..10"},
      {"backoff_factor",
       {"nan", "NaN", "inf", "-inf", "-0.5", "3600.1", "1e400", "1e9", "", "0,5", ".5", "5.", "0x1p3", huge},
       "is no number of the range 0..3600"},
      {"max_backoff_ms", {"-1", "86400001", "1.5", "nan", huge}, "is no integer of the range 0..86400000"},
      {"max_retry_after_ms", {"-1", "86400001", "two days", huge}, "is no integer of the range 0..86400000"},
      {"backoff_jitter", {"", "random"}, "is none of equal_down, full, decorrelated, none"},
      {"retry_codes",
       {"399", "600", "500;", "five", "500,,501"},
       "is no list of statuses from 400 to 599, such as 429,503"},
      {"retry_unsafe", {"", "2", "maybe", "falsee"}, "is none of true/false, yes/no, on/off, 1/0"},
      {"final_error_codes", {"a\nb", "\xff", std::string(5'000, 'a')}, "is no list of codes, separated by commas"},
  };
  for (const Row& row : rows) {
    for (const std::string& value : row.values) {
      BOOST_TEST_CONTEXT(row.name << "=" << value) {
        std::string message;
        BOOST_TEST(set(policy, row.name, value, &message) == PPN_E_CONFIG_ERROR);
        const bool readable = value.size() <= 64 && value.find_first_of("\n\xff") == value.npos;
        BOOST_TEST(message ==
                   std::string(row.name) + ": " + (readable ? "'" + value + "'" : "the given text") + " " + row.why);
      }
    }
  }
  std::string message;
  for (const char* name : {"", "timeout_ms", "MAX_RETRIES", "max_retries ", "retries\n"}) {
    BOOST_TEST(set(policy, name, "1", &message) == PPN_E_CONFIG_ERROR);
    BOOST_TEST(message.starts_with("a retry policy has no option called "));
    BOOST_TEST(message.find('\n') == message.npos);
  }
  check_retry(ask(policy, {.status = 503, .retries_done = 2}), 1'500, PPN_OUTCOME_STATUS_RETRYABLE);
}

BOOST_AUTO_TEST_CASE(argument_out_of_its_range_is_refused_and_named) {
  const RetryPolicy policy = make_retry_policy();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::pair<Question, std::string>> rows{
      {{.method = nullptr, .status = 503}, "method"},
      {{.status = 99}, "status is not 0 or 100..999"},
      {{.status = 1'000}, "status is not 0 or 100..999"},
      {{.status = -1}, "status is not 0 or 100..999"},
      {{.status = 0}, "there is neither a status nor a code"},
      {{.status = 503, .sent = -1}, "sent is no PPN_SENT_ constant"},
      {{.status = 503, .sent = 3}, "sent is no PPN_SENT_ constant"},
      {{.status = 503, .retries_done = -1}, "retries_done is negative"},
      {{.status = 503, .retry_after_ms = -2}, "retry_after_ms is less than -1"},
      {{.status = 503, .remaining_ms = INT64_MIN}, "remaining_ms is less than -1"},
      {{.status = 503, .random = -0.1}, "random is not 0..1"},
      {{.status = 503, .random = 1.1}, "random is not 0..1"},
      {{.status = 503, .random = nan}, "random is not 0..1"},
  };
  for (const auto& [question, text] : rows) {
    const Answer answer = ask(policy, question);
    BOOST_TEST(answer.code == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(answer.message.find(text) != std::string::npos, answer.message);
    BOOST_TEST((answer.retry == 0 && answer.delay_ms == 0 && answer.outcome == 0 && answer.reason == 0));
  }
  int32_t retry = 7;
  int64_t delay = 7;
  const auto with_outs = [&](int32_t* out_retry, int64_t* out_delay) {
    return ppn_retry_policy_decide(policy.get(), "GET", 3, 503, 0, 0, 0, 0, -1, -1, 0, out_retry, out_delay, nullptr,
                                   nullptr, nullptr);
  };
  BOOST_TEST(with_outs(nullptr, &delay) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(with_outs(&retry, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(with_outs(&retry, &delay) == PPN_OK);
  BOOST_TEST((retry == 1 && delay == 375));
  BOOST_TEST(ppn_retry_policy_new(nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(backoff_is_told_without_a_decision) {
  const RetryPolicy policy = make_retry_policy();
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), 0, 0) == 375);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), 0, 1) == 500);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), 3, 1) == 4'000);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), INT32_MAX, 1) == 8'000);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), -1, 0) == -1);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), 0, 2) == -1);
  BOOST_TEST(ppn_retry_policy_delay_ms(policy.get(), 0, std::nan("")) == -1);
  BOOST_TEST(ppn_retry_policy_delay_ms(nullptr, 0, 0) == -1);
  RetryPolicy gone = make_retry_policy();
  ppn_retry_policy* const handle = gone.get();
  gone.reset();
  BOOST_TEST(ppn_retry_policy_delay_ms(handle, 0, 0) == -1);
}

BOOST_AUTO_TEST_CASE(reference_that_was_added_keeps_it) {
  RetryPolicy first = make_retry_policy();
  const RetryPolicy second(ppn_retry_policy_acquire(first.get()));
  BOOST_TEST((second.get() == first.get()));
  first.reset();
  check_retry(ask(second, {.status = 503}), 375, PPN_OUTCOME_STATUS_RETRYABLE);
  BOOST_TEST((ppn_retry_policy_acquire(nullptr) == nullptr));
}

BOOST_AUTO_TEST_CASE(constants_have_names) {
  const std::vector<std::string> outcomes{
      "success", "not_sent", "sent_no_response", "status_retryable", "body_failed", "committed", "fatal"};
  for (size_t i = 0; i < outcomes.size(); ++i) BOOST_TEST(ppn_outcome_name(static_cast<int32_t>(i)) == outcomes[i]);
  const std::vector<std::string> reasons{
      "none",   "not_retryable", "unsafe_method",       "max_retries", "budget",  "deadline", "retry_after_too_long",
      "server", "provider_code", "body_not_replayable", "committed",   "decider", "cancelled"};
  for (size_t i = 0; i < reasons.size(); ++i) BOOST_TEST(ppn_stop_reason_name(static_cast<int32_t>(i)) == reasons[i]);
  const std::vector<std::string> sources{"none",         "backoff", "retry_after_ms", "retry_after",
                                         "rate_headers", "decider", "middleware"};
  for (size_t i = 0; i < sources.size(); ++i) BOOST_TEST(ppn_delay_source_name(static_cast<int32_t>(i)) == sources[i]);
  for (const int32_t unknown : {-1, 13, 255, 256, 257, INT32_MIN, INT32_MAX}) {
    BOOST_TEST(std::string(ppn_outcome_name(unknown)) == "fatal");
    BOOST_TEST(std::string(ppn_stop_reason_name(unknown)) == "none");
    BOOST_TEST(std::string(ppn_delay_source_name(unknown)) == "none");
  }
}

BOOST_AUTO_TEST_SUITE_END()
