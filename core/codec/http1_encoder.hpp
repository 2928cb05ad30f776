// HTTP/1.1 requests to bytes (RFC 9112 3, 6). Inputs are validated before they come here.
#pragma once

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

void append_chunk(std::string& out, std::string_view data);  // nothing for empty data, which would end the body
void append_last_chunk(std::string& out);

// invalid_argument, phase `validate`.
Status validate_method(std::string_view method);

}  // namespace ppn
