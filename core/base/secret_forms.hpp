// The forms in which one secret may stand in a text: as it is, percent-encoded in whole or in part, and inside base64.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/secret.hpp"

namespace ppn {

// Shorter texts are no credentials, and hiding them would tear holes into words.
inline constexpr std::size_t kMinSecretBytes = 8;

struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// One of the forms. Percent-encoded bytes of the text count as what they stand for (RFC 3986 2.1), each for itself, so
// that a text in which an encoder has left some of them alone is found as well.
class SecretForm {
 public:
  SecretForm() = default;
  // The text as it is.
  explicit SecretForm(std::string_view secret) : pattern_(secret) {}
  // Those characters of base64 (RFC 4648 4 and 5) that are the same whatever stands around the secret, when it begins
  // at a place that leaves `shift` as the remainder of 3.
  SecretForm(std::string_view secret, unsigned shift);

  bool is_base64() const noexcept { return base64_; }
  unsigned char first() const noexcept { return static_cast<unsigned char>(pattern_.view().front()); }
  char second() const noexcept { return pattern_.view()[1]; }

  // Whether the form begins at `begin`; then `found` is all that has to be hidden.
  bool stands_at(std::string_view text, std::size_t begin, TextRange& found) const noexcept;

 private:
  std::size_t match(std::string_view text, std::size_t at, std::size_t done) const noexcept;

  Secret pattern_;
  bool base64_ = false;
  bool shares_first_ = false;  // the character before belongs in part to the secret
  bool shares_last_ = false;   // the character behind does
};

// All forms of a secret of at least kMinSecretBytes.
class SecretForms {
 public:
  explicit SecretForms(std::string_view secret)
      : forms_{SecretForm(secret), SecretForm(secret, 0), SecretForm(secret, 1), SecretForm(secret, 2)} {}

  const std::array<SecretForm, 4>& all() const noexcept { return forms_; }

 private:
  std::array<SecretForm, 4> forms_;
};

// What may be the first byte of a form at a place of a text: the byte itself, and the one that it encodes. Base64 is
// compared in its standard alphabet.
struct FirstBytes {
  FirstBytes(std::string_view text, std::size_t at) noexcept;

  unsigned char plain = 0;
  unsigned char decoded = 0;  // the same as `plain` unless a percent-encoded byte stands there
  unsigned char base64 = 0;
  unsigned char base64_decoded = 0;
};

}  // namespace ppn
