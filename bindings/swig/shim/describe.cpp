#include "describe.hpp"

#include <cstdint>
#include <new>
#include <string>

#include "error_kinds.hpp"
#include "pieces.hpp"
#include "records.hpp"

using namespace ppn_bindings;

namespace {

using FieldAt = std::int32_t(PPN_CALL*)(const ppn_response*, std::size_t, const char**, std::size_t*, const char**,
                                        std::size_t*);

void fields(RecordWriter& to, const ppn_response* response, std::size_t count, FieldAt at) {
  to.int32(static_cast<std::int32_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const char* name = "";
    const char* value = "";
    std::size_t name_length = 0;
    std::size_t value_length = 0;
    at(response, i, &name, &name_length, &value, &value_length);
    to.text({name, name_length});
    to.text({value, value_length});
  }
}

template <class Object>
void attempts(RecordWriter& to, const Object* object, std::size_t count,
              std::int64_t(PPN_CALL* number_of)(const Object*, std::size_t, std::int32_t),
              const char*(PPN_CALL* text_of)(const Object*, std::size_t, std::int32_t)) {
  to.int32(static_cast<std::int32_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    for (std::int32_t which = PPN_ATTEMPT_NUMBER; which <= PPN_ATTEMPT_CONNECTION; ++which) {
      to.int64(number_of(object, i, which));
    }
    for (std::int32_t which = PPN_ATTEMPT_OUTCOME; which <= PPN_ATTEMPT_REMOTE; ++which) {
      to.text(text_of(object, i, which));
    }
  }
}

void response_record(RecordWriter& to, const ppn_response* response) {
  to.int32(ppn_response_status(response));
  to.int32(ppn_response_reused(response) | ppn_response_tls_resumed(response) << 1 |
           ppn_response_tls_verified(response) << 2);
  to.int32(ppn_response_attempts(response));
  to.int32(ppn_response_redirects(response));
  to.int32(ppn_response_stop_reason(response));
  to.int64(static_cast<std::int64_t>(ppn_response_body_bytes(response)));
  to.int64(ppn_response_retry_ms(response));
  to.int64(static_cast<std::int64_t>(ppn_response_pieces(response)));
  for (std::int32_t which = PPN_TIMING_POOL; which <= PPN_TIMING_TOTAL; ++which) {
    to.float64(ppn_response_timing_ms(response, which));
  }
  for (std::int32_t which = PPN_PACE_FIRST; which <= PPN_PACE_LONGEST; ++which) {
    to.float64(ppn_response_pace_ms(response, which));
  }
  to.text(ppn_response_http_version(response));
  to.text(ppn_response_remote(response));
  to.text(ppn_response_tls_version(response));
  to.text(ppn_response_tls_cipher(response));
  std::size_t length = 0;
  const char* text = ppn_response_url(response, &length);
  to.text({text, length});
  text = ppn_response_last_event_id(response, &length);
  to.text({text, length});
  fields(to, response, ppn_response_header_count(response), ppn_response_header_at);
  fields(to, response, ppn_response_trailer_count(response), ppn_response_trailer_at);
  attempts(to, response, ppn_response_attempt_count(response), ppn_response_attempt_int64, ppn_response_attempt_text);
}

void error_record(RecordWriter& to, const ppn_error* error) {
  const std::int32_t code = ppn_error_code(error);
  to.int32(code);
  to.int32(ppnb_error_kind(code));
  to.int32(ppn_error_category(error));
  to.int32(ppn_error_is_retryable(error) | ppn_error_is_timeout(error) << 1 | ppn_error_is_cancelled(error) << 2 |
           ppn_error_is_rate_limited(error) << 3 | ppn_error_is_auth(error) << 4);
  to.int32(ppn_error_sent(error));
  to.int32(ppn_error_http_status(error));
  to.int32(ppn_error_stream_status(error));
  to.int32(ppn_error_stream_framing(error));
  to.int32(ppn_error_attempts(error));
  to.int32(ppn_error_stop_reason(error));
  to.int32(ppn_error_os_errno(error));
  to.int64(ppn_error_retry_after_ms(error));
  to.int64(static_cast<std::int64_t>(ppn_error_received_bytes(error)));
  to.int64(static_cast<std::int64_t>(ppn_error_tls_error(error)));
  to.text(ppn_code_name(code));
  to.text(ppn_error_message(error));
  to.text(ppn_error_phase(error));
  to.text(ppn_error_url(error));
  to.text(ppn_error_provider_code(error));
  to.text(ppn_error_provider_type(error));
  to.text(ppn_error_provider_message(error));
  to.text(ppn_error_request_id(error));
  std::size_t length = 0;
  const char* const partial = ppn_error_stream_partial(error, &length);
  to.text({partial, length});
  attempts(to, error, ppn_error_attempt_count(error), ppn_error_attempt_int64, ppn_error_attempt_text);
}

template <class Object>
ppn_buffer* described(const Object* object, void (*record_of)(RecordWriter&, const Object*)) {
  if (object == nullptr) return nullptr;
  try {
    std::string record;
    record.reserve(1'024);
    RecordWriter writer(record);
    record_of(writer, object);
    return buffer_of(record.data(), record.size());
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

std::int32_t hand_out(std::int32_t status, const char* text, std::size_t length, ppn_buffer** out, ppn_error** error) {
  if (status != PPN_OK) return status;
  return ppn_buffer_new(reinterpret_cast<const std::uint8_t*>(text), length, out, error);
}

}  // namespace

ppn_buffer* ppnb_describe_response(const ppn_response* response) {
  return described(response, response_record);
}

ppn_buffer* ppnb_describe_error(const ppn_error* error) {
  return described(error, error_record);
}

std::int32_t ppnb_error_kind(std::int32_t code) {
  switch (code) {
// clang-format off
#define PPNB_ERROR(code, kind) case code: return PPNB_KIND_##kind;
#include "errors.i"
    // clang-format on
    default: return PPNB_KIND_NETWORK;
  }
}

std::int64_t ppnb_buffer_copy(const ppn_buffer* buffer, std::uint8_t* to, std::size_t capacity) {
  const std::size_t length = ppn_buffer_length(buffer);
  const std::size_t copied = length < capacity ? length : capacity;
  if (copied != 0) std::memcpy(to, ppn_buffer_data(buffer), copied);
  return static_cast<std::int64_t>(length);
}

ppn_buffer* ppnb_response_body(const ppn_response* response) {
  ppn_buffer* body = nullptr;
  ppn_response_body_buffer(response, &body, nullptr);
  return body;
}

std::int32_t ppnb_config_get(ppn_config* config, const char* name, std::size_t name_length, ppn_buffer** out,
                             ppn_error** error) {
  const char* text = nullptr;
  std::size_t length = 0;
  const std::int32_t status = ppn_config_get(config, name, name_length, &text, &length, error);
  return hand_out(status, text, length, out, error);
}

std::int32_t ppnb_config_dump(ppn_config* config, ppn_buffer** out, ppn_error** error) {
  const char* text = nullptr;
  std::size_t length = 0;
  const std::int32_t status = ppn_config_dump(config, &text, &length, error);
  return hand_out(status, text, length, out, error);
}
