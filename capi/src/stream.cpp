#include "pepperpy/network/stream.h"

#include <memory>
#include <string_view>

#include "boundary.hpp"
#include "objects.hpp"
#include "user_ready.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

// The error of `failed` comes with it.
Result<int32_t> outcome_for_c(PullStream::Outcome outcome, const Error* error) {
  switch (outcome) {
    case PullStream::Outcome::piece: return PPN_OK;
    case PullStream::Outcome::end: return PPN_END;
    case PullStream::Outcome::pending: return PPN_PENDING;
    case PullStream::Outcome::failed: break;
  }
  return Failure(Error(*error));
}

Delivery delivery_of(int32_t kind) noexcept {
  switch (kind) {
    case PPN_STREAM_LINES: return Delivery::lines;
    case PPN_STREAM_EVENTS: return Delivery::events;
    default: return Delivery::chunks;
  }
}

const char* text_of(const ppn_event* event, std::string_view ppn_event::*part, size_t* out_length) {
  const std::string_view text = event != nullptr ? event->*part : std::string_view();
  if (out_length != nullptr) *out_length = text.size();
  return text.data() != nullptr ? text.data() : "";
}

}  // namespace

int32_t ppn_stream_open(ppn_request* request, int32_t kind, ppn_stream** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(request, "request");
    in.require(kind >= PPN_STREAM_CHUNKS && kind <= PPN_STREAM_EVENTS, "kind is no PPN_STREAM_ constant");
    if (!in.ok()) return in.failure();
    // Only who has set the flag may look at the callbacks: a start on another thread moves them away.
    const bool begun_before = object->begun.exchange(true);
    const bool has_callbacks = !begun_before && object->callbacks != nullptr;
    if (has_callbacks) object->begun = false;
    if (begun_before || has_callbacks) {
      return Failure(ErrorCode::invalid_state, Phase::validate, "the request was started before or has callbacks");
    }
    auto handed = std::make_unique<StreamObject::Handed>();
    auto stream = PullStream::open(object->call, delivery_of(kind));
    if (!stream.ok()) return std::move(stream).failure();
    *out = make_handle<ppn_stream>(StreamObject{std::move(*stream), std::move(handed)});
    return {};
  });
}

ppn_stream* ppn_stream_acquire(ppn_stream* stream) {
  return acquire(stream);
}

void ppn_stream_release(ppn_stream* stream) {
  release(stream);
}

int32_t ppn_stream_response(ppn_stream* stream, int64_t timeout_ms, ppn_response** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    in.out(out, "out");
    const auto object = in.handle(stream, "stream");
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    in.may_take(timeout_ms);
    if (!in.ok()) return in.failure();
    std::shared_ptr<Response> response;
    std::unique_ptr<Error> problem;
    const auto outcome = object->stream->wait_for_head(wait_ms, response, problem);
    if (response != nullptr) *out = make_handle<ppn_response>(ResponseObject{std::move(response), nullptr});
    return outcome_for_c(outcome, problem.get());
  });
}

int32_t ppn_stream_next(ppn_stream* stream, int64_t timeout_ms, const ppn_event** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Result<int32_t> {
    in.out(out, "out");
    const auto object = in.handle(stream, "stream");
    const int64_t wait_ms = in.wait_ms(timeout_ms);
    in.may_take(timeout_ms);
    if (!in.ok()) return in.failure();
    const auto outcome = object->stream->next(wait_ms);
    if (outcome == PullStream::Outcome::piece) {
      object->handed->piece = view_of(object->stream->current());
      *out = &object->handed->piece;
    }
    return outcome_for_c(outcome, outcome == PullStream::Outcome::failed ? &object->stream->error() : nullptr);
  });
}

int32_t ppn_stream_set_ready_callback(ppn_stream* stream, ppn_ready_fn on_ready, void* user_data,
                                      ppn_destroy_fn destroy, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(stream, "stream");
    in.require(on_ready != nullptr, "on_ready is NULL");
    if (!in.ok()) return in.failure();
    const auto hook = std::make_shared<UserReady>(on_ready, user_data);
    Status set = object->stream->set_ready_hook(hook);
    if (set) hook->adopt(destroy);
    return set;
  });
}

int32_t ppn_stream_cancel(ppn_stream* stream) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    const auto object = in.handle(stream, "stream");
    if (!in.ok()) return in.failure();
    object->stream->cancel();
    return {};
  });
}

const char* ppn_stream_last_event_id(ppn_stream* stream, size_t* out_length) {
  Arguments::optional_out(out_length);
  return read(stream, "", [&](const StreamObject& object) {
    object.handed->last_id = object.stream->last_event_id();
    if (out_length != nullptr) *out_length = object.handed->last_id.size();
    return object.handed->last_id.c_str();
  });
}

int64_t ppn_stream_retry_ms(ppn_stream* stream) {
  return read(stream, int64_t{-1}, [](const StreamObject& object) { return retry_for_c(object.stream->retry_ms()); });
}

const char* ppn_event_data(const ppn_event* event, size_t* out_length) {
  return text_of(event, &ppn_event::data, out_length);
}

const char* ppn_event_type(const ppn_event* event, size_t* out_length) {
  return text_of(event, &ppn_event::type, out_length);
}

const char* ppn_event_id(const ppn_event* event, size_t* out_length) {
  return text_of(event, &ppn_event::id, out_length);
}

int64_t ppn_event_retry_ms(const ppn_event* event) {
  return event != nullptr ? event->retry_ms : -1;
}

uint64_t ppn_event_index(const ppn_event* event) {
  return event != nullptr ? event->index : 0;
}
