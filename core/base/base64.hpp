// Base64 (RFC 4648).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace ppn {

inline constexpr std::string_view kBase64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// With padding.
std::string encode_base64(std::span<const std::uint8_t> bytes);

// Of credentials that travel in it: standard or URL-safe alphabet, with or without padding; nothing for any other text.
std::optional<Secret> decode_base64(std::string_view text);

}  // namespace ppn
