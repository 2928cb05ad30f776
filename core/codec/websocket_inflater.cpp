#include "codec/websocket_inflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace ppn {
namespace {

// What a sender leaves out at the end of a message (RFC 7692 7.2.2).
constexpr std::string_view kTail("\x00\x00\xFF\xFF", 4);
constexpr std::uint64_t kLeastRoom = 2048;
constexpr int kLargestWindowBits = 15;
constexpr std::size_t kMaxWindow = std::size_t{1} << kLargestWindowBits;
constexpr std::size_t kMostInput = std::size_t{1} << 30;  // zlib counts in 32 bits
// A sender without a flush of its own ends its data once a message, and each end costs a copy of the window.
constexpr std::uint32_t kMaxFinalBlocks = 1024;

Bytef* bytes_of(const char* text) noexcept {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text));  // zlib does not write to its input
}

// The last symbol of a block was read, and of the next block nothing.
bool between_blocks(const z_stream& stream) noexcept {
  return (stream.data_type & 128) != 0;
}

}  // namespace

WebSocketInflater::WebSocketInflater(const DeflateParameters& agreed, std::size_t max_message_bytes)
    : limit_(max_message_bytes),
      window_bits_(agreed.server_no_context_takeover ? kLargestWindowBits : agreed.server_max_window_bits),
      keep_context_(!agreed.server_no_context_takeover) {}

WebSocketInflater::Step WebSocketInflater::next(std::string_view& input, std::string& out) {
  if (problem_.close_code != 0) return Step::failed;
  if (input.empty() && !stream_) return Step::done;
  return run(input, out);
}

WebSocketInflater::Step WebSocketInflater::finish(std::string& out) {
  if (problem_.close_code != 0) return Step::failed;
  // A message whose payload is empty, or ends with a final block, has no block that the tail could complete.
  if (taken_ != 0 && !(after_final_block_ && tail_sent_ == 0)) {
    std::string_view tail = kTail.substr(tail_sent_);
    const Step step = run(tail, out);
    tail_sent_ = static_cast<std::uint8_t>(kTail.size() - tail.size());
    if (step != Step::done) return step;
    if (!after_final_block_ && !between_blocks(*stream_)) {
      return fail(close_code::kProtocolError, ErrorCode::ws_protocol, "a compressed message ends inside a block");
    }
  }
  end_message();
  return Step::done;
}

WebSocketInflater::Step WebSocketInflater::run(std::string_view& input, std::string& out) {
  if (after_final_block_ && !input.empty()) {
    if (++final_blocks_ > kMaxFinalBlocks) {
      return fail(close_code::kProtocolError, ErrorCode::ws_protocol, "a compressed message ends again and again");
    }
    begin_after_final_block();
  }
  if (!stream_) stream_ = take_inflate(window_bits_);
  // A call stops at the same places of the output however the input was cut, so that the ratio is judged there; and one
  // byte above the limit shows that there is more.
  const std::uint64_t room = std::min({kOutputStep - produced_ % kOutputStep, limit_ - produced_ + 1,
                                       std::max(kLeastRoom, std::uint64_t{input.size()} * 4)});
  const std::size_t begin = out.size();
  out.resize(begin + static_cast<std::size_t>(room));
  const std::string_view piece = input.substr(0, kMostInput);
  stream_->next_in = bytes_of(piece.data());
  stream_->avail_in = static_cast<uInt>(piece.size());
  stream_->next_out = bytes_of(out.data() + begin);
  stream_->avail_out = static_cast<uInt>(room);
  const int result = inflate(stream_.get(), Z_SYNC_FLUSH);
  const std::size_t taken = piece.size() - stream_->avail_in;
  input.remove_prefix(taken);
  taken_ += taken;
  produced_ += room - stream_->avail_out;
  out.resize(out.size() - stream_->avail_out);

  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (produced_ > limit_) {
    return fail(close_code::kMessageTooBig, ErrorCode::ws_message_too_big, "a message is larger than allowed");
  }
  if (produced_ >= kRatioFrom && produced_ % kOutputStep == 0 && produced_ > kMaxRatio * taken_) {
    return fail(close_code::kMessageTooBig, ErrorCode::ws_message_too_big,
                "a compressed message grows beyond 1000 times its size");
  }
  if (result == Z_STREAM_END) {
    after_final_block_ = true;
    return input.empty() ? Step::done : Step::more;
  }
  // Without input and output zlib reports Z_BUF_ERROR, which is no fault.
  if (result != Z_OK && result != Z_BUF_ERROR) {
    return fail(close_code::kProtocolError, ErrorCode::ws_protocol, "a compressed message is not deflate data");
  }
  return stream_->avail_out == 0 || !input.empty() ? Step::more : Step::done;
}

// Blocks go on behind one with BFINAL, and may refer to what lies before it (RFC 7692 7.2.3.4): zlib has to begin a new
// stream with the old window.
void WebSocketInflater::begin_after_final_block() {
  std::string window(kMaxWindow, '\0');
  uInt size = 0;
  inflateGetDictionary(stream_.get(), bytes_of(window.data()), &size);
  inflateReset(stream_.get());
  // Allocates nothing: the window that was read is still there.
  if (size != 0) inflateSetDictionary(stream_.get(), bytes_of(window.data()), size);
  after_final_block_ = false;
}

void WebSocketInflater::end_message() {
  if (!keep_context_) {
    stream_.reset();
    after_final_block_ = false;
  } else if (after_final_block_) {
    begin_after_final_block();
  }
  tail_sent_ = 0;
  final_blocks_ = 0;
  taken_ = 0;
  produced_ = 0;
}

WebSocketInflater::Step WebSocketInflater::fail(std::uint16_t close_code, ErrorCode code, const char* text) {
  problem_ = {close_code, code, text};
  stream_.reset();
  return Step::failed;
}

}  // namespace ppn
