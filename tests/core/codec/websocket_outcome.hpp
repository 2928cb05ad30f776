// What a server sends through the WebSocket reader, and all that came of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/websocket_reader.hpp"
#include "support/vectors.hpp"

namespace ppn::test {

struct WebSocketOutcome {
  std::vector<std::string> items;  // "text:...", "binary:...", "ping:...", "pong:...", "close:CODE:REASON"
  std::uint16_t close_code = 0;    // of the problem
  ErrorCode code = ErrorCode::ok;
  std::string text;
  bool closed = false;
  bool idle = false;

  bool operator==(const WebSocketOutcome&) const = default;
};

struct WebSocketInput {
  WebSocketReaderLimits limits;
  std::optional<DeflateParameters> deflate;
  bool stop_at_each_item = false;  // the sink always returns false
};

WebSocketOutcome read_frames(const Pieces& pieces, const WebSocketInput& how = {});

// A frame of a server with the shortest form of its length. `first` is its first byte: FIN, RSV and opcode.
std::string server_frame(unsigned first, std::string_view payload);

constexpr unsigned kFin = 0x80;
constexpr unsigned kRsv1 = 0x40;
constexpr unsigned kContinuation = 0x0;
constexpr unsigned kText = 0x1;
constexpr unsigned kBinary = 0x2;
constexpr unsigned kClose = 0x8;
constexpr unsigned kPing = 0x9;
constexpr unsigned kPong = 0xA;

}  // namespace ppn::test
