// Texts as encoders write them, for tests that look for secrets in every form.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ppn::test {

enum class Hex { upper, lower };
enum class Alphabet { standard, url_safe };

// Every byte as "%XX".
inline std::string percent_encoded(std::string_view text, Hex hex) {
  const std::string_view digits = hex == Hex::upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15U];
  }
  return out;
}

// As URLs have it: what RFC 3986 2.3 calls unreserved stays.
inline std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : percent_encoded({&c, 1}, Hex::upper);
  }
  return out;
}

// With padding in the standard alphabet, without it in the other (RFC 4648 4 and 5).
inline std::string base64(std::string_view text, Alphabet alphabet) {
  std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (alphabet == Alphabet::url_safe) digits.replace(62, 2, "-_");
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t j = i; j < i + 3; ++j)
      bits = bits << 8 | (j < text.size() ? static_cast<unsigned char>(text[j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) {
      if (i + j <= text.size()) {
        out += digits[bits >> (18 - 6 * j) & 63U];
      } else if (alphabet == Alphabet::standard) {
        out += '=';
      }
    }
  }
  return out;
}

// The characters of base64 that are the same whatever stands around the text, for each of the three places at which it
// may begin.
inline std::vector<std::string> base64_cores(std::string_view text) {
  std::vector<std::string> cores;
  for (const Alphabet alphabet : {Alphabet::standard, Alphabet::url_safe}) {
    for (std::size_t shift = 0; shift < 3; ++shift) {
      const std::string whole = base64(std::string(shift, 'x') + std::string(text) + "xx", alphabet);
      const std::size_t first = (shift * 8 + 5) / 6;
      cores.push_back(whole.substr(first, (shift + text.size()) * 8 / 6 - first));
    }
  }
  return cores;
}

inline std::vector<std::string> forms_of(std::string_view secret) {
  return {std::string(secret), percent_encoded(secret, Hex::upper), percent_encoded(secret, Hex::lower),
          url_encoded(secret), base64(secret, Alphabet::standard),  base64(secret, Alphabet::url_safe)};
}

}  // namespace ppn::test
