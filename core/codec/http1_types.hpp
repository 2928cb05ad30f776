// What the parts of the HTTP/1.1 decoder share.
#pragma once

#include <cstdint>
#include <string>

#include "base/error_code.hpp"
#include "codec/headers.hpp"

namespace ppn {

struct ResponseHead {
  int status = 0;
  int minor_version = 1;
  std::string reason;
  HeaderList headers;
};

struct Http1Limits {
  std::uint32_t head_bytes = 256 * 1024;  // all heads of one response, interim ones and trailers included
  std::uint32_t line_bytes = 64 * 1024;   // the line feed included
  std::uint32_t fields = 500;             // of one head and its trailers together
  int interim_responses = 16;
  std::uint32_t chunk_extension_bytes = 1024;  // of one chunk
  // Line feeds without carriage return in a head. Off: parsers that differ here can be made to see two messages.
  bool accept_bare_lf = false;
};

// Why a decoder stopped. The text is a literal and never repeats what the peer sent.
struct Http1Problem {
  ErrorCode code = ErrorCode::ok;
  const char* text = "";
};

}  // namespace ppn
