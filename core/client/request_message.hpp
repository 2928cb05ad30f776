// What middleware may read and change of a request. The body is not part of it: it may be a file or a stream.
#pragma once

#include <string>

#include "codec/headers.hpp"
#include "codec/url.hpp"

namespace ppn {

struct RequestMessage {
  std::string method;
  Url url;
  HeaderList headers;
};

}  // namespace ppn
