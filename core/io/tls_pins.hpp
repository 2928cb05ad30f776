// Pins: the public keys a server may have, whoever signed its certificate.
#pragma once

#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ppn {

// SHA-256 digests of SubjectPublicKeyInfo (RFC 7469 2.4).
class PublicKeyPins {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  // "sha256//BASE64" as curl writes it, or "sha256/BASE64"; commas or semicolons between them. "" is no pin.
  // Error: config_error.
  static Result<PublicKeyPins> parse(std::string_view text);

  bool empty() const noexcept { return digests_.empty(); }
  // Whether one of the pins is that of the certificate's key.
  bool match(const X509* certificate) const;

 private:
  std::vector<Digest> digests_;
};

// The pin of the key of a certificate, "sha256//BASE64"; "" when it has no key that can be read.
std::string public_key_pin(const X509* certificate);

}  // namespace ppn
