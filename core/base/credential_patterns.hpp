// Credentials that a text gives away by how they look (SEMANTICS 3.7.5): servers echo keys in their messages.
#pragma once

#include <string>
#include <string_view>

namespace ppn {

// "sk-..." becomes "sk-***" and "Bearer ..." becomes "Bearer ***". False, and `out` untouched, when there is nothing to
// hide.
bool hide_credential_patterns(std::string_view text, std::string& out);

}  // namespace ppn
