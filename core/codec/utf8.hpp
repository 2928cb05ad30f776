// UTF-8 as the WHATWG Encoding standard and RFC 3629 define it: no surrogates, nothing overlong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ppn {

bool is_utf8(std::string_view text) noexcept;
std::size_t utf8_prefix(std::string_view text) noexcept;  // bytes before the first invalid one

// Appends `text` with each maximal invalid part replaced by U+FFFD. Returns the number of replacements.
std::size_t append_utf8_lossy(std::string& out, std::string_view text);

}  // namespace ppn
