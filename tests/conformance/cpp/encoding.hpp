// JSON texts and base64, as the runner writes and reads them.
#pragma once

#include <string>
#include <string_view>

namespace conformance {

// In quotes; `utf8` is UTF-8.
std::string json_string(std::string_view utf8);
// In quotes, too.
std::string json_base64(std::string_view bytes);
std::string from_base64(std::string_view text);

}  // namespace conformance
