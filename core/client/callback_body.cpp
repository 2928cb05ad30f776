#include "client/callback_body.hpp"

#include "codec/http1_encoder.hpp"

namespace ppn {
namespace {

Failure broken_word(std::string what) {
  return Failure(ErrorCode::invalid_argument, Phase::send, "the body callback " + std::move(what));
}

}  // namespace

Result<BodySource::Piece> CallbackBody::next() {
  if (paused_) return Piece{.kind = Piece::Kind::paused};
  if (length_ && given_ == *length_) return Piece{.last = true};
  // Zeroed: a reader that claims bytes it has not written sends nothing of what lay there before.
  if (!buffer_) buffer_ = std::make_unique<char[]>(kChunkRoomBefore + kBodyPieceBytes + kChunkRoomAfter);
  // Always room for one byte beyond the announced end, so that a body which is longer shows itself.
  const bool would_just_fit = length_ && *length_ - given_ == kBodyPieceBytes;
  const std::size_t capacity = would_just_fit ? kBodyPieceBytes - 1 : kBodyPieceBytes;
  std::size_t size = 0;
  resumed_ = false;
  switch (reader_->read({buffer_.get() + kChunkRoomBefore, capacity}, size)) {
    case Flow::proceed: break;
    case Flow::pause: paused_ = !resumed_; return Piece{.kind = Piece::Kind::paused};
    case Flow::abort: return Failure(ErrorCode::cancelled, Phase::send, "the body callback ended the call");
  }
  touched_ = true;
  if (size > capacity) {
    return broken_word("claims " + std::to_string(size) + " bytes in a buffer of " + std::to_string(capacity));
  }
  return take(size);
}

Result<BodySource::Piece> CallbackBody::take(std::size_t size) {
  char* const data = buffer_.get() + kChunkRoomBefore;
  if (!length_) {
    given_ += size;
    if (size == 0) return Piece{.bytes = kLastChunk, .last = true};
    return Piece{.bytes = enclose_chunk(data, size)};
  }
  if (size == 0) {
    return broken_word("ended after " + std::to_string(given_) + " of " + std::to_string(*length_) + " bytes");
  }
  if (size > *length_ - given_) return broken_word("gave more than " + std::to_string(*length_) + " bytes");
  given_ += size;
  return Piece{.bytes = {data, size}, .last = given_ == *length_};
}

Status CallbackBody::rewind() {
  if (touched_ && !reader_->rewind()) {
    return Failure(ErrorCode::body_not_replayable, Phase::send,
                   "the body has to be sent once more and could not be rewound");
  }
  given_ = 0;
  touched_ = paused_ = false;
  return {};
}

void CallbackBody::resume() noexcept {
  paused_ = false;
  resumed_ = true;
}

}  // namespace ppn
