#include "client/credential_scope.hpp"

#include <array>
#include <charconv>
#include <cstdint>

#include "base/ascii.hpp"
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

// One look at each field: most requests have none of these, and the length of most names says so.
bool is_credential(std::string_view name) noexcept {
  switch (name.size()) {
    case 7: return equals_ignore_case(name, "api-key");
    case 9: return equals_ignore_case(name, "x-api-key");
    case 13: return equals_ignore_case(name, "authorization");
    case 14: return equals_ignore_case(name, "x-goog-api-key");
    default: return false;
  }
}

std::string_view credential_of(const RequestMessage& message, std::string_view client_key) noexcept {
  for (const HeaderField field : message.headers) {
    if (is_credential(field.name)) return field.value;
  }
  return client_key;
}

}  // namespace

std::string credential_scope(const std::string& origin, const RequestMessage& message, std::string_view client_key) {
  const std::string_view credential = credential_of(message, client_key);
  if (credential.empty()) return {};
  std::array<char, 16> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), salted_hash(credential), 16);
  return origin + '#' + std::string(digits.data(), written.ptr);
}

}  // namespace ppn
