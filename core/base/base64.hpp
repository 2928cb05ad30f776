// Base64 (RFC 4648), for credentials that travel in it.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.hpp"

namespace ppn {

// Standard or URL-safe alphabet, with or without padding; nothing for any other text.
std::optional<Secret> decode_base64(std::string_view text);

}  // namespace ppn
