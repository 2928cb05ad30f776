#include "client/websocket_writer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/free_memory.hpp"
#include "base/random.hpp"

namespace ppn {
namespace {

// How much is encoded before it is written: enough for one system call to be worth it, and no more, because control
// frames wait behind it.
constexpr std::size_t kWireBytes = std::size_t{64} * 1024;
// A write costs the work of so many bytes, however short it is: receipts may send the next message again and again.
constexpr std::size_t kWriteCost = std::size_t{4} * 1024;

// What was returned to the outbox, and what came later. More is not waited for when a Close is to go: senders that are not
// refused, because there is going to be another connection, could go on for ever.
constexpr int kOutboxBatches = 2;

WebSocketMask fresh_mask() noexcept {
  return std::bit_cast<WebSocketMask>(unpredictable_bits());
}

}  // namespace

WebSocketWriter::WebSocketWriter(Transport& transport, WebSocketOutbox& outbox, const WebSocketOptions& options,
                                 const std::optional<DeflateParameters>& deflate)
    : transport_(transport),
      outbox_(outbox),
      fragment_bytes_(static_cast<std::size_t>(options.fragment_bytes)),
      deflate_min_bytes_(static_cast<std::size_t>(options.deflate_min_bytes)),
      deflater_(deflate ? std::make_unique<WebSocketDeflater>(*deflate, static_cast<int>(options.deflate_level))
                        : nullptr) {}

void WebSocketWriter::answer_ping(std::string_view payload) {
  if (close_state_ != CloseState::encoded) pong_.make() = payload;
}

void WebSocketWriter::close(std::string payload, bool behind_queue) {
  if (close_state_ == CloseState::encoded || close_state_ == CloseState::now) return;
  close_state_ = behind_queue ? CloseState::behind_queue : CloseState::now;
  close_payload_.make() = std::move(payload);
}

WebSocketWriter::Step WebSocketWriter::write() {
  std::size_t turn_bytes = 0;
  for (;;) {
    if (sent_ == wire_.size() && !fill()) return Step::idle;
    if (turn_bytes >= kTurnBytes) return Step::yield;
    const IoResult result = transport_.write(std::string_view(wire_).substr(sent_), {});
    if (result.kind == IoResult::Kind::would_block) return Step::blocked;
    if (result.kind != IoResult::Kind::done) return Step::failed;
    sent_ += result.bytes;
    written_ += result.bytes;
    turn_bytes += std::max(result.bytes, kWriteCost);
    settle_written();
  }
}

// False when there is nothing to write. Everything that was encoded before has left.
bool WebSocketWriter::fill() {
  wire_.clear();
  sent_ = 0;
  marks_.clear();
  settled_ = 0;
  if (close_state_ == CloseState::encoded) return false;
  const auto data_may_go = [&] { return close_state_ != CloseState::now || !frame_.empty(); };
  do {
    append_pending_control();
    if (!data_may_go() || !next_message()) break;
    append_data();
  } while (wire_.size() < kWireBytes);
  const bool data_left =
      close_state_ == CloseState::now ? !frame_.empty() : index_ < batch_.messages.size() || !last_batch_;
  if (close_state_ != CloseState::open && !data_left) {
    append_control(WebSocketOpcode::close, *close_payload_);
    close_state_ = CloseState::encoded;
  }
  return !wire_.empty();
}

// Nothing may stand inside a frame, which may be longer than one filling.
void WebSocketWriter::append_pending_control() {
  if (!frame_.empty()) return;
  if (pong_) append_control(WebSocketOpcode::pong, *std::exchange(pong_, {}));
  if (ping_) append_control(WebSocketOpcode::ping, *std::exchange(ping_, {}));
}

void WebSocketWriter::append_control(WebSocketOpcode opcode, std::string_view payload) {
  append_frame(wire_, {.opcode = opcode, .fin = true, .rsv1 = false}, payload, fresh_mask());
}

// Whether there is a message to encode, or the rest of one.
bool WebSocketWriter::next_message() {
  if (index_ < batch_.messages.size()) return true;
  if (!marks_.empty()) return false;  // messages of this batch are not written yet
  batch_.clear();
  index_ = completed_ = 0;
  if (last_batch_) return false;
  const bool taken = outbox_.take(batch_);
  if (close_state_ == CloseState::behind_queue) last_batch_ = !taken || ++closing_takes_ == kOutboxBatches;
  return taken;
}

// One more piece of the current message, of one frame.
void WebSocketWriter::append_data() {
  const OutgoingMessage& message = batch_.messages[index_];
  if (!in_message_) {
    marks_.push_back({index_, wire_.size(), kLater});
    payload_ = batch_.data(message);
    compressed_message_ = deflater_ != nullptr && payload_.size() >= deflate_min_bytes_;
    if (compressed_message_) {
      compressed_.clear();
      deflater_->compress(payload_, true, compressed_);
      payload_ = compressed_;
    }
  } else if (marks_.empty()) {
    marks_.push_back({index_, kBefore, kLater});
  }
  if (frame_.empty()) begin_frame(message.type);
  const std::size_t piece = std::min(frame_.size(), kWireBytes);
  const std::size_t begin = wire_.size();
  wire_.resize(begin + piece);
  mask_copy(wire_.data() + begin, frame_.data(), piece, mask_, frame_offset_);
  frame_.remove_prefix(piece);
  frame_offset_ += piece;
  if (!frame_.empty() || !payload_.empty()) return;
  marks_.back().end = wire_.size();
  in_message_ = false;
  ++index_;
}

void WebSocketWriter::begin_frame(WebSocketMessageType type) {
  frame_ = payload_.substr(0, fragment_bytes_);
  payload_.remove_prefix(frame_.size());
  frame_offset_ = 0;
  mask_ = fresh_mask();
  const WebSocketOpcode opcode = in_message_                            ? WebSocketOpcode::continuation
                                 : type == WebSocketMessageType::binary ? WebSocketOpcode::binary
                                                                        : WebSocketOpcode::text;
  const WebSocketFrame header{.opcode = opcode, .fin = payload_.empty(), .rsv1 = compressed_message_ && !in_message_};
  const std::size_t begin = wire_.size();
  wire_.resize(begin + kMaxWebSocketHeader);
  wire_.resize(begin + write_frame_header(wire_.data() + begin, header, frame_.size(), mask_));
  in_message_ = true;
}

void WebSocketWriter::settle_written() {
  while (settled_ < marks_.size() && marks_[settled_].end <= sent_) {
    const OutgoingMessage message = batch_.messages[marks_[settled_].index];
    ++settled_;
    ++completed_;
    outbox_.release(message.size);
    message.receipt.settle(ErrorCode::ok);
  }
}

WebSocketBatch WebSocketWriter::take_unsent(ErrorCode outcome) noexcept {
  WebSocketBatch batch = std::exchange(batch_, {});
  std::size_t kept = 0;
  for (std::size_t i = completed_; i < batch.messages.size(); ++i) {
    const OutgoingMessage message = batch.messages[i];
    const auto mark = std::ranges::find(marks_, i, &Mark::index);
    const bool is_begun =
        mark != marks_.end() ? mark->begin == kBefore || mark->begin < sent_ : in_message_ && i == index_;
    if (is_begun) {
      outbox_.release(message.size);
      message.receipt.settle(outcome);
    } else {
      batch.messages[kept++] = message;
    }
  }
  batch.messages.resize(kept);
  close_state_ = CloseState::encoded;
  wire_.clear();
  sent_ = 0;
  return batch;
}

void WebSocketWriter::release_buffers() noexcept {
  if (sent_ < wire_.size() || index_ < batch_.messages.size()) return;
  free_memory(wire_);
  sent_ = 0;
  free_memory(marks_);
  settled_ = 0;
  batch_.free();
  index_ = completed_ = 0;
  free_memory(compressed_);
  outbox_.release_buffers();
}

}  // namespace ppn
