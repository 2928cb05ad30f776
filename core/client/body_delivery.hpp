// What becomes of the body of a response: collected, or handed on as chunks, lines or events.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "client/handler.hpp"
#include "client/options.hpp"
#include "client/stream_filters.hpp"
#include "client/stream_termination.hpp"
#include "client/token_usage.hpp"
#include "codec/chunk_coalescer.hpp"
#include "codec/line_decoder.hpp"
#include "codec/sse_decoder.hpp"
#include "policy/stream_gaps.hpp"

namespace ppn {

// Thread: the loop thread.
class BodyDelivery {
 public:
  BodyDelivery(Delivery delivery, const RequestOptions& options);

  // Pieces of the body of this attempt go through these first. To be called before begin().
  void set_filters(StreamFilters filters);

  enum class Step {
    more,     // everything is taken
    paused,   // the handler wants no more for now; the rest of the bytes was not taken
    aborted,  // the handler wants no more at all
    enough,   // no more of this body is of interest: see error()
    ended,    // the server said that this was all, whatever else arrives (SEMANTICS 3.4.5)
    failed,   // error()
  };

  // For the next attempt of a call; nothing is left of a last one that nobody has seen.
  void start_over();
  // For the next connection of a stream of events: the handler has its head, the last event id and the counts go on.
  void go_on();
  bool tells_head() const noexcept { return !goes_on_; }

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

  // Whether the handler has seen a piece of this connection of a stream.
  bool has_handed_on() const noexcept { return handed_on_; }
  // Whether pieces were handed on since the last note_pace().
  bool has_news() const noexcept { return pieces_ != gaps_.count(); }
  // Those pieces were handed on at `now`.
  void note_pace(Nanos now) noexcept { gaps_.pieces(now, pieces_ - gaps_.count()); }
  // The handler held the stream up for so long.
  void skip(Nanos paused) noexcept {
    gaps_.skip(paused);
    if (first_head_ != kNever) first_head_ += paused;
  }
  // A head has arrived. Returns when that of the first connection did, without the time since that was held up.
  Nanos note_head(Nanos now) noexcept { return first_head_ = std::min(first_head_, now); }
  Nanos first_head() const noexcept { return first_head_; }  // kNever before that
  // The server has said that this was all.
  bool at_marker() const noexcept { return at_marker_; }

  // Looks for the tokens that events say they cost.
  void count_tokens() { usage_ = std::make_unique<StreamTokenUsage>(); }
  std::optional<std::int64_t> tokens() const noexcept { return usage_ ? usage_->total() : std::nullopt; }

  // A resume belongs to the callback it comes in: it undoes the pause that this callback asks for, and no later one.
  void request_resume() noexcept { resume_requested_ = true; }
  bool take_resume_request() noexcept { return std::exchange(resume_requested_, false); }
  void forget_resume_request() noexcept { resume_requested_ = false; }

  // The error of a call whose body ended with `error`: a refused stream stays refused, and a truncated body of lines or
  // events is a truncated stream (SEMANTICS 3.4.5).
  Error failed_transfer(Error error);

  // What a stream leaves behind: its pace, and of events what a reconnection needs.
  void note_stream_state(Response& response, Nanos call_started) const;
  bool has_seen_id() const noexcept { return id_seen_; }
  std::string_view last_event_id() const noexcept { return events_->last_event_id(); }
  std::optional<std::uint64_t> retry_ms() const noexcept { return events_->retry_ms(); }

  // The error of `failed` and `enough`, and of a refused stream after its end; null otherwise.
  std::unique_ptr<Error> take_error() noexcept { return std::move(error_); }

 private:
  bool is_accepted_type(const Response& response) const;
  void explain_refusal(const Response& response);
  Step refuse_end();
  Step collect(Response& response, std::string_view& bytes);
  Step feed_chunks(CallHandler& handler, std::string_view& bytes, bool more);
  Step feed_lines(CallHandler& handler, std::string_view& bytes);
  Step feed_events(CallHandler& handler, std::string_view& bytes);
  Step hand_on(CallHandler& handler, std::string_view piece);
  Step hand_on(CallHandler& handler, const SseEvent& event);
  Step hand_on_line(CallHandler& handler, std::string_view line);
  Step judge(const SseEvent& event);
  Step hand_on_filtered(CallHandler& handler);
  Step answer(Flow flow) noexcept;
  Step fail(Error error);

  Delivery delivery_;
  std::uint64_t max_response_bytes_;
  std::uint64_t collect_limit_;
  std::unique_ptr<ChunkCoalescer> chunks_;          // when the delivery is by chunks
  std::unique_ptr<LineDecoder> lines_;              // by lines
  std::unique_ptr<SseDecoder> events_;              // by events
  std::unique_ptr<StreamFilters> filters_;          // when there are any
  std::unique_ptr<StreamTermination> termination_;  // of events, when there is a profile
  std::unique_ptr<StreamTokenUsage> usage_;         // see count_tokens()
  StreamGaps gaps_;
  Nanos first_head_ = kNever;
  std::uint64_t pieces_ = 0;  // handed on
  bool refused_ = false;      // the body is that of an error
  bool ended_ = false;        // the last line, without its end, was handed on
  bool resume_requested_ = false;
  bool handed_on_ = false;
  bool at_marker_ = false;
  bool id_seen_ = false;
  bool goes_on_ = false;
  bool lenient_;
  bool validate_json_;
  std::unique_ptr<Error> error_;
};

}  // namespace ppn
