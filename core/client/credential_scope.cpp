#include "client/credential_scope.hpp"

#include <array>
#include <charconv>
#include <cstdint>

#include "base/random.hpp"

namespace ppn {
namespace {

// FNV-1a from a start that is secret, so that nobody can try out keys against a scope that was logged.
std::uint64_t salted_hash(std::string_view text) noexcept {
  static const std::uint64_t salt = random_bits();
  std::uint64_t hash = 0xcbf29ce484222325 ^ salt;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string_view credential_of(const RequestMessage& message, std::string_view client_key) noexcept {
  for (const char* const name : {"authorization", "x-api-key", "api-key", "x-goog-api-key"}) {
    if (const auto value = message.headers.find(name)) return *value;
  }
  return client_key;
}

}  // namespace

std::string credential_scope(const std::string& origin, const RequestMessage& message, std::string_view client_key) {
  const std::string_view credential = credential_of(message, client_key);
  if (credential.empty()) return origin;
  std::array<char, 16> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), salted_hash(credential), 16);
  return origin + '#' + std::string(digits.data(), written.ptr);
}

}  // namespace ppn
