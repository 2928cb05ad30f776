// Lines of text, as NDJSON streams use them: LF ends a line, nothing else does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/rare_error.hpp"
#include "codec/bom.hpp"

namespace ppn {

// One CR before the LF is taken off, empty lines are skipped, a BOM at the start of the stream is dropped.
// U+2028 and U+0085 are data. A line that lies whole in the input is handed out as a view into it.
class LineDecoder {
 public:
  enum class Step { need_input, line, failed };

  static constexpr std::size_t kDefaultLimit = std::size_t{1} << 20;

  explicit LineDecoder(std::size_t line_limit = kDefaultLimit) : limit_(line_limit) {}

  Step next(std::string_view& input);                           // consumes from the front of `input`
  std::string_view line() const noexcept { return line_; }      // valid until the next call of next()
  const Error& error() const noexcept { return error_.get(); }  // stream_event_too_large, after `failed`

  // The stream ended: its last line, if it had no LF. After a clean end it is a line like any other (providers put the
  // token counts there); after a truncation the caller reports it as partial. Valid until the decoder changes.
  std::optional<std::string_view> finish();
  // A new stream: what was under way is dropped.
  void reset();

 private:
  Step fail();

  std::size_t limit_;
  std::string partial_;
  std::string_view line_;
  BomFilter bom_;
  bool clear_on_next_ = false;
  bool failed_ = false;
  RareError error_;
};

}  // namespace ppn
