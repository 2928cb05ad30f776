#include "client/websocket_conversation.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "base/free_memory.hpp"
#include "client/provider_error.hpp"
#include "codec/websocket_close.hpp"

namespace ppn {
namespace {

// How long the server may take to end the connection once both sides have sent their Close (RFC 6455 7.1.1).
constexpr std::int64_t kEndMs = 2'000;

WebSocketReaderLimits reader_limits(const WebSocketOptions& options) {
  return {.message_bytes = static_cast<std::size_t>(options.max_message_bytes)};
}

// Closing with one of these, or with none, says that nothing went wrong (RFC 6455 7.4.1).
bool is_good_end(int code) noexcept {
  return code == close_code::kNormal || code == close_code::kGoingAway || code == close_code::kNoStatus;
}

std::array<char, 8> ping_payload(std::uint64_t number) noexcept {
  std::array<char, 8> payload;
  std::memcpy(payload.data(), &number, sizeof number);
  return payload;
}

}  // namespace

WebSocketConversation::WebSocketConversation(Owner& owner, EventLoop& loop, std::unique_ptr<Transport> transport,
                                             const WebSocketOptions& options,
                                             const std::optional<DeflateParameters>& deflate, WebSocketOutbox& outbox,
                                             std::string unread)
    : owner_(owner),
      loop_(loop),
      transport_(std::move(transport)),
      options_(options),
      reader_(reader_limits(options), deflate),
      writer_(*transport_, outbox, options, deflate),
      held_(std::move(unread)) {}

Task<WebSocketEnd> WebSocketConversation::run(Token& token) {
  last_inbound_ = loop_.now();
  transport_->release_buffers();
  for (;;) {
    // Bytes first: what has come proves life, however long this loop was busy with something else.
    bool more = move_bytes();
    if (!over_ && !aborted_ && loop_.now() >= deadline()) more |= look_at_clock();
    if (over_) break;
    if (more) owner_.ask_turn();
    const Wake wake = co_await transport_->event().until(token, deadline());
    if (wake != Wake::interrupted) continue;
    // Nobody waits for a Close frame: the connection is dropped, however it stands. What has ended it before stays true.
    const bool both_said = close_received_ && writer_.close_written();
    if (!both_said && closing_ != Closing::by_problem) {
      finish(close_code::kAbnormal, ErrorCode::cancelled, "the WebSocket was cancelled");
    }
    break;
  }
  co_return std::move(end_);
}

void WebSocketConversation::close(std::uint16_t code, std::string_view reason) {
  if (closing_ != Closing::no) return;
  writer_.close(close_payload(code, reason), true);
  end_.code = code;
  end_.reason = reason;
  note_closing(Closing::by_us);
}

void WebSocketConversation::resume() noexcept {
  if (!paused_) return;
  paused_ = false;
  last_inbound_ = loop_.now();  // the silence meanwhile was our own
  ping_outstanding_ = false;
}

// True when there is more to do after others had their turn.
bool WebSocketConversation::move_bytes() {
  bool more = read();
  if (!over_ && !aborted_) more |= write();
  return more && !over_;
}

bool WebSocketConversation::read() {
  if (paused_) return false;
  feed_held();
  for (std::size_t taken = 0; taken < kTurnBytes;) {
    if (paused_ || aborted_ || over_) return false;
    const IoResult result = transport_->read(loop_.scratch());
    if (result.kind == IoResult::Kind::would_block) return false;
    if (result.kind != IoResult::Kind::done) {
      lost(result);
      return false;
    }
    last_inbound_ = loop_.now();
    ping_outstanding_ = false;
    taken += result.bytes;
    std::string_view input(loop_.scratch().data(), result.bytes);
    feed(input);
    held_.assign(input);
  }
  return true;
}

// A reader may take one message at a time: what it leaves stays where it is.
void WebSocketConversation::feed_held() {
  if (held_.empty()) return;
  std::string_view rest = std::string_view(held_).substr(held_taken_);
  feed(rest);
  held_taken_ = held_.size() - rest.size();
  if (!rest.empty()) return;
  free_memory(held_);
  held_taken_ = 0;
}

// Leaves what a reader that pauses does not take.
void WebSocketConversation::feed(std::string_view& input) {
  if (closing_ != Closing::by_problem && reader_.feed(input, *this) == WebSocketReader::Step::failed) {
    fail(reader_.problem());
  }
  // After a problem nothing more is believed.
  if (closing_ == Closing::by_problem) input = {};
}

bool WebSocketConversation::on_message(WebSocketMessageType type, std::string_view data) {
  if (discarding_) return true;
  switch (owner_.deliver(type, data)) {
    case Flow::proceed: return true;
    case Flow::pause: paused_ = true; return false;
    case Flow::abort: break;
  }
  aborted_ = true;
  return false;
}

bool WebSocketConversation::on_ping(std::string_view payload) {
  writer_.answer_ping(payload);
  return true;
}

// A pong that answers no ping of ours is fine (RFC 6455 5.5.3).
bool WebSocketConversation::on_pong(std::string_view payload) {
  const auto last = ping_payload(pings_);
  if (pong_awaited_ && payload == std::string_view(last.data(), last.size())) {
    pong_awaited_ = false;
    owner_.on_round_trip(monotonic_now() - ping_sent_);
  }
  return true;
}

bool WebSocketConversation::on_close(std::uint16_t code, std::string_view reason) {
  close_received_ = true;
  const bool answers_us = closing_ == Closing::by_us;
  // What was queued before our own Close is still to go, unless the server has ended the conversation first.
  const bool ours_is_out = writer_.close_written();
  end_.code = code;
  end_.reason = reason;
  if (!answers_us) {
    note_closing(Closing::by_server);
    if (!is_good_end(code)) {
      std::string text = "the server closed with " + std::to_string(code);
      if (!reason.empty()) text.append(": ").append(one_line(reason));
      end_.error = std::make_unique<Error>(ErrorCode::ws_closed, Phase::body, std::move(text));
    }
  }
  // A server that has said Close may still read what was written before it (RFC 6455 5.5.1).
  const bool sends_rest = owner_.on_closing(code) || answers_us;
  if (!ours_is_out) writer_.close(close_payload(code), sends_rest);
  closing_until_ = deadline_after(loop_.now(), ours_is_out ? kEndMs : options_.close_timeout_ms);
  return true;
}

bool WebSocketConversation::write() {
  if (write_failed_ && paused_) return false;
  const std::uint64_t before = writer_.written_bytes();
  const bool was_written = writer_.close_written();
  const WebSocketWriter::Step step = writer_.write();
  if (step == WebSocketWriter::Step::failed) {
    // What the server said last may still be unread, and says more than our failure. A reader that pauses takes it later.
    write_failed_ = true;
    const bool more = read();
    if (!over_ && !more && !paused_ && !aborted_) lost({IoResult::Kind::failed});
    return more && !over_;
  }
  if (closing_ != Closing::no && writer_.written_bytes() != before) {
    const bool all_said = writer_.close_written() && (close_received_ || closing_ == Closing::by_problem);
    if (!was_written || !all_said) {
      closing_until_ = deadline_after(loop_.now(), all_said ? kEndMs : options_.close_timeout_ms);
    }
  }
  return step == WebSocketWriter::Step::yield;
}

void WebSocketConversation::fail(const WebSocketProblem& problem) {
  end_.code = problem.close_code;
  end_.reason.clear();
  end_.error = std::make_unique<Error>(problem.code, Phase::body, problem.text);
  // What was queued before is no part of the problem.
  writer_.close(close_payload(problem.close_code), true);
  note_closing(Closing::by_problem);
  static_cast<void>(owner_.on_closing(problem.close_code));
}

void WebSocketConversation::note_closing(Closing how) {
  closing_ = how;
  closing_until_ = deadline_after(loop_.now(), options_.close_timeout_ms);
}

// The connection has ended. That is right when both sides have said Close, and no news after a problem.
void WebSocketConversation::lost(const IoResult& result) {
  if (close_received_ || closing_ == Closing::by_problem) {
    over_ = true;
    return;
  }
  const bool ended = result.kind == IoResult::Kind::end || result.kind == IoResult::Kind::truncated;
  std::string text = "the server ended the connection without a Close frame";
  if (!ended) text = "the connection was lost: " + transport_->failure().message;
  if (!reader_.idle()) text += ", in the middle of a message";
  finish(close_code::kAbnormal, ErrorCode::ws_closed, std::move(text));
  if (!ended) end_.error->os_errno = transport_->failure().os_errno;
}

void WebSocketConversation::finish(int code, ErrorCode error, std::string text) {
  over_ = true;
  end_.code = code;
  end_.reason.clear();
  end_.error = std::make_unique<Error>(error, Phase::body, std::move(text));
}

Nanos WebSocketConversation::deadline() const noexcept {
  if (closing_ != Closing::no) return closing_until_;
  // A reader that does not read can not see whether the server lives; the kernel still does (TCP_USER_TIMEOUT).
  if (paused_) return kNever;
  if (ping_outstanding_) return deadline_after(ping_sent_, options_.pong_timeout_ms);
  return deadline_after(last_inbound_, options_.ping_interval_ms);
}

// True when there is more to do.
bool WebSocketConversation::look_at_clock() {
  if (closing_ == Closing::no) {
    if (!ping_outstanding_) {
      send_ping();
      return write();
    }
    // The event that tells of bytes may wait behind those of many other connections: the kernel knows.
    transport_->distrust();
    const bool more = read();
    if (over_ || aborted_) return false;
    if (!ping_outstanding_) return write() || more;
    finish(close_code::kAbnormal, ErrorCode::ws_ping_timeout,
           "no byte came for " + std::to_string(options_.pong_timeout_ms) +
               " ms after a ping (websocket_pong_timeout_ms)");
    return false;
  }
  if (close_received_ || closing_ == Closing::by_problem) {
    over_ = true;  // the server does not end the connection: it has had its time
    return false;
  }
  if (paused_) {
    // It is our reader that has not come as far as the Close of the server, which may have been here all the time.
    paused_ = false;
    discarding_ = true;
    closing_until_ = deadline_after(loop_.now(), kEndMs);
    return move_bytes();
  }
  finish(close_code::kAbnormal, ErrorCode::ws_close_timeout,
         "the server did not close within " + std::to_string(options_.close_timeout_ms) +
             " ms (websocket_close_timeout_ms)");
  return false;
}

void WebSocketConversation::send_ping() {
  const auto payload = ping_payload(++pings_);
  writer_.ping({payload.data(), payload.size()});
  ping_outstanding_ = pong_awaited_ = true;
  ping_sent_ = monotonic_now();
  // Silence is the time to give memory back.
  writer_.release_buffers();
  transport_->release_buffers();
}

}  // namespace ppn
