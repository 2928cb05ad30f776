#include "support/request_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ppn::test {
namespace {

constexpr std::string_view crlf = "\r\n";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// Chunks, last chunk, trailers and empty line from `start` on (RFC 9112 7.1); nothing while they are incomplete.
std::optional<std::size_t> end_of_chunks(std::string_view bytes, std::size_t start) {
  std::size_t at = start;
  while (true) {
    const std::size_t line_end = bytes.find(crlf, at);
    if (line_end == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    std::from_chars(bytes.data() + at, bytes.data() + line_end, size, 16);
    at = line_end + crlf.size();
    if (size == 0) break;
    if (bytes.size() - at < size + crlf.size()) return std::nullopt;
    at += size + crlf.size();
  }
  while (true) {
    const std::size_t line_end = bytes.find(crlf, at);
    if (line_end == std::string_view::npos) return std::nullopt;
    const bool empty_line = line_end == at;
    at = line_end + crlf.size();
    if (empty_line) return at;
  }
}

}  // namespace

std::optional<std::size_t> head_size(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  return end + 4;
}

std::optional<std::string> header_value(std::string_view head, std::string_view name) {
  const std::string wanted = lower(name);
  std::size_t at = head.find(crlf);
  while (at != std::string_view::npos) {
    at += crlf.size();
    const std::size_t end = head.find(crlf, at);
    const std::string_view line = head.substr(at, end == std::string_view::npos ? end : end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && lower(line.substr(0, colon)) == wanted)
      return trimmed(line.substr(colon + 1));
    at = end;
  }
  return std::nullopt;
}

std::optional<std::size_t> request_size(std::string_view bytes) {
  const auto head = head_size(bytes);
  if (!head) return std::nullopt;
  const std::string_view head_text = bytes.substr(0, *head);
  if (const auto coding = header_value(head_text, "Transfer-Encoding"); coding && lower(*coding).ends_with("chunked")) {
    return end_of_chunks(bytes, *head);
  }
  std::size_t body = 0;
  if (const auto length = header_value(head_text, "Content-Length")) {
    std::from_chars(length->data(), length->data() + length->size(), body);
  }
  if (bytes.size() - *head < body) return std::nullopt;
  return *head + body;
}

}  // namespace ppn::test
