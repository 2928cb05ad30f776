/** @file decoder.hpp
 *  The decoders of streams alone, for bytes that came another way than through a request. Part of
 *  <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_DECODER_HPP
#define PEPPERPY_NETWORK_CPP_DECODER_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "error.hpp"
#include "event.hpp"
#include "handle.hpp"

namespace ppn {
inline namespace api_v0 {
namespace detail {

/** The piece that `next` of a decoder hands out; nothing when it wants more, or has come to its end. */
template <class Decoder>
std::optional<Event> next_of(int32_t(PPN_CALL* next)(Decoder*, const ppn_event**, ppn_error**), Decoder* decoder) {
  const ppn_event* piece = nullptr;
  ErrorOut error;
  const int32_t code = next(decoder, &piece, error);
  if (code == PPN_OK) return Event(piece);
  if (code != PPN_PENDING && code != PPN_END) error.raise(code);
  return std::nullopt;
}

}  // namespace detail

/** The decoder of text/event-stream (WHATWG HTML 9.2). However the bytes are cut, the events are the same; an event
 *  without its empty line is dropped at the end of a stream. A limit of 0 stands for the default of the option with
 *  that name.
 *
 *      decoder.feed(bytes);
 *      while (const auto event = decoder.next()) ...
 *
 *  Thread: one at a time. Blocks: never. Since 0.1. */
class SseDecoder {
 public:
  /** Throws UsageError (PPN_E_INVALID_ARGUMENT: a limit out of its range). */
  explicit SseDecoder(int64_t max_line_bytes = 0, int64_t max_event_bytes = 0, int64_t max_fields = 0) {
    detail::call(ppn_sse_decoder_new, max_line_bytes, max_event_bytes, max_fields, handle_.out());
  }

  /** Feed the next bytes; they are copied. Throws UsageError (PPN_E_INVALID_STATE: too much waits to be taken). */
  void feed(std::string_view bytes) {
    detail::call(ppn_sse_decoder_feed, handle(), detail::bytes_of(bytes), bytes.size());
  }
  /** The next event, valid until the next call with this decoder; nothing when more has to be fed. Throws StreamError
   *  (PPN_E_STREAM_EVENT_TOO_LARGE), again until reset. */
  std::optional<Event> next() { return detail::next_of(ppn_sse_decoder_next, handle()); }
  /** Begin with a new connection of the same stream; the last event id, the reconnection time and the counts go on. */
  void reset() { detail::call(ppn_sse_decoder_reset, handle()); }

  /** The last event id (WHATWG HTML 9.2.6); empty when there is none. */
  std::string last_event_id() const {
    size_t length = 0;
    const char* const id = ppn_sse_decoder_last_event_id(handle(), &length);
    return std::string(id, length);
  }
  /** The reconnection time that the server set. */
  std::optional<std::chrono::milliseconds> retry() const noexcept {
    return detail::duration_of(ppn_sse_decoder_retry_ms(handle()));
  }
  /** How many U+FFFD were put in place of bytes that are not UTF-8. */
  uint64_t replacements() const noexcept { return ppn_sse_decoder_replacements(handle()); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_sse_decoder* handle() const noexcept { return handle_.get(); }

 private:
  detail::SseDecoderHandle handle_;
};

/** The decoder of lines (NDJSON): ended by LF or CRLF, blank ones skipped. Thread: one at a time. Blocks: never. Since
 *  0.1. */
class LineDecoder {
 public:
  /** A limit of 0 stands for the default of max_line_bytes. Throws UsageError (PPN_E_INVALID_ARGUMENT). */
  explicit LineDecoder(int64_t max_line_bytes = 0) {
    detail::call(ppn_line_decoder_new, max_line_bytes, handle_.out());
  }

  /** Feed the next bytes; they are copied. Throws UsageError (PPN_E_INVALID_STATE: after finish, or too much waits to
   *  be taken). */
  void feed(std::string_view bytes) {
    detail::call(ppn_line_decoder_feed, handle(), detail::bytes_of(bytes), bytes.size());
  }
  /** The next line without its end, valid until the next call with this decoder; nothing when more has to be fed, or
   *  after finish. Throws StreamError (PPN_E_STREAM_EVENT_TOO_LARGE), again until reset. */
  std::optional<std::string_view> next() {
    const std::optional<Event> piece = detail::next_of(ppn_line_decoder_next, handle());
    if (!piece) return std::nullopt;
    return piece->data();
  }
  /** The stream has ended as it should: a last line that lacks its LF is a line like any other. */
  void finish() { detail::call(ppn_line_decoder_finish, handle()); }
  /** Begin with a new stream. */
  void reset() { detail::call(ppn_line_decoder_reset, handle()); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_line_decoder* handle() const noexcept { return handle_.get(); }

 private:
  detail::LineDecoderHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
