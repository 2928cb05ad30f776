// The HTTP/1.1 response decoder: whatever the bytes are and however they are cut, the outcome is the same, and it is a
// response or a named error. What follows a response is read as the next one on the same connection.
#include <algorithm>

#include "codec/http1_decoder.hpp"
#include "core/codec/http1_outcome.hpp"
#include "fuzz/check.hpp"
#include "fuzz/cuts.hpp"

using namespace ppn;
using namespace ppn::fuzz;
using namespace ppn::test;

namespace {

// Bits of the flags.
constexpr unsigned kHeadRequest = 1;
constexpr unsigned kSmallLimits = 2;
constexpr unsigned kBareLf = 4;
constexpr unsigned kClose = 8;

Http1Limits limits_of(unsigned flags) {
  Http1Limits limits;
  if ((flags & kSmallLimits) != 0) {
    limits = {.head_bytes = 200, .line_bytes = 60, .fields = 6, .interim_responses = 2, .chunk_extension_bytes = 12};
  }
  limits.accept_bare_lf = (flags & kBareLf) != 0;
  return limits;
}

// The responses of one connection.
std::vector<Http1Outcome> decode_all(const Pieces& first, unsigned flags) {
  Http1Decoder decoder(limits_of(flags));
  const bool head_request = (flags & kHeadRequest) != 0;
  const After after = (flags & kClose) != 0 ? After::close : After::hold;
  std::vector<Http1Outcome> all{decode(decoder, first, head_request, after)};
  // The bytes after a response, in one piece: where they were cut before was seen by the first.
  while (all.back().complete && !all.back().left_over.empty() && all.size() < 4) {
    const std::string rest = all.back().left_over;
    all.push_back(decode(decoder, {rest}, head_request, after));
  }
  return all;
}

std::size_t bytes_in(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : fields) bytes += name.size() + value.size();
  return bytes;
}

void check_outcome(const Http1Outcome& outcome, const Http1Limits& limits, std::size_t input_bytes) {
  check(!(outcome.complete && outcome.failed), "a response is complete or failed");
  check(bytes_in(outcome.headers) + bytes_in(outcome.trailers) <= limits.head_bytes, "a head fits its limit");
  check(outcome.headers.size() + outcome.trailers.size() <= limits.fields, "fields fit their limit");
  check(outcome.interim <= limits.interim_responses, "interim responses fit their limit");
  check(outcome.body.size() <= input_bytes, "a body is part of the input");
  if (outcome.status != 0) check(outcome.status >= 100 && outcome.status <= 999, "a status has three digits");
  for (const auto* fields : {&outcome.headers, &outcome.trailers}) {
    for (const auto& [name, value] : *fields) {
      check(is_token(name), "a name is a token");
      check(is_header_value(value), "a value is one line without white space around it");
    }
  }
  if (!outcome.failed) return;
  check(category_of(outcome.code) == ErrorCategory::protocol || outcome.code == ErrorCode::connection_closed,
        "a failure is named");
  check(!outcome.message.empty() &&
            std::all_of(outcome.message.begin(), outcome.message.end(), [](char c) { return c >= 0x20 && c < 0x7F; }),
        "a message is a readable line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const CutInput input = read_cut_input(data, size);
  const std::vector<Http1Outcome> whole = decode_all({input.bytes}, input.flags);
  for (const Http1Outcome& outcome : whole) check_outcome(outcome, limits_of(input.flags), input.bytes.size());
  check(decode_all(input.pieces, input.flags) == whole, "cuts do not matter");
  return 0;
}
