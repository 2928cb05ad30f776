#include "client/provider_error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "codec/json.hpp"
#include "codec/redaction.hpp"

namespace ppn {
namespace {

using Value = JsonDocument::Value;
using Type = JsonDocument::Type;

constexpr std::size_t kMessageBytes = 1024;
constexpr std::size_t kNameBytes = 128;

// The number of bytes of the character that begins with `lead`, in valid UTF-8.
std::size_t character_bytes(char lead) noexcept {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

enum class Kind { plain, space, hidden };

// Line ends of any kind are spaces. Hidden are other control characters, and those that turn the direction of what
// follows: they make a line of a log read as something else.
Kind kind_of(std::string_view character) noexcept {
  if (character.size() == 1) {
    const auto byte = static_cast<unsigned char>(character[0]);
    if (byte == ' ' || (byte >= '\t' && byte <= '\r')) return Kind::space;
    return byte < 0x20 || byte == 0x7F ? Kind::hidden : Kind::plain;
  }
  const auto second = static_cast<unsigned char>(character[1]);
  if (character.size() == 2) {
    if (character[0] != '\xC2' || second > 0x9F) return Kind::plain;  // U+0080 to U+009F
    return second == 0x85 ? Kind::space : Kind::hidden;
  }
  if (character.size() != 3 || character[0] != '\xE2') return Kind::plain;
  const auto third = static_cast<unsigned char>(character[2]);
  if (second == 0x80 && (third == 0xA8 || third == 0xA9)) return Kind::space;  // U+2028, U+2029
  const bool turns = (second == 0x80 && third >= 0xAA && third <= 0xAE) ||     // U+202A to U+202E
                     (second == 0x81 && third >= 0xA6 && third <= 0xA9);       // U+2066 to U+2069
  return turns ? Kind::hidden : Kind::plain;
}

// Keys are hidden before the text is cut: half a key is one too many.
std::string shown(std::string_view utf8, std::size_t max_bytes) {
  std::string text = filter_key_patterns(one_line(utf8));
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

std::string string_at(const Value& value, std::string_view pointer, std::size_t max_bytes) {
  const auto found = value.find(pointer);
  const auto text = found ? found->as_string() : std::nullopt;
  return text ? shown(*text, max_bytes) : std::string();
}

// A string, or an integer as text.
std::string name_at(const Value& value, std::string_view pointer) {
  const auto found = value.find(pointer);
  if (!found) return {};
  if (const auto number = found->as_int64()) return std::to_string(*number);
  const auto text = found->as_string();
  return text ? shown(*text, kNameBytes) : std::string();
}

std::string first_of(std::string first, std::string second) {
  return first.empty() ? std::move(second) : std::move(first);
}

// {"code", "type" or "status", "message"}
ProviderError read_object(const Value& object) {
  return {.code = name_at(object, "/code"),
          .message = string_at(object, "/message", kMessageBytes),
          .type = first_of(string_at(object, "/type", kNameBytes), string_at(object, "/status", kNameBytes))};
}

ProviderError read_detail(const Value& root, const Value& detail) {
  switch (detail.type()) {
    case Type::string: {
      std::string type = string_at(root, "/type", kNameBytes);
      if (type == "about:blank") type.clear();  // "no more than the status" (RFC 9457 4.2.1)
      return {.code = name_at(root, "/code"), .message = string_at(root, "/detail", kMessageBytes), .type = type};
    }
    case Type::object: return read_object(detail);
    case Type::array:
      return {.code = {},
              .message = string_at(detail, "/0/msg", kMessageBytes),
              .type = string_at(detail, "/0/type", kNameBytes)};
    default: return {};
  }
}

ProviderError read_root(const Value& root) {
  if (const auto error = root.find("/error")) {
    if (error->type() == Type::object) return read_object(*error);
    if (error->type() == Type::string) {
      if (std::string description = string_at(root, "/error_description", kMessageBytes); !description.empty()) {
        return {.code = string_at(root, "/error", kNameBytes), .message = std::move(description), .type = {}};
      }
      ProviderError said = read_object(root);
      // Frameworks put the reason phrase there and the text beside it.
      if (said.message.empty()) said.message = string_at(root, "/error", kMessageBytes);
      return said;
    }
  }
  ProviderError said;
  if (const auto detail = root.find("/detail")) said = read_detail(root, *detail);
  if (said.message.empty() && said.code.empty()) said = read_object(root);
  if (said.message.empty()) said.message = string_at(root, "/title", kMessageBytes);
  if (said.type == "about:blank") said.type.clear();
  return said;
}

bool begins_like_json(std::string_view body) noexcept {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && (body[begin] == '{' || body[begin] == '[');
}

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

}  // namespace

std::string one_line(std::string_view utf8) {
  std::string out;
  bool space = false;
  while (!utf8.empty()) {
    const std::string_view character = utf8.substr(0, character_bytes(utf8[0]));
    utf8.remove_prefix(character.size());
    const Kind kind = kind_of(character);
    if (kind == Kind::space) space = true;
    if (kind != Kind::plain) continue;
    if (space && !out.empty()) out += ' ';
    space = false;
    out.append(character);
  }
  return out;
}

bool is_json_type(std::string_view field) noexcept {
  const std::string_view type = trim_ows(field.substr(0, field.find(';')));
  const auto ends_with = [&](std::string_view end) {
    return type.size() > end.size() && equals_ignore_case(type.substr(type.size() - end.size()), end);
  };
  return ends_with("/json") || ends_with("+json");
}

const std::string& ProviderError::name() const noexcept {
  return code.empty() || (is_number(code) && !type.empty()) ? type : code;
}

std::string ProviderError::as_reason_of(std::string what) const {
  if (!message.empty()) what.append(": ").append(message);
  if (!name().empty()) what.append(" (").append(name()).append(")");
  return what;
}

ProviderError parse_provider_error(std::string_view body) {
  if (body.size() > kMaxErrorBodyBytes || !begins_like_json(body)) return {};
  const auto document = JsonDocument::parse(body, kMaxErrorBodyBytes);
  if (!document) return {};
  const Value root = document->root();
  if (root.type() != Type::array) return read_root(root);
  const auto first = root.find("/0");
  return first && first->type() == Type::object ? read_root(*first) : ProviderError();
}

ProviderError provider_error_of(const HeaderList& headers, std::string_view body) {
  const auto type = headers.find("content-type");
  return type && !is_json_type(*type) ? ProviderError() : parse_provider_error(body);
}

std::string provider_code_of(std::string_view body) {
  return parse_provider_error(body).name();
}

}  // namespace ppn
