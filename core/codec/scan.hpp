// Finding bytes many at a time: eight on any machine, since words are only compared and never addressed; sixteen where
// the compiler says that every machine it builds for can do it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

// Where to begin to look for the first marked byte: there on little-endian machines, where the lowest mark is exact and
// belongs to the first byte; at 0 elsewhere.
inline int first_mark(std::uint64_t marks) noexcept {
  return std::endian::native == std::endian::little ? std::countr_zero(marks) / 8 : 0;
}

// First control byte other than HTAB in the range, else `end`.
inline const char* find_control(const char* at, const char* end) noexcept {
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load(at);
    const std::uint64_t marks = below(word, 0x20) | equal(word, 0x7F);
    if (marks == 0) continue;
    for (int i = first_mark(marks); i < 8; ++i) {
      if (is_control(at[i])) return at + i;
    }
  }
  while (at != end && !is_control(*at)) ++at;
  return at;
}

inline bool has_control(const char* at, const char* end) noexcept {
  return find_control(at, end) != end;
}

// First LF or CR in the range, else `end`. Clears `ascii` when a byte above 127 comes before it.
inline const char* find_line_end(const char* at, const char* end, bool& ascii) noexcept {
#if defined(__SSE2__)
  const __m128i lf = _mm_set1_epi8('\n');
  const __m128i cr = _mm_set1_epi8('\r');
  __m128i seen = _mm_setzero_si128();
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i line_ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, lf), _mm_cmpeq_epi8(bytes, cr));
    const auto ends = static_cast<std::uint32_t>(_mm_movemask_epi8(line_ends));
    if (ends != 0) {
      // Of the bytes with a line end only those before it count.
      const auto before = static_cast<std::uint32_t>(_mm_movemask_epi8(bytes)) & (ends - 1) & ~ends;
      if ((static_cast<std::uint32_t>(_mm_movemask_epi8(seen)) | before) != 0) ascii = false;
      return at + std::countr_zero(ends);
    }
    seen = _mm_or_si128(seen, bytes);
  }
  if (_mm_movemask_epi8(seen) != 0) ascii = false;
#endif
  std::uint64_t high = 0;
  int skip = 0;
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load(at);
    const std::uint64_t marks = equal(word, '\n') | equal(word, '\r');
    if (marks != 0) {
      skip = first_mark(marks);
      // Of this word only the `skip` bytes before the line end count; two shifts, because one of 64 is not defined.
      high |= word << (63 - skip * 8) << 1;
      break;
    }
    high |= word;
  }
  if ((high & kHighBits) != 0) ascii = false;
  for (at += skip; at != end; ++at) {
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
constexpr std::array<std::uint8_t, 256> make_token_table() noexcept {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = 1;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = 1;
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = 1;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<unsigned char>(c)] = 1;
  }
  return table;
}

inline constexpr std::array<std::uint8_t, 256> kToken = make_token_table();

constexpr int token_flag(char c) noexcept {
  return kToken[static_cast<unsigned char>(c)];
}

constexpr bool is_token_char(char c) noexcept {
  return token_flag(c) != 0;
}

// First byte that may not stand in a token, else `end`. Four look-ups with one branch: names are the longest thing in
// most headers that is looked at byte by byte.
inline const char* skip_token(const char* at, const char* end) noexcept {
  for (; end - at >= 4; at += 4) {
    if ((token_flag(at[0]) & token_flag(at[1]) & token_flag(at[2]) & token_flag(at[3])) == 0) break;
  }
  while (at != end && is_token_char(*at)) ++at;
  return at;
}

}  // namespace ppn::scan
