#include "codec/websocket_frame.hpp"

#include <cstring>

#include "codec/scan.hpp"

namespace ppn {
namespace {

constexpr unsigned kFin = 0x80;
constexpr unsigned kRsv1 = 0x40;
constexpr unsigned kMasked = 0x80;

}  // namespace

std::size_t write_frame_header(char* out, const WebSocketFrame& frame, std::uint64_t payload_bytes,
                               const WebSocketMask& mask) noexcept {
  const unsigned first = (frame.fin ? kFin : 0) | (frame.rsv1 ? kRsv1 : 0) | static_cast<unsigned>(frame.opcode);
  out[0] = static_cast<char>(first);
  std::size_t size = 2;
  int length_bytes = 0;
  if (payload_bytes < 126) {
    out[1] = static_cast<char>(kMasked | static_cast<unsigned>(payload_bytes));
  } else {
    const bool fits_16 = payload_bytes <= 0xFFFF;
    out[1] = static_cast<char>(kMasked | (fits_16 ? 126U : 127U));
    length_bytes = fits_16 ? 2 : 8;
  }
  for (int byte = length_bytes - 1; byte >= 0; --byte) out[size++] = static_cast<char>(payload_bytes >> (8 * byte));
  std::memcpy(out + size, mask.data(), mask.size());
  return size + mask.size();
}

void mask_copy(char* out, const char* in, std::size_t size, const WebSocketMask& mask, std::size_t offset) noexcept {
  // The mask twice, turned to where this piece begins in the payload; a copy byte for byte has no order of bytes.
  std::array<char, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = static_cast<char>(mask[(offset + i) % mask.size()]);
  const std::uint64_t word = scan::load(turned.data());
  std::size_t at = 0;
#if defined(__SSE2__)
  const __m128i wide = _mm_set1_epi64x(static_cast<long long>(word));
  for (; size - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), _mm_xor_si128(bytes, wide));
  }
#endif
  for (; size - at >= 8; at += 8) {
    const std::uint64_t bytes = scan::load(in + at) ^ word;
    std::memcpy(out + at, &bytes, sizeof bytes);
  }
  for (std::size_t i = 0; at + i < size; ++i) out[at + i] = static_cast<char>(in[at + i] ^ turned[i]);
}

void append_frame(std::string& out, const WebSocketFrame& frame, std::string_view payload, const WebSocketMask& mask) {
  std::array<char, kMaxWebSocketHeader> header;
  const std::size_t header_size = write_frame_header(header.data(), frame, payload.size(), mask);
  const std::size_t begin = out.size() + header_size;
  out.append(header.data(), header_size);
  out.append(payload);
  mask_copy(out.data() + begin, out.data() + begin, payload.size(), mask);
}

}  // namespace ppn
