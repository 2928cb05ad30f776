// The framing of chunked bodies (RFC 9112 7.1): sizes, extensions and the line ends around data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/http1_types.hpp"

namespace ppn {

// A state machine over single bytes: framing is a few bytes per chunk, and so no cut of the input needs a buffer.
class Http1ChunkReader {
 public:
  enum class Step { need_input, data, last, failed };

  void begin();

  // `data`: data() is a slice of the input. `last`: the last-chunk line was read, trailers follow.
  Step next(std::string_view& input, std::size_t extension_limit);

  std::string_view data() const noexcept { return data_; }
  const Http1Problem& problem() const noexcept { return problem_; }

 private:
  enum class State : std::uint8_t { size, space, extension, size_lf, data, data_cr, data_lf };

  void end_data(std::string_view& input) noexcept;
  void skip_plain_size(std::string_view& input) noexcept;
  Step framing_byte(char c, std::size_t extension_limit);
  Step fail(ErrorCode code, const char* text);

  State state_ = State::size;
  int digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::uint64_t size_ = 0;  // of the chunk under way: what is still to come of it
  std::string_view data_;
  Http1Problem problem_;
};

}  // namespace ppn
