#include "io/tls_pins.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

namespace ppn {
namespace {

using Digest = PublicKeyPins::Digest;
constexpr std::string_view kPrefix = "sha256/";
constexpr std::size_t kBase64Size = 44;  // of 32 bytes, with one '='

std::string base64_of(const Digest& digest) {
  std::array<unsigned char, kBase64Size + 1> text{};
  ::EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(text.data()), kBase64Size};
}

// OpenSSL decodes leniently; what does not encode to the same text again was not the text of a digest.
std::optional<Digest> digest_of_base64(std::string_view text) {
  if (text.size() != kBase64Size) return std::nullopt;
  std::array<unsigned char, 33> bytes{};
  const auto* const from = reinterpret_cast<const unsigned char*>(text.data());
  if (::EVP_DecodeBlock(bytes.data(), from, kBase64Size) != 33) return std::nullopt;
  Digest digest{};
  std::copy_n(bytes.begin(), digest.size(), digest.begin());
  if (base64_of(digest) != text) return std::nullopt;
  return digest;
}

std::optional<Digest> digest_of_key(const X509* certificate) {
  unsigned char* encoded = nullptr;
  const int size = ::i2d_X509_PUBKEY(::X509_get_X509_PUBKEY(certificate), &encoded);
  if (size <= 0) return std::nullopt;
  Digest digest{};
  ::SHA256(encoded, static_cast<std::size_t>(size), digest.data());
  ::OPENSSL_free(encoded);
  return digest;
}

}  // namespace

Result<PublicKeyPins> PublicKeyPins::parse(std::string_view text) {
  PublicKeyPins pins;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",;"), text.size());
    std::string_view pin = text.substr(0, end);
    const bool last = end == text.size();
    text.remove_prefix(last ? end : end + 1);
    const bool named = pin.starts_with(kPrefix);
    pin.remove_prefix(named ? kPrefix.size() : 0);
    // The digest may begin with a slash as well, so its length tells whose slash this is.
    if (pin.size() == kBase64Size + 1 && pin.starts_with('/')) pin.remove_prefix(1);
    const auto digest = digest_of_base64(pin);
    if (!named || !digest || (!last && text.empty())) {
      return Failure(ErrorCode::config_error, Phase::config, "not a list of sha256//BASE64");
    }
    pins.digests_.push_back(*digest);
  }
  return pins;
}

bool PublicKeyPins::match(const X509* certificate) const {
  const auto digest = digest_of_key(certificate);
  return digest && std::ranges::find(digests_, *digest) != digests_.end();
}

std::string public_key_pin(const X509* certificate) {
  const auto digest = digest_of_key(certificate);
  return digest ? "sha256//" + base64_of(*digest) : "";
}

}  // namespace ppn
