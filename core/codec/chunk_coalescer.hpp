// Joins small pieces of a body into chunks of a useful size. A server that writes its chunked body a few bytes at a time
// would otherwise cost its reader a call for each piece, though many of them arrive together.
//
// Nothing is ever held back for bytes that have not arrived: the owner takes what is held before it waits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ppn {

class ChunkCoalescer {
 public:
  // No chunk is larger than `limit`, at least 1.
  explicit ChunkCoalescer(std::size_t limit) noexcept : limit_(limit) {}

  // Takes bytes from the front of `input`; `more` says that more have arrived behind them. True: chunk() is complete, it
  // is valid until the next call and as long as the input, and there may be another in the input.
  bool next(std::string_view& input, bool more);
  // What is held becomes a chunk. False when there is nothing.
  bool flush() noexcept;

  std::string_view chunk() const noexcept { return chunk_; }
  bool holds() const noexcept { return !handed_out_ && !held_.empty(); }

 private:
  std::size_t limit_;
  std::string held_;
  bool handed_out_ = false;  // held_ is the chunk of the last call
  std::string_view chunk_;
};

}  // namespace ppn
