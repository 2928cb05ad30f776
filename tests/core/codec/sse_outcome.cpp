#include "core/codec/sse_outcome.hpp"

#include <memory>

namespace ppn::test {

SseOutcome decode_events(SseDecoder& decoder, const Pieces& pieces) {
  SseOutcome outcome;
  for (const std::string_view piece : pieces) {
    // A copy of its own: views that outlive their input show up under a sanitizer.
    const auto copy = std::make_unique<std::string>(piece);
    std::string_view rest = *copy;
    SseDecoder::Step step = SseDecoder::Step::event;
    while ((step = decoder.next(rest)) == SseDecoder::Step::event) {
      const SseEvent& event = decoder.event();
      outcome.events.push_back({std::string(event.type), std::string(event.data), std::string(event.id), event.retry_ms,
                                event.index, event.byte_offset});
    }
    outcome.failed = step == SseDecoder::Step::failed;
    if (outcome.failed) break;
  }
  outcome.last_event_id = decoder.last_event_id();
  outcome.retry_ms = decoder.retry_ms();
  outcome.comments = decoder.comments();
  outcome.replacements = decoder.replacements();
  outcome.ignored_fields = decoder.ignored_fields();
  return outcome;
}

SseOutcome decode_events(const Pieces& pieces, const SseLimits& limits) {
  SseDecoder decoder(limits);
  return decode_events(decoder, pieces);
}

}  // namespace ppn::test
