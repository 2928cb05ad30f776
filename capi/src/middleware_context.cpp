#include "client/middleware_context.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "boundary.hpp"
#include "objects.hpp"
#include "pepperpy/network/middleware_context.h"

using namespace ppn;
using namespace ppn::capi;

namespace {

using Texts = MiddlewareContextObject::Texts;

// Where a text lies that is handed out. Made with the first one: most steps read none.
std::string& keep(MiddlewareContextObject& object, std::string Texts::*which, std::string text) {
  if (!object.texts) object.texts = std::make_unique<Texts>();
  return (*object.texts).*which = std::move(text);
}

int32_t give_text(ppn_middleware_context* context, Result<std::string> (MiddlewareContext::*get)() const,
                  std::string Texts::*which, const char** out, size_t* out_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    in.optional_out(out_length);
    const auto object = in.handle(context, "context");
    if (!in.ok()) return in.failure();
    Result<std::string> text = ((*object->context).*get)();
    if (!text) return std::move(text).failure();
    const std::string& kept = keep(*object, which, std::move(*text));
    *out = kept.c_str();
    if (out_length != nullptr) *out_length = kept.size();
    return {};
  });
}

// By a name, and perhaps not there.
int32_t give_named(ppn_middleware_context* context, const char* name, size_t name_length,
                   Result<std::optional<std::string>> (MiddlewareContext::*get)(std::string_view) const,
                   std::string Texts::*which, const char** out, size_t* out_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    in.optional_out(out_length);
    const auto object = in.handle(context, "context");
    const auto name_text = in.text(name, name_length, "name");
    if (!in.ok()) return in.failure();
    auto text = ((*object->context).*get)(name_text);
    if (!text) return std::move(text).failure();
    if (!*text) return {};
    const std::string& kept = keep(*object, which, std::move(**text));
    *out = kept.c_str();
    if (out_length != nullptr) *out_length = kept.size();
    return {};
  });
}

int32_t put_named(ppn_middleware_context* context, const char* name, size_t name_length, const char* value,
                  size_t value_length, Status (MiddlewareContext::*put)(std::string_view, std::string_view),
                  ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    const auto name_text = in.text(name, name_length, "name");
    const auto value_text = in.text_or_empty(value, value_length, "value");
    return in.ok() ? ((*object->context).*put)(name_text, value_text) : in.failure();
  });
}

}  // namespace

ppn_middleware_context* ppn_middleware_context_acquire(ppn_middleware_context* context) {
  return acquire(context);
}

void ppn_middleware_context_release(ppn_middleware_context* context) {
  release(context);
}

int32_t ppn_middleware_context_method(ppn_middleware_context* context, const char** out, size_t* out_length,
                                      ppn_error** error) {
  return give_text(context, &MiddlewareContext::method, &Texts::method, out, out_length, error);
}

int32_t ppn_middleware_context_url(ppn_middleware_context* context, const char** out, size_t* out_length,
                                   ppn_error** error) {
  return give_text(context, &MiddlewareContext::url, &Texts::url, out, out_length, error);
}

int32_t ppn_middleware_context_url_redacted(ppn_middleware_context* context, const char** out, size_t* out_length,
                                            ppn_error** error) {
  return give_text(context, &MiddlewareContext::url_redacted, &Texts::url_redacted, out, out_length, error);
}

int32_t ppn_middleware_context_attempt(ppn_middleware_context* context, int32_t* out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(context, "context");
    if (!in.ok()) return in.failure();
    const auto attempt = object->context->attempt();
    if (!attempt) return Failure(Error(attempt.error()));
    *out = *attempt;
    return {};
  });
}

int32_t ppn_middleware_context_header(ppn_middleware_context* context, const char* name, size_t name_length,
                                      const char** out, size_t* out_length, ppn_error** error) {
  return give_named(context, name, name_length, &MiddlewareContext::header, &Texts::header, out, out_length, error);
}

int32_t ppn_middleware_context_set_header(ppn_middleware_context* context, const char* name, size_t name_length,
                                          const char* value, size_t value_length, ppn_error** error) {
  return put_named(context, name, name_length, value, value_length, &MiddlewareContext::set_header, error);
}

int32_t ppn_middleware_context_add_header(ppn_middleware_context* context, const char* name, size_t name_length,
                                          const char* value, size_t value_length, ppn_error** error) {
  return put_named(context, name, name_length, value, value_length, &MiddlewareContext::add_header, error);
}

int32_t ppn_middleware_context_remove_header(ppn_middleware_context* context, const char* name, size_t name_length,
                                             ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    const auto name_text = in.text(name, name_length, "name");
    return in.ok() ? object->context->remove_header(name_text) : in.failure();
  });
}

int32_t ppn_middleware_context_set_url(ppn_middleware_context* context, const char* url, size_t url_length,
                                       ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    const auto url_text = in.text(url, url_length, "url");
    return in.ok() ? object->context->set_url(url_text) : in.failure();
  });
}

int32_t ppn_middleware_context_set_body(ppn_middleware_context* context, const uint8_t* data, size_t length,
                                        ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    const auto bytes = in.bytes(data, length, "data");
    return in.ok() ? object->context->set_body(std::string(bytes)) : in.failure();
  });
}

int32_t ppn_middleware_context_set_option(ppn_middleware_context* context, const char* name, size_t name_length,
                                          const char* value, size_t value_length, ppn_error** error) {
  return put_named(context, name, name_length, value, value_length, &MiddlewareContext::set_option, error);
}

int32_t ppn_middleware_context_attribute(ppn_middleware_context* context, const char* name, size_t name_length,
                                         const char** out, size_t* out_length, ppn_error** error) {
  return give_named(context, name, name_length, &MiddlewareContext::attribute, &Texts::attribute, out, out_length,
                    error);
}

int32_t ppn_middleware_context_set_attribute(ppn_middleware_context* context, const char* name, size_t name_length,
                                             const char* value, size_t value_length, ppn_error** error) {
  return put_named(context, name, name_length, value, value_length, &MiddlewareContext::set_attribute, error);
}

int32_t ppn_middleware_context_response(ppn_middleware_context* context, ppn_response** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(context, "context");
    if (!in.ok()) return in.failure();
    auto response = object->context->response();
    if (!response) return std::move(response).failure();
    if (*response != nullptr) *out = make_handle<ppn_response>(ResponseObject{std::move(*response), nullptr});
    return {};
  });
}

int32_t ppn_middleware_context_error(ppn_middleware_context* context, ppn_error** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(context, "context");
    if (!in.ok()) return in.failure();
    auto told = object->context->error();
    if (!told) return std::move(told).failure();
    if (*told != nullptr) *out = make_error(std::move(**told));
    return {};
  });
}

int32_t ppn_middleware_context_respond(ppn_middleware_context* context, int32_t status, const ppn_headers* headers,
                                       const uint8_t* data, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    const auto list = in.optional_handle(headers, "headers");
    const auto bytes = in.bytes(data, length, "data");
    if (!in.ok()) return in.failure();
    auto response = std::make_shared<ppn::Response>();
    response->status = status;
    if (list) response->headers = *list->list;
    response->body = bytes;
    response->body_bytes = bytes.size();
    return object->context->respond(std::move(response));
  });
}

int32_t ppn_middleware_context_fail(ppn_middleware_context* context, int32_t code, const char* message,
                                    size_t message_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    const auto text = in.text_or_empty(message, message_length, "message");
    return in.ok() ? object->context->fail(static_cast<ErrorCode>(code), text) : in.failure();
  });
}

int32_t ppn_middleware_context_retry_once(ppn_middleware_context* context, int64_t delay_ms, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    return in.ok() ? object->context->retry_once(delay_ms) : in.failure();
  });
}

int32_t ppn_middleware_context_finish(ppn_middleware_context* context, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    return in.ok() ? object->context->finish() : in.failure();
  });
}

int32_t ppn_middleware_context_emit_chunk(ppn_middleware_context* context, const uint8_t* data, size_t length,
                                          ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    const auto bytes = in.bytes(data, length, "data");
    return in.ok() ? object->context->emit(bytes) : in.failure();
  });
}

int32_t ppn_middleware_context_emit_event(ppn_middleware_context* context, const char* type, size_t type_length,
                                          const char* data, size_t data_length, const char* id, size_t id_length,
                                          int64_t retry_ms, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(context, "context");
    SseEvent event;
    event.type = in.text(type, type_length, "type");
    event.data = in.text_or_empty(data, data_length, "data");
    event.id = in.text_or_empty(id, id_length, "id");
    in.require(retry_ms >= -1, "retry_ms is neither -1 nor a number of milliseconds");
    if (!in.ok()) return in.failure();
    if (retry_ms >= 0) event.retry_ms = static_cast<std::uint64_t>(retry_ms);
    return object->context->emit(event);
  });
}
