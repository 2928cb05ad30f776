// Which parts of headers and URLs are secrets: the one place that knows the rules.
#pragma once

#include <string>
#include <string_view>

namespace ppn {

// Whether the value of a header of this name is a secret: credentials and cookies by their names, and every name with a
// word such as "token" or "key" in it ("X-Vendor-Api-Key"), but for a few that are known to be harmless.
bool is_sensitive_header(std::string_view name) noexcept;

// Appends a query without its "?", the values of secret parameters replaced by REDACTED.
void append_redacted_query(std::string& out, std::string_view query);

// Any text that is meant as a URL, well-formed or not: user information and secret parameters replaced, the fragment
// dropped, everything else byte for byte.
std::string redact_url(std::string_view text);

// Replaces what looks like a key: "sk-..." and what follows "Bearer". For texts of others, such as the error messages of
// providers, which like to repeat the key that they refuse.
std::string filter_key_patterns(std::string_view text);

}  // namespace ppn
