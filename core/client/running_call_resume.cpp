// A stream that breaks goes on with another attempt: as any other call while nobody has seen anything of it
// (SEMANTICS 3.1.1), and afterwards where it may be resumed (3.4.6, WHATWG HTML 9.2.3).
#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "base/free_memory.hpp"
#include "base/random.hpp"
#include "client/running_call_admission.hpp"
#include "client/running_call_middleware.hpp"
#include "codec/headers.hpp"
#include "policy/stream_reconnect.hpp"

namespace ppn {

// Before the handler sees its head.
void RunningCall::begin_stream() {
  attempt_->response()->headers.shrink_to_fit();
  if (!may_start_over() && !is_resumable()) forget_request();
  if (wants_tokens() && delivery_ == Delivery::events) body_.count_tokens();
}

// Whether there is another response to deliver; else `outcome` is that of the call.
Task<bool> RunningCall::begin_again(Status& outcome) {
  barren_ = body_.has_handed_on() ? 0 : barren_ + 1;
  RetryDecision again = start_over(outcome);
  if (again.retry) {
    ++retries_;
    outcome = co_await another_attempt(again, outcome);
  } else {
    again = reconnection_after(outcome);
    if (!again.retry) co_return false;
    outcome = co_await reconnect(again, std::move(outcome));
  }
  if (!outcome || lost_) co_return false;
  filter_stream();
  co_return true;
}

// Whether a stream whose head nobody has seen is tried again from its begin. A status that is an error was judged before.
RetryDecision RunningCall::start_over(const Status& outcome) {
  if (outcome || body_.has_handed_on() || attempt_->response()->status >= 400) return {};
  if (!may_start_over()) {
    // The last of them broke as the others did, and is no more committed than they were.
    if (body_.tells_head() && retries_ > 0 && handler_->take_back_head()) stop_reason_ = StopReason::max_retries;
    return {};
  }
  if (!handler_->take_back_head()) return {};
  committed_ = false;
  RetryDecision decision = settle(outcome);
  last_outcome_ = decision.outcome;
  committed_ = !decision.retry;
  if (!decision.retry) stop_reason_ = decision.reason;
  return decision;
}

// Before its first piece; keeps the request until then.
bool RunningCall::may_start_over() const noexcept {
  const RetryOptions& options = call_->request_options().retry;
  return body_.tells_head() && !handler_->wants_head() && (options.max_retries > retries_ || decider_) &&
         (!source_ || source_->rewindable());
}

bool RunningCall::is_resumable() const noexcept {
  return delivery_ == Delivery::events &&
         may_resume(call_->request_options().stream, call_->message_.method, !source_ || source_->rewindable());
}

RetryDecision RunningCall::reconnection_after(const Status& outcome) const noexcept {
  if (!attempt_ || !is_resumable()) return {};
  const RequestOptions& options = call_->request_options();
  const auto& response = attempt_->response();
  const StreamEnd end{.code = outcome ? ErrorCode::ok : outcome.error().code,
                      .terminal = body_.at_marker() || (response && response->status == 204),
                      .failures = barren_};
  if (!goes_on(options.stream, end)) return {};
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto asked = body_.retry_ms();
  const std::int64_t asked_ms = asked ? static_cast<std::int64_t>(std::min(*asked, kMost)) : -1;
  const Nanos delay = reconnect_delay(options.stream, options.retry, asked_ms, barren_, random_unit());
  if (delay >= end_of_stream() - loop_.now()) return {};
  return {.retry = true, .delay = delay, .source = DelaySource::reconnect, .outcome = OutcomeClass::committed};
}

// After which nothing of a stream that goes on can come any more; kNever when there is no such time.
Nanos RunningCall::end_of_stream() const noexcept {
  const std::int64_t ceiling_ms = facts_.limits().body.ceiling_ms;
  const Nanos head = body_.first_head();
  if (ceiling_ms == 0 || head == kNever) return facts_.deadline;
  return std::min(facts_.deadline, head + ceiling_ms * kMillisecond);
}

// Connections for the rest of the stream, until one has a head; the outcome of the last one when no other follows.
Task<Status> RunningCall::reconnect(RetryDecision again, Status outcome) {
  for (;;) {
    body_.go_on();
    last_outcome_ = again.outcome;
    outcome = co_await another_attempt(again, outcome);
    if (outcome) co_return outcome;
    ++barren_;
    again = reconnection_after(outcome);
    if (!again.retry) co_return outcome;
  }
}

// The end of one attempt at a stream, and the next one as far as its head.
Task<Status> RunningCall::another_attempt(const RetryDecision& decision, const Status& outcome) {
  if (const auto& response = attempt_->response()) {
    // Nobody else writes to it any more; who has seen its head may read on.
    earlier_attempts_ = response->earlier_attempts;
    close_response(*response);
    if (committed_) {
      if (response->redirects == 0) response->url = call_->message_.url;
      response->complete.store(true, std::memory_order_release);
    }
  }
  report_attempt_end(*attempt_, outcome ? ErrorCode::ok : outcome.error().code);
  if (outgoing_) outgoing_->chain.end(outcome ? nullptr : &outcome.error());
  if (Status ready = co_await next_attempt(decision, outcome); !ready) co_return ready;
  if (!body_.tells_head()) set_last_event_id();
  co_return co_await try_until_settled();
}

// An id that no header can carry is not sent, and neither is an empty one; an id that the user has set stays until the
// stream names another.
void RunningCall::set_last_event_id() {
  constexpr const char* kName = "Last-Event-ID";
  const std::string_view id = body_.last_event_id();
  HeaderList& headers = call_->message_.headers;
  if (id.empty() && !body_.has_seen_id()) return;
  if (!id.empty() && is_header_value(id)) {
    headers.set(kName, id);
  } else {
    headers.remove(kName);
  }
  call_->encode_again(call_->message_, call_->wire_);
}

// A stream may be silent for hours. From its first piece on nothing is sent again, so the request is not needed.
void RunningCall::forget_request() noexcept {
  call_->wire_ = {};
  free_memory(origin_);
  // Filters of middleware may still look at these.
  if (!middleware_) free_memory(call_->message_.headers);
}

void RunningCall::on_first_piece() noexcept {
  if (!facts_.collects && !is_resumable()) forget_request();
}

// What its call adds to a response at the end.
void RunningCall::close_response(Response& response) noexcept {
  const bool made_up = answer_ || attempt_->answered();
  response.body_bytes = made_up ? response.body.size() : attempt_->received_bytes();
  if (attempt_) response.timings = attempt_->timings();
  response.timings.set(Span::total, monotonic_now() - facts_.started);
  try {
    body_.note_stream_state(response, facts_.started);
  } catch (const std::bad_alloc&) {
    // The response is told without it.
  }
}

// After complete(), when that had left the attempt to its rest.
void RunningCall::leave() noexcept {
  token_.stop();
  attempt_->let_go();
  attempt_.reset();
  source_.reset();
  client_loop_->leave(*this);
  client_loop_.reset();
  call_.reset();
}

}  // namespace ppn
