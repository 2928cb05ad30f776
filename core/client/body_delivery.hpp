// What becomes of the body of a response: collected, or handed on as chunks, lines or events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "client/handler.hpp"
#include "client/options.hpp"
#include "client/stream_filters.hpp"
#include "codec/chunk_coalescer.hpp"
#include "codec/line_decoder.hpp"
#include "codec/sse_decoder.hpp"

namespace ppn {

// Thread: the loop thread.
class BodyDelivery {
 public:
  BodyDelivery(Delivery delivery, const RequestOptions& options);

  // Pieces of the body go through these first. To be called before begin().
  void set_filters(StreamFilters filters);

  enum class Step {
    more,     // everything is taken
    paused,   // the handler wants no more for now; the rest of the bytes was not taken
    aborted,  // the handler wants no more at all
    enough,   // no more of this body is of interest: see error()
    failed,   // error()
  };

  // For the next attempt of a call whose body is collected; nothing of the last one is left.
  void start_over() noexcept { error_.reset(); }

  // The head has arrived. For events this is the gate: a status other than 200, or another media type, makes the body
  // that of an error, collected up to 64 KiB (SEMANTICS 3.4.1).
  Step begin(Response& response, std::optional<std::uint64_t> content_length);
  // Takes bytes from the front; `more` says that more have arrived behind them.
  Step feed(CallHandler& handler, Response& response, std::string_view& bytes, bool more);
  // After a pause: hands on what filters had made of bytes that were taken before it, then takes bytes.
  Step resume(CallHandler& handler, Response& response, std::string_view& bytes, bool more);
  // Whether flush() has something to hand on. To be called before a wait, and before the body ends in any way.
  bool holds() const noexcept { return (chunks_ && chunks_->holds()) || (filters_ && filters_->holds()); }
  Step flush(CallHandler& handler);
  // The body is complete. To be called again after a pause at the end.
  Step end(CallHandler& handler, Response& response);

  // Whether the handler has seen a piece of a stream.
  bool has_handed_on() const noexcept { return handed_on_; }

  // A resume belongs to the callback it comes in: it undoes the pause that this callback asks for, and no later one.
  void request_resume() noexcept { resume_requested_ = true; }
  bool take_resume_request() noexcept { return std::exchange(resume_requested_, false); }
  void forget_resume_request() noexcept { resume_requested_ = false; }

  // The error of a call whose body ended with `error`: a refused stream stays refused, and a truncated body of lines or
  // events is a truncated stream (SEMANTICS 3.4.5).
  Error failed_transfer(Error error);

  // What a stream of events leaves behind for a reconnection.
  void note_stream_state(Response& response) const;

  // The error of `failed` and `enough`, and of a refused stream after its end; null otherwise.
  std::unique_ptr<Error> take_error() noexcept { return std::move(error_); }

 private:
  Step collect(Response& response, std::string_view& bytes);
  Step feed_chunks(CallHandler& handler, std::string_view& bytes, bool more);
  Step feed_lines(CallHandler& handler, std::string_view& bytes);
  Step feed_events(CallHandler& handler, std::string_view& bytes);
  Step hand_on(CallHandler& handler, std::string_view piece);
  Step hand_on(CallHandler& handler, const SseEvent& event);
  Step hand_on_filtered(CallHandler& handler);
  Step answer(Flow flow) noexcept;
  Step fail(Error error);

  Delivery delivery_;
  std::uint64_t collect_limit_;
  std::unique_ptr<ChunkCoalescer> chunks_;  // when the delivery is by chunks
  std::unique_ptr<LineDecoder> lines_;      // by lines
  std::unique_ptr<SseDecoder> events_;      // by events
  std::unique_ptr<StreamFilters> filters_;  // when there are any
  bool refused_ = false;                    // the body is that of an error
  bool ended_ = false;                      // the last line, without its end, was handed on
  bool resume_requested_ = false;
  bool handed_on_ = false;
  std::unique_ptr<Error> error_;
};

}  // namespace ppn
