#include "base/base64.hpp"

#include <cstdint>

#include "base/ascii.hpp"

namespace ppn {
namespace {

constexpr int value_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

}  // namespace

std::string encode_base64(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const unsigned word = bytes[i] * 65'536U + (left > 1 ? bytes[i + 1] * 256U : 0U) + (left > 2 ? bytes[i + 2] : 0U);
    text += kBase64Alphabet[word >> 18];
    text += kBase64Alphabet[word >> 12 & 63];
    text += left > 1 ? kBase64Alphabet[word >> 6 & 63] : '=';
    text += left > 2 ? kBase64Alphabet[word & 63] : '=';
  }
  return text;
}

std::optional<Secret> decode_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  Secret decoded;
  std::uint32_t bits = 0;
  int waiting = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    waiting += 6;
    if (waiting < 8) continue;
    waiting -= 8;
    const char byte = static_cast<char>(bits >> waiting);
    decoded.append({&byte, 1});
  }
  return decoded;
}

}  // namespace ppn
