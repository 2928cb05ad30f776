#include "policy/structured_items.hpp"

#include "base/ascii.hpp"

namespace ppn {
namespace {

constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

constexpr bool is_key(char c) noexcept {
  return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
}

// tchar (RFC 9110 5.6.2) and the two that a token may have beside them (RFC 9651 3.3.4).
constexpr bool is_token(char c) noexcept {
  return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~:/").find(c) != std::string_view::npos;
}

constexpr bool is_base64(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '=';
}

constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f');  // upper case is not allowed here
}

}  // namespace

StructuredItems::StructuredItems(std::string_view field) noexcept : rest_(field) {
  skip_spaces();
}

void StructuredItems::skip_spaces() noexcept {
  while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
}

bool StructuredItems::take(char expected) noexcept {
  if (rest_.empty() || rest_.front() != expected) return false;
  rest_.remove_prefix(1);
  return true;
}

std::optional<std::string_view> StructuredItems::next_item() noexcept {
  if (malformed_) return std::nullopt;
  rest_ = begun_ ? trim_ows(rest_) : rest_;
  if (rest_.empty()) return std::nullopt;
  if (begun_) {
    if (!take(',')) return fail();
    rest_ = trim_ows(rest_);
  }
  begun_ = true;
  return take_string();  // also after a comma: there must be a member
}

std::optional<StructuredItems::Parameter> StructuredItems::next_parameter() noexcept {
  if (malformed_ || !take(';')) return std::nullopt;
  skip_spaces();
  const auto name = take_key();
  if (!name) return std::nullopt;
  if (!take('=')) return Parameter{*name, StructuredOther{}};  // the boolean "true"
  const auto value = take_value();
  if (!value) return std::nullopt;
  return Parameter{*name, *value};
}

std::optional<std::string_view> StructuredItems::take_string() noexcept {
  if (!take('"')) return fail();
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == '"') {
      const std::string_view text = rest_.substr(0, i);
      rest_.remove_prefix(i + 1);
      return text;
    }
    if (c < ' ' || c > '~') return fail();
    if (c != '\\') continue;
    ++i;
    if (i == rest_.size() || (rest_[i] != '"' && rest_[i] != '\\')) return fail();
  }
  return fail();
}

std::optional<std::string_view> StructuredItems::take_key() noexcept {
  if (rest_.empty() || !(is_lower(rest_.front()) || rest_.front() == '*')) return fail();
  std::size_t length = 1;
  while (length < rest_.size() && is_key(rest_[length])) ++length;
  const std::string_view key = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return key;
}

std::optional<StructuredValue> StructuredItems::take_value() noexcept {
  if (rest_.empty()) return fail();
  const char first = rest_.front();
  if (first == '"') {
    const auto text = take_string();
    if (!text) return std::nullopt;
    return StructuredString{*text};
  }
  if (first == '-' || is_digit(first)) return take_number();
  rest_.remove_prefix(1);
  bool good = false;
  switch (first) {
    case '?': good = take('0') || take('1'); break;
    case ':': good = take_bytes(); break;
    case '%': good = take_display_string(); break;
    case '@': {
      const auto date = take_number();
      good = date && std::holds_alternative<std::int64_t>(*date);
      break;
    }
    default: good = (is_alpha(first) || first == '*') && take_token(); break;
  }
  if (!good) return fail();
  return StructuredOther{};
}

// RFC 9651 4.2.4: up to 15 digits, or up to 12, a point and one to three.
std::optional<StructuredValue> StructuredItems::take_number() noexcept {
  const bool negative = take('-');
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
    if (digits == 15) return fail();
    value = value * 10 + (rest_[digits] - '0');
  }
  if (digits == 0) return fail();
  rest_.remove_prefix(digits);
  if (!take('.')) return negative ? -value : value;
  std::size_t places = 0;
  while (places < rest_.size() && is_digit(rest_[places])) ++places;
  if (digits > 12 || places == 0 || places > 3) return fail();
  rest_.remove_prefix(places);
  return StructuredOther{};
}

bool StructuredItems::take_token() noexcept {
  while (!rest_.empty() && is_token(rest_.front())) rest_.remove_prefix(1);
  return true;
}

bool StructuredItems::take_bytes() noexcept {
  while (!rest_.empty() && is_base64(rest_.front())) rest_.remove_prefix(1);
  return take(':');
}

bool StructuredItems::take_display_string() noexcept {
  if (!take('"')) return false;
  while (!rest_.empty()) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '"') return true;
    if (c < ' ' || c > '~') return false;
    if (c != '%') continue;
    if (rest_.size() < 2 || !is_hex(rest_[0]) || !is_hex(rest_[1])) return false;
    rest_.remove_prefix(2);
  }
  return false;
}

}  // namespace ppn
