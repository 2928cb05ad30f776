// Validation and escaping: the parts of json.hpp that need no document.
#include "codec/json.hpp"
#include "codec/json_scan.hpp"
#include "codec/utf8.hpp"

namespace ppn {
namespace {

constexpr std::size_t kMaxValidDepth = 512;
constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 0xFU];
}

bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

}  // namespace

Status validate_json(std::string_view text) {
  json::NullSink sink;
  const json::ScanError error = json::Scanner(text, kMaxValidDepth, text.size() + 1, sink).run();
  if (error.what == nullptr) return {};
  return Failure(ErrorCode::json_parse, Phase::validate,
                 "not valid JSON at byte " + std::to_string(error.position) + ": " + error.what);
}

void append_json_string(std::string& out, std::string_view utf8) {
  std::string mended;
  if (!is_utf8(utf8)) {
    append_utf8_lossy(mended, utf8);
    utf8 = mended;
  }
  out += '"';
  std::size_t begin = 0;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    if (!needs_escape(utf8[i])) continue;
    out.append(utf8, begin, i - begin);
    append_escaped(out, utf8[i]);
    begin = i + 1;
  }
  out.append(utf8, begin);
  out += '"';
}

}  // namespace ppn
