// References as servers write them into Location, resolved against the URL of the request (RFC 3986 5.2).
#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "codec/url.hpp"

namespace ppn {
namespace {

bool begins_with_scheme(std::string_view text) noexcept {
  const std::size_t end = text.find_first_of(":/?");
  return end != std::string_view::npos && end > 0 && text[end] == ':' && is_alpha(text[0]);
}

// RFC 3986 5.2.4, for a path that is empty or begins with '/'.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin + 1), path.size());
    const std::string_view segment = path.substr(begin + 1, end - begin - 1);
    if (segment == "..") out.resize(std::min(out.rfind('/'), out.size()));
    if (segment != "." && segment != "..") {
      out.append(path.substr(begin, end - begin));
    } else if (end == path.size()) {
      out += '/';
    }
    begin = end;
  }
  return out;
}

// Servers write spaces and UTF-8 as they are; every client sends them encoded. In the host nothing is repaired.
void append_encoded(std::string& out, std::string_view text) {
  static constexpr std::array<char, 17> kHex{"0123456789ABCDEF"};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || byte > 0x7F) {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
}

std::string_view path_of(std::string_view target) noexcept {
  return target.substr(0, target.find('?'));
}

}  // namespace

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  std::string text;  // scheme and authority
  std::string_view rest = reference;
  bool absolute = false;
  if (begins_with_scheme(reference) || reference.starts_with("//")) {
    absolute = true;
    if (reference.starts_with("//")) text.append(scheme_name(base.scheme)).append(":");
    const std::size_t slashes = reference.find("//");
    if (slashes == std::string_view::npos || (slashes > 0 && reference[slashes - 1] != ':'))
      return parse_url(reference);
    const std::size_t end = std::min(reference.find_first_of("/?", slashes + 2), reference.size());
    text.append(reference.substr(0, end));
    rest = reference.substr(end);
  } else {
    text.append(scheme_name(base.scheme)).append("://").append(base.authority());
  }

  const std::string_view base_path = path_of(base.target);
  const std::string_view path = path_of(rest);
  const std::string_view query = rest.substr(path.size());
  if (path.empty() && !absolute) {
    text.append(query.empty() ? std::string_view(base.target) : base_path);
  } else if (absolute || path.front() == '/') {
    append_encoded(text, without_dot_segments(path));
  } else {
    const std::string merged = std::string(base_path.substr(0, base_path.rfind('/') + 1)).append(path);  // 5.2.3
    append_encoded(text, without_dot_segments(merged));
  }
  append_encoded(text, query);
  return parse_url(text);
}

}  // namespace ppn
