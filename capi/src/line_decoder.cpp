#include "pepperpy/network/line_decoder.h"

#include <memory>

#include "boundary.hpp"
#include "decoder_limits.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

constexpr std::size_t kMostWaiting = std::size_t{16} << 20;

// The last line of a stream that has ended, unless it was given before.
std::optional<std::string_view> last_line(LineDecoderObject::State& state) {
  if (!state.finished || state.last_line_given) return std::nullopt;
  state.last_line_given = true;
  return state.fed.decoder().finish();
}

}  // namespace

int32_t ppn_line_decoder_new(int64_t max_line_bytes, ppn_line_decoder** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    std::size_t limit = LineDecoder::kDefaultLimit;
    take_limit(in, max_line_bytes, kMostBytes, "max_line_bytes is not 0..1073741824", limit);
    if (!in.ok()) return in.failure();
    *out = make_handle<ppn_line_decoder>(LineDecoderObject{std::make_unique<LineDecoderObject::State>(
        LineDecoderObject::State{FedDecoder(LineDecoder(limit), kMostWaiting)})});
    return {};
  });
}

ppn_line_decoder* ppn_line_decoder_acquire(ppn_line_decoder* decoder) {
  return acquire(decoder);
}

void ppn_line_decoder_release(ppn_line_decoder* decoder) {
  release(decoder);
}

int32_t ppn_line_decoder_feed(ppn_line_decoder* decoder, const uint8_t* data, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(decoder, "decoder");
    const auto bytes = in.bytes(data, length, "data");
    if (!in.ok()) return in.failure();
    if (object->state->finished) {
      return Failure(ErrorCode::invalid_state, Phase::validate, "the stream was finished; reset the decoder first");
    }
    return object->state->fed.feed(bytes) ? Status() : too_much_waits();
  });
}

int32_t ppn_line_decoder_next(ppn_line_decoder* decoder, const ppn_event** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    in.out(out, "out");
    const auto object = in.handle(decoder, "decoder");
    if (!in.ok()) return in.failure();
    auto& state = *object->state;
    std::optional<std::string_view> line;
    switch (state.fed.next()) {
      case LineDecoder::Step::line: line = state.fed.decoder().line(); break;
      case LineDecoder::Step::need_input: line = last_line(state); break;
      case LineDecoder::Step::failed: return Failure(Error(state.fed.decoder().error()));
    }
    if (!line) return state.finished ? PPN_END : PPN_PENDING;
    state.piece = {.data = *line, .type = "line", .id = {}, .retry_ms = -1, .index = state.lines++};
    *out = &state.piece;
    return PPN_OK;
  });
}

int32_t ppn_line_decoder_finish(ppn_line_decoder* decoder, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(decoder, "decoder");
    if (!in.ok()) return in.failure();
    object->state->finished = true;
    return {};
  });
}

int32_t ppn_line_decoder_reset(ppn_line_decoder* decoder, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(decoder, "decoder");
    if (!in.ok()) return in.failure();
    object->state->fed.restart();
    object->state->finished = false;
    object->state->last_line_given = false;
    return {};
  });
}
