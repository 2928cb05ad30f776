// Bytes as text.
#pragma once

#include <string>
#include <string_view>

namespace ai_server {

bool is_utf8(std::string_view bytes);

// RFC 4648 section 4, in one line.
std::string base64(const std::string& bytes);

}  // namespace ai_server
