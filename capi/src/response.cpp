#include "pepperpy/network/response.h"

#include <string>
#include <string_view>

#include "boundary.hpp"
#include "client/body_delivery.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

int32_t field_at(const ppn_response* response, HeaderList Response::*list, size_t index, const char** out_name,
                 size_t* out_name_length, const char** out_value, size_t* out_value_length) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    in.optional_out(out_name);
    in.optional_out(out_name_length);
    in.optional_out(out_value);
    in.optional_out(out_value_length);
    const auto object = in.handle(response, "response");
    in.require(!in.ok() || index < ((*object->response).*list).size(), "the index is past the end");
    if (!in.ok()) return in.failure();
    const HeaderField field = ((*object->response).*list)[index];
    if (out_name != nullptr) *out_name = field.name.data();
    if (out_name_length != nullptr) *out_name_length = field.name.size();
    if (out_value != nullptr) *out_value = field.value.data();
    if (out_value_length != nullptr) *out_value_length = field.value.size();
    return {};
  });
}

}  // namespace

ppn_response* ppn_response_acquire(ppn_response* response) {
  return acquire(response);
}

void ppn_response_release(ppn_response* response) {
  release(response);
}

int32_t ppn_response_status(const ppn_response* response) {
  return read(response, int32_t{0}, [](const ResponseObject& object) { return object.response->status; });
}

const char* ppn_response_http_version(const ppn_response* response) {
  return read(response, "", [](const ResponseObject& object) {
    return object.response->minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
  });
}

int32_t ppn_response_check_status(const ppn_response* response, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(response, "response");
    if (!in.ok()) return in.failure();
    const Response& answer = *object->response;
    if (error_code_of_status(answer.status) == ErrorCode::ok) return {};
    Error refusal = status_error(answer);
    refusal.sent = Sent::full;
    refusal.attempts = answer.attempts;
    return Failure(std::move(refusal));
  });
}

size_t ppn_response_header_count(const ppn_response* response) {
  return read(response, size_t{0}, [](const ResponseObject& object) { return object.response->headers.size(); });
}

int32_t ppn_response_header_at(const ppn_response* response, size_t index, const char** out_name,
                               size_t* out_name_length, const char** out_value, size_t* out_value_length) {
  return field_at(response, &Response::headers, index, out_name, out_name_length, out_value, out_value_length);
}

const char* ppn_response_header(const ppn_response* response, const char* name, size_t name_length,
                                size_t* out_length) {
  return guarded(static_cast<const char*>(nullptr), [&]() -> const char* {
    Arguments in;
    in.out(out_length, "out_length");
    const auto object = in.handle(response, "response");
    const auto name_text = in.text(name, name_length, "name");
    if (!in.ok()) return nullptr;
    const auto value = object->response->headers.find(name_text);
    if (!value) return nullptr;
    *out_length = value->size();
    return value->data();
  });
}

size_t ppn_response_trailer_count(const ppn_response* response) {
  return read(response, size_t{0}, [](const ResponseObject& object) { return object.response->trailers.size(); });
}

int32_t ppn_response_trailer_at(const ppn_response* response, size_t index, const char** out_name,
                                size_t* out_name_length, const char** out_value, size_t* out_value_length) {
  return field_at(response, &Response::trailers, index, out_name, out_name_length, out_value, out_value_length);
}

const uint8_t* ppn_response_body(const ppn_response* response, size_t* out_length) {
  Arguments::optional_out(out_length);
  return read(response, static_cast<const uint8_t*>(nullptr), [&](const ResponseObject& object) {
    if (out_length != nullptr) *out_length = object.response->body.size();
    return reinterpret_cast<const uint8_t*>(object.response->body.c_str());
  });
}

uint64_t ppn_response_body_bytes(const ppn_response* response) {
  return read(response, uint64_t{0}, [](const ResponseObject& object) { return object.response->body_bytes; });
}

int32_t ppn_response_reused(const ppn_response* response) {
  return read(response, int32_t{0}, [](const ResponseObject& object) { return object.response->reused ? 1 : 0; });
}

const char* ppn_response_remote(const ppn_response* response) {
  return read(response, "", [](const ResponseObject& object) { return object.response->remote.c_str(); });
}

const char* ppn_response_tls_version(const ppn_response* response) {
  return read(response, "", [](const ResponseObject& object) { return object.response->tls.version; });
}

const char* ppn_response_tls_cipher(const ppn_response* response) {
  return read(response, "", [](const ResponseObject& object) { return object.response->tls.cipher; });
}

int32_t ppn_response_tls_resumed(const ppn_response* response) {
  return read(response, int32_t{0}, [](const ResponseObject& object) { return object.response->tls.resumed ? 1 : 0; });
}

int32_t ppn_response_tls_verified(const ppn_response* response) {
  return read(response, int32_t{0}, [](const ResponseObject& object) { return object.response->tls.verified ? 1 : 0; });
}

int32_t ppn_response_attempts(const ppn_response* response) {
  return read(response, int32_t{0}, [](const ResponseObject& object) { return object.response->attempts; });
}

double ppn_response_timing_ms(const ppn_response* response, int32_t which) {
  return read(response, -1.0, [&](const ResponseObject& object) {
    if (which < PPN_TIMING_POOL || which > PPN_TIMING_TOTAL) return -1.0;
    const Nanos duration = object.response->timings.get(static_cast<Span>(which));
    return duration < 0 ? -1.0 : static_cast<double>(duration) / static_cast<double>(kMillisecond);
  });
}
