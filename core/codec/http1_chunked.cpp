#include "codec/http1_chunked.hpp"

#include <algorithm>
#include <limits>

#include "base/ascii.hpp"
#include "codec/scan.hpp"

namespace ppn {
namespace {

constexpr int kMaxDigits = 16;
constexpr auto kMaxSize = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const auto letter = static_cast<unsigned>((c | 0x20) - 'a');  // the bit that tells small letters from capitals
  return letter < 6 ? static_cast<int>(letter) + 10 : -1;
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

}  // namespace

void Http1ChunkReader::begin() {
  state_ = State::size;
  digits_ = 0;
  extension_bytes_ = 0;
  size_ = 0;
  data_ = {};
  problem_ = {};
}

Http1ChunkReader::Step Http1ChunkReader::next(std::string_view& input, std::size_t extension_limit) {
  while (!input.empty()) {
    if (state_ == State::size && digits_ == 0) skip_plain_size(input);
    if (input.empty()) break;
    if (state_ == State::data) {
      data_ = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(size_, input.size())));
      input.remove_prefix(data_.size());
      size_ -= data_.size();
      if (size_ == 0) end_data(input);
      return Step::data;
    }
    const char c = input.front();
    input.remove_prefix(1);
    const Step step = framing_byte(c, extension_limit);
    if (step != Step::need_input) return step;
  }
  return Step::need_input;
}

// The line end behind the data most often came with it. Taken now, it leaves no input for a step of its own.
void Http1ChunkReader::end_data(std::string_view& input) noexcept {
  state_ = State::data_cr;
  if (!input.starts_with("\r\n")) return;
  input.remove_prefix(2);
  state_ = State::size;
}

// The size of nearly every chunk, when all of it is in the input and it has no extension. Anything else is left to
// framing_byte().
void Http1ChunkReader::skip_plain_size(std::string_view& input) noexcept {
  constexpr std::size_t kPlainDigits = 8;
  const std::size_t most = std::min(kPlainDigits, input.size());
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < most; ++digits) {
    const int digit = hex_value(input[digits]);
    if (digit < 0) break;
    size = size * 16 + static_cast<std::uint64_t>(digit);
  }
  if (size == 0 || !input.substr(digits).starts_with("\r\n")) return;
  input.remove_prefix(digits + 2);
  size_ = size;
  state_ = State::data;
}

// chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF. White space is allowed before an extension only (BWS).
Http1ChunkReader::Step Http1ChunkReader::framing_byte(char c, std::size_t extension_limit) {
  switch (state_) {
    case State::size: {
      const int digit = hex_value(c);
      if (digit >= 0) {
        if (++digits_ > kMaxDigits) return fail(ErrorCode::http_protocol, "a chunk size has too many digits");
        size_ = size_ * 16 + static_cast<std::uint64_t>(digit);
        return Step::need_input;
      }
      if (digits_ == 0) return fail(ErrorCode::http_protocol, "a chunk size is missing");
      if (size_ > kMaxSize) return fail(ErrorCode::http_protocol, "a chunk size is out of range");
      if (c == '\r') {
        state_ = State::size_lf;
      } else if (c == ';') {
        state_ = State::extension;
      } else if (is_blank(c)) {
        state_ = State::space;
      } else {
        return fail(ErrorCode::http_protocol, "a chunk size is not a hexadecimal number");
      }
      return Step::need_input;
    }
    case State::space:
    case State::extension:
      if (++extension_bytes_ > extension_limit) {
        return fail(ErrorCode::http_protocol, "the extension of a chunk is above its limit");
      }
      if (state_ == State::space) {
        if (c == ';') state_ = State::extension;
        if (c != ';' && !is_blank(c)) return fail(ErrorCode::http_protocol, "white space after a chunk size");
      } else if (c == '\r') {
        state_ = State::size_lf;
      } else if (scan::is_control(c)) {
        return fail(ErrorCode::http_protocol, "the extension of a chunk has a control character");
      }
      return Step::need_input;
    case State::size_lf:
      if (c != '\n') return fail(ErrorCode::http_protocol, "a chunk size does not end with CRLF");
      digits_ = 0;
      extension_bytes_ = 0;
      if (size_ == 0) return Step::last;
      state_ = State::data;
      return Step::need_input;
    case State::data_cr:
      if (c != '\r') return fail(ErrorCode::http_protocol, "a chunk is longer than its size");
      state_ = State::data_lf;
      return Step::need_input;
    case State::data_lf:
      if (c != '\n') return fail(ErrorCode::http_protocol, "a chunk does not end with CRLF");
      state_ = State::size;
      return Step::need_input;
    case State::data: break;
  }
  return Step::need_input;
}

Http1ChunkReader::Step Http1ChunkReader::fail(ErrorCode code, const char* text) {
  problem_ = {code, text};
  return Step::failed;
}

}  // namespace ppn
