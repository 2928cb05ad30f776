#include "codec/redaction.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace ppn {
namespace {

constexpr auto kHarmlessHeaders =
    std::to_array<std::string_view>({"idempotency-key", "sec-websocket-accept", "x-request-id"});
// Those that no word of kSecretWords gives away.
constexpr auto kSecretHeaders = std::to_array<std::string_view>(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate", "proxy-authenticate"});
constexpr auto kSecretWords =
    std::to_array<std::string_view>({"token", "secret", "key", "apikey", "password", "signature", "session"});

// Query parameters that carry credentials. The first group is spelled exactly so by its inventors (OpenTelemetry's
// list for `url.full`), the second in any case.
constexpr auto kSecretExact =
    std::to_array<std::string_view>({"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWSAccessKeyId",
                                     "Signature", "sig", "X-Goog-Signature"});
constexpr auto kSecretAnyCase =
    std::to_array<std::string_view>({"key", "api_key", "apikey", "api-key", "access_token", "token", "auth", "password",
                                     "secret", "client_secret", "code"});
constexpr std::string_view kRedacted = "REDACTED";

constexpr std::string_view kHidden = "***";
// What stands behind "bearer" in prose.
constexpr auto kWordsAfterBearer = std::to_array<std::string_view>({"and",
                                                                    "auth",
                                                                    "authentication",
                                                                    "authorization",
                                                                    "credential",
                                                                    "credentials",
                                                                    "format",
                                                                    "header",
                                                                    "in",
                                                                    "is",
                                                                    "key",
                                                                    "must",
                                                                    "not",
                                                                    "or",
                                                                    "prefix",
                                                                    "required",
                                                                    "scheme",
                                                                    "should",
                                                                    "token",
                                                                    "tokens",
                                                                    "type",
                                                                    "was"});

template <class Words>
bool is_one_of(const Words& words, std::string_view text) noexcept {
  return std::ranges::any_of(words, [&](std::string_view word) { return equals_ignore_case(word, text); });
}

int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Servers decode names before they compare them, so "api%5Fkey" is a secret as well.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_secret_parameter(std::string_view raw_name) {
  const std::string name = percent_decoded(raw_name);
  return std::ranges::find(kSecretExact, name) != kSecretExact.end() || is_one_of(kSecretAnyCase, name);
}

// Where user information would stand: behind "//" or, in texts that some readers repair, behind "https:/" or "https:\\".
std::size_t authority_begin(std::string_view text) noexcept {
  if (text.starts_with("//")) return 2;
  const std::size_t colon = text.find_first_of(":/?");
  if (colon == std::string_view::npos || text[colon] != ':') return 0;
  const std::size_t begin = text.find_first_not_of("/\\", colon + 1);
  if (begin == colon + 1) return 0;  // "user:password@host" has no scheme
  return begin != std::string_view::npos ? begin : text.size();
}

bool is_key_character(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '*' || c == '.' || c == '~' || c == '+' ||
         c == '/' || c == '=';
}

// A key at the front of `text`: a full stop at its end belongs to the sentence.
std::size_t key_length(std::string_view text) noexcept {
  const auto* const end = std::ranges::find_if_not(text, is_key_character);
  auto length = static_cast<std::size_t>(end - text.begin());
  while (length > 0 && text[length - 1] == '.') --length;
  return length;
}

bool begins_with_word(std::string_view text, std::string_view word) noexcept {
  return text.size() > word.size() && equals_ignore_case(text.substr(0, word.size()), word);
}

// Where the key begins and how long it is; nothing at the front of `text` is a length of 0.
struct FoundKey {
  std::size_t begin = 0;
  std::size_t length = 0;
};

FoundKey key_at_front(std::string_view text) noexcept {
  if (begins_with_word(text, "sk-")) return {0, key_length(text.substr(3)) > 0 ? key_length(text) : 0};
  if (!begins_with_word(text, "bearer")) return {};
  const std::size_t begin = text.find_first_not_of(" \t:", 6);
  if (begin == 6 || begin == std::string_view::npos) return {};
  const std::size_t length = key_length(text.substr(begin));
  return {begin, is_one_of(kWordsAfterBearer, text.substr(begin, length)) ? 0 : length};
}

}  // namespace

bool is_sensitive_header(std::string_view name) noexcept {
  if (is_one_of(kHarmlessHeaders, name)) return false;
  if (is_one_of(kSecretHeaders, name)) return true;
  while (true) {
    const std::size_t end = name.find_first_of("-_");
    if (is_one_of(kSecretWords, name.substr(0, end))) return true;
    if (end == std::string_view::npos) return false;
    name.remove_prefix(end + 1);
  }
}

void append_redacted_query(std::string& out, std::string_view query) {
  while (true) {
    // Some servers take ';' between parameters too; reading it so can only hide more.
    const std::size_t end = query.find_first_of("&;");
    const std::string_view parameter = query.substr(0, end);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos && is_secret_parameter(parameter.substr(0, equals))) {
      out.append(parameter.substr(0, equals + 1)).append(kRedacted);
    } else {
      out.append(parameter);
    }
    if (end == std::string_view::npos) return;
    out += query[end];
    query.remove_prefix(end + 1);
  }
}

std::string filter_key_patterns(std::string_view text) {
  std::string out;
  bool inside_word = false;
  while (!text.empty()) {
    const FoundKey found = inside_word ? FoundKey() : key_at_front(text);
    if (found.length > 0) {
      out.append(text.substr(0, found.begin)).append(kHidden);
      text.remove_prefix(found.begin + found.length);
      continue;
    }
    inside_word = is_alpha(text[0]) || is_digit(text[0]) || text[0] == '_' || text[0] == '-';
    out += text[0];
    text.remove_prefix(1);
  }
  return out;
}

std::string redact_url(std::string_view text) {
  text = text.substr(0, text.find('#'));
  std::string out(text.substr(0, authority_begin(text)));
  text.remove_prefix(out.size());
  // Readers disagree about which '@' ends the user information. The last one before path and query hides most.
  const std::size_t at = text.substr(0, text.find_first_of("/?")).rfind('@');
  if (at != std::string_view::npos) {
    out.append(kRedacted).append(":").append(kRedacted).append("@");
    text.remove_prefix(at + 1);
  }
  const std::size_t question = text.find('?');
  out.append(text.substr(0, question));
  if (question == std::string_view::npos) return out;
  out += '?';
  append_redacted_query(out, text.substr(question + 1));
  return out;
}

}  // namespace ppn
