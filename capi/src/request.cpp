#include "pepperpy/network/request.h"

#include <memory>
#include <utility>

#include "boundary.hpp"
#include "callback_adapter.hpp"
#include "client/blocking.hpp"
#include "objects.hpp"
#include "request_callbacks.hpp"
#include "user_body.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

// Line and event callbacks come behind ppn_request_set_callbacks, and only one of the three that take the body is set.
template <class Callback>
Status may_take_body(const RequestObject& request, Callback UserCallbacks::*other) {
  if (request.begun) return begun_before();
  const UserCallbacks* const callbacks = request.callbacks.get();
  if (callbacks != nullptr && callbacks->on_data == nullptr && callbacks->*other == nullptr) return {};
  return Failure(ErrorCode::invalid_state, Phase::validate,
                 "a callback for events or lines needs ppn_request_set_callbacks before it, and no other callback for "
                 "the body");
}

}  // namespace

int32_t ppn_request_new(ppn_client* client, const char* method, size_t method_length, const char* url,
                        size_t url_length, ppn_request** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(client, "client");
    const auto method_text = in.text(method, method_length, "method");
    const auto url_text = in.text(url, url_length, "url");
    if (!in.ok()) return in.failure();
    auto call = Call::create(object->client, method_text, url_text);
    if (!call.ok()) return std::move(call).failure();
    *out = make_handle<ppn_request>(RequestObject(std::move(*call)));
    return {};
  });
}

ppn_request* ppn_request_acquire(ppn_request* request) {
  return acquire(request);
}

void ppn_request_release(ppn_request* request) {
  release(request);
}

int32_t ppn_request_set_header(ppn_request* request, const char* name, size_t name_length, const char* value,
                               size_t value_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto name_text = in.text(name, name_length, "name");
    const auto value_text = in.text_or_empty(value, value_length, "value");
    return in.ok() ? object->call->set_header(name_text, value_text) : in.failure();
  });
}

int32_t ppn_request_add_header(ppn_request* request, const char* name, size_t name_length, const char* value,
                               size_t value_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto name_text = in.text(name, name_length, "name");
    const auto value_text = in.text_or_empty(value, value_length, "value");
    return in.ok() ? object->call->add_header(name_text, value_text) : in.failure();
  });
}

int32_t ppn_request_set_headers(ppn_request* request, const ppn_headers* headers, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto list = in.handle(headers, "headers");
    return in.ok() ? object->call->set_headers(*list->list) : in.failure();
  });
}

int32_t ppn_request_set_body(ppn_request* request, const uint8_t* data, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto bytes = in.bytes(data, length, "data");
    return in.ok() ? object->call->set_body(bytes) : in.failure();
  });
}

int32_t ppn_request_set_body_buffer(ppn_request* request, const ppn_buffer* buffer, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto shared = in.handle(buffer, "buffer");
    return in.ok() ? object->call->set_body(shared->bytes) : in.failure();
  });
}

int32_t ppn_request_set_json(ppn_request* request, const char* text, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto json = in.text(text, length, "text");
    return in.ok() ? object->call->set_json(json) : in.failure();
  });
}

int32_t ppn_request_set_body_file(ppn_request* request, const char* path, size_t path_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto path_text = in.text(path, path_length, "path");
    return in.ok() ? object->call->set_body_file(std::string(path_text)) : in.failure();
  });
}

int32_t ppn_request_set_body_callback(ppn_request* request, int64_t length, ppn_read_fn read, ppn_rewind_fn rewind,
                                      void* user_data, ppn_destroy_fn destroy, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    in.require(length >= -1, "length is neither -1 nor a number of bytes");
    in.callback(read, "read");
    if (!in.ok()) return in.failure();
    auto reader = std::make_unique<UserBody>(request, read, rewind, user_data);
    UserBody& body = *reader;
    const auto announced = length < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(length));
    Status set = object->call->set_body_reader(announced, std::move(reader));
    if (set) body.adopt(destroy);
    return set;
  });
}

int32_t ppn_request_set_option(ppn_request* request, const char* name, size_t name_length, const char* value,
                               size_t value_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    const auto name_text = in.text(name, name_length, "name");
    const auto value_text = in.text(value, value_length, "value");
    return in.ok() ? object->call->set_option(name_text, value_text) : in.failure();
  });
}

int32_t ppn_request_set_callbacks(ppn_request* request, ppn_headers_fn on_headers, ppn_data_fn on_data,
                                  ppn_complete_fn on_complete, void* user_data, ppn_destroy_fn destroy,
                                  ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    if (!in.ok()) return in.failure();
    if (object->begun) return begun_before();
    if (object->callbacks != nullptr) {
      return Failure(ErrorCode::invalid_state, Phase::validate, "the request has callbacks already");
    }
    object->callbacks = std::make_unique<UserCallbacks>(
        UserCallbacks{on_headers, on_data, nullptr, nullptr, on_complete, UserData(user_data)});
    object->callbacks->user.adopt(destroy);
    return {};
  });
}

int32_t ppn_request_set_event_callback(ppn_request* request, ppn_event_fn on_event, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    in.callback(on_event, "on_event");
    if (!in.ok()) return in.failure();
    auto allowed = may_take_body(*object, &UserCallbacks::on_line);
    if (allowed.ok()) object->callbacks->on_event = on_event;
    return allowed;
  });
}

int32_t ppn_request_set_line_callback(ppn_request* request, ppn_line_fn on_line, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    in.callback(on_line, "on_line");
    if (!in.ok()) return in.failure();
    auto allowed = may_take_body(*object, &UserCallbacks::on_event);
    if (allowed.ok()) object->callbacks->on_line = on_line;
    return allowed;
  });
}

int32_t ppn_request_start(ppn_request* request, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    if (!in.ok()) return in.failure();
    if (object->begun.exchange(true)) return begun_before();
    if (object->callbacks == nullptr) object->callbacks = std::make_unique<UserCallbacks>();
    const Delivery delivery = delivery_for(object->callbacks.get());
    return object->call->start(delivery, take_callbacks(object));
  });
}

int32_t ppn_request_send(ppn_request* request, ppn_response** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(request, "request");
    in.may_wait();
    if (!in.ok()) return in.failure();
    if (object->begun.exchange(true)) return begun_before();
    const Delivery delivery = delivery_for(object->callbacks.get());
    auto inner = object->callbacks != nullptr ? take_callbacks(object) : nullptr;
    auto outcome = send_and_wait(*object->call, delivery, std::move(inner));
    if (outcome.response != nullptr) {
      *out = make_handle<ppn_response>(ResponseObject{std::move(outcome.response), nullptr});
    }
    if (outcome.response == nullptr && outcome.error == nullptr && *out == nullptr) throw std::bad_alloc();
    return outcome.error != nullptr ? Status(Failure(std::move(outcome.error))) : Status();
  });
}

int32_t ppn_request_cancel(ppn_request* request) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    if (!in.ok()) return in.failure();
    object->call->cancel();
    return {};
  });
}

int32_t ppn_request_resume(ppn_request* request) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    const auto object = in.handle(request, "request");
    if (!in.ok()) return in.failure();
    if (!object->call->started()) {
      return Failure(ErrorCode::invalid_state, Phase::validate, "the request was not started");
    }
    object->call->resume();
    return {};
  });
}
