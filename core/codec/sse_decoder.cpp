#include "codec/sse_decoder.hpp"

#include <limits>

#include "base/ascii.hpp"
#include "base/free_memory.hpp"
#include "codec/scan.hpp"
#include "codec/utf8.hpp"

namespace ppn {
namespace {

// One huge line or event should not keep its memory for the rest of a long stream.
constexpr std::size_t kKeptBuffer = std::size_t{64} * 1024;

constexpr std::string_view kDefaultType = "message";

void empty_buffer(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptBuffer) free_memory(buffer);
}

}  // namespace

void SseDecoder::reset() {
  failed_ = false;
  skip_lf_ = false;
  bom_ = {};
  clear_on_next_ = false;
  partial_.clear();
  data_.clear();
  type_.clear();
  data_is_view_ = false;
  has_data_ = false;
  id_buffer_ = last_event_id_;
  id_changed_ = false;
  event_retry_ms_.reset();
  fields_ = 0;
  in_event_ = false;
  offset_ = 0;
}

// Frees what the event of the last call still needed.
void SseDecoder::begin_call() {
  clear_on_next_ = false;
  data_is_view_ = false;
  if (!data_.empty()) empty_buffer(data_);
  type_.clear();
}

SseDecoder::Step SseDecoder::next(std::string_view& input) {
  if (failed_) return Step::failed;
  if (clear_on_next_) begin_call();
  if (input.empty()) return Step::need_input;
  if (!bom_.pass(input, partial_)) return Step::need_input;
  if (offset_ == 0 && bom_.matched() != 0) {
    offset_ = bom_.matched();
    line_begin_ = 0;
    partial_ascii_ = partial_.empty();
  }
  while (!input.empty()) {
    if (skip_lf_) {
      skip_lf_ = false;
      if (input.front() == '\n') {
        input.remove_prefix(1);
        ++offset_;
        continue;
      }
    }
    bool ascii = true;
    const char* const end = input.data() + input.size();
    const char* const at = scan::find_line_end(input.data(), end, ascii);
    const auto size = static_cast<std::size_t>(at - input.data());
    if (size > limits_.line_bytes - partial_.size()) return fail("a line of the stream is above its limit");
    if (at == end) {
      if (partial_.empty()) {
        line_begin_ = offset_;
        partial_ascii_ = true;
      }
      partial_.append(input);
      partial_ascii_ = partial_ascii_ && ascii;
      offset_ += size;
      input = {};
      break;
    }
    if (!in_event_ && partial_.empty() && take_plain_event(input, size, ascii)) return Step::event;
    const Step step = take_line_end(input, size, ascii);
    if (step != Step::need_input) return step;
    // The empty line of an event that was cut most often comes with the end of its data.
    if (has_data_ && !skip_lf_ && !input.empty() && input.front() == '\n') {
      input.remove_prefix(1);
      ++offset_;
      if (dispatch() == Line::event) return Step::event;
    }
  }
  keep_view();
  return Step::need_input;
}

// Nearly every event is one line of data and an empty one, and all of it is in the input, which begins with it and whose
// first line has `size` bytes. False: nothing is taken, and the event goes the way of all others.
bool SseDecoder::take_plain_event(std::string_view& input, std::size_t size, bool ascii) {
  constexpr std::string_view kName = "data:";
  const std::string_view rest = input.substr(size);
  if (!rest.starts_with("\n\n") || !input.starts_with(kName)) return false;
  std::string_view value = input.substr(kName.size(), size - kName.size());
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (value.size() > limits_.event_bytes || limits_.fields == 0 || !(ascii || is_utf8(value))) return false;
  event_begin_ = offset_;
  offset_ += size + 2;
  input = rest.substr(2);
  hand_out(kDefaultType, value);
  return true;
}

// The input begins with `size` bytes that end a line, and the byte that ends it.
SseDecoder::Step SseDecoder::take_line_end(std::string_view& input, std::size_t size, bool ascii) {
  skip_lf_ = input[size] == '\r';
  Line outcome;
  if (partial_.empty()) {
    line_begin_ = offset_;
    outcome = take_line(input.substr(0, size), ascii, true);
  } else {
    partial_.append(input.substr(0, size));
    outcome = take_line(partial_, partial_ascii_ && ascii, false);
    empty_buffer(partial_);
  }
  offset_ += size + 1;
  input.remove_prefix(size + 1);
  switch (outcome) {
    case Line::none: return Step::need_input;
    case Line::event: return Step::event;
    case Line::failed: break;
  }
  return Step::failed;
}

// The input goes away with the end of this call; data that lies in it must be copied now.
void SseDecoder::keep_view() {
  if (!data_is_view_) return;
  data_.assign(data_view_);
  data_is_view_ = false;
}

SseDecoder::Line SseDecoder::take_line(std::string_view line, bool ascii, bool in_input) {
  if (line.empty()) return dispatch();
  if (line.front() == ':') {
    ++comments_;
    return Line::none;
  }
  if (!in_event_) {
    in_event_ = true;
    event_begin_ = line_begin_;
  }
  if (++fields_ > limits_.fields) {
    fail("an event of the stream has too many fields");
    return Line::failed;
  }
  // Nearly every line is data; one comparison spares it the search for the colon.
  const std::size_t colon = line.starts_with("data:") ? 4 : line.find(':');
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return take_field(line.substr(0, colon), value, ascii, in_input);
}

SseDecoder::Line SseDecoder::take_field(std::string_view name, std::string_view value, bool ascii, bool in_input) {
  if (name == "data") return take_data(value, ascii, in_input);
  if (name == "event") {
    type_.clear();
    decode_into(type_, value, ascii);
  } else if (name == "id") {
    // An id with NUL could not be sent back in a header; the standard ignores the field.
    if (value.find('\0') == std::string_view::npos) {
      id_buffer_.clear();
      decode_into(id_buffer_, value, ascii);
      id_changed_ = true;
    }
  } else if (name == "retry") {
    take_retry(value);
  } else {
    ++ignored_fields_;
  }
  return Line::none;
}

SseDecoder::Line SseDecoder::take_data(std::string_view value, bool ascii, bool in_input) {
  const bool first = !has_data_;
  has_data_ = true;
  if (first && in_input && value.size() <= limits_.event_bytes && (ascii || is_utf8(value))) {
    data_view_ = value;
    data_is_view_ = true;
    return Line::none;
  }
  keep_view();
  if (!first) data_ += '\n';
  const bool fits = data_.size() <= limits_.event_bytes && value.size() <= limits_.event_bytes - data_.size();
  if (fits) decode_into(data_, value, ascii);
  // Replacements make text longer, so the limit holds for what was decoded as well.
  if (!fits || data_.size() > limits_.event_bytes) {
    fail("the data of an event of the stream is above its limit");
    return Line::failed;
  }
  return Line::none;
}

void SseDecoder::decode_into(std::string& out, std::string_view text, bool ascii) {
  if (ascii) {
    out.append(text);
  } else {
    replacements_ += append_utf8_lossy(out, text);
  }
}

void SseDecoder::take_retry(std::string_view value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.empty()) return;
  std::uint64_t ms = 0;
  for (const char c : value) {
    if (!is_digit(c)) return;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    ms = ms > (kMax - digit) / 10 ? kMax : ms * 10 + digit;
  }
  retry_ms_ = ms;
  event_retry_ms_ = ms;
}

SseDecoder::Line SseDecoder::dispatch() {
  // Also when nothing is dispatched: an id without data counts for the next reconnection.
  if (id_changed_) {
    last_event_id_ = id_buffer_;
    id_changed_ = false;
  }
  fields_ = 0;
  in_event_ = false;
  if (!has_data_) {
    type_.clear();
    event_retry_ms_.reset();
    return Line::none;
  }
  hand_out(type_.empty() ? kDefaultType : std::string_view(type_),
           data_is_view_ ? data_view_ : std::string_view(data_));
  event_.retry_ms = event_retry_ms_;
  has_data_ = false;
  event_retry_ms_.reset();
  clear_on_next_ = true;
  return Line::event;
}

void SseDecoder::hand_out(std::string_view type, std::string_view data) noexcept {
  event_.type = type;
  event_.data = data;
  event_.id = last_event_id_;
  event_.retry_ms.reset();
  event_.index = events_++;
  event_.byte_offset = event_begin_;
}

SseDecoder::Step SseDecoder::fail(const char* text) {
  failed_ = true;
  error_ = Error(ErrorCode::stream_event_too_large, Phase::body, text);
  return Step::failed;
}

}  // namespace ppn
