#include "pepperpy/network/response.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "boundary.hpp"
#include "client/attempt_log.hpp"
#include "client/call_secrets.hpp"
#include "client/status_error.hpp"
#include "field_access.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

const HeaderList& headers_of(const ResponseObject& object) noexcept {
  return object.response->headers;
}

const HeaderList& trailers_of(const ResponseObject& object) noexcept {
  return *object.response->trailers;
}

// What arrives last may be handed out for good only when nothing more can arrive.
bool complete(const ResponseObject& object) noexcept {
  return object.response->complete.load(std::memory_order_acquire);
}

Failure not_complete() {
  return Failure(ErrorCode::invalid_state, Phase::validate, "the request has not completed");
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
    Error refusal = status_error(answer, complete(*object) ? std::string_view(answer.body) : std::string_view());
    refusal.sent = Sent::full;
    refusal.attempts = answer.attempts;
    refusal.stop_reason = answer.stop_reason;
    // What the server has said of this very response stands above what its status mostly means.
    const bool final = answer.stop_reason == StopReason::server || answer.stop_reason == StopReason::provider_code;
    if (final) refusal.retryable = false;
    refusal.log = std::make_shared<const std::vector<AttemptRecord>>(attempts_of(answer));
    if (answer.secrets != nullptr) scrub_error(refusal, *answer.secrets);
    return Failure(std::move(refusal));
  });
}

size_t ppn_response_header_count(const ppn_response* response) {
  return read(response, size_t{0}, [](const ResponseObject& object) { return object.response->headers.size(); });
}

int32_t ppn_response_header_at(const ppn_response* response, size_t index, const char** out_name,
                               size_t* out_name_length, const char** out_value, size_t* out_value_length) {
  return field_at(response, "response", headers_of, index, {out_name, out_name_length, out_value, out_value_length});
}

const char* ppn_response_header(const ppn_response* response, const char* name, size_t name_length,
                                size_t* out_length) {
  return first_value(response, "response", headers_of, name, name_length, out_length);
}

size_t ppn_response_trailer_count(const ppn_response* response) {
  return read(response, size_t{0}, [](const ResponseObject& object) { return object.response->trailers->size(); });
}

int32_t ppn_response_trailer_at(const ppn_response* response, size_t index, const char** out_name,
                                size_t* out_name_length, const char** out_value, size_t* out_value_length) {
  return field_at(response, "response", trailers_of, index, {out_name, out_name_length, out_value, out_value_length});
}

int32_t ppn_response_headers(const ppn_response* response, ppn_headers** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(response, "response");
    if (!in.ok()) return in.failure();
    *out = make_headers(headers_of(*object));
    return {};
  });
}

int32_t ppn_response_trailers(const ppn_response* response, ppn_headers** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(response, "response");
    if (!in.ok()) return in.failure();
    if (!complete(*object)) return not_complete();
    *out = make_headers(trailers_of(*object));
    return {};
  });
}

const uint8_t* ppn_response_body(const ppn_response* response, size_t* out_length) {
  Arguments::optional_out(out_length);
  return read(response, static_cast<const uint8_t*>(nullptr), [&](const ResponseObject& object) {
    if (out_length != nullptr) *out_length = object.response->body.size();
    return reinterpret_cast<const uint8_t*>(object.response->body.c_str());
  });
}

int32_t ppn_response_body_buffer(const ppn_response* response, ppn_buffer** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(response, "response");
    if (!in.ok()) return in.failure();
    if (!complete(*object)) return not_complete();
    // A pointer to the body that counts for the whole response.
    *out = make_handle<ppn_buffer>(
        BufferObject{std::shared_ptr<const std::string>(object->response, &object->response->body)});
    return {};
  });
}

uint64_t ppn_response_body_bytes(const ppn_response* response) {
  return read(response, uint64_t{0}, [](const ResponseObject& object) { return object.response->body_bytes; });
}

const char* ppn_response_last_event_id(const ppn_response* response, size_t* out_length) {
  Arguments::optional_out(out_length);
  return read(response, "", [&](const ResponseObject& object) {
    if (!complete(object)) return "";
    if (out_length != nullptr) *out_length = object.response->stream->last_event_id.size();
    return object.response->stream->last_event_id.c_str();
  });
}

int64_t ppn_response_retry_ms(const ppn_response* response) {
  return read(response, int64_t{-1}, [](const ResponseObject& object) {
    return complete(object) ? retry_for_c(object.response->stream->retry_ms) : int64_t{-1};
  });
}

const char* ppn_response_url(const ppn_response* response, size_t* out_length) {
  Arguments::optional_out(out_length);
  static constinit std::mutex mutex;
  return read(response, "", [&](const ResponseObject& object) {
    const Response& answer = *object.response;
    if (answer.redirects == 0 && !complete(object)) return "";
    const std::lock_guard lock(mutex);
    // A response that a middleware has made came from nowhere.
    if (answer.url.host.empty()) return "";
    if (!object.url) object.url = std::make_unique<const std::string>(answer.url.text());
    if (out_length != nullptr) *out_length = object.url->size();
    return object.url->c_str();
  });
}

int32_t ppn_response_redirects(const ppn_response* response) {
  return read(response, int32_t{0}, [](const ResponseObject& object) { return object.response->redirects; });
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
