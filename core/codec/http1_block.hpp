// Sections of lines: a head (status line and fields) or the trailers. Assembles lines however the input is cut,
// checks their syntax, and leaves the fields in a HeaderList.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "codec/headers.hpp"
#include "codec/http1_types.hpp"

namespace ppn {

// A section that arrives in one piece is parsed where it lies. Only when input ends within a section is the part seen
// so far copied; lines parsed before are noted by their offsets and not looked at again.
class Http1Block {
 public:
  enum class Step { need_input, done, failed };

  void begin_response();                // a new budget of bytes
  void begin_head(ResponseHead& head);  // `head` must live until `done`
  void begin_trailers(HeaderList& list, std::size_t fields_before);

  Step next(std::string_view& input, const Http1Limits& limits);

  const Http1Problem& problem() const noexcept { return problem_; }
  bool started() const noexcept { return consumed_ != 0; }  // a byte of this section was seen

 private:
  Step next_buffered(std::string_view& input, const Http1Limits& limits);
  Step line(std::string_view block, std::size_t begin, std::size_t feed, const Http1Limits& limits);
  Step partial(std::string_view line, const Http1Limits& limits);
  Step status_line(std::string_view line);
  Step field_line(std::string_view block, std::size_t begin, std::size_t end);
  Step folded_line(std::string_view block, std::size_t begin, std::size_t end);
  Step finish(std::string_view block);
  Step fail(ErrorCode code, const char* text);

  ResponseHead* head_ = nullptr;  // null in trailers
  HeaderList* fields_ = nullptr;
  std::size_t fields_before_ = 0;
  std::size_t budget_used_ = 0;  // by complete lines of this response
  std::size_t consumed_ = 0;     // bytes of this section
  bool at_first_line_ = true;
  bool folded_ = false;
  std::string buffer_;          // the section so far, when it did not come in one piece
  std::size_t line_begin_ = 0;  // in buffer_: where the line under way begins
  Http1Problem problem_;
};

}  // namespace ppn
