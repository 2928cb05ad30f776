#include "codec/websocket_deflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <cassert>

namespace ppn {
namespace {

constexpr std::size_t kTail = 4;  // 00 00 FF FF, left out at the end of a message (RFC 7692 7.2.1)
// A flush needs more than six bytes of room to write its mark once.
constexpr std::size_t kLeastRoom = 256;

Bytef* bytes_of(const char* text) noexcept {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text));  // zlib does not write to its input
}

}  // namespace

WebSocketDeflater::WebSocketDeflater(const DeflateParameters& agreed, int level)
    : settings_{agreed.client_max_window_bits, level}, keep_context_(!agreed.client_no_context_takeover) {}

void WebSocketDeflater::compress(std::string_view piece, bool last, std::string& out) {
  if (piece.empty() && !in_message_) {
    // An empty message is the head of an empty stored block (RFC 7692 7.2.3.6). zlib would not flush nothing twice.
    if (last) out.push_back('\0');
    return;
  }
  if (!stream_) stream_ = take_deflate(settings_);
  in_message_ = true;
  stream_->next_in = bytes_of(piece.data());
  stream_->avail_in = static_cast<uInt>(piece.size());
  do {
    const std::size_t begin = out.size();
    const std::size_t room = std::max(kLeastRoom, std::size_t{stream_->avail_in} / 2);
    out.resize(begin + room);
    stream_->next_out = bytes_of(out.data() + begin);
    stream_->avail_out = static_cast<uInt>(room);
    deflate(stream_.get(), last ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    out.resize(out.size() - stream_->avail_out);
  } while (stream_->avail_out == 0);
  if (!last) return;
  assert(std::string_view(out).ends_with(std::string_view("\0\0\xFF\xFF", kTail)));
  out.resize(out.size() - kTail);
  in_message_ = false;
  if (!keep_context_) stream_.reset();
}

}  // namespace ppn
