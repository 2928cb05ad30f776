// The way of one call, top to bottom: run() -> try_until_settled() -> one_attempt() -> deliver() -> complete().
#include "client/running_call.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/log.hpp"
#include "client/attempt_log.hpp"
#include "client/call_secrets.hpp"
#include "client/quiet_handler.hpp"
#include "client/running_call_admission.hpp"
#include "client/running_call_middleware.hpp"
#include "client/status_error.hpp"

namespace ppn {
namespace {

bool is_of_attempts(const std::shared_ptr<Middleware>& middleware) noexcept {
  return middleware->kind() == Middleware::Kind::attempt;
}

// What only describes the end of a call may not prevent it: without memory it is left out.
std::string redacted_if_possible(const Url& url) noexcept {
  try {
    return url.redacted();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void log_end(const RequestMessage& message, const Error* error, const Response* response) noexcept {
  try {
    const CallSecrets secrets(message.headers, message.url);
    log(LogLevel::debug, std::string(shown_method(message.method)) + " " +
                             scrub(message.url.redacted(), secrets.views()) + ": " +
                             (error != nullptr      ? std::string(describe(error->code).name)
                              : response == nullptr ? "no memory"
                                                    : std::to_string(response->status)));
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

RunningCall::RunningCall(std::shared_ptr<Call> call, std::shared_ptr<ClientLoop> client_loop,
                         std::shared_ptr<TlsContext> tls, Delivery delivery, std::unique_ptr<CallHandler> handler,
                         std::shared_ptr<const MiddlewareList> middleware, bool lone)
    : call_(std::move(call)),
      client_loop_(std::move(client_loop)),
      loop_(client_loop_->loop()),
      runtime_(client_loop_->runtime().shared_from_this()),
      facts_{.client_loop = *client_loop_,
             .tls = std::move(tls),
             .connection_options = call_->client_->options().connection,
             .options = &call_->request_options(),
             .collects = delivery == Delivery::collect},
      handler_(std::move(handler)),
      middleware_(std::move(middleware)),
      limiter_(call_->client_->rate_limiter()),
      decider_(call_->client_->retry_decider()),
      delivery_(delivery),
      lone_(lone),
      source_(std::move(call_->source_)),
      origin_(middleware_ ? std::string() : call_->message_.url.origin()),
      token_(loop_),
      body_(delivery, call_->request_options()),
      around_attempts_(middleware_ && std::ranges::any_of(*middleware_, is_of_attempts)),
      quiet_(facts_.collects && (middleware_ || !handler_->wants_head())) {
  if (source_) source_->begin();
}

RunningCall::~RunningCall() = default;

void RunningCall::forget() noexcept {
  source_.reset();
  handler_.reset();
  call_.reset();
}

void RunningCall::begin() noexcept {
  client_loop_->enter(*this);
  facts_.started = monotonic_now();
  facts_.total_ms = limits().total_ms;
  facts_.deadline = deadline_after(loop_.now(), facts_.total_ms);
  token_.set_deadline(facts_.deadline);
  if (call_->cancel_requested_) token_.cancel();
  report_.begin(*call_->client_, call_->message_.method, call_->message_.url, call_->message_.headers, facts_.started);
  try {
    run();
  } catch (const std::bad_alloc&) {
    complete(no_memory());
  }
}

RootTask RunningCall::run() {
  const std::shared_ptr<RunningCall> self = shared_from_this();  // complete() drops all other references
  Status outcome;
  try {
    if (client_loop_->closed()) {
      outcome = Failure(ErrorCode::cancelled, Phase::pool, "the client was closed");
    } else if (middleware_) {
      outcome = co_await go_through_middleware();
    } else {
      outcome = co_await try_until_settled();
      if (outcome && !quiet_ && !lost_) outcome = co_await deliver();
    }
  } catch (const std::bad_alloc&) {
    outcome = no_memory();
  } catch (const std::exception& problem) {
    outcome = Failure(ErrorCode::internal, Phase::none, problem.what());
  }
  complete(std::move(outcome));
  if (!attempt_) co_return;
  // The handler has its end; the connection may be used again when the rest of the body comes soon.
  try {
    co_await attempt_->drain_rest();
  } catch (const std::bad_alloc&) {
    // Then it is closed.
  }
  leave();
}

// Where there is not even memory to say so, a completion with neither a response nor an error says it.
Status RunningCall::no_memory() noexcept {
  try {
    return Failure(ErrorCode::out_of_memory, Phase::none, "no memory for the call");
  } catch (const std::bad_alloc&) {
    lost_ = true;
    return {};
  }
}

// Attempts, until one needs no other or there may be no other (SEMANTICS 3.1).
Task<Status> RunningCall::try_until_settled() {
  if (attempts_ == 0) client_loop_->retry_budget(origin_).deposit(loop_.now());
  for (;;) {
    Status outcome = co_await one_attempt();
    const RetryDecision decision = settle(outcome);
    last_outcome_ = decision.outcome;
    if (attempt_) {
      learn_from(*attempt_, outcome, decision.reason == StopReason::provider_code, admission_.get());
    }
    if (!decision.retry) {
      stop_reason_ = decision.reason;
      if (outcome && quiet_ && only_peeked_ && !lost_) outcome = co_await attempt_->read_body(quiet_handler(), body_);
      co_return outcome;
    }
    ++retries_;
    if (Status ready = co_await next_attempt(decision, outcome); !ready) co_return ready;
  }
}

// Lets go of the attempt and waits for the time of the next one.
Task<Status> RunningCall::next_attempt(const RetryDecision& decision, const Status& outcome) {
  note_attempt(*attempt_, outcome, decision);
  const int status = attempt_->response() ? attempt_->response()->status : 0;
  attempt_->let_go();
  attempt_.reset();
  admission_.reset();
  const ErrorCode code = outcome ? error_code_of_status(status) : outcome.error().code;
  if (Status waited = co_await back_off(decision, status, code); !waited) co_return waited;
  co_return rewind();
}

// One attempt, as far as its outcome can be told: a response that may be given up for another attempt is only looked at,
// that of a stream is not read at all.
Task<Status> RunningCall::one_attempt() {
  only_peeked_ = false;
  if (needs_admission()) {
    if (Status admitted = co_await admit(admission_); !admitted) co_return admitted;
  }
  // A call that was cancelled before its turn came sends nothing, though a connection may be at hand.
  if (token_.interruption() != ErrorCode::ok) co_return interrupted(Phase::pool);
  if (may_hedge()) co_return co_await hedged_attempts();
  attempt_ = begin_attempt(token_);
  Status outcome;
  try {
    outcome = co_await perform(*attempt_, outgoing_);
    if (outcome && attempt_->redirected()) outcome = co_await follow_redirects(*attempt_, outgoing_);
    if (outcome && !attempt_->answered()) {
      only_peeked_ = is_looked_at(*attempt_->response());
      if (only_peeked_) {
        co_await attempt_->peek_body();
      } else if (quiet_) {
        outcome = co_await attempt_->read_body(quiet_handler(), body_);
      }
    }
  } catch (const std::bad_alloc&) {
    outcome = no_memory();  // no exception passes by middleware that was entered
  }
  attempt_->stop_clock();
  // A body that is handed on is still to come.
  if (!outcome || quiet_ || only_peeked_ || attempt_->answered()) {
    report_attempt_end(*attempt_, outcome ? ErrorCode::ok : outcome.error().code);
  }
  if (outgoing_ && !outgoing_->chain.empty()) {
    outcome = co_await leave_attempt(*attempt_, *outgoing_, std::move(outcome));
    only_peeked_ = only_peeked_ && outcome && !attempt_->answered();
  }
  co_return outcome;
}

std::unique_ptr<Attempt> RunningCall::begin_attempt(Token& token) {
  AttemptOwner& owner = *this;
  report_.attempt(attempts_);
  return std::make_unique<Attempt>(owner, token, attempts_++);
}

// With a message of its own where that differs from the one of the call.
Task<Status> RunningCall::perform(Attempt& attempt, std::unique_ptr<Outgoing>& outgoing) {
  return needs_own_message() ? perform_with_message(attempt, outgoing) : attempt.until_head(request());
}

bool RunningCall::needs_own_message() const noexcept {
  return around_attempts_ || (retries_ > 0 && call_->request_options().send_retry_count);
}

Task<Status> RunningCall::back_off(const RetryDecision& decision, int status, ErrorCode code) {
  if (decision.source == DelaySource::backoff) backoff_so_far_ = std::max<Nanos>(backoff_so_far_, 0) + decision.delay;
  report_.retry(last_outcome_, decision.delay, decision.source, status, code);
  Wait nothing;
  const Wake wake = co_await nothing.until(token_, loop_.now() + decision.delay);
  if (wake == Wake::interrupted) co_return interrupted(Phase::backoff);
  body_.start_over();
  co_return Status();
}

// From here on the handler sees the response. A stream that breaks may go on with another one: begin_again(), in
// running_call_resume.cpp; for everything else there is no way back.
Task<Status> RunningCall::deliver() {
  for (;;) {
    committed_ = true;
    note_attempts(*current_response());
    keep_secrets(*current_response());
    if (answer_ || quiet_ || attempt_->answered()) co_return co_await hand_over_whole(*current_response());
    if (!facts_.collects) begin_stream();
    Status outcome = co_await attempt_->read_body(*handler_, body_);
    if (outcome || body_.tokens()) settle_tokens(*attempt_, admission_.get());
    if (facts_.collects || token_.interruption() != ErrorCode::ok) co_return outcome;
    const bool again = co_await begin_again(outcome);
    if (!again) co_return outcome;
  }
}

Status RunningCall::rewind() {
  return source_ ? source_->rewind() : Status();
}

std::shared_ptr<Response> RunningCall::current_response() const noexcept {
  if (lost_) return nullptr;
  return answer_ ? answer_ : attempt_ ? attempt_->response() : nullptr;
}

AttemptRequest RunningCall::request() const noexcept {
  return {.method = call_->message_.method,
          .url = call_->message_.url,
          .origin = origin_,
          .tls = facts_.tls,
          .wire = call_->wire_,
          .wire_body_bytes = call_->wire_body_bytes_,
          .source = source_.get(),
          .expect_ms = call_->expect_ms(),
          .headers = call_->message_.headers,
          .idempotency_header = call_->request_options().idempotency_header};
}

Failure RunningCall::interrupted(Phase phase) {
  if (token_.interruption() == ErrorCode::timeout) {
    return Failure(ErrorCode::timeout, phase,
                   "the call was not complete within " + std::to_string(facts_.total_ms) + " ms (phase " +
                       std::string(phase_name(phase)) + ")");
  }
  return Failure(ErrorCode::cancelled, phase, "the call was cancelled");
}

Failure RunningCall::aborted() {
  return Failure(ErrorCode::cancelled, Phase::deliver, "a callback ended the call");
}

// What may be read of the attempts from the head on, by any thread: it does not change any more.
void RunningCall::note_attempts(Response& response) noexcept {
  if (attempt_) {
    response.attempt_number = attempt_->number();
    response.attempt_began = attempt_->began() - facts_.started;
  }
  response.attempts = attempts_;
  response.stop_reason = stop_reason_;
  response.earlier_attempts.swap(earlier_attempts_);
}

// Whoever asks for the error of a status later hears no credential of the request, though the server may repeat one.
void RunningCall::keep_secrets(Response& response) {
  if (response.secrets || (response.status < 400 && facts_.collects)) return;
  CallSecrets secrets(call_->message_.headers, call_->message_.url);
  if (!secrets.empty()) response.secrets = std::make_shared<const CallSecrets>(std::move(secrets));
}

// What is known of the call, for the error that ends it.
void RunningCall::describe(Error& error) noexcept {
  error.attempts = attempts_;
  error.sent = sent_;
  error.stop_reason = stop_reason_;
  error.url = redacted_if_possible(call_->message_.url);
  if (attempt_) error.received_bytes = attempt_->received_bytes();
  if (const auto response = current_response()) error.http_status = response->status;
  try {
    const auto response = current_response();
    if (response && error.request_id.empty()) error.request_id = request_id_of(response->headers);
    if (response && response->secrets) {
      scrub_error(error, *response->secrets);
    } else {
      scrub_error(error, CallSecrets(call_->message_.headers, call_->message_.url));
    }
    if (attempts_ > 0) error.log = attempt_log(error);
  } catch (const std::bad_alloc&) {
    // Rather nothing than a secret.
    for (std::string* const text : {&error.message, &error.url, &error.provider_code, &error.provider_message,
                                    &error.provider_type, &error.request_id}) {
      text->clear();
    }
  }
}

// Nothing was decided about a call that ended while it waited, or after its response had begun to be handed out.
StopReason RunningCall::stop_reason_of(const Error& error) const noexcept {
  if (stop_reason_ != StopReason::none) return stop_reason_;
  if (error.code == ErrorCode::cancelled) return StopReason::cancelled;
  if (committed_) return StopReason::committed;
  return error.code == ErrorCode::timeout ? StopReason::deadline : StopReason::not_retryable;
}

void RunningCall::complete(Status outcome) noexcept {
  token_.stop();
  std::unique_ptr<Error> error;
  if (!outcome) error = std::move(outcome).failure().take();
  if (attempt_ && attempt_->sent() != Sent::none) sent_ = attempt_->sent();
  if (error) {
    stop_reason_ = stop_reason_of(*error);
    describe(*error);
  }
  std::shared_ptr<Response> response = current_response();
  // Data of the user may not outlive the call.
  const bool has_rest = attempt_ && attempt_->has_rest() && !(source_ && source_->calls_user());
  if (attempt_) {
    if (!has_rest) attempt_->let_go();
    report_attempt_end(*attempt_, error ? error->code : ErrorCode::ok);
  }
  if (response) {
    close_response(*response);
    if (!committed_) note_attempts(*response);
    try {
      keep_secrets(*response);
    } catch (const std::bad_alloc&) {
      response->body.clear();  // what it repeats could not be told from a secret
    }
  }
  if (!facts_.collects) {
    try {
      if (outgoing_) outgoing_->chain.end(error.get());
      if (around_) around_->chain.end(error.get());
    } catch (const std::bad_alloc&) {
      // Who was not told can not be told.
    }
  }
  report_.end({.status = response ? response->status : 0,
               .code = error ? error->code : ErrorCode::ok,
               .stop = stop_reason_,
               .attempts = attempts_,
               .sent_bytes = attempt_ ? attempt_->sent_bytes() : 0,
               .received_bytes = response ? response->body_bytes : 0,
               .stream = !facts_.collects},
              response ? response->timings : Timings());
  answer_.reset();
  if (!has_rest) attempt_.reset();
  admission_.reset();
  hedge_.reset();
  outgoing_.reset();
  around_.reset();
  if (!has_rest) source_.reset();
  if (log_enabled(LogLevel::debug)) log_end(call_->message_, error.get(), response.get());
  if (response) {
    if (response->redirects == 0) response->url = std::move(call_->message_.url);
    response->complete.store(true, std::memory_order_release);
  }
  if (!has_rest) client_loop_->leave(*this);
  const std::unique_ptr<CallHandler> handler = std::move(handler_);
  handler->on_complete(std::move(response), std::move(error));
  if (has_rest) return;
  client_loop_.reset();
  call_.reset();
}

}  // namespace ppn
