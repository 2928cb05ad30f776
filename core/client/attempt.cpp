// From the need of a connection to the head of the response.
#include "client/attempt.hpp"

#include <algorithm>
#include <utility>

#include "client/idempotency.hpp"

namespace ppn {
namespace {

// Resolving a name is part of connecting.
std::int64_t dns_limit_ms(const ConnectionOptions& options) {
  const std::int64_t dns_ms = options.dns_timeout_ms;
  const std::int64_t connect_ms = options.connect_timeout_ms;
  return connect_ms > 0 && (dns_ms == 0 || connect_ms < dns_ms) ? connect_ms : dns_ms;
}

constexpr int kExpectationFailed = 417;
constexpr int kMisdirected = 421;

// Our own timer comes first, because its error says what happened.
std::int64_t stall_limit_ms(std::int64_t write_timeout_ms) {
  return write_timeout_ms == 0 ? 0 : write_timeout_ms + kStallMs;
}

}  // namespace

Attempt::Attempt(AttemptOwner& owner, Token& token, int number)
    : owner_(owner),
      token_(token),
      number_(number),
      attempt_deadline_(deadline_after(token.loop().now(), owner.facts().limits().attempt_ms)),
      began_(monotonic_now()),
      span_begin_(began_) {
  token_.set_deadline(std::min(owner.facts().deadline, attempt_deadline_));
}

Attempt::~Attempt() = default;

Task<Status> Attempt::until_head(AttemptRequest request) {
  request_.emplace(request);
  Status outcome = co_await send_on(false);
  if (!outcome && may_replay(outcome.error())) {
    Status rewound = request_->source != nullptr ? request_->source->rewind() : Status();
    if (!rewound) co_return rewound;
    outcome = co_await send_on(true);
  }
  for (bool misdirected = false; outcome && response_->status >= kExpectationFailed && may_send_again();) {
    if (response_->status == kExpectationFailed) {
      request_->expect_ms = 0;
    } else if (std::exchange(misdirected, true)) {
      break;
    }
    if (Status rewound = request_->source != nullptr ? request_->source->rewind() : Status(); !rewound) {
      co_return rewound;
    }
    response_.reset();
    outcome = co_await send_on(true);  // one at rest may be about to be closed, and there is no second replay
  }
  co_return outcome;
}

// A connection may lead to a server that is not the one for this origin (RFC 9110 15.5.20), and one may not know what to
// expect means (15.5.18). Neither has done anything.
bool Attempt::may_send_again() const noexcept {
  const int status = response_->status;
  if (status != kMisdirected && (status != kExpectationFailed || request_->expect_ms == 0)) return false;
  return request_->source == nullptr || request_->source->rewindable();
}

void Attempt::begin_hop(std::unique_ptr<RedirectHop> hop) noexcept {
  let_go();
  request_.reset();
  hop_ = std::move(hop);
  response_.reset();
  put_by_.reset();
  sent_before_ = sent();
  sent_ = Sent::none;
  stale_ = {};
  received_bytes_ = 0;
}

// A body that failed is no connection that was about to be closed.
bool Attempt::may_replay(const Error& error) {
  if (!error.retryable || (request_->source != nullptr && !request_->source->rewindable())) return false;
  stale_.code = error.code;
  return ppn::may_replay(stale_, request_->method,
                         has_idempotency_key(request_->headers, request_->idempotency_header));
}

Task<Status> Attempt::send_on(bool fresh) {
  // A connection: one at rest, or a new one.
  stale_ = {};
  exchange_.reset();
  lease_ = {};  // of a connection that was about to be closed: its place must be free
  if (Status leased = co_await lease(fresh); !leased) co_return leased;
  Connection& connection = *lease_.connection();
  stale_.connection_was_reused = connection.exchanges > 0;
  report().connect(connection.transport->remote(), stale_.connection_was_reused);
  BodySource* const source = request_->source;

  // The request. A server may answer before it has read all of it.
  Exchange& exchange = exchange_.emplace(connection, loop(), request_->wire, source, request_->method == "HEAD");
  if (source != nullptr) connection.transport->limit_stall(stall_limit_ms(limits().write_ms));
  if (request_->expect_ms > 0) exchange.expect_continue(request_->wire_body_bytes);
  Exchange::Step step = exchange.send();
  Nanos write_deadline = deadline(limits().write_ms);
  Nanos asking_deadline = kNever;
  while (step == Exchange::Step::blocked || step == Exchange::Step::yield || step == Exchange::Step::paused ||
         step == Exchange::Step::asking) {
    const bool asking = step == Exchange::Step::asking;
    const bool paused = step == Exchange::Step::paused;
    if (asking && asking_deadline == kNever) asking_deadline = deadline(request_->expect_ms);
    const Wake wake = co_await wait_of(step).until(token_, asking ? asking_deadline : paused ? kNever : write_deadline);
    sent_ = exchange.sent();
    if (wake == Wake::timeout && asking) {
      exchange.stop_expecting();
    } else if (wake != Wake::ready) {
      note_failure();
      co_return give_up(wake, ErrorCode::write_timeout, Phase::send, "the server took no byte", limits().write_ms);
    }
    const std::uint64_t sent_before = exchange.sent_bytes();
    step = exchange.send();
    // Bytes that only arrive are no progress of the request.
    if (paused || asking || exchange.sent_bytes() != sent_before) write_deadline = deadline(limits().write_ms);
  }
  sent_ = exchange.sent();
  end_span(Span::send);
  sent_bytes_ = exchange.sent_bytes();
  report().sent(sent_bytes_);

  // The head of the response.
  const Nanos first_byte_deadline = deadline(limits().first_byte_ms);
  if (step == Exchange::Step::done) step = exchange.receive();
  while (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
    const Wake wake = co_await wait_of(step).until(token_, first_byte_deadline);
    if (wake != Wake::ready) {
      note_failure();
      co_return give_up(wake, ErrorCode::first_byte_timeout, Phase::first_byte, "no response", limits().first_byte_ms);
    }
    step = exchange.receive();
  }
  if (step != Exchange::Step::head) {
    note_failure();
    co_return Failure(exchange.error());
  }
  receive_head();
  end_span(Span::first_byte);
  report().first_byte(response_->status, span_begin_);
  co_return Status();
}

Task<Status> Attempt::lease(bool fresh) {
  const AttemptOwner::Facts& facts = owner_.facts();
  ConnectionPool& pool = facts.client_loop.pool();
  ConnectTimes times;
  if (!fresh) lease_ = pool.try_lease(request_->origin, !is_idempotent(request_->method));
  if (!lease_) {
    const Url& url = request_->url;
    // A temporary here would be destroyed twice by g++ 12.
    Target target{.host = url.host, .host_is_ip = url.host_is_ip, .port = url.port, .tls = request_->tls};
    auto leased = co_await pool.lease(request_->origin, std::move(target), fresh, token_,
                                      deadline(facts.connection_options.pool_timeout_ms), times);
    if (!leased) co_return lease_failure(leased.error());
    lease_ = std::move(*leased);
  }
  connection_id_ = lease_.connection()->id;
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
Failure Attempt::lease_failure(Error& error) {
  const ConnectionOptions& options = owner_.facts().connection_options;
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

void Attempt::receive_head() {
  stale_.response_begun = true;
  response_ = std::make_shared<Response>();
  ResponseHead head = exchange_->take_head();
  response_->status = head.status;
  response_->minor_version = head.minor_version;
  response_->headers = std::move(head.headers);
  response_->reused = stale_.connection_was_reused;
  response_->remote = lease_.connection()->transport->remote();
  response_->connection_id = connection_id_;
  response_->tls = lease_.connection()->transport->tls();
  if (hop_) {
    response_->redirects = hop_->followed;
    response_->url = hop_->message.url;
  }
}

void Attempt::let_go() noexcept {
  if (lease_ && exchange_ && exchange_->reusable()) {
    if (request_->source != nullptr) lease_.connection()->transport->limit_stall(kStallMs);
    exchange_.reset();
    lease_.give_back();
  }
  exchange_.reset();
  lease_ = {};
}

Wait& Attempt::wait_of(Exchange::Step step) {
  if (step != Exchange::Step::yield) return lease_.connection()->transport->event();
  owner_.ask_turn();
  return turn_;
}

void Attempt::note_failure() {
  sent_ = stale_.sent = exchange_->sent();
  stale_.response_begun = exchange_->response_begun();
  remote_.make() = lease_.connection()->transport->remote();
}

// The time of the loop stands still during a turn; a send and a receive often share one.
void Attempt::end_span(Span span) noexcept {
  const Nanos now = monotonic_now();
  timings_.set(span, now - span_begin_);
  span_begin_ = now;
}

Failure Attempt::interrupted(Phase phase) {
  if (token_.interruption() == ErrorCode::timeout) {
    if (attempt_deadline_ < owner_.facts().deadline) {
      return timed_out(ErrorCode::attempt_timeout, phase, "the attempt was not complete", limits().attempt_ms);
    }
    return timed_out(ErrorCode::timeout, phase, "the call was not complete", limits().total_ms);
  }
  return Failure(ErrorCode::cancelled, phase, "the call was cancelled");
}

Failure Attempt::timed_out(ErrorCode code, Phase phase, const char* what, std::int64_t limit_ms) const {
  return Failure(code, phase,
                 std::string(what) + " within " + std::to_string(limit_ms) + " ms (phase " +
                     std::string(phase_name(phase)) + ", " +
                     std::to_string((loop().now() - owner_.facts().started) / kMillisecond) + " ms after the start, " +
                     std::to_string(received_bytes_) + " bytes of the body received)");
}

Failure Attempt::give_up(Wake wake, ErrorCode code, Phase phase, const char* what, std::int64_t limit_ms) {
  return wake == Wake::interrupted ? interrupted(phase) : timed_out(code, phase, what, limit_ms);
}

}  // namespace ppn
