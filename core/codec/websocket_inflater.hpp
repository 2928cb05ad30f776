// Decompresses the messages of a server (RFC 7692 7.2.2), within limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/permessage_deflate.hpp"
#include "codec/permessage_deflate_pool.hpp"
#include "codec/websocket_close.hpp"

namespace ppn {

// For one connection and one thread at a time. With server_no_context_takeover it holds a zlib stream during a message
// only, one with the largest window. With context takeover the window has the size that was agreed, to save memory: of a
// server that reaches further back zlib notices only what is no longer there.
class WebSocketInflater {
 public:
  // `more`: there is more output, call again. `done`: `input` is used up (next), or the message is complete (finish).
  enum class Step { more, done, failed };

  // How much one call appends at most.
  static constexpr std::size_t kOutputStep = std::size_t{64} * 1024;
  // Above kRatioFrom bytes of one message, more than kMaxRatio times what came in is taken for an attack.
  static constexpr std::uint64_t kRatioFrom = std::uint64_t{1} << 20;
  static constexpr std::uint64_t kMaxRatio = 1000;

  // `max_message_bytes` is below the largest size_t.
  WebSocketInflater(const DeflateParameters& agreed, std::size_t max_message_bytes);

  // Takes payload of the message under way from the front of `input`, of any number of fragments, and appends what comes
  // of it. Both throw std::bad_alloc; what was under way is lost then.
  Step next(std::string_view& input, std::string& out);
  // The payload is complete: appends the rest. After `done` the next message can begin.
  Step finish(std::string& out);

  // After `failed`: 1002 for what is no deflate data, 1009 for a message beyond its limit or its ratio.
  const WebSocketProblem& problem() const noexcept { return problem_; }
  std::uint64_t taken() const noexcept { return taken_; }  // payload of the message under way
  bool holds_stream() const noexcept { return stream_ != nullptr; }

 private:
  Step run(std::string_view& input, std::string& out);
  void begin_after_final_block();
  Step fail(std::uint16_t close_code, ErrorCode code, const char* text);
  void end_message();

  std::size_t limit_;
  int window_bits_;
  bool keep_context_;
  bool after_final_block_ = false;  // a block with BFINAL ended where the input ended
  std::uint8_t tail_sent_ = 0;      // of the four bytes that a sender leaves out
  std::uint32_t final_blocks_ = 0;  // of the message under way, with something behind them
  std::uint64_t taken_ = 0;         // of the message under way
  std::uint64_t produced_ = 0;
  PooledInflate stream_;
  WebSocketProblem problem_;
};

}  // namespace ppn
