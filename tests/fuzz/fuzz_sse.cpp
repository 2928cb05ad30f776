// The decoder of server-sent events: the same events however the bytes are cut, each within the limits and valid UTF-8.
#include "codec/utf8.hpp"
#include "core/codec/sse_outcome.hpp"
#include "fuzz/check.hpp"
#include "fuzz/cuts.hpp"

using namespace ppn;
using namespace ppn::fuzz;
using namespace ppn::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const CutInput input = read_cut_input(data, size);
  SseLimits limits;
  if ((input.flags & 1) != 0) limits = {.line_bytes = 40, .event_bytes = 60, .fields = 5};
  const SseOutcome whole = decode_events({input.bytes}, limits);
  check(decode_events(input.pieces, limits) == whole, "cuts do not matter");
  std::uint64_t index = 0;
  for (const SeenEvent& event : whole.events) {
    check(event.index == index++, "events are counted");
    check(event.data.size() <= limits.event_bytes, "an event fits its limit");
    check(event.byte_offset < input.bytes.size(), "an event begins inside the stream");
    check(!event.type.empty(), "an event has a type");
    for (const std::string* text : {&event.type, &event.data, &event.id}) {
      check(is_utf8(*text), "texts are UTF-8");
    }
    check(event.id.find('\0') == std::string::npos, "an id has no NUL");
  }
  return 0;
}
