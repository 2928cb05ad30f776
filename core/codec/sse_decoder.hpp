// Server-sent events from bytes (WHATWG HTML 9.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rare_error.hpp"
#include "codec/bom.hpp"

namespace ppn {

struct SseLimits {
  std::size_t line_bytes = std::size_t{1} << 20;
  std::size_t event_bytes = std::size_t{16} << 20;  // of the data of one event
  std::size_t fields = 10'000;                      // of one event; comments do not count
};

struct SseEvent {
  std::string_view type;                  // "message" when the stream named none
  std::string_view data;                  // valid UTF-8; may hold NUL
  std::string_view id;                    // the last event id, which need not have come with this event
  std::optional<std::uint64_t> retry_ms;  // when a retry field came with this event
  std::uint64_t index = 0;                // of this event, from 0
  std::uint64_t byte_offset = 0;          // in the stream, of the first line of this event
};

// An event that lies whole in the input, with one data line of valid UTF-8, is handed out as a view into the input.
// Everything else is collected; each byte is scanned once however the input is cut. At the end of the stream an event
// without its empty line is dropped, as the standard wants, so there is nothing to call then.
class SseDecoder {
 public:
  enum class Step { need_input, event, failed };

  explicit SseDecoder(const SseLimits& limits = {}) : limits_(limits) {}

  Step next(std::string_view& input);                        // consumes from the front of `input`
  const SseEvent& event() const noexcept { return event_; }  // valid until the next call of next()

  // A new connection of the same stream: what was under way is dropped; the last event id, the retry time and the
  // counters go on, byte offsets begin again at 0.
  void reset();

  std::string_view last_event_id() const noexcept { return last_event_id_; }
  // The reconnection time as last set by the server, never above INT64_MAX.
  std::optional<std::uint64_t> retry_ms() const noexcept { return retry_ms_; }
  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t comments() const noexcept { return comments_; }
  std::uint64_t replacements() const noexcept { return replacements_; }  // U+FFFD put for invalid UTF-8
  std::uint64_t ignored_fields() const noexcept { return ignored_fields_; }
  const Error& error() const noexcept { return error_.get(); }  // stream_event_too_large, after `failed`

 private:
  enum class Line { none, event, failed };

  void begin_call();
  bool take_plain_event(std::string_view& input, std::size_t size, bool ascii);
  Step take_line_end(std::string_view& input, std::size_t size, bool ascii);
  void keep_view();
  Line take_line(std::string_view line, bool ascii, bool in_input);
  Line take_field(std::string_view name, std::string_view value, bool ascii, bool in_input);
  Line take_data(std::string_view value, bool ascii, bool in_input);
  Line dispatch();
  void hand_out(std::string_view type, std::string_view data) noexcept;
  void decode_into(std::string& out, std::string_view text, bool ascii);
  void take_retry(std::string_view value);
  Step fail(const char* text);

  SseLimits limits_;
  SseEvent event_;
  RareError error_;

  std::string partial_;  // the line under way, when its begin came with an earlier input; holds no line end
  bool partial_ascii_ = true;
  bool skip_lf_ = false;  // the last line ended with CR: an LF right after it belongs to it
  BomFilter bom_;
  bool failed_ = false;
  bool clear_on_next_ = false;  // the event handed out by the last call still occupies data_ and type_

  std::string_view data_view_;  // the only data line so far, still in the input
  bool data_is_view_ = false;
  bool has_data_ = false;
  bool id_changed_ = false;
  std::string data_;  // data lines joined by LF
  std::string type_;
  std::string id_buffer_;
  std::string last_event_id_;
  std::optional<std::uint64_t> retry_ms_;
  std::optional<std::uint64_t> event_retry_ms_;

  std::size_t fields_ = 0;
  bool in_event_ = false;          // a line of the event under way was seen
  std::uint64_t event_begin_ = 0;  // offset of that line
  std::uint64_t offset_ = 0;       // of the first byte not yet consumed
  std::uint64_t line_begin_ = 0;   // offset of the line in partial_
  std::uint64_t events_ = 0;
  std::uint64_t comments_ = 0;
  std::uint64_t replacements_ = 0;
  std::uint64_t ignored_fields_ = 0;
};

}  // namespace ppn
