#include "codec/websocket_extensions.hpp"

#include <utility>

#include "base/ascii.hpp"
#include "codec/scan.hpp"

namespace ppn {
namespace {

// Reads one field value from its front.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void skip_blanks() noexcept {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at_end() const noexcept { return rest_.empty(); }

  bool take_token(std::string& out) {
    const char* const begin = rest_.data();
    const char* const end = scan::skip_token(begin, begin + rest_.size());
    out.assign(begin, end);
    rest_.remove_prefix(out.size());
    return !out.empty();
  }

  // A token between quotes, each of its characters perhaps behind a backslash (RFC 6455 9.1).
  bool take_quoted_token(std::string& out) {
    if (!take('"')) return false;
    while (!take('"')) {
      take('\\');
      if (rest_.empty() || !scan::is_token_char(rest_.front())) return false;
      out.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return !out.empty();
  }

 private:
  std::string_view rest_;
};

bool read_parameter(Reader& reader, ExtensionParameter& parameter) {
  if (!reader.take_token(parameter.name)) return false;
  reader.skip_blanks();
  if (!reader.take('=')) return true;
  reader.skip_blanks();
  std::string value;
  if (!reader.take_token(value) && !reader.take_quoted_token(value)) return false;
  parameter.value = std::move(value);
  return true;
}

bool read_field(std::string_view text, std::vector<WebSocketExtension>& extensions) {
  Reader reader(text);
  while (true) {
    reader.skip_blanks();
    if (reader.at_end()) return true;
    if (reader.take(',')) continue;
    WebSocketExtension extension;
    if (!reader.take_token(extension.name)) return false;
    reader.skip_blanks();
    while (reader.take(';')) {
      reader.skip_blanks();
      ExtensionParameter parameter;
      if (!read_parameter(reader, parameter)) return false;
      extension.parameters.push_back(std::move(parameter));
      reader.skip_blanks();
    }
    extensions.push_back(std::move(extension));
    if (!reader.at_end() && !reader.take(',')) return false;
  }
}

}  // namespace

std::optional<std::vector<WebSocketExtension>> parse_extensions(const HeaderList& headers) {
  std::vector<WebSocketExtension> extensions;
  for (const HeaderField field : headers) {
    if (!equals_ignore_case(field.name, "Sec-WebSocket-Extensions")) continue;
    if (!read_field(field.value, extensions)) return std::nullopt;
  }
  return extensions;
}

}  // namespace ppn
