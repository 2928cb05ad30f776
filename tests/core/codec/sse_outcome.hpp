// One event stream through the decoder, and all that came of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/sse_decoder.hpp"
#include "support/vectors.hpp"

namespace ppn::test {

struct SeenEvent {
  std::string type;
  std::string data;
  std::string id;
  std::optional<std::uint64_t> retry_ms;
  std::uint64_t index = 0;
  std::uint64_t byte_offset = 0;

  bool operator==(const SeenEvent&) const = default;
};

struct SseOutcome {
  std::vector<SeenEvent> events;
  bool failed = false;
  std::string last_event_id;
  std::optional<std::uint64_t> retry_ms;
  std::uint64_t comments = 0;
  std::uint64_t replacements = 0;
  std::uint64_t ignored_fields = 0;

  bool operator==(const SseOutcome&) const = default;
};

SseOutcome decode_events(SseDecoder& decoder, const Pieces& pieces);
SseOutcome decode_events(const Pieces& pieces, const SseLimits& limits = {});

}  // namespace ppn::test
