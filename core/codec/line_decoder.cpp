#include "codec/line_decoder.hpp"

#include "base/free_memory.hpp"

namespace ppn {
namespace {

// One huge line should not keep its memory for the rest of a long stream.
constexpr std::size_t kKeptBuffer = std::size_t{64} * 1024;

std::string_view without_cr(std::string_view line) noexcept {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

LineDecoder::Step LineDecoder::next(std::string_view& input) {
  if (failed_) return Step::failed;
  line_ = {};
  if (clear_on_next_) {
    clear_on_next_ = false;
    partial_.clear();
    if (partial_.capacity() > kKeptBuffer) free_memory(partial_);
  }
  if (!bom_.pass(input, partial_)) return Step::need_input;
  while (!input.empty()) {
    const std::size_t lf = input.find('\n');
    const std::string_view piece = input.substr(0, lf);
    if (piece.size() > limit_ - partial_.size()) return fail();
    if (lf == std::string_view::npos) {
      partial_.append(piece);
      input = {};
      break;
    }
    input.remove_prefix(lf + 1);
    if (partial_.empty()) {
      line_ = without_cr(piece);
    } else {
      partial_.append(piece);
      line_ = without_cr(partial_);
    }
    if (!line_.empty()) {
      clear_on_next_ = true;
      return Step::line;
    }
    partial_.clear();
  }
  return Step::need_input;
}

std::optional<std::string_view> LineDecoder::finish() {
  if (failed_ || clear_on_next_) return std::nullopt;
  if (partial_.empty()) partial_.assign(bom_.undecided());
  const std::string_view last = without_cr(partial_);
  if (last.empty()) return std::nullopt;
  return last;
}

void LineDecoder::reset() {
  *this = LineDecoder(limit_);
}

LineDecoder::Step LineDecoder::fail() {
  failed_ = true;
  error_ = Error(ErrorCode::stream_event_too_large, Phase::body, "a line of the stream is above its limit");
  return Step::failed;
}

}  // namespace ppn
