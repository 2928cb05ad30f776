#include "client/body_delivery.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "client/provider_error.hpp"
#include "client/status_error.hpp"
#include "codec/json.hpp"

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
    : delivery_(delivery),
      max_response_bytes_(static_cast<std::uint64_t>(options.max_response_bytes)),
      collect_limit_(max_response_bytes_),
      lenient_(options.stream.lenient_content_type),
      validate_json_(options.stream.validate_json) {
  if (delivery == Delivery::chunks) {
    chunks_ = std::make_unique<ChunkCoalescer>(static_cast<std::size_t>(options.chunk_bytes));
  }
  const auto line_bytes = static_cast<std::size_t>(options.max_line_bytes);
  if (delivery == Delivery::lines) lines_ = std::make_unique<LineDecoder>(line_bytes);
  if (delivery == Delivery::events) {
    events_ = std::make_unique<SseDecoder>(SseLimits{.line_bytes = line_bytes,
                                                     .event_bytes = static_cast<std::size_t>(options.max_event_bytes),
                                                     .fields = static_cast<std::size_t>(options.max_event_fields)});
    TerminationProfile profile = TerminationProfile::of(options.stream);
    if (profile.active()) termination_ = std::make_unique<StreamTermination>(std::move(profile));
  }
}

void BodyDelivery::set_filters(StreamFilters filters) {
  filters_ = filters.empty() ? nullptr : std::make_unique<StreamFilters>(std::move(filters));
}

void BodyDelivery::start_over() {
  error_.reset();
  collect_limit_ = max_response_bytes_;
  refused_ = ended_ = handed_on_ = false;
  filters_.reset();  // they look at a message that goes with its attempt
  usage_.reset();
  if (!goes_on_) first_head_ = kNever;
  if (chunks_) chunks_->flush();
  if (lines_) lines_->reset();
  if (events_) events_->reset();
}

void BodyDelivery::go_on() {
  goes_on_ = true;
  if (!last_event_id().empty()) id_seen_ = true;
  start_over();
}

bool BodyDelivery::is_accepted_type(const Response& response) const {
  if (is_event_stream(response)) return true;
  const auto type = response.headers.find("content-type");
  return lenient_ && !(type && is_json_type(*type));
}

BodyDelivery::Step BodyDelivery::begin(Response& response, std::optional<std::uint64_t> content_length) {
  if (delivery_ == Delivery::events && response.status != 204) {
    if (response.status != 200) {
      error_ = std::make_unique<Error>(status_error(response));
    } else if (!is_accepted_type(response)) {
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
  if (filters_) {
    if (const Step step = hand_on_filtered(handler); step != Step::more) return step;
  }
  if (at_marker_) return Step::ended;
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
  const Step step = hand_on_filtered(handler);
  return step == Step::more && at_marker_ ? Step::ended : step;
}

BodyDelivery::Step BodyDelivery::end(CallHandler& handler, Response& response) {
  forget_resume_request();
  if (refused_) {
    // Now that the body is there it may say more than the head did.
    explain_refusal(response);
    return Step::enough;
  }
  if (const Step step = hand_on_filtered(handler); step != Step::more) return step;
  if (termination_ && termination_->wants_marker() && !at_marker_ && response.status == 200) return refuse_end();
  if (delivery_ != Delivery::lines || std::exchange(ended_, true)) return Step::more;
  const auto last = lines_->finish();
  return last ? hand_on_line(handler, *last) : Step::more;
}

// A body that is no stream says why in JSON, as a response of another status would (SEMANTICS 3.4.1).
void BodyDelivery::explain_refusal(const Response& response) {
  if (error_->http_status != 0) {
    *error_ = status_error(response, response.body);
  } else if (termination_ && is_error_object(response.body)) {
    *error_ = stream_error(response.body);
  } else {
    ProviderError said = provider_error_of(response.headers, response.body);
    error_->provider_code = said.name();
    error_->provider_type = std::move(said.type);
    error_->provider_message = std::move(said.message);
  }
}

BodyDelivery::Step BodyDelivery::refuse_end() {
  Error error(ErrorCode::stream_truncated, Phase::body,
              "the stream ended without the event that should end it (stream_require_terminal)");
  error.cut = Cut::marker;
  return fail(std::move(error));
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
    const Step step = hand_on_line(handler, lines_->line());
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

BodyDelivery::Step BodyDelivery::hand_on_line(CallHandler& handler, std::string_view line) {
  if (validate_json_) {
    if (Status valid = validate_json(line); !valid) {
      return fail(Error(ErrorCode::json_parse, Phase::body,
                        "line " + std::to_string(pieces_ + 1) + " of the stream: " + valid.error().message));
    }
  }
  return hand_on(handler, line);
}

BodyDelivery::Step BodyDelivery::hand_on(CallHandler& handler, const SseEvent& event) {
  if (!event.id.empty()) id_seen_ = true;
  if (usage_) usage_->look_at(event.data);
  if (termination_) {
    if (const Step step = judge(event); step != Step::more) return step;
  }
  Step step = Step::more;
  if (!filters_) {
    step = answer(handler.on_event(event));
  } else {
    if (Status filtered = filters_->feed_event(event); !filtered) return fail(std::move(filtered.error()));
    step = hand_on_filtered(handler);
  }
  return step == Step::more && at_marker_ ? Step::ended : step;
}

// Before filters see it: what they make of an event does not change where the stream ends.
BodyDelivery::Step BodyDelivery::judge(const SseEvent& event) {
  switch (termination_->look_at(event)) {
    case StreamTermination::Verdict::go_on: break;
    case StreamTermination::Verdict::last: at_marker_ = true; break;
    case StreamTermination::Verdict::end: at_marker_ = true; return Step::ended;
    case StreamTermination::Verdict::error: error_ = termination_->take_error(); return Step::failed;
  }
  return Step::more;
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
  if (error.code != ErrorCode::body_truncated) return error;
  error.cut = Cut::framing;
  if (delivery_ == Delivery::lines || delivery_ == Delivery::events) error.code = ErrorCode::stream_truncated;
  if (const auto last = lines_ ? lines_->finish() : std::nullopt) error.partial = *last;
  return error;
}

void BodyDelivery::note_stream_state(Response& response, Nanos call_started) const {
  if (delivery_ == Delivery::collect) return;
  StreamReport& report = response.stream.make();
  report.pace = gaps_;
  if (gaps_.count() > 0) report.first_piece = gaps_.first() - call_started;
  if (delivery_ != Delivery::events) return;
  report.last_event_id = events_->last_event_id();
  report.retry_ms = events_->retry_ms();
}

BodyDelivery::Step BodyDelivery::answer(Flow flow) noexcept {
  handed_on_ = true;
  ++pieces_;
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
