#include "client/body_delivery.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/clock.hpp"
#include "policy/retry_after.hpp"

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
  switch (delivery_) {
    case Delivery::collect: return collect(response, bytes);
    case Delivery::chunks: return feed_chunks(handler, bytes, more);
    case Delivery::lines: return feed_lines(handler, bytes);
    case Delivery::events: return feed_events(handler, bytes);
  }
  return Step::failed;
}

BodyDelivery::Step BodyDelivery::end(CallHandler& handler, Response&) {
  forget_resume_request();
  if (refused_) return Step::enough;
  if (delivery_ != Delivery::lines) return Step::more;
  const auto last = lines_->finish();
  return last ? answer(handler.on_line(*last)) : Step::more;
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
    const Step step = answer(handler.on_chunk(chunks_->chunk()));
    if (step != Step::more) return step;
  }
  return Step::more;
}

BodyDelivery::Step BodyDelivery::flush(CallHandler& handler) {
  forget_resume_request();
  return chunks_ && chunks_->flush() ? answer(handler.on_chunk(chunks_->chunk())) : Step::more;
}

BodyDelivery::Step BodyDelivery::feed_lines(CallHandler& handler, std::string_view& bytes) {
  for (;;) {
    switch (lines_->next(bytes)) {
      case LineDecoder::Step::need_input: return Step::more;
      case LineDecoder::Step::failed: return fail(lines_->error());
      case LineDecoder::Step::line: break;
    }
    const Step step = answer(handler.on_line(lines_->line()));
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
    const Step step = answer(handler.on_event(events_->event()));
    if (step != Step::more) return step;
  }
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

Error status_error(const Response& response) {
  Error error(error_code_of_status(response.status), Phase::body,
              "the server answered with status " + std::to_string(response.status));
  error.http_status = response.status;
  error.received_bytes = response.body_bytes;
  if (error.code == ErrorCode::ok) error.code = ErrorCode::http_other_status;
  const RetryAfterFields fields{.retry_after_ms = response.headers.find("retry-after-ms"),
                                .retry_after = response.headers.find("retry-after"),
                                .date = response.headers.find("date")};
  if (const auto asked = server_delay(fields, wall_now_ms())) error.retry_after_ms = whole_milliseconds(asked->delay);
  return error;
}

}  // namespace ppn
