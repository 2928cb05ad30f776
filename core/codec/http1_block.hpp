// Sections of lines: a head (status line and fields) or the trailers. Assembles lines however the input is cut,
// checks their syntax, and leaves the fields in a HeaderList.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "codec/headers.hpp"
#include "codec/http1_types.hpp"

namespace ppn {

// A section that arrives in one piece is parsed where it lies. Only when input ends within a section is the part seen
// so far copied; lines parsed before are noted by their offsets and not looked at again.
class Http1Block {
 public:
  enum class Step { need_input, done, failed };

  void begin_response(std::size_t bytes_used = 0);  // a new budget of bytes, of which so many are used
  void begin_head();
  void begin_trailers(std::size_t fields_before);

  Step next(std::string_view& input, const Http1Limits& limits);

  const Http1Problem& problem() const noexcept { return problem_; }
  std::size_t bytes_used() const noexcept { return budget_used_; }

  // After `done`: what the section said. Taken by swapping, so that memory goes round.
  int status() const noexcept { return status_; }
  int minor_version() const noexcept { return minor_version_; }
  std::string_view reason() const noexcept { return reason_; }
  void swap_fields(HeaderList& fields) noexcept { std::swap(fields, fields_); }

 private:
  Step next_buffered(std::string_view& input, const Http1Limits& limits);
  std::size_t plain_field(std::string_view block, std::size_t begin, const Http1Limits& limits);
  // Parses the line of `block` from `begin` to the LF at `lf`.
  Step line(std::string_view block, std::size_t begin, std::size_t lf, const Http1Limits& limits);
  Step partial_line(std::string_view so_far, const Http1Limits& limits);
  Step check_size(std::size_t line_size, const Http1Limits& limits);
  Step status_line(std::string_view line);
  Step field_line(std::string_view block, std::size_t begin, std::size_t end);
  Step folded_line(std::string_view block, std::size_t begin, std::size_t end);
  Step finish(std::string_view block);
  Step fail(ErrorCode code, const char* text);

  bool expect_status_line_ = false;
  bool folded_ = false;
  int status_ = 0;
  int minor_version_ = 1;
  std::string reason_;
  HeaderList fields_;  // noted, not readable before `done`
  std::size_t fields_before_ = 0;
  std::size_t budget_used_ = 0;  // by the complete lines of this response
  std::string buffer_;           // the section so far, when it did not come in one piece
  std::size_t line_begin_ = 0;   // in buffer_: where the line under way begins
  Http1Problem problem_;
};

}  // namespace ppn
