// Where the body of a response ends, and whether the connection outlives it (RFC 9112 6.3, 9.3).
#pragma once

#include <cstdint>
#include <optional>

#include "codec/http1_types.hpp"

namespace ppn {

struct Http1Framing {
  enum class Body { none, length, chunked, until_close };

  Body body = Body::none;
  std::optional<std::uint64_t> content_length;  // as stated, also when no body follows
  bool persistent = false;
  Http1Problem problem;  // code is `ok` when there is none
};

Http1Framing frame_response(const ResponseHead& head, bool head_request);

}  // namespace ppn
