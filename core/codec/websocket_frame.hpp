// Frames as a client sends them (RFC 6455 5.2, 5.3): headers and masking.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ppn {

enum class WebSocketOpcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

constexpr std::size_t kMaxWebSocketHeader = 14;
constexpr std::size_t kMaxControlPayload = 125;  // RFC 6455 5.5

// A new one for every frame, from a source that nobody can predict (RFC 6455 5.3, 10.3).
using WebSocketMask = std::array<std::uint8_t, 4>;

struct WebSocketFrame {
  WebSocketOpcode opcode = WebSocketOpcode::text;
  bool fin = true;
  bool rsv1 = false;  // the first frame of a compressed message (RFC 7692 6)
};

// Writes the header of a masked frame, with the shortest form of the length, to `out`, which has room for
// kMaxWebSocketHeader bytes. Returns how many were written: 6, 8 or 14.
std::size_t write_frame_header(char* out, const WebSocketFrame& frame, std::uint64_t payload_bytes,
                               const WebSocketMask& mask) noexcept;

// Masks `size` bytes that begin `offset` bytes into the payload; unmasks as well. `out` may be `in`, and must not overlap
// it in any other way.
void mask_copy(char* out, const char* in, std::size_t size, const WebSocketMask& mask, std::size_t offset = 0) noexcept;

// Appends a whole frame, header and masked payload, to `out`.
void append_frame(std::string& out, const WebSocketFrame& frame, std::string_view payload, const WebSocketMask& mask);

}  // namespace ppn
