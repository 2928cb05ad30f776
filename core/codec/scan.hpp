// Finding bytes eight at a time. Everything here is portable: words are only compared, never addressed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ppn::scan {

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighBits = 0x8080808080808080U;

inline std::uint64_t load(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// High bit set in each byte of `word` that is below `limit` (at most 128). Bytes beside a hit
// may be marked wrongly: only zero, which means none, is exact.
constexpr std::uint64_t below(std::uint64_t word, std::uint8_t limit) noexcept {
  return (word - kOnes * limit) & ~word & kHighBits;
}

constexpr std::uint64_t equal(std::uint64_t word, std::uint8_t byte) noexcept {
  return below(word ^ (kOnes * byte), 1);
}

// Bytes that are no part of a field line: controls other than HTAB (RFC 9110 5.5).
constexpr bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

// Whether the range holds a control byte other than HTAB.
inline bool has_control(const char* at, const char* end) noexcept {
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load(at);
    if ((below(word, 0x20) | equal(word, 0x7F)) == 0) continue;
    for (int i = 0; i < 8; ++i) {
      if (is_control(at[i])) return true;
    }
  }
  for (; at != end; ++at) {
    if (is_control(*at)) return true;
  }
  return false;
}

// First LF or CR in the range, else `end`. Clears `ascii` when a byte above 127 comes before it.
inline const char* find_line_end(const char* at, const char* end, bool& ascii) noexcept {
  std::uint64_t high = 0;
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load(at);
    if ((equal(word, '\n') | equal(word, '\r')) != 0) break;
    high |= word;
  }
  if ((high & kHighBits) != 0) ascii = false;
  for (; at != end; ++at) {
    if (*at == '\n' || *at == '\r') return at;
    if (static_cast<unsigned char>(*at) > 0x7F) ascii = false;
  }
  return end;
}

// First byte above 127 in the range, or a place at most 7 bytes before it, else `end`.
inline const char* skip_ascii(const char* at, const char* end) noexcept {
  for (; end - at >= 8; at += 8) {
    if ((load(at) & kHighBits) != 0) return at;
  }
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

// RFC 9110 5.6.2.
constexpr std::array<bool, 256> make_token_table() noexcept {
  std::array<bool, 256> table{};
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = true;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}

inline constexpr std::array<bool, 256> kToken = make_token_table();

constexpr bool is_token_char(char c) noexcept {
  return kToken[static_cast<unsigned char>(c)];
}

}  // namespace ppn::scan
