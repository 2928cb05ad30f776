#include "codec/http1_encoder.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace ppn {
namespace {

constexpr std::size_t kMaxMethodBytes = 64;

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), result.ptr);
}

// RFC 9110 8.6: say so when a method that usually carries content comes without any; some servers answer 411 else.
bool states_empty_body(std::string_view method) noexcept {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void append_request_head(std::string& out, std::string_view method, const Url& url, const HeaderList& headers,
                         RequestFraming framing) {
  out.append(method).append(" ").append(url.target).append(" HTTP/1.1\r\n");
  append_field(out, "Host", url.authority());  // first, as RFC 9110 7.2 asks
  for (const HeaderField field : headers) append_field(out, field.name, field.value);
  switch (framing.kind) {
    case RequestFraming::none:
      if (states_empty_body(method)) append_field(out, "Content-Length", "0");
      break;
    case RequestFraming::length:
      out.append("Content-Length: ");
      append_number(out, framing.content_length);
      out.append("\r\n");
      break;
    case RequestFraming::chunked: append_field(out, "Transfer-Encoding", "chunked"); break;
  }
  out.append("\r\n");
}

std::string_view enclose_chunk(char* data, std::size_t size) noexcept {
  if (size == 0) return {};
  std::array<char, kChunkRoomBefore> line;
  char* end = std::to_chars(line.data(), line.data() + line.size(), size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  const auto line_size = static_cast<std::size_t>(end - line.data());
  std::memcpy(data - line_size, line.data(), line_size);
  std::memcpy(data + size, "\r\n", kChunkRoomAfter);
  return {data - line_size, line_size + size + kChunkRoomAfter};
}

Status validate_method(std::string_view method) {
  if (!is_token(method) || method.size() > kMaxMethodBytes) {
    return Failure(ErrorCode::invalid_argument, Phase::validate, "the method must be a token of at most 64 characters");
  }
  // Its target is an authority and its answer turns the connection into a tunnel (RFC 9110 9.3.6).
  if (method == "CONNECT") {
    return Failure(ErrorCode::invalid_argument, Phase::validate,
                   "CONNECT is no request of its own; set a proxy instead");
  }
  return {};
}

}  // namespace ppn
