#include "core/codec/http1_outcome.hpp"

namespace ppn::test {
namespace {

std::vector<std::pair<std::string, std::string>> copy_fields(const HeaderList& list) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const HeaderField field : list) out.emplace_back(field.name, field.value);
  return out;
}

void note_head(const Http1Decoder& decoder, Http1Outcome& outcome) {
  outcome.status = decoder.head().status;
  outcome.minor_version = decoder.head().minor_version;
  outcome.reason = decoder.head().reason;
  outcome.headers = copy_fields(decoder.head().headers);
}

// Returns true when the response is over.
bool note_step(Http1Decoder& decoder, Http1Decoder::Step step, Http1Outcome& outcome) {
  switch (step) {
    case Http1Decoder::Step::need_input: return false;
    case Http1Decoder::Step::interim: ++outcome.interim; return false;
    case Http1Decoder::Step::head: note_head(decoder, outcome); return false;
    case Http1Decoder::Step::data: outcome.body += decoder.data(); return false;
    case Http1Decoder::Step::end:
      outcome.complete = true;
      outcome.trailers = copy_fields(*decoder.take_trailers());
      outcome.reusable = decoder.keep_alive();
      return true;
    case Http1Decoder::Step::failed:
      outcome.failed = true;
      outcome.code = decoder.error().code;
      outcome.phase = decoder.error().phase;
      outcome.message = decoder.error().message;
      return true;
  }
  return true;
}

}  // namespace

Http1Outcome decode(Http1Decoder& decoder, const Pieces& pieces, bool head_request, After after) {
  Http1Outcome outcome;
  decoder.begin(head_request);
  bool over = false;
  for (std::string_view piece : pieces) {
    while (!over) {
      const Http1Decoder::Step step = decoder.next(piece);
      over = note_step(decoder, step, outcome);
      if (step == Http1Decoder::Step::need_input) break;
    }
    if (over && !outcome.failed) outcome.left_over += piece;
  }
  // `end` may need one more call after the last byte of a body.
  std::string_view nothing;
  if (!over) over = note_step(decoder, decoder.next(nothing), outcome);
  if (!over && after == After::close) note_step(decoder, decoder.end_of_input(), outcome);
  if (!outcome.left_over.empty()) outcome.reusable = false;
  return outcome;
}

Http1Outcome decode(std::string_view input, bool head_request, After after) {
  Http1Decoder decoder;
  return decode(decoder, {input}, head_request, after);
}

}  // namespace ppn::test
