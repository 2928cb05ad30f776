#include "codec/http1_block.hpp"

#include <algorithm>
#include <cstring>

#include "base/ascii.hpp"
#include "base/free_memory.hpp"
#include "codec/scan.hpp"

namespace ppn {
namespace {

// HTTP-name is case-sensitive, and another major version is another protocol (RFC 9112 2.3).
constexpr std::string_view kVersionPrefix = "HTTP/1.";
// "HTTP/1.1 200"
constexpr std::size_t kShortestStatusLine = 12;
// A connection that waits for its next response should not sit on a large buffer.
constexpr std::size_t kKeptBuffer = 4096;

bool begins_like_response(std::string_view line) noexcept {
  const std::size_t known = std::min(line.size(), kVersionPrefix.size());
  return line.substr(0, known) == kVersionPrefix.substr(0, known);
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

bool is_framing_name(std::string_view name) noexcept {
  return equals_ignore_case(name, "Content-Length") || equals_ignore_case(name, "Transfer-Encoding");
}

}  // namespace

void Http1Block::begin_response(std::size_t bytes_used) {
  budget_used_ = bytes_used;
  problem_ = {};
}

void Http1Block::begin_head() {
  expect_status_line_ = true;
  folded_ = false;
  fields_.clear();
  fields_before_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > kKeptBuffer) free_memory(buffer_);
  line_begin_ = 0;
}

void Http1Block::begin_trailers(std::size_t fields_before) {
  begin_head();
  expect_status_line_ = false;
  fields_before_ = fields_before;
}

Http1Block::Step Http1Block::next(std::string_view& input, const Http1Limits& limits) {
  if (input.empty()) return Step::need_input;
  if (!buffer_.empty()) return next_buffered(input, limits);
  std::size_t begin = 0;
  while (begin != input.size()) {
    if (const std::size_t next_line = plain_field(input, begin, limits); next_line != begin) {
      begin = next_line;
      continue;
    }
    const void* const found = std::memchr(input.data() + begin, '\n', input.size() - begin);
    if (found == nullptr) break;
    const auto lf = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    const Step step = line(input, begin, lf, limits);
    begin = lf + 1;
    if (step == Step::need_input) continue;
    input.remove_prefix(begin);
    return step;
  }
  if (partial_line(input.substr(begin), limits) == Step::failed) return Step::failed;
  buffer_.assign(input);
  line_begin_ = begin;
  input = {};
  return Step::need_input;
}

// Nearly every line is a token, a colon, a value and CRLF, whole in the input: that is read in one pass. Returns where
// the next line begins, or `begin` when this one needs the careful way through line().
std::size_t Http1Block::plain_field(std::string_view block, std::size_t begin, const Http1Limits& limits) {
  if (expect_status_line_ || fields_before_ + fields_.size() >= limits.fields) return begin;
  const char* const first = block.data() + begin;
  const char* const end = block.data() + block.size();
  const char* const colon = scan::skip_token(first, end);
  if (colon == first || colon == end || *colon != ':') return begin;
  const char* value = colon + 1;
  while (value != end && is_blank(*value)) ++value;
  const char* const cr = scan::find_control(value, end);
  if (end - cr < 2 || cr[0] != '\r' || cr[1] != '\n') return begin;
  const auto size = static_cast<std::size_t>(cr + 2 - first);
  if (size > limits.line_bytes || size > limits.head_bytes - budget_used_) return begin;
  budget_used_ += size;
  const char* value_end = cr;
  while (value_end != value && is_blank(value_end[-1])) --value_end;
  fields_.note_field(begin, static_cast<std::size_t>(colon - first), static_cast<std::size_t>(value - block.data()),
                     static_cast<std::size_t>(value_end - value));
  return begin + size;
}

Http1Block::Step Http1Block::next_buffered(std::string_view& input, const Http1Limits& limits) {
  while (!input.empty()) {
    const std::size_t lf = input.find('\n');
    buffer_.append(input.substr(0, lf == std::string_view::npos ? lf : lf + 1));
    if (lf == std::string_view::npos) {
      input = {};
      return partial_line(std::string_view(buffer_).substr(line_begin_), limits);
    }
    input.remove_prefix(lf + 1);
    const Step step = line(buffer_, line_begin_, buffer_.size() - 1, limits);
    line_begin_ = buffer_.size();
    if (step != Step::need_input) return step;
  }
  return Step::need_input;
}

// What can be said of a line before its end. Whatever is refused here is refused by line() too, so that the verdict
// does not depend on how the input was cut.
Http1Block::Step Http1Block::partial_line(std::string_view so_far, const Http1Limits& limits) {
  if (expect_status_line_ && !begins_like_response(so_far)) {
    return fail(ErrorCode::http_protocol, "the peer does not speak HTTP/1.x");
  }
  return check_size(so_far.size(), limits);
}

Http1Block::Step Http1Block::check_size(std::size_t line_size, const Http1Limits& limits) {
  const std::size_t left = limits.head_bytes - budget_used_;
  if (line_size <= std::min<std::size_t>(limits.line_bytes, left)) return Step::need_input;
  // The smaller one is named, for that is the one a line meets first when it comes byte by byte.
  return fail(ErrorCode::headers_too_large, limits.line_bytes <= left
                                                ? "a header line is above its limit"
                                                : "the headers of the response are above their limit");
}

Http1Block::Step Http1Block::line(std::string_view block, std::size_t begin, std::size_t lf,
                                  const Http1Limits& limits) {
  const std::size_t size = lf + 1 - begin;
  const bool fits = size <= limits.line_bytes && size <= limits.head_bytes - budget_used_;
  if (expect_status_line_ || !fits) {
    if (partial_line(block.substr(begin, size), limits) == Step::failed) return Step::failed;
  }
  budget_used_ += size;
  std::size_t end = lf;
  if (end != begin && block[end - 1] == '\r') {
    --end;
  } else if (!limits.accept_bare_lf) {
    return fail(ErrorCode::http_protocol, "a header line ends with LF alone");
  }
  if (expect_status_line_) return status_line(block.substr(begin, end - begin));
  if (end == begin) return finish(block.substr(0, lf + 1));
  if (is_blank(block[begin])) return folded_line(block, begin, end);
  if (fields_before_ + fields_.size() >= limits.fields) {
    return fail(ErrorCode::headers_too_large, "the response has too many headers");
  }
  return field_line(block, begin, end);
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ]. Servers leave out the last SP with the reason, which
// nothing can be confused with.
Http1Block::Step Http1Block::status_line(std::string_view line) {
  expect_status_line_ = false;
  const bool shaped = line.size() >= kShortestStatusLine && is_digit(line[7]) && line[8] == ' ' && is_digit(line[9]) &&
                      is_digit(line[10]) && is_digit(line[11]) &&
                      (line.size() == kShortestStatusLine || line[kShortestStatusLine] == ' ');
  if (!shaped) return fail(ErrorCode::http_protocol, "the status line is malformed");
  minor_version_ = line[7] - '0';
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (status_ < 100) return fail(ErrorCode::http_protocol, "the status code is below 100");
  const std::string_view reason = line.substr(std::min(line.size(), kShortestStatusLine + 1));
  if (scan::has_control(reason.data(), reason.data() + reason.size())) {
    return fail(ErrorCode::http_protocol, "the reason phrase has a control character");
  }
  reason_.assign(reason);
  return Step::need_input;
}

Http1Block::Step Http1Block::field_line(std::string_view block, std::size_t begin, std::size_t end) {
  const char* const first = block.data() + begin;
  const char* const last = block.data() + end;
  const char* const colon = scan::skip_token(first, last);
  if (colon == first || colon == last || *colon != ':') {
    // RFC 9112 5.1: no white space before the colon; proxies have read such lines in different ways.
    return fail(ErrorCode::http_protocol, "a header line has no valid name before a colon");
  }
  const char* value = colon + 1;
  const char* value_end = last;
  while (value != value_end && is_blank(*value)) ++value;
  while (value_end != value && is_blank(value_end[-1])) --value_end;
  if (scan::has_control(value, value_end)) {
    return fail(ErrorCode::http_protocol, "a header value has a control character");
  }
  fields_.note_field(begin, static_cast<std::size_t>(colon - first), static_cast<std::size_t>(value - block.data()),
                     static_cast<std::size_t>(value_end - value));
  return Step::need_input;
}

// RFC 9112 5.2: a user agent replaces a fold by spaces. Only harmless folds get that far: one before the first field
// may hide a field, a blank one may hide the end of the head, and folded framing is read differently by others.
Http1Block::Step Http1Block::folded_line(std::string_view block, std::size_t begin, std::size_t end) {
  if (fields_.empty()) return fail(ErrorCode::http_protocol, "white space before the first header");
  while (begin != end && is_blank(block[begin])) ++begin;
  while (end != begin && is_blank(block[end - 1])) --end;
  if (begin == end) return fail(ErrorCode::http_protocol, "a folded header line is blank");
  if (is_framing_name(fields_.last_noted(block).name)) {
    return fail(ErrorCode::http_protocol, "a header that frames the body is folded");
  }
  if (scan::has_control(block.data() + begin, block.data() + end)) {
    return fail(ErrorCode::http_protocol, "a header value has a control character");
  }
  fields_.extend_last_value(end);
  folded_ = true;
  return Step::need_input;
}

Http1Block::Step Http1Block::finish(std::string_view block) {
  if (!fields_.empty()) fields_.adopt_block(block);
  if (folded_) fields_.unfold_values();
  return Step::done;
}

Http1Block::Step Http1Block::fail(ErrorCode code, const char* text) {
  problem_ = {code, text};
  return Step::failed;
}

}  // namespace ppn
