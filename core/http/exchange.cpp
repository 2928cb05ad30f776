#include "http/exchange.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"

namespace ppn {
namespace {

// A piece of a body costs the work of so many bytes, however short it is.
constexpr std::size_t kPieceCost = 4 * 1024;

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kExpectation = "Expect: 100-continue\r\n\r\n";
constexpr int kContinue = 100;

}  // namespace

Exchange::Exchange(Connection& connection, EventLoop& loop, std::string_view head, BodySource* body, bool head_request)
    : connection_(connection), loop_(loop), body_(body), head_(head), body_read_(body == nullptr) {
  connection_.decoder.begin(head_request);
  ++connection_.exchanges;
  // A server need not repeat its limit in every response.
  if (connection_.keep_alive_max > 0) --connection_.keep_alive_max;
}

Exchange::Exchange(Connection& connection, EventLoop& loop, std::string_view head, Upgrade)
    : Exchange(connection, loop, head, nullptr, false) {
  connection_.decoder.begin(false, true);
}

Sent Exchange::sent() const noexcept {
  if (sent_bytes_ == 0) return Sent::none;
  return body_read_ && !unsent() && !holds_back() ? Sent::full : Sent::partial;
}

// One more field in a head that is complete.
void Exchange::expect_continue(std::size_t body_bytes) noexcept {
  expecting_ = true;
  held_ = head_.substr(head_.size() - body_bytes);
  head_.remove_suffix(body_bytes + kLineEnd.size());
  piece_ = kExpectation;
}

Exchange::Step Exchange::send() {
  while (unsent() || !body_read_ || holds_back()) {
    if (holds_back()) {
      if (!unsent()) {
        const Step passed = let_pass();
        if (passed != Step::done) return passed;
        continue;
      }
    } else if (piece_.empty() && !body_read_) {
      const Step piece = next_piece();
      // The head does not wait for a body that pauses.
      if (piece != Step::done && (piece == Step::failed || head_.empty())) return piece;
      if (!unsent()) continue;
    }
    const IoResult result = connection_.transport->write(head_, piece_);
    if (result.kind == IoResult::Kind::done) {
      const std::size_t of_head = std::min(result.bytes, head_.size());
      head_.remove_prefix(of_head);
      piece_.remove_prefix(result.bytes - of_head);
      sent_bytes_ += result.bytes;
      turn_bytes_ += result.bytes;
      if (turn_bytes_ < kTurnBytes || sent() == Sent::full) continue;
      turn_bytes_ = 0;
      return answer_or(Step::yield);
    }
    if (result.kind == IoResult::Kind::would_block) return answer_or(Step::blocked);
    const Step answer = answer_or(Step::failed);
    return answer == Step::failed ? fail(result, Phase::send) : answer;
  }
  return Step::done;
}

// `done`: what was held back may go. A final response instead says that it is not wanted.
Exchange::Step Exchange::let_pass() {
  if (expecting_) {
    const Step answer = answer_or(Step::asking);
    if (expecting_ || answer != Step::asking) return answer;
  }
  head_ = held_;
  held_ = {};
  return Step::done;
}

// `done`: piece_ is set, or the body has no more.
Exchange::Step Exchange::next_piece() {
  Result<BodySource::Piece> piece = body_->next();
  if (!piece) return fail(std::move(piece.error()));
  if (piece->kind == BodySource::Piece::Kind::paused) {
    if (!head_.empty()) return Step::paused;
    turn_bytes_ = 0;
    return answer_or(body_->paused() ? Step::paused : Step::yield);
  }
  piece_ = piece->bytes;
  body_read_ = piece->last;
  turn_bytes_ += kPieceCost;
  return Step::done;
}

// The server may have answered already and closed its side (RFC 9112 9.5); its answer says more than our failure.
Exchange::Step Exchange::answer_or(Step otherwise) {
  const Step answer = receive();
  return answer == Step::blocked ? otherwise : answer;
}

Exchange::Step Exchange::receive() {
  for (;;) {
    // The end of a message may be known before the next read.
    if (!unread_.empty() || connection_.decoder.settled()) {
      const Step decoded = decode();
      if (decoded != Step::done) return decoded;
    }
    if (turn_bytes_ >= kTurnBytes) {
      turn_bytes_ = 0;
      return Step::yield;
    }
    const Step read = read_more();
    if (read != Step::done) return read;
  }
}

// `done`: there is input to decode.
Exchange::Step Exchange::read_more() {
  kept_.reset();
  const IoResult result = connection_.transport->read(loop_.scratch());
  switch (result.kind) {
    case IoResult::Kind::done:
      turn_bytes_ += result.bytes;
      unread_ = {loop_.scratch().data(), result.bytes};
      return Step::done;
    case IoResult::Kind::would_block: turn_bytes_ = 0; return Step::blocked;
    case IoResult::Kind::truncated:
      // Where the end of the connection is the end of the body, only close_notify tells it from an attack
      // (RFC 9112 9.8); everywhere else the framing tells.
      if (head_seen_ && connection_.decoder.close_delimited()) {
        return fail(Error(ErrorCode::body_truncated, Phase::body,
                          "the TLS connection ended without close_notify after " +
                              std::to_string(connection_.decoder.body_bytes()) + " bytes"));
      }
      [[fallthrough]];
    case IoResult::Kind::end:
      cut_off_ = true;
      if (connection_.decoder.end_of_input() == Http1Decoder::Step::failed) return fail(connection_.decoder.error());
      ended_ = true;
      return Step::end;
    case IoResult::Kind::reset:
    case IoResult::Kind::failed: break;
  }
  return fail(result, head_seen_ ? Phase::body : Phase::first_byte);
}

// `done`: all input is used up.
Exchange::Step Exchange::decode() {
  for (;;) {
    switch (connection_.decoder.next(unread_)) {
      case Http1Decoder::Step::need_input: return Step::done;
      case Http1Decoder::Step::interim:
        if (connection_.decoder.head().status == kContinue) expecting_ = false;
        continue;
      case Http1Decoder::Step::head:
        head_seen_ = true;
        note_keep_alive();
        return Step::head;
      case Http1Decoder::Step::data: return Step::data;
      case Http1Decoder::Step::end: ended_ = true; return Step::end;
      case Http1Decoder::Step::failed: return fail(connection_.decoder.error());
    }
  }
}

void Exchange::keep_unread() {
  if (unread_.empty() || unread_.data() == kept_->data()) return;
  std::string copy(unread_);  // unread_ may lie inside kept_
  unread_ = kept_.make() = std::move(copy);
}

void Exchange::note_keep_alive() {
  std::string_view list = connection_.decoder.head().headers.find("keep-alive").value_or("");
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view parameter = trim_ows(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view digits = parameter.substr(std::min(equals + 1, parameter.size()));
    std::int64_t number = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size() || number < 0) continue;
    if (equals_ignore_case(name, "timeout")) {
      connection_.keep_alive_timeout_ms = std::min<std::int64_t>(number, 86'400) * 1000;
    } else if (equals_ignore_case(name, "max")) {
      connection_.keep_alive_max = number;
    }
  }
}

bool Exchange::reusable() {
  return ended_ && sent() == Sent::full && connection_.decoder.keep_alive() && unread_.empty() &&
         connection_.keep_alive_max != 0 && !connection_.transport->disturbed();
}

Exchange::Step Exchange::fail(const IoResult& result, Phase phase) {
  Error error = connection_.transport->failure();
  if (result.kind == IoResult::Kind::end || result.kind == IoResult::Kind::truncated) {
    error = Error(ErrorCode::connection_closed, phase, "the peer closed the connection");
  }
  error.phase = phase;
  return fail(std::move(error));
}

Exchange::Step Exchange::fail(Error error) {
  error_ = std::move(error);
  return Step::failed;
}

}  // namespace ppn
