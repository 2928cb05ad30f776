// HTTP/1.1 requests to bytes (RFC 9112 3, 6). Inputs are validated before they come here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"

namespace ppn {

struct RequestFraming {
  enum Kind { none, length, chunked };
  Kind kind = none;
  std::uint64_t content_length = 0;  // read when kind is `length`
};

// Appends request line, Host, `headers` in order, the framing header, and the empty line.
void append_request_head(std::string& out, std::string_view method, const Url& url, const HeaderList& headers,
                         RequestFraming framing);

// The room that chunk framing takes around its data, which so needs no copy.
inline constexpr std::size_t kChunkRoomBefore = 18;  // 16 digits, CRLF
inline constexpr std::size_t kChunkRoomAfter = 2;    // CRLF
// A chunk of the `size` bytes at `data`, written into the room around them. None for no data, which would end the body.
std::string_view enclose_chunk(char* data, std::size_t size) noexcept;
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// invalid_argument, phase `validate`.
Status validate_method(std::string_view method);

}  // namespace ppn
