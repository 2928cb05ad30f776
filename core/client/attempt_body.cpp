// The body of the response of one attempt: looked at, handed on, held up.
#include <utility>

#include "client/attempt.hpp"

namespace ppn {
namespace {

// What is read of a response that asks for another attempt (SEMANTICS 3.1.7).
constexpr std::size_t kPeekBytes = 64 * 1024;
constexpr Nanos kPeekTime = 100 * kMillisecond;

}  // namespace

Task<> Attempt::peek_body() {
  const Nanos enough = loop().now() + kPeekTime;
  while (peeked_.size() < kPeekBytes) {
    const Exchange::Step step = exchange_->receive();
    if (step == Exchange::Step::data) {
      peeked_.append(exchange_->data());
      received_bytes_ += exchange_->data().size();
    } else if (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
      const Wake wake = co_await wait_of(step).until(token_, enough);
      if (wake != Wake::ready) co_return;
    } else {
      step_after_peek_ = step;
      co_return;
    }
  }
  exchange_->keep_unread();  // others read into that memory before the body goes on
}

Exchange::Step Attempt::receive() {
  if (step_after_peek_) return *std::exchange(step_after_peek_, std::nullopt);
  return exchange_->receive();
}

Task<Status> Attempt::read_body(CallHandler& handler, BodyDelivery& body) {
  Exchange& exchange = *exchange_;
  std::string_view bytes;
  // The length of a body that does not follow limits nothing (RFC 9110 9.3.2, 15.4.5).
  const bool described_only = request_->method == "HEAD" || response_->status == 304;
  const auto length = described_only ? std::nullopt : lease_.connection()->decoder.content_length();
  body.forget_resume_request();
  const Flow flow = handler.on_head(response_);
  if (flow == Flow::proceed) body.forget_resume_request();
  BodyDelivery::Step taken = flow == Flow::abort ? BodyDelivery::Step::aborted : body.begin(*response_, length);
  const bool wanted = taken == BodyDelivery::Step::more;
  if (flow == Flow::pause && wanted) taken = BodyDelivery::Step::paused;
  if (wanted && !peeked_.empty()) {
    bytes = peeked_;
    if (taken == BodyDelivery::Step::more) taken = body.feed(handler, *response_, bytes, !step_after_peek_);
  }

  bool at_end = false;
  for (std::optional<Status> ended;;) {
    while (taken == BodyDelivery::Step::paused) {
      if (Status resumed = co_await wait_for_consumer(body, bytes); !resumed) co_return resumed;
      taken = body.resume(handler, *response_, bytes, exchange.has_unread());
      if (taken == BodyDelivery::Step::more && at_end) taken = body.end(handler, *response_);
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
      if (!owner_.facts().collects) lease_.connection()->transport->release_buffers();
      const Wake wake = co_await wait_of(step).until(token_, deadline(limits().idle_ms));
      if (wake != Wake::ready) {
        co_return give_up(wake, limits().idle_code, Phase::body, "no further byte", limits().idle_ms);
      }
      continue;
    }
    if (step == Exchange::Step::data) {
      bytes = exchange.data();
      received_bytes_ += bytes.size();
      taken = body.feed(handler, *response_, bytes, exchange.has_unread());
      if (body.has_handed_on() && owner_.report().awaits_first_piece()) report().piece(monotonic_now());
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

// The consumer paused. What was read from the socket is kept, nothing more is read, and only the total deadline and
// cancellation end the wait.
Task<Status> Attempt::wait_for_consumer(BodyDelivery& body, std::string_view& bytes) {
  if (body.take_resume_request()) co_return Status();
  // First these: they may lie in what keep_unread() replaces.
  if (!bytes.empty()) {
    std::string rest(bytes);  // bytes may lie inside held_ or peeked_
    held_ = std::move(rest);
    bytes = held_;
  }
  exchange_->keep_unread();
  lease_.connection()->transport->release_buffers();
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
