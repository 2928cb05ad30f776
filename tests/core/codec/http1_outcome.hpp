// One response through the decoder, and all that came of it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "codec/http1_decoder.hpp"
#include "support/vectors.hpp"

namespace ppn::test {

enum class After { hold, close, reset };  // what the peer does once its bytes are out

struct Http1Outcome {
  bool complete = false;
  bool failed = false;  // neither: the peer waits, and so would the caller, until its deadline
  int status = 0;
  int minor_version = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> trailers;
  std::string body;
  int interim = 0;
  bool reusable = false;
  std::string left_over;
  ErrorCode code = ErrorCode::ok;
  Phase phase = Phase::none;
  std::string message;

  bool operator==(const Http1Outcome&) const = default;
};

Http1Outcome decode(Http1Decoder& decoder, const Pieces& pieces, bool head_request = false, After after = After::hold);
Http1Outcome decode(std::string_view input, bool head_request = false, After after = After::hold);

}  // namespace ppn::test
