// UTF-8 as the WHATWG Encoding standard and RFC 3629 define it: no surrogates, nothing overlong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ppn {

bool is_utf8(std::string_view text) noexcept;
std::size_t utf8_prefix(std::string_view text) noexcept;  // bytes before the first invalid one

// Appends `text` with each maximal invalid part replaced by U+FFFD. Returns the number of replacements.
std::size_t append_utf8_lossy(std::string& out, std::string_view text);

// What has to follow the first byte of a character. The bounds of the second byte keep out overlong forms, surrogates and
// values above U+10FFFF (WHATWG Encoding, UTF-8 decoder); the bytes after it go from 0x80 to 0xBF.
struct Utf8Lead {
  bool valid;
  std::uint8_t trailing;
  std::uint8_t lower;
  std::uint8_t upper;
};

constexpr Utf8Lead utf8_lead(unsigned char byte) noexcept {
  if (byte < 0x80) return {true, 0, 0x80, 0xBF};
  if (byte >= 0xC2 && byte <= 0xDF) return {true, 1, 0x80, 0xBF};
  if (byte >= 0xE0 && byte <= 0xEF) {
    return {true, 2, byte == 0xE0 ? std::uint8_t{0xA0} : std::uint8_t{0x80},
            byte == 0xED ? std::uint8_t{0x9F} : std::uint8_t{0xBF}};
  }
  if (byte >= 0xF0 && byte <= 0xF4) {
    return {true, 3, byte == 0xF0 ? std::uint8_t{0x90} : std::uint8_t{0x80},
            byte == 0xF4 ? std::uint8_t{0x8F} : std::uint8_t{0xBF}};
  }
  return {false, 0, 0, 0};
}

}  // namespace ppn
