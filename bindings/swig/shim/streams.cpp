#include "streams.hpp"

#include <cstdint>
#include <new>

#include "notify.hpp"
#include "pieces.hpp"

using namespace ppn_bindings;

struct ppnb_reader {
  ppn_stream* stream;
  Pieces pieces;
};

namespace {

void PPN_CALL on_ready(void* user_data) {
  notify(stream_handler, [&](StreamHandler& handler) { handler.on_ready(as_token(user_data)); });
}

}  // namespace

std::int32_t ppnb_reader_open(ppn_request* request, std::int32_t kind, std::int64_t token, ppnb_reader** out,
                              ppn_error** error) {
  auto* const reader = new (std::nothrow) ppnb_reader{};
  if (reader == nullptr) return PPN_E_OUT_OF_MEMORY;
  std::int32_t status = ppn_stream_open(request, kind, &reader->stream, error);
  if (status == PPN_OK) {
    status = ppn_stream_set_ready_callback(reader->stream, on_ready, as_user_data(token), nullptr, error);
  }
  if (status != PPN_OK) {
    ppnb_reader_release(reader);
    return status;
  }
  *out = reader;
  return PPN_OK;
}

void ppnb_reader_release(ppnb_reader* reader) {
  if (reader == nullptr) return;
  ppn_stream_release(reader->stream);
  delete reader;
}

std::int64_t ppnb_reader_take(ppnb_reader* reader, std::uint8_t* buffer, std::size_t capacity, ppn_error** error) {
  return take_pieces(reader->pieces, buffer, capacity, error, [&](const ppn_event** out, ppn_error** why) {
    return ppn_stream_next(reader->stream, 0, out, why);
  });
}

std::int64_t ppnb_reader_needed(const ppnb_reader* reader) {
  return needed_for(reader->pieces);
}

std::int32_t ppnb_reader_response(ppnb_reader* reader, ppn_response** out, ppn_error** error) {
  return ppn_stream_response(reader->stream, 0, out, error);
}

void ppnb_reader_cancel(ppnb_reader* reader) {
  ppn_stream_cancel(reader->stream);
}

ppn_buffer* ppnb_reader_last_event_id(ppnb_reader* reader) {
  std::size_t length = 0;
  const char* const id = ppn_stream_last_event_id(reader->stream, &length);
  return buffer_of(id, length);
}

std::int64_t ppnb_reader_retry_ms(ppnb_reader* reader) {
  return ppn_stream_retry_ms(reader->stream);
}
