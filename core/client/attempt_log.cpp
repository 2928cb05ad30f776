#include "client/attempt_log.hpp"

#include <utility>

namespace ppn {
namespace {

// When the attempt after this one began.
Nanos next_begin(const AttemptRecord& record) noexcept {
  return record.ended + (record.delay > 0 ? record.delay : 0);
}

std::size_t kept_count(const Error& error) noexcept {
  return error.log ? error.log->size() : 0;
}

// Whether the log of the error has its last attempt too.
bool log_is_whole(const Error& error) noexcept {
  return error.attempts == 0 || (kept_count(error) > 0 && error.log->back().number + 1 >= error.attempts);
}

// Of a response that stands: whether another attempt was wanted and could not be made.
OutcomeClass outcome_of(const Response& response) noexcept {
  switch (response.stop_reason) {
    case StopReason::unsafe_method:
    case StopReason::max_retries:
    case StopReason::budget:
    case StopReason::deadline:
    case StopReason::retry_after_too_long:
    case StopReason::body_not_replayable: return OutcomeClass::status_retryable;
    default: return OutcomeClass::success;
  }
}

OutcomeClass outcome_of(const Error& error) noexcept {
  if (error.stop_reason == StopReason::committed) return OutcomeClass::committed;
  if (category_of(error.code) == ErrorCategory::status) {
    return error.retryable ? OutcomeClass::status_retryable : OutcomeClass::success;
  }
  if (!error.retryable) return OutcomeClass::fatal;
  if (error.http_status != 0) return OutcomeClass::body_failed;
  return error.sent == Sent::none ? OutcomeClass::not_sent : OutcomeClass::sent_no_response;
}

// The one that gave the response began before another one that ran beside it.
bool is_overtaken(const Response& response) noexcept {
  const auto& earlier = response.earlier_attempts;
  return response.attempt_number >= 0 && !earlier.empty() && earlier.back().number > response.attempt_number;
}

// Where its own record stands in the list of a response.
std::size_t own_index(const Response& response) noexcept {
  return response.earlier_attempts.size() - (is_overtaken(response) ? 1 : 0);
}

AttemptRecord own_of(const Response& response) {
  const auto& earlier = response.earlier_attempts;
  const Nanos after_others = earlier.empty() ? 0 : next_begin(earlier.back());
  return {.number = response.attempt_number >= 0 ? response.attempt_number : response.attempts - 1,
          .outcome = outcome_of(response),
          .code = error_code_of_status(response.status),
          .phase = Phase::body,
          .status = response.status,
          .sent = Sent::full,
          .received_bytes = response.body_bytes,
          .began = response.attempt_began >= 0 ? response.attempt_began : after_others,
          .ended = response.timings.get(Span::total),
          .connection_id = response.connection_id,
          .remote = response.remote};
}

AttemptRecord last_of(const Error& error) {
  return {.number = error.attempts - 1,
          .outcome = outcome_of(error),
          .code = error.code,
          .phase = error.phase,
          .status = error.http_status,
          .sent = error.sent,
          .received_bytes = error.received_bytes,
          .began = kept_count(error) == 0 ? 0 : next_begin(error.log->back()),
          .ended = -1,
          .remote = {}};
}

template <class Result>
std::vector<AttemptRecord> list_of(const Result& result) {
  std::vector<AttemptRecord> list;
  const std::size_t count = attempt_count(result);
  list.reserve(count);
  for (std::size_t i = 0; i < count; ++i) list.push_back(attempt_at(result, i));
  return list;
}

}  // namespace

void note_earlier_attempt(std::vector<AttemptRecord>& earlier, AttemptRecord record) {
  if (earlier.size() + 1 < kMaxAttemptRecords) {
    add_attempt(earlier, std::move(record));
  } else if (record.number > earlier.back().number) {
    earlier.back() = std::move(record);
  }
}

void add_attempt(std::vector<AttemptRecord>& attempts, AttemptRecord record) {
  const bool is_overtaken = !attempts.empty() && attempts.back().number > record.number;
  attempts.insert(attempts.end() - (is_overtaken ? 1 : 0), std::move(record));
}

std::size_t attempt_count(const Response& response) noexcept {
  const bool ended = response.complete.load(std::memory_order_acquire);
  return response.earlier_attempts.size() + (ended ? 1 : 0);
}

std::size_t attempt_count(const Error& error) noexcept {
  return kept_count(error) + (log_is_whole(error) ? 0 : 1);
}

AttemptRecord attempt_at(const Response& response, std::size_t index) {
  const std::size_t own = own_index(response);
  if (index == own) return own_of(response);
  return response.earlier_attempts[index < own ? index : index - 1];
}

AttemptRecord attempt_at(const Error& error, std::size_t index) {
  return index < kept_count(error) ? (*error.log)[index] : last_of(error);
}

const std::string& attempt_remote(const Response& response, std::size_t index) noexcept {
  const std::size_t own = own_index(response);
  if (index == own) return response.remote;
  return response.earlier_attempts[index < own ? index : index - 1].remote;
}

const std::string& attempt_remote(const Error& error, std::size_t index) noexcept {
  static const std::string none;
  return index < kept_count(error) ? (*error.log)[index].remote : none;
}

std::vector<AttemptRecord> attempts_of(const Response& response) {
  return list_of(response);
}

std::vector<AttemptRecord> attempts_of(const Error& error) {
  return list_of(error);
}

}  // namespace ppn
