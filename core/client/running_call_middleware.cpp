// The way of a call through its middleware (SEMANTICS 3.6).
#include "client/running_call_middleware.hpp"

#include <algorithm>
#include <utility>

#include "client/running_call.hpp"

namespace ppn {

Outgoing::Outgoing(const std::shared_ptr<const MiddlewareList>& middleware, EventLoop& loop,
                   const RequestMessage& original, std::shared_ptr<Attributes> attributes, int number,
                   std::int64_t timeout_ms)
    : message(original),
      chain(middleware, Middleware::Kind::attempt, loop, message, nullptr, std::move(attributes), number + 1,
            timeout_ms) {}

RunningCall::Around::Around(RunningCall& running)
    : call(running),
      attributes(std::make_shared<Attributes>()),
      chain(running.middleware_, Middleware::Kind::application, running.loop_, running.call_->message_, this,
            attributes, 0, running.call_->request_options().middleware_timeout_ms) {
  HeaderList& headers = running.call_->message_.headers;
  headers.reserve(headers.size() + 8, 384);  // for what middleware adds, and the defaults
}

Status RunningCall::Around::set_body(std::string bytes) {
  call.call_->replace_body(std::move(bytes));
  call.source_.reset();
  return {};
}

Status RunningCall::Around::set_option(std::string_view name, std::string_view value) {
  return call.call_->change_option(name, value);
}

Status RunningCall::Around::may_retry() {
  if (call.source_ && !call.source_->rewindable()) {
    return Failure(ErrorCode::body_not_replayable, Phase::middleware, "the body can not be sent a second time");
  }
  if (call.retries_ >= call.call_->request_options().retry.max_retries) {
    return Failure(ErrorCode::invalid_state, Phase::middleware, "no retry is left (max_retries)");
  }
  return {};
}

void RunningCall::AroundDeleter::operator()(Around* around) const noexcept {
  delete around;
}

// A. Once for the call, around everything that may be repeated.
Task<Status> RunningCall::go_through_middleware() {
  around_.reset(new Around(*this));
  Status outcome = co_await around_->chain.before(token_);
  answer_ = around_->chain.short_circuit();
  bool finished = false;  // there is a message to send
  if (outcome && !answer_) {
    try {
      outcome = finish_message();
      finished = outcome.ok();
      if (outcome) outcome = co_await try_until_settled();
    } catch (const std::bad_alloc&) {
      outcome = no_memory();  // those who were entered hear of it
    }
  }
  for (;;) {
    const ErrorCode code = outcome ? ErrorCode::ok : outcome.error().code;
    const Phase phase = outcome ? Phase::none : outcome.error().phase;
    MiddlewareOutcome passing = passing_out(std::move(outcome));
    const std::optional<Nanos> again = co_await around_->chain.after(token_, passing);
    if (!again) {
      outcome = came_out(std::move(passing));
      break;
    }
    // A middleware wants the call to be made once more.
    const RetryDecision decision{
        .retry = true, .delay = *again, .source = DelaySource::middleware, .outcome = last_outcome_};
    const int status = passing.response ? passing.response->status : 0;
    if (attempt_) {
      // What the attempt came to, whatever the middleware has made of it since.
      const Status own = code == ErrorCode::ok ? Status() : Status(Failure(code, phase, ""));
      note_attempt(*attempt_, own, decision);
      attempt_->let_go();
      report_attempt_end(*attempt_, code);
      attempt_.reset();
    }
    admission_.reset();
    answer_.reset();
    stop_reason_ = StopReason::none;
    ++retries_;
    // It may have changed headers, a credential among them.
    scope_.reset();
    const ErrorCode last = passing.error ? passing.error->code : error_code_of_status(status);
    try {
      outcome = co_await back_off(decision, status, status != 0 || passing.error ? last : ErrorCode::ok);
      if (outcome && !finished) {
        outcome = finish_message();
        finished = outcome.ok();
      } else if (outcome) {
        call_->encode_again(call_->message_, call_->wire_);
        outcome = rewind();
      }
      if (outcome) outcome = co_await try_until_settled();
    } catch (const std::bad_alloc&) {
      outcome = no_memory();
    }
  }
  if (!outcome || lost_ || (facts_.collects && !handler_->wants_head())) co_return outcome;
  filter_stream();
  co_return co_await deliver();
}

// The middleware of this attempt first, then that of the call.
void RunningCall::filter_stream() {
  if (!around_ || facts_.collects) return;
  StreamFilters filters;
  if (outgoing_) outgoing_->chain.add_filters(filters);
  around_->chain.add_filters(filters);
  body_.set_filters(std::move(filters));
}

// Header, body and options have got their last change.
Status RunningCall::finish_message() {
  Call& call = *call_;
  facts_.options = &call.request_options();
  facts_.total_ms = limits().total_ms;
  facts_.deadline = deadline_after(facts_.started, facts_.total_ms);
  token_.set_deadline(facts_.deadline);
  origin_ = call.message_.url.origin();
  if (call.message_.url.secure() && !facts_.tls) {
    Result<std::shared_ptr<TlsContext>> context = call.client_->tls_context();
    if (!context) return std::move(context).failure();
    facts_.tls = std::move(*context);
  }
  if (!call.message_.url.secure()) facts_.tls = nullptr;
  if (source_) call.source_ = std::move(source_);
  call.finish_message(delivery_);
  source_ = std::move(call.source_);
  body_ = BodyDelivery(delivery_, call.request_options());
  return {};
}

MiddlewareOutcome RunningCall::passing_out(Status outcome) {
  MiddlewareOutcome passing;
  passing.response = current_response();
  if (!outcome) {
    passing.error = std::move(outcome).failure().take();
    describe(*passing.error);
  }
  return passing;
}

// What the middleware has made of it.
Status RunningCall::came_out(MiddlewareOutcome passing) {
  if (passing.response != current_response()) {
    answer_ = std::move(passing.response);
    if (attempt_) attempt_->let_go();
  }
  return passing.error ? Status(Failure(std::move(passing.error))) : Status();
}

std::unique_ptr<Outgoing> RunningCall::make_outgoing(const Attempt& attempt, const RequestMessage& message) const {
  auto outgoing = std::make_unique<Outgoing>(middleware_, loop_, message, around_ ? around_->attributes : nullptr,
                                             attempt.number(), call_->request_options().middleware_timeout_ms);
  if (call_->request_options().send_retry_count && retries_ > 0) {
    outgoing->message.headers.set("x-retry-count", std::to_string(retries_));
  }
  return outgoing;
}

// I. Around one attempt, with a message of its own.
Task<Status> RunningCall::perform_with_message(Attempt& attempt, std::unique_ptr<Outgoing>& outgoing) {
  outgoing = make_outgoing(attempt, call_->message_);
  RequestMessage& message = outgoing->message;
  Status outcome = co_await outgoing->chain.before(attempt.token());
  if (auto answer = outgoing->chain.short_circuit()) {
    attempt.answer(std::move(answer));
  } else if (outcome) {
    call_->encode_again(message, outgoing->wire);
    AttemptRequest what = request();
    what.wire = outgoing->wire;
    outcome = co_await attempt.until_head(what);
  }
  co_return outcome;
}

// The way back of I.
Task<Status> RunningCall::leave_attempt(Attempt& attempt, Outgoing& outgoing, Status outcome) {
  if (outgoing.left) co_return outcome;
  MiddlewareOutcome passing{.response = attempt.response(), .error = nullptr};
  if (!outcome) passing.error = std::move(outcome).failure().take();
  attempt.stop_clock();
  co_await outgoing.chain.after(attempt.token(), passing);
  if (passing.response != attempt.response()) attempt.answer(std::move(passing.response));
  if (passing.error) co_return Failure(std::move(passing.error));
  co_return Status();
}

// A response that is there with its whole body: the answer of a middleware, or one that middleware had to see first.
Task<Status> RunningCall::hand_over_whole(Response& response) {
  const std::string body = facts_.collects ? std::string() : std::exchange(response.body, {});
  std::string_view bytes = body;
  body_.forget_resume_request();
  Flow flow = body_.tells_head() ? handler_->on_head(current_response()) : Flow::proceed;
  if (flow == Flow::proceed) body_.forget_resume_request();
  if (flow == Flow::abort) co_return aborted();
  BodyDelivery::Step taken = BodyDelivery::Step::more;
  if (!facts_.collects) taken = body_.begin(response, bytes.size());
  if (flow == Flow::pause && taken == BodyDelivery::Step::more) taken = BodyDelivery::Step::paused;
  for (bool at_end = false;;) {
    while (taken == BodyDelivery::Step::paused) {
      if (!body_.take_resume_request()) {
        around_->resumed.reset();
        around_->paused = true;
        const Wake wake = co_await around_->resumed.until(token_, kNever);
        around_->paused = false;
        if (wake != Wake::ready) co_return interrupted(Phase::deliver);
      }
      taken = facts_.collects ? BodyDelivery::Step::more : body_.resume(*handler_, response, bytes, false);
    }
    body_.note_pace(loop_.now());
    if (taken == BodyDelivery::Step::aborted) co_return aborted();
    if (taken == BodyDelivery::Step::ended) co_return Status();
    if (taken != BodyDelivery::Step::more) co_return Failure(body_.take_error());
    if (facts_.collects || at_end) co_return Status();
    if (!bytes.empty()) {
      taken = body_.feed(*handler_, response, bytes, false);
    } else if (body_.holds()) {
      taken = body_.flush(*handler_);
    } else {
      taken = body_.end(*handler_, response);
      at_end = taken != BodyDelivery::Step::paused;
    }
  }
}

}  // namespace ppn
