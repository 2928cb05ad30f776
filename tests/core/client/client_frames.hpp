// Frames that a client has written, taken apart by a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ppn::test {

struct ClientFrame {
  int opcode = 0;
  bool fin = false;
  int rsv = 0;
  bool masked = false;
  std::uint32_t mask = 0;
  std::string payload = {};  // without its mask
  std::size_t begin = 0;     // in the bytes
  std::size_t end = 0;
};

struct ClientFrames {
  std::vector<ClientFrame> frames;
  std::size_t rest = 0;  // bytes of a frame that is not whole
};

inline ClientFrames read_client_frames(std::string_view bytes) {
  ClientFrames read;
  std::size_t at = 0;
  const auto byte = [&](std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[index]));
  };
  while (at < bytes.size()) {
    read.rest = bytes.size() - at;
    if (read.rest < 2) return read;
    const std::size_t length = byte(at + 1) & 0x7f;
    const std::size_t length_bytes = length == 127 ? 8 : length == 126 ? 2 : 0;
    const bool masked = (byte(at + 1) & 0x80) != 0;
    const std::size_t head = 2 + length_bytes + (masked ? 4 : 0);
    if (read.rest < head) return read;
    std::size_t size = length_bytes == 0 ? length : 0;
    for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8 | byte(at + 2 + i);
    if (read.rest - head < size) return read;
    ClientFrame frame{.opcode = static_cast<int>(byte(at) & 0x0f),
                      .fin = (byte(at) & 0x80) != 0,
                      .rsv = static_cast<int>(byte(at) >> 4 & 7),
                      .masked = masked,
                      .payload = std::string(bytes.substr(at + head, size)),
                      .begin = at,
                      .end = at + head + size};
    for (std::size_t i = 0; masked && i < 4; ++i) {
      frame.mask = frame.mask << 8 | static_cast<std::uint32_t>(byte(at + head - 4 + i));
    }
    for (std::size_t i = 0; masked && i < size; ++i) {
      frame.payload[i] = static_cast<char>(frame.payload[i] ^ bytes[at + head - 4 + i % 4]);
    }
    at = frame.end;
    read.frames.push_back(std::move(frame));
  }
  read.rest = 0;
  return read;
}

}  // namespace ppn::test
