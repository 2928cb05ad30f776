#include "codec/chunk_coalescer.hpp"

#include <algorithm>

namespace ppn {
namespace {

// Pieces from this size on are handed out where they lie: a copy would cost more than a call.
constexpr std::size_t kLargePiece = 4 * 1024;

}  // namespace

bool ChunkCoalescer::next(std::string_view& input, bool more) {
  if (handed_out_) {
    held_.clear();
    handed_out_ = false;
  }
  if (input.empty()) return false;
  if (input.size() >= kLargePiece && flush()) return true;
  if (held_.empty() && (!more || input.size() >= std::min(kLargePiece, limit_))) {
    chunk_ = input.substr(0, limit_);
    input.remove_prefix(chunk_.size());
    return true;
  }
  const std::string_view taken = input.substr(0, limit_ - held_.size());
  held_.append(taken);
  input.remove_prefix(taken.size());
  return (held_.size() == limit_ || !more) && flush();
}

bool ChunkCoalescer::flush() noexcept {
  if (!holds()) return false;
  handed_out_ = true;
  chunk_ = held_;
  return true;
}

}  // namespace ppn
