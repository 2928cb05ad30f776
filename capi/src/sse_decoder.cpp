#include "pepperpy/network/sse_decoder.h"

#include <memory>

#include "boundary.hpp"
#include "decoder_limits.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

int32_t ppn_sse_decoder_new(int64_t max_line_bytes, int64_t max_event_bytes, int64_t max_fields, ppn_sse_decoder** out,
                            ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    SseLimits limits;
    take_limit(in, max_line_bytes, kMostBytes, "max_line_bytes is not 0..1073741824", limits.line_bytes);
    take_limit(in, max_event_bytes, kMostBytes, "max_event_bytes is not 0..1073741824", limits.event_bytes);
    take_limit(in, max_fields, kMostFields, "max_fields is not 0..1000000", limits.fields);
    if (!in.ok()) return in.failure();
    *out = make_handle<ppn_sse_decoder>(SseDecoderObject{std::make_unique<SseDecoderObject::State>(
        SseDecoderObject::State{FedDecoder(SseDecoder(limits), limits.event_bytes), {}, {}})});
    return {};
  });
}

ppn_sse_decoder* ppn_sse_decoder_acquire(ppn_sse_decoder* decoder) {
  return acquire(decoder);
}

void ppn_sse_decoder_release(ppn_sse_decoder* decoder) {
  release(decoder);
}

int32_t ppn_sse_decoder_feed(ppn_sse_decoder* decoder, const uint8_t* data, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(decoder, "decoder");
    const auto bytes = in.bytes(data, length, "data");
    if (!in.ok()) return in.failure();
    return object->state->fed.feed(bytes) ? Status() : too_much_waits();
  });
}

int32_t ppn_sse_decoder_next(ppn_sse_decoder* decoder, const ppn_event** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    in.out(out, "out");
    const auto object = in.handle(decoder, "decoder");
    if (!in.ok()) return in.failure();
    auto& state = *object->state;
    switch (state.fed.next()) {
      case SseDecoder::Step::need_input: return PPN_PENDING;
      case SseDecoder::Step::event: break;
      case SseDecoder::Step::failed: return Failure(Error(state.fed.decoder().error()));
    }
    state.piece = view_of(state.fed.decoder().event());
    *out = &state.piece;
    return PPN_OK;
  });
}

int32_t ppn_sse_decoder_reset(ppn_sse_decoder* decoder, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(decoder, "decoder");
    if (!in.ok()) return in.failure();
    object->state->fed.restart();
    return {};
  });
}

const char* ppn_sse_decoder_last_event_id(ppn_sse_decoder* decoder, size_t* out_length) {
  Arguments::optional_out(out_length);
  return read(decoder, "", [&](const SseDecoderObject& object) {
    object.state->last_id = object.state->fed.decoder().last_event_id();
    if (out_length != nullptr) *out_length = object.state->last_id.size();
    return object.state->last_id.c_str();
  });
}

int64_t ppn_sse_decoder_retry_ms(ppn_sse_decoder* decoder) {
  return read(decoder, int64_t{-1},
              [](const SseDecoderObject& object) { return retry_for_c(object.state->fed.decoder().retry_ms()); });
}

uint64_t ppn_sse_decoder_replacements(ppn_sse_decoder* decoder) {
  return read(decoder, uint64_t{0},
              [](const SseDecoderObject& object) { return object.state->fed.decoder().replacements(); });
}
