#include "base/secret_forms.hpp"

#include <array>
#include <cstring>

#include "base/ascii.hpp"
#include "base/base64.hpp"

namespace ppn {
namespace {

constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that "%XX" at `at` stands for, -1 when there is none.
int encoded_byte(std::string_view text, std::size_t at) noexcept {
  if (text[at] != '%' || text.size() - at < 3) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// The URL-safe alphabet (RFC 4648 5) as the standard one.
constexpr char standard_base64(char c) noexcept {
  return c == '-' ? '+' : c == '_' ? '/' : c;
}

bool is_base64_char(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

// Behind "=" or its percent-encoded form, if one stands at `at`.
std::size_t behind_padding(std::string_view text, std::size_t at) noexcept {
  for (int i = 0; i < 2 && at < text.size(); ++i) {
    if (text[at] == '=') {
      at += 1;
    } else if (encoded_byte(text, at) == '=') {
      at += 3;
    }
  }
  return at;
}

}  // namespace

SecretForm::SecretForm(std::string_view secret, unsigned shift) : base64_(true) {
  const std::size_t first_bit = 8 * shift;
  const std::size_t end_bit = first_bit + 8 * secret.size();
  const auto byte = [&](std::size_t at) -> unsigned {
    return at < secret.size() ? static_cast<unsigned char>(secret[at]) : 0;
  };
  const std::size_t end_char = end_bit / 6;
  std::array<char, 64> piece;
  std::size_t size = 0;
  for (std::size_t at = (first_bit + 5) / 6; at < end_char; ++at) {
    const std::size_t of_secret = 6 * at - first_bit;  // the first of six bits
    const unsigned two_bytes = byte(of_secret / 8) << 8 | byte(of_secret / 8 + 1);
    piece[size++] = kBase64Alphabet[two_bytes >> (10 - of_secret % 8) & 63U];
    if (size < piece.size() && at + 1 < end_char) continue;
    pattern_.append({piece.data(), size});
    size = 0;
  }
  ::explicit_bzero(piece.data(), piece.size());
  shares_first_ = first_bit % 6 != 0;
  shares_last_ = end_bit % 6 != 0;
}

bool SecretForm::stands_at(std::string_view text, std::size_t begin, TextRange& found) const noexcept {
  std::size_t end = match(text, begin, 0);
  if (end == std::string_view::npos) return false;
  if (base64_) {
    if (shares_first_ && begin > 0 && is_base64_char(text[begin - 1])) --begin;
    if (shares_last_ && end < text.size() && is_base64_char(text[end])) ++end;
    end = behind_padding(text, end);
  }
  found = {begin, end};
  return true;
}

// Where the rest of the pattern, from its byte `done` on, ends when it begins at `at`.
std::size_t SecretForm::match(std::string_view text, std::size_t at, std::size_t done) const noexcept {
  const std::string_view pattern = pattern_.view();
  for (; done < pattern.size(); ++done) {
    if (at >= text.size()) return std::string_view::npos;
    const char wanted = pattern[done];
    if (const int encoded = encoded_byte(text, at); encoded >= 0) {
      const char byte = static_cast<char>(encoded);
      if ((base64_ ? standard_base64(byte) : byte) == wanted) {
        if (wanted != '%') {
          at += 3;
          continue;
        }
        // A secret with "%25" in it may also have been left as it is.
        const std::size_t end = match(text, at + 3, done + 1);
        if (end != std::string_view::npos) return end;
      }
    }
    const char byte = text[at];
    const bool space = !base64_ && byte == '+' && wanted == ' ';  // as forms write it
    if ((base64_ ? standard_base64(byte) : byte) != wanted && !space) return std::string_view::npos;
    ++at;
  }
  return at;
}

FirstBytes::FirstBytes(std::string_view text, std::size_t at) noexcept {
  const int encoded = encoded_byte(text, at);
  const char byte = text[at];
  const char meant = encoded >= 0 ? static_cast<char>(encoded) : byte == '+' ? ' ' : byte;
  plain = static_cast<unsigned char>(byte);
  decoded = static_cast<unsigned char>(meant);
  base64 = static_cast<unsigned char>(standard_base64(byte));
  base64_decoded = encoded >= 0 ? static_cast<unsigned char>(standard_base64(meant)) : base64;
}

}  // namespace ppn
