// How a fuzzed input is read: its first bytes say how the rest is to be cut, so that the fuzzer controls the cuts.
//
//   flags, one byte | number of sizes modulo 8, one byte | that many sizes, one byte each | the bytes to decode
//
// The sizes go round; without any the rest comes byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ppn::fuzz {

struct CutInput {
  std::uint8_t flags = 0;
  std::string_view bytes;
  std::vector<std::string_view> pieces;
};

inline std::vector<std::string_view> cut(std::string_view bytes, std::string_view sizes) {
  std::vector<std::string_view> pieces;
  for (std::size_t turn = 0; !bytes.empty(); ++turn) {
    std::size_t size = sizes.empty() ? 1 : static_cast<unsigned char>(sizes[turn % sizes.size()]);
    // A piece of nothing is a read like any other, but one turn of them must come on.
    if (size == 0 && turn % (sizes.size() + 1) == 0) size = 1;
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(pieces.back().size());
  }
  return pieces;
}

inline CutInput read_cut_input(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  CutInput input;
  const auto take = [&rest](std::size_t count) {
    const std::string_view taken = rest.substr(0, count);
    rest.remove_prefix(taken.size());
    return taken;
  };
  const std::string_view flags = take(1);
  const std::string_view count = take(1);
  if (!flags.empty()) input.flags = static_cast<std::uint8_t>(flags[0]);
  const std::string_view sizes = take(count.empty() ? 0 : static_cast<unsigned char>(count[0]) % 8);
  input.bytes = rest;
  input.pieces = cut(rest, sizes);
  return input;
}

}  // namespace ppn::fuzz
