#include "client/body_delivery.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "client/status_error.hpp"

namespace ppn {
namespace {

constexpr std::uint64_t kErrorBodyBytes = 64 * 1024;
constexpr std::size_t kReserveBytes = 1024 * 1024;  // what a Content-Length alone may make us allocate

bool is_event_stream(const Response& response) {
  const auto type = response.headers.find("content-type");
  return type && equals_ignore_case(trim_ows(type->substr(0, type->find(';'))), "text/event-stream");
}

}  // namespace

BodyDelivery::BodyDelivery(Delivery delivery, const RequestOptions& options)
    : delivery_(delivery), collect_limit_(static_cast<std::uint64_t>(options.max_response_bytes)) {
  if (delivery == Delivery::chunks) {
    chunks_ = std::make_unique<ChunkCoalescer>(static_cast<std::size_t>(options.chunk_bytes));
  }
  const auto line_bytes = static_cast<std::size_t>(options.max_line_bytes);
  if (delivery == Delivery::lines) lines_ = std::make_unique<LineDecoder>(line_bytes);
  if (delivery == Delivery::events) {
    events_ = std::make_unique<SseDecoder>(SseLimits{.line_bytes = line_bytes,
                                                     .event_bytes = static_cast<std::size_t>(options.max_event_bytes),
                                                     .fields = static_cast<std::size_t>(options.max_event_fields)});
  }
}

void BodyDelivery::set_filters(StreamFilters filters) {
  if (!filters.empty()) filters_ = std::make_unique<StreamFilters>(std::move(filters));
}

BodyDelivery::Step BodyDelivery::begin(Response& response, std::optional<std::uint64_t> content_length) {
  if (delivery_ == Delivery::events && response.status != 204) {
    if (response.status != 200) {
      error_ = std::make_unique<Error>(status_error(response));
    } else if (!is_event_stream(response)) {
      error_ = std::make_unique<Error>(ErrorCode::content_type, Phase::body,
                                       "the response is not of type text/event-stream");
    }
    refused_ = error_ != nullptr;
  }
  if (!refused_ && delivery_ != Delivery::collect) return Step::more;
  if (refused_) collect_limit_ = std::min(collect_limit_, kErrorBodyBytes);
  if (!content_length) return Step::more;
  if (!refused_ && *content_length > collect_limit_) {
    return fail(Error(ErrorCode::body_too_large, Phase::body,
                      "the body has " + std::to_string(*content_length) + " bytes, more than max_response_bytes (" +
                          std::to_string(collect_limit_) + ")"));
  }
  response.body.reserve(std::min<std::size_t>(*content_length, kReserveBytes));
  return Step::more;
}

BodyDelivery::Step BodyDelivery::feed(CallHandler& handler, Response& response, std::string_view& bytes, bool more) {
  forget_resume_request();
  if (refused_) return collect(response, bytes);
  if (const Step step = hand_on_filtered(handler); step != Step::more) return step;
  switch (delivery_) {
    case Delivery::collect: return collect(response, bytes);
    case Delivery::chunks: return feed_chunks(handler, bytes, more);
    case Delivery::lines: return feed_lines(handler, bytes);
    case Delivery::events: return feed_events(handler, bytes);
  }
  return Step::failed;
}

BodyDelivery::Step BodyDelivery::resume(CallHandler& handler, Response& response, std::string_view& bytes, bool more) {
  if (!bytes.empty()) return feed(handler, response, bytes, more);
  forget_resume_request();
  return hand_on_filtered(handler);
}

BodyDelivery::Step BodyDelivery::end(CallHandler& handler, Response& response) {
  forget_resume_request();
  if (refused_) {
    // Now that the body is there it may say more than the head did.
    if (error_->http_status != 0) *error_ = status_error(response, response.body);
    return Step::enough;
  }
  if (const Step step = hand_on_filtered(handler); step != Step::more) return step;
  if (delivery_ != Delivery::lines || std::exchange(ended_, true)) return Step::more;
  const auto last = lines_->finish();
  return last ? hand_on(handler, *last) : Step::more;
}

BodyDelivery::Step BodyDelivery::collect(Response& response, std::string_view& bytes) {
  const std::size_t room = static_cast<std::size_t>(collect_limit_) - response.body.size();
  const std::string_view taken = bytes.substr(0, room);
  response.body.append(taken);
  if (taken.size() < bytes.size()) {
    if (refused_) return Step::enough;
    return fail(Error(ErrorCode::body_too_large, Phase::body,
                      "the body is larger than max_response_bytes (" + std::to_string(collect_limit_) + ")"));
  }
  bytes = {};
  return Step::more;
}

BodyDelivery::Step BodyDelivery::feed_chunks(CallHandler& handler, std::string_view& bytes, bool more) {
  while (chunks_->next(bytes, more)) {
    const Step step = hand_on(handler, chunks_->chunk());
    if (step != Step::more) return step;
  }
  return Step::more;
}

BodyDelivery::Step BodyDelivery::flush(CallHandler& handler) {
  forget_resume_request();
  if (const Step step = hand_on_filtered(handler); step != Step::more) return step;
  return chunks_ && chunks_->flush() ? hand_on(handler, chunks_->chunk()) : Step::more;
}

BodyDelivery::Step BodyDelivery::feed_lines(CallHandler& handler, std::string_view& bytes) {
  for (;;) {
    switch (lines_->next(bytes)) {
      case LineDecoder::Step::need_input: return Step::more;
      case LineDecoder::Step::failed: return fail(lines_->error());
      case LineDecoder::Step::line: break;
    }
    const Step step = hand_on(handler, lines_->line());
    if (step != Step::more) return step;
  }
}

BodyDelivery::Step BodyDelivery::feed_events(CallHandler& handler, std::string_view& bytes) {
  for (;;) {
    switch (events_->next(bytes)) {
      case SseDecoder::Step::need_input: return Step::more;
      case SseDecoder::Step::failed: return fail(events_->error());
      case SseDecoder::Step::event: break;
    }
    const Step step = hand_on(handler, events_->event());
    if (step != Step::more) return step;
  }
}

BodyDelivery::Step BodyDelivery::hand_on(CallHandler& handler, std::string_view piece) {
  if (!filters_) return answer(delivery_ == Delivery::lines ? handler.on_line(piece) : handler.on_chunk(piece));
  if (Status filtered = filters_->feed_chunk(piece); !filtered) return fail(std::move(filtered.error()));
  return hand_on_filtered(handler);
}

BodyDelivery::Step BodyDelivery::hand_on(CallHandler& handler, const SseEvent& event) {
  if (!filters_) return answer(handler.on_event(event));
  if (Status filtered = filters_->feed_event(event); !filtered) return fail(std::move(filtered.error()));
  return hand_on_filtered(handler);
}

// A pause keeps what is left; nothing more is fed before it was handed on.
BodyDelivery::Step BodyDelivery::hand_on_filtered(CallHandler& handler) {
  while (filters_ && filters_->holds()) {
    const FilteredPiece piece = filters_->take();
    const Step step = answer(delivery_ == Delivery::events  ? handler.on_event(piece.event())
                             : delivery_ == Delivery::lines ? handler.on_line(piece.bytes)
                                                            : handler.on_chunk(piece.bytes));
    if (step != Step::more) return step;
  }
  return Step::more;
}

Error BodyDelivery::failed_transfer(Error error) {
  if (refused_) return std::move(*error_);
  const bool stream = delivery_ == Delivery::lines || delivery_ == Delivery::events;
  if (stream && error.code == ErrorCode::body_truncated) error.code = ErrorCode::stream_truncated;
  return error;
}

void BodyDelivery::note_stream_state(Response& response) const {
  if (delivery_ != Delivery::events) return;
  response.last_event_id = events_->last_event_id();
  response.retry_ms = events_->retry_ms();
}

BodyDelivery::Step BodyDelivery::answer(Flow flow) noexcept {
  handed_on_ = true;
  switch (flow) {
    case Flow::proceed: forget_resume_request(); return Step::more;
    case Flow::pause: return Step::paused;
    case Flow::abort: break;
  }
  return Step::aborted;
}

BodyDelivery::Step BodyDelivery::fail(Error error) {
  error_ = std::make_unique<Error>(std::move(error));
  return Step::failed;
}

}  // namespace ppn
