// The way of one call, top to bottom: run() -> attempt() -> deliver_body() -> complete().
#include "client/running_call.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "base/log.hpp"

namespace ppn {
namespace {

// Resolving a name is part of connecting.
std::int64_t dns_limit_ms(const ConnectionOptions& options) {
  const std::int64_t dns_ms = options.dns_timeout_ms;
  const std::int64_t connect_ms = options.connect_timeout_ms;
  return connect_ms > 0 && (dns_ms == 0 || connect_ms < dns_ms) ? connect_ms : dns_ms;
}

// Our own timer comes first, because its error says what happened.
std::int64_t stall_limit_ms(std::int64_t write_timeout_ms) {
  return write_timeout_ms == 0 ? 0 : write_timeout_ms + kStallMs;
}

// What only describes the end of a call may not prevent it: without memory it is left out.
std::string redacted_if_possible(const Url& url) noexcept {
  try {
    return url.redacted();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void log_end(const std::string& method, const Url& url, const Error* error, const Response* response) noexcept {
  try {
    log(LogLevel::debug, method + " " + url.redacted() + ": " +
                             (error != nullptr      ? std::string(describe(error->code).name)
                              : response == nullptr ? "no memory"
                                                    : std::to_string(response->status)));
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

RunningCall::RunningCall(std::shared_ptr<Call> call, std::shared_ptr<ClientLoop> client_loop,
                         std::shared_ptr<TlsContext> tls, Delivery delivery, std::unique_ptr<CallHandler> handler,
                         bool lone)
    : call_(std::move(call)),
      client_loop_(std::move(client_loop)),
      loop_(client_loop_->loop()),
      runtime_(client_loop_->runtime().shared_from_this()),
      tls_(std::move(tls)),
      handler_(std::move(handler)),
      lone_(lone),
      source_(std::move(call_->source_)),
      token_(loop_),
      collects_(delivery == Delivery::collect),
      body_(delivery, call_->request_options()) {
  if (source_) source_->begin();
}

RunningCall::Limits RunningCall::limits() const noexcept {
  const RequestOptions& options = call_->request_options();
  if (collects_) {
    return {.total_ms = options.timeout_ms,
            .write_ms = options.write_timeout_ms,
            .first_byte_ms = options.first_byte_timeout_ms,
            .idle_ms = options.read_timeout_ms,
            .idle_code = ErrorCode::read_timeout};
  }
  return {.total_ms = options.stream_timeout_ms,
          .write_ms = options.write_timeout_ms,
          .first_byte_ms = options.stream_first_byte_timeout_ms,
          .idle_ms = options.stream_idle_timeout_ms,
          .idle_code = ErrorCode::stream_idle_timeout};
}

void RunningCall::forget() noexcept {
  source_.reset();
  handler_.reset();
  call_.reset();
}

void RunningCall::begin() noexcept {
  client_loop_->enter(*this);
  started_ = span_begin_ = monotonic_now();
  token_.set_deadline(deadline(limits().total_ms));
  if (call_->cancel_requested_) token_.cancel();
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
    attempts_ = client_loop_->closed() ? 0 : 1;
    if (attempts_ == 0) {
      outcome = Failure(ErrorCode::cancelled, Phase::pool, "the client was closed");
    } else {
      outcome = co_await attempt(false);
      // A connection that rested in the pool may be closed by the server at the moment it is used: then the request
      // goes out once more on a fresh one (SEMANTICS 3.1.4).
      if (!outcome && may_replay(outcome.error())) {
        outcome = source_ ? source_->rewind() : Status();
        if (outcome) outcome = co_await attempt(true);
      }
    }
  } catch (const std::bad_alloc&) {
    outcome = no_memory();
  } catch (const std::exception& problem) {
    outcome = Failure(ErrorCode::internal, Phase::none, problem.what());
  }
  complete(std::move(outcome));
}

// Where there is not even memory to say so, a completion with neither a response nor an error says it.
Status RunningCall::no_memory() noexcept {
  try {
    return Failure(ErrorCode::out_of_memory, Phase::none, "no memory for the call");
  } catch (const std::bad_alloc&) {
    response_.reset();
    return {};
  }
}

// A body that failed is no connection that was about to be closed.
bool RunningCall::may_replay(const Error& error) {
  if (!error.retryable || (source_ && !source_->rewindable())) return false;
  failed_attempt_.code = error.code;
  const bool keyed = call_->headers_.contains("idempotency-key") || call_->headers_.contains("x-idempotency-key");
  return ppn::may_replay(failed_attempt_, call_->method_, keyed);
}

Task<Status> RunningCall::attempt(bool fresh) {
  // A connection: one at rest, or a new one.
  failed_attempt_ = {};
  lease_ = {};  // of a first attempt that failed: its place must be free for the second
  if (Status leased = co_await lease(fresh); !leased) co_return leased;
  Connection& connection = *lease_.connection();
  failed_attempt_.connection_was_reused = connection.exchanges > 0;

  // The request. A server may answer before it has read all of it.
  Exchange exchange(connection, loop_, call_->wire_, source_.get(), call_->method_ == "HEAD");
  if (source_) connection.transport->limit_stall(stall_limit_ms(limits().write_ms));
  Exchange::Step step = exchange.send();
  Nanos write_deadline = deadline(limits().write_ms);
  while (step == Exchange::Step::blocked || step == Exchange::Step::yield || step == Exchange::Step::paused) {
    const bool paused = step == Exchange::Step::paused;
    const Wake wake = co_await wait_of(step).until(token_, paused ? kNever : write_deadline);
    sent_ = exchange.sent();
    if (wake != Wake::ready) {
      co_return give_up(wake, ErrorCode::write_timeout, Phase::send, "the server took no byte", limits().write_ms);
    }
    const std::uint64_t sent_before = exchange.sent_bytes();
    step = exchange.send();
    // Bytes that only arrive are no progress of the request.
    if (paused || exchange.sent_bytes() != sent_before) write_deadline = deadline(limits().write_ms);
  }
  sent_ = exchange.sent();
  end_span(Span::send);

  // The head of the response.
  const Nanos first_byte_deadline = deadline(limits().first_byte_ms);
  if (step == Exchange::Step::done) step = exchange.receive();
  while (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
    const Wake wake = co_await wait_of(step).until(token_, first_byte_deadline);
    if (wake != Wake::ready) {
      co_return give_up(wake, ErrorCode::first_byte_timeout, Phase::first_byte, "no response", limits().first_byte_ms);
    }
    step = exchange.receive();
  }
  if (step != Exchange::Step::head) {
    note_failure(exchange);
    co_return Failure(exchange.error());
  }
  receive_head(exchange);
  end_span(Span::first_byte);
  if (!collects_) forget_request();

  // The body.
  Status delivered = co_await deliver_body(exchange);
  end_span(Span::body);
  if (exchange.reusable()) {
    if (source_) connection.transport->limit_stall(kStallMs);
    lease_.give_back();
  } else {
    lease_ = {};
  }
  co_return delivered;
}

Task<Status> RunningCall::lease(bool fresh) {
  const std::string origin = call_->url_.origin();
  ConnectionPool& pool = client_loop_->pool();
  ConnectTimes times;
  if (!fresh) lease_ = pool.try_lease(origin, !is_idempotent(call_->method_));
  if (!lease_) {
    const ConnectionOptions& options = call_->client_->options().connection;
    const Url& url = call_->url_;
    // A temporary here would be destroyed twice by g++ 12.
    Target target{.host = url.host, .host_is_ip = url.host_is_ip, .port = url.port, .tls = tls_};
    auto leased =
        co_await pool.lease(origin, std::move(target), fresh, token_, deadline(options.pool_timeout_ms), times);
    if (!leased) co_return lease_failure(leased.error(), options);
    lease_ = std::move(*leased);
  }
  timings_.set(Span::dns, times.dns);
  timings_.set(Span::connect, times.connect);
  timings_.set(Span::tls, times.tls);
  end_span(Span::pool);
  if (times.dns >= 0) {
    const Nanos connecting = times.dns + std::max<Nanos>(times.connect, 0) + std::max<Nanos>(times.tls, 0);
    timings_.set(Span::pool, std::max<Nanos>(timings_.get(Span::pool) - connecting, 0));
  }
  co_return Status();
}

// Which limit it was that the pool, the resolver and the connector have run into.
Failure RunningCall::lease_failure(Error& error, const ConnectionOptions& options) {
  if (token_.interruption() != ErrorCode::ok) return interrupted(error.phase);
  switch (error.code) {
    case ErrorCode::pool_timeout:
      return timed_out(error.code, error.phase, "no connection became free", options.pool_timeout_ms);
    case ErrorCode::dns_timeout:
      return timed_out(error.code, error.phase, "the name was not resolved", dns_limit_ms(options));
    case ErrorCode::connect_timeout:
      return timed_out(error.code, error.phase, "the connection was not made", options.connect_timeout_ms);
    default: return Failure(std::move(error));
  }
}

void RunningCall::receive_head(Exchange& exchange) {
  failed_attempt_.response_begun = true;
  response_ = std::make_shared<Response>();
  ResponseHead head = exchange.take_head();
  response_->status = head.status;
  response_->minor_version = head.minor_version;
  response_->headers = std::move(head.headers);
  response_->reused = failed_attempt_.connection_was_reused;
  response_->remote = lease_.connection()->transport->remote();
  response_->tls = lease_.connection()->transport->tls();
  response_->attempts = attempts_;
}

// A stream may be silent for hours. From its first byte on nothing is sent again, so the request is not needed.
void RunningCall::forget_request() {
  call_->wire_ = {};
  call_->headers_ = {};
  response_->headers.shrink_to_fit();
}

Task<Status> RunningCall::deliver_body(Exchange& exchange) {
  std::string_view bytes;
  // The length of a body that does not follow limits nothing (RFC 9110 9.3.2, 15.4.5).
  const bool described_only = call_->method_ == "HEAD" || response_->status == 304;
  const auto length = described_only ? std::nullopt : lease_.connection()->decoder.content_length();
  body_.forget_resume_request();
  const Flow flow = handler_->on_head(response_);
  if (flow == Flow::proceed) body_.forget_resume_request();
  BodyDelivery::Step taken = flow == Flow::abort ? BodyDelivery::Step::aborted : body_.begin(*response_, length);
  if (flow == Flow::pause && taken == BodyDelivery::Step::more) taken = BodyDelivery::Step::paused;

  for (std::optional<Status> ended;;) {
    while (taken == BodyDelivery::Step::paused) {
      if (Status resumed = co_await wait_for_consumer(exchange, bytes); !resumed) co_return resumed;
      taken =
          bytes.empty() ? BodyDelivery::Step::more : body_.feed(*handler_, *response_, bytes, exchange.has_unread());
    }
    if (taken == BodyDelivery::Step::aborted) {
      co_return Failure(ErrorCode::cancelled, Phase::deliver, "a callback ended the call");
    }
    if (taken != BodyDelivery::Step::more) co_return Failure(body_.take_error());
    if (ended) co_return std::move(*ended);

    const Exchange::Step step = exchange.receive();
    if (body_.holds() && step != Exchange::Step::data && step != Exchange::Step::yield) {
      taken = body_.flush(*handler_);
      if (step == Exchange::Step::blocked) continue;
    }
    if (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
      if (!collects_) lease_.connection()->transport->release_buffers();
      const Wake wake = co_await wait_of(step).until(token_, deadline(limits().idle_ms));
      if (wake != Wake::ready) {
        co_return give_up(wake, limits().idle_code, Phase::body, "no further byte", limits().idle_ms);
      }
      continue;
    }
    if (step == Exchange::Step::data) {
      bytes = exchange.data();
      received_bytes_ += bytes.size();
      taken = body_.feed(*handler_, *response_, bytes, exchange.has_unread());
    } else if (step == Exchange::Step::end) {
      response_->trailers = exchange.take_trailers();
      if (taken == BodyDelivery::Step::more) taken = body_.end(*handler_, *response_);
      ended = Status();
    } else {
      note_failure(exchange);
      ended = Failure(body_.failed_transfer(exchange.error()));
    }
  }
}

// The consumer paused. What was read from the socket is kept, nothing more is read, and only the total deadline and
// cancellation end the wait.
Task<Status> RunningCall::wait_for_consumer(Exchange& exchange, std::string_view& bytes) {
  if (body_.take_resume_request()) co_return Status();
  // First these: they may lie in what keep_unread() replaces.
  if (!bytes.empty()) {
    std::string rest(bytes);  // bytes may lie inside held_
    held_ = std::move(rest);
    bytes = held_;
  }
  exchange.keep_unread();
  lease_.connection()->transport->release_buffers();
  resumed_.reset();
  paused_ = true;
  const Wake wake = co_await resumed_.until(token_, kNever);
  paused_ = false;
  if (wake != Wake::ready) co_return interrupted(Phase::deliver);
  co_return Status();
}

Wait& RunningCall::wait_of(Exchange::Step step) {
  if (step != Exchange::Step::yield) return lease_.connection()->transport->event();
  notice_.post(Notice::kTurn);
  return turn_;
}

void RunningCall::note_failure(const Exchange& exchange) {
  sent_ = failed_attempt_.sent = exchange.sent();
  failed_attempt_.response_begun = exchange.response_begun();
}

// The time of the loop stands still during a turn; a send and a receive often share one.
void RunningCall::end_span(Span span) noexcept {
  const Nanos now = monotonic_now();
  timings_.set(span, now - span_begin_);
  span_begin_ = now;
}

Failure RunningCall::interrupted(Phase phase) {
  if (token_.interruption() == ErrorCode::timeout) {
    return timed_out(ErrorCode::timeout, phase, "the call was not complete", limits().total_ms);
  }
  return Failure(ErrorCode::cancelled, phase, "the call was cancelled");
}

Failure RunningCall::timed_out(ErrorCode code, Phase phase, const char* what, std::int64_t limit_ms) {
  return Failure(code, phase,
                 std::string(what) + " within " + std::to_string(limit_ms) + " ms (phase " +
                     std::string(phase_name(phase)) + ", " + std::to_string((loop_.now() - started_) / kMillisecond) +
                     " ms after the start, " + std::to_string(received_bytes_) + " bytes of the body received)");
}

Failure RunningCall::give_up(Wake wake, ErrorCode code, Phase phase, const char* what, std::int64_t limit_ms) {
  return wake == Wake::interrupted ? interrupted(phase) : timed_out(code, phase, what, limit_ms);
}

void RunningCall::complete(Status outcome) noexcept {
  token_.stop();
  lease_ = {};
  source_.reset();
  timings_.set(Span::total, monotonic_now() - started_);
  if (response_) {
    response_->body_bytes = received_bytes_;
    response_->timings = timings_;
    body_.note_stream_state(*response_);
  }
  std::unique_ptr<Error> error;
  if (!outcome) {
    error = std::move(outcome).failure().take();
    error->attempts = attempts_;
    error->sent = sent_;
    error->received_bytes = received_bytes_;
    error->url = redacted_if_possible(call_->url_);
    if (response_) error->http_status = response_->status;
  }
  if (log_enabled(LogLevel::debug)) {
    log_end(call_->method_, call_->url_, error.get(), response_.get());
  }
  if (response_) response_->complete.store(true, std::memory_order_release);
  client_loop_->leave(*this);
  const std::unique_ptr<CallHandler> handler = std::move(handler_);
  handler->on_complete(std::move(response_), std::move(error));
  client_loop_.reset();
  call_.reset();
}

}  // namespace ppn
