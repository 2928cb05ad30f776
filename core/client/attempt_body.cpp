// The body of the response of one attempt: looked at, handed on, held up.
#include <string>
#include <utility>

#include "client/attempt.hpp"

namespace ppn {
namespace {

// What is read of a response that asks for another attempt (SEMANTICS 3.1.7).
constexpr std::size_t kPeekBytes = 64 * 1024;
constexpr Nanos kPeekTime = 100 * kMillisecond;

// What is waited for behind the end marker of a stream (SEMANTICS 3.4.5).
constexpr std::size_t kRestBytes = 64 * 1024;
constexpr Nanos kRestTime = 100 * kMillisecond;

// How a body that was put by has ended; told once. A function of its own, so that the way of every piece is short.
[[gnu::cold]] Exchange::Step take_step(auto& put_by) {
  return *std::exchange(put_by.make().step_after_peek, std::nullopt);
}

}  // namespace

// Without the attribute g++ 12 calls it for each piece.
[[gnu::always_inline]] inline Exchange::Step Attempt::receive() {
  if (put_by_ && put_by_->step_after_peek) return take_step(put_by_);
  return exchange_->receive();
}

Task<> Attempt::peek_body() {
  const Nanos enough = loop().now() + kPeekTime;
  PutBy& put_by = put_by_.make();
  while (put_by.peeked.size() < kPeekBytes) {
    const Exchange::Step step = exchange_->receive();
    if (step == Exchange::Step::data) {
      put_by.peeked.append(exchange_->data());
      received_bytes_ += exchange_->data().size();
    } else if (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
      const Wake wake = co_await wait_of(step).until(token_, enough);
      if (wake != Wake::ready) co_return;
    } else {
      put_by.step_after_peek = step;
      co_return;
    }
  }
  exchange_->keep_unread();  // others read into that memory before the body goes on
}

Task<Status> Attempt::read_body(CallHandler& handler, BodyDelivery& body) {
  Exchange& exchange = *exchange_;
  std::string_view bytes;
  // The length of a body that does not follow limits nothing (RFC 9110 9.3.2, 15.4.5).
  const bool described_only = request_->method == "HEAD" || response_->status == 304;
  const auto length = described_only ? std::nullopt : lease_.connection()->decoder.content_length();
  StreamTimers timers(limits().body, loop().now(), body.note_head(loop().now()));
  body.forget_resume_request();
  const Flow flow = body.tells_head() ? handler.on_head(response_) : Flow::proceed;
  if (flow == Flow::proceed) body.forget_resume_request();
  BodyDelivery::Step taken = flow == Flow::abort ? BodyDelivery::Step::aborted : body.begin(*response_, length);
  const bool wanted = taken == BodyDelivery::Step::more;
  if (flow == Flow::pause && wanted) taken = BodyDelivery::Step::paused;
  if (wanted && put_by_ && !put_by_->peeked.empty()) {
    bytes = put_by_->peeked;
    if (taken == BodyDelivery::Step::more) taken = body.feed(handler, *response_, bytes, !put_by_->step_after_peek);
  }

  bool at_end = false;
  for (std::optional<Status> ended;;) {
    if (body.has_news()) note_pieces(body, timers);
    while (taken == BodyDelivery::Step::paused) {
      const Nanos paused_at = loop().now();
      if (Status resumed = co_await wait_for_consumer(body, bytes); !resumed) co_return resumed;
      timers.skip(loop().now() - paused_at);
      body.skip(loop().now() - paused_at);
      taken = body.resume(handler, *response_, bytes, exchange.has_unread());
      if (taken == BodyDelivery::Step::more && at_end) taken = body.end(handler, *response_);
      if (body.has_news()) note_pieces(body, timers);
    }
    if (taken == BodyDelivery::Step::ended) {
      if (!ended) skip_arrived();
      end_span(Span::body);
      co_return Status();
    }
    if (taken == BodyDelivery::Step::aborted) {
      co_return Failure(ErrorCode::cancelled, Phase::deliver, "a callback ended the call");
    }
    if (taken != BodyDelivery::Step::more) co_return Failure(body.take_error());
    if (ended) {
      end_span(Span::body);
      co_return std::move(*ended);
    }

    const Exchange::Step step = receive();
    if (body.holds() && step != Exchange::Step::data && step != Exchange::Step::yield) {
      taken = body.flush(handler);
      if (step == Exchange::Step::blocked) continue;
    }
    if (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
      if (!owner_.facts().collects) lease_.connection()->release_buffers();
      const Nanos due = timers.deadline(loop().now());
      if (due <= loop().now()) co_return fired(timers);
      const Wake wake = co_await wait_of(step).until(token_, due);
      if (wake == Wake::interrupted) co_return interrupted(Phase::body);
      if (wake == Wake::timeout) co_return fired(timers);
      // Bytes of the framing count, though none of the body may have come.
      if (step == Exchange::Step::blocked) timers.bytes(loop().now(), 0);
      continue;
    }
    if (step == Exchange::Step::data) {
      bytes = exchange.data();
      received_bytes_ += bytes.size();
      timers.bytes(loop().now(), bytes.size());
      taken = body.feed(handler, *response_, bytes, exchange.has_unread());
    } else if (step == Exchange::Step::end) {
      response_->trailers = exchange.take_trailers();
      at_end = true;
      if (taken == BodyDelivery::Step::more) taken = body.end(handler, *response_);
      ended = Status();
    } else {
      note_failure();
      ended = Failure(body.failed_transfer(exchange.error()));
    }
  }
}

// The time of the turn does for all of its pieces.
void Attempt::note_pieces(BodyDelivery& body, StreamTimers& timers) {
  body.note_pace(loop().now());
  timers.event(loop().now());
  if (!owner_.report().awaits_first_piece()) return;
  report().piece(monotonic_now());
  owner_.on_first_piece();
}

// Which limit was met, for how long it ran, and how far the body had come (SEMANTICS 3.3).
Failure Attempt::fired(StreamTimers& timers) const {
  const Nanos now = loop().now();
  const StreamTimer timer = timers.next(now);
  const auto text = [](std::int64_t number) { return std::to_string(number); };
  const std::int64_t limit_ms = timers.limit_ms(timer);
  const char* what = "no further byte";
  ErrorCode code = limits().idle_code;
  std::string_view option = owner_.facts().collects ? "read_timeout_ms" : option_of(timer);
  switch (timer) {
    case StreamTimer::none:
    case StreamTimer::idle: break;
    case StreamTimer::first_event: what = "no first event"; break;
    case StreamTimer::event_idle: what = "no further event"; break;
    case StreamTimer::ceiling:
      what = "the stream was not complete";
      code = ErrorCode::stream_ceiling;
      break;
    case StreamTimer::rate:
      what = "too few bytes";
      code = ErrorCode::too_slow;
      option = option_of(timer);
      break;
  }
  std::string message = std::string(what) + " within " + text(limit_ms) + " ms (";
  if (timer == StreamTimer::rate) {
    message += text(static_cast<std::int64_t>(timers.window_bytes())) + " bytes, ";
  }
  return Failure(code, Phase::body,
                 message + std::string(option) + ", which ran for " + text(timers.elapsed(timer, now) / kMillisecond) +
                     " ms; phase " + std::string(phase_name(Phase::body)) + ", " +
                     text((now - owner_.facts().started) / kMillisecond) + " ms after the start, " +
                     std::to_string(sent_bytes_) + " bytes sent, " + std::to_string(received_bytes_) +
                     " bytes of the body received)");
}

// Most often the end of the body has arrived with the marker.
void Attempt::skip_arrived() {
  for (std::size_t skipped = 0; skipped < kRestBytes;) {
    switch (receive()) {
      case Exchange::Step::data: skipped += exchange_->data().size(); break;
      case Exchange::Step::blocked:
      case Exchange::Step::yield: has_rest_ = true; return;
      case Exchange::Step::end: response_->trailers = exchange_->take_trailers(); return;
      default: return;
    }
  }
}

Task<> Attempt::drain_rest() {
  has_rest_ = false;
  const Nanos enough = loop().now() + kRestTime;
  for (std::size_t skipped = 0; skipped < kRestBytes;) {
    const Exchange::Step step = receive();
    if (step == Exchange::Step::data) {
      skipped += exchange_->data().size();
    } else if (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
      const Wake wake = co_await wait_of(step).until(token_, enough);
      if (wake != Wake::ready) co_return;
    } else {
      co_return;
    }
  }
}

// The consumer paused. What was read from the socket is kept, nothing more is read, and only the total deadline and
// cancellation end the wait.
Task<Status> Attempt::wait_for_consumer(BodyDelivery& body, std::string_view& bytes) {
  if (body.take_resume_request()) co_return Status();
  // First these: they may lie in what keep_unread() replaces.
  if (!bytes.empty()) {
    std::string rest(bytes);  // bytes may lie inside what was put by
    bytes = put_by_.make().held = std::move(rest);
  }
  exchange_->keep_unread();
  lease_.connection()->release_buffers();
  resumed_.reset();
  paused_ = true;
  const Wake wake = co_await resumed_.until(token_, kNever);
  paused_ = false;
  if (wake != Wake::ready) co_return interrupted(Phase::deliver);
  co_return Status();
}

void Attempt::resume() noexcept {
  if (paused_) return resumed_.notify();
  if (!body_paused()) return;
  request_->source->resume();
  lease_.connection()->transport->event().notify();
}

bool Attempt::resume_before_pause(BodyDelivery& body) noexcept {
  if (paused_ || body_paused()) return false;
  body.request_resume();
  if (request_ && request_->source != nullptr) request_->source->resume();
  return true;
}

}  // namespace ppn
