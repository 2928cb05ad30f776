#include "base/credential_patterns.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace ppn {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kKey = "sk-";
constexpr std::string_view kBearer = "bearer";
// "sk-SK" is a language.
constexpr std::size_t kMinKeyBytes = 3;

// Of a key; '*' as in keys that were cut in the middle.
bool is_key_char(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '*';
}

// Of b64token (RFC 6750 2.1).
bool is_token_char(char c) noexcept {
  return is_key_char(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=' || c == '%';
}

template <class Is>
std::size_t end_of(std::string_view text, std::size_t at, Is&& is) noexcept {
  return static_cast<std::size_t>(std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is) -
                                  text.begin());
}

// Behind the white space at `at`, as it is or as URLs write it.
std::size_t behind_space(std::string_view text, std::size_t at) noexcept {
  while (at < text.size()) {
    if (text[at] == ' ' || text[at] == '\t' || text[at] == '+') {
      ++at;
    } else if (text.substr(at, 3) == "%20") {
      at += 3;
    } else {
      break;
    }
  }
  return at;
}

// The part of a credential that begins at `at` and has to be hidden; empty when there is none.
std::string_view secret_at(std::string_view text, std::size_t at) noexcept {
  const bool is_key = equals_ignore_case(text.substr(at, kKey.size()), kKey);
  if (!is_key && !equals_ignore_case(text.substr(at, kBearer.size()), kBearer)) return {};
  const bool inside_word = at > 0 && (is_alpha(text[at - 1]) || is_digit(text[at - 1]));  // "risk-free"
  const bool behind_encoded_byte = at >= 3 && text[at - 3] == '%';                        // "%22sk-..."
  if (inside_word && !behind_encoded_byte) return {};
  if (is_key) {
    const std::size_t begin = at + kKey.size();
    const std::size_t end = end_of(text, begin, is_key_char);
    return end - begin >= kMinKeyBytes ? text.substr(begin, end - begin) : std::string_view();
  }
  const std::size_t space = at + kBearer.size();
  const std::size_t begin = behind_space(text, space);
  return begin != space ? text.substr(begin, end_of(text, begin, is_token_char) - begin) : std::string_view();
}

// Where a credential might begin, from `at` on.
std::size_t next_start(std::string_view text, std::size_t at) noexcept {
  for (; at < text.size(); ++at) {
    const char lower = static_cast<char>(text[at] | 0x20);
    if (lower == 's' || lower == 'b') break;
  }
  return at;
}

}  // namespace

bool hide_credential_patterns(std::string_view text, std::string& out) {
  bool hidden = false;
  std::size_t copied = 0;
  std::string result;
  for (std::size_t at = next_start(text, 0); at < text.size(); at = next_start(text, at + 1)) {
    const std::string_view secret = secret_at(text, at);
    if (secret.empty() || secret == kHidden) continue;
    const auto begin = static_cast<std::size_t>(secret.data() - text.data());
    result.append(text.substr(copied, begin - copied)).append(kHidden);
    copied = begin + secret.size();
    at = copied - 1;
    hidden = true;
  }
  if (!hidden) return false;
  result.append(text.substr(copied));
  out = std::move(result);
  return true;
}

}  // namespace ppn
