#include "pepperpy/network/error.h"

#include "base/error_code.hpp"
#include "boundary.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

const char* ppn_code_name(int32_t code) {
  return describe(static_cast<ErrorCode>(code)).name.data();
}

const char* ppn_code_text(int32_t code) {
  return describe(static_cast<ErrorCode>(code)).text.data();
}

int32_t ppn_code_category(int32_t code) {
  if (code == PPN_END || code == PPN_PENDING) return PPN_CATEGORY_NONE;
  return static_cast<int32_t>(category_of(describe(static_cast<ErrorCode>(code)).code));
}

int32_t ppn_code_at(size_t index) {
  const auto table = error_code_table();
  return index < table.size() ? static_cast<int32_t>(table[index].code) : -1;
}

ppn_error* ppn_error_acquire(const ppn_error* error) {
  return acquire(error);
}

void ppn_error_release(ppn_error* error) {
  release(error);
}

int32_t ppn_error_code(const ppn_error* error) {
  if (error == nullptr) return PPN_OK;
  return read(error, int32_t{PPN_E_INVALID_STATE},
              [](const ErrorObject& object) { return static_cast<int32_t>(object.error->code); });
}

int32_t ppn_error_category(const ppn_error* error) {
  return ppn_code_category(ppn_error_code(error));
}

int32_t ppn_error_is_timeout(const ppn_error* error) {
  return read(error, int32_t{0}, [](const ErrorObject& object) { return is_timeout(object.error->code) ? 1 : 0; });
}

int32_t ppn_error_is_cancelled(const ppn_error* error) {
  return read(error, int32_t{0},
              [](const ErrorObject& object) { return object.error->code == ErrorCode::cancelled ? 1 : 0; });
}

const char* ppn_error_message(const ppn_error* error) {
  return read(error, "", [](const ErrorObject& object) { return object.error->message.c_str(); });
}

const char* ppn_error_phase(const ppn_error* error) {
  return read(error, "none", [](const ErrorObject& object) { return phase_name(object.error->phase).data(); });
}

const char* ppn_error_url(const ppn_error* error) {
  return read(error, "", [](const ErrorObject& object) { return object.error->url.c_str(); });
}

int32_t ppn_error_is_retryable(const ppn_error* error) {
  return read(error, int32_t{0}, [](const ErrorObject& object) { return object.error->retryable ? 1 : 0; });
}

int32_t ppn_error_sent(const ppn_error* error) {
  return read(error, int32_t{PPN_SENT_NONE},
              [](const ErrorObject& object) { return static_cast<int32_t>(object.error->sent); });
}

int32_t ppn_error_http_status(const ppn_error* error) {
  return read(error, int32_t{0}, [](const ErrorObject& object) { return object.error->http_status; });
}

int64_t ppn_error_retry_after_ms(const ppn_error* error) {
  return read(error, int64_t{-1}, [](const ErrorObject& object) { return object.error->retry_after_ms; });
}

int32_t ppn_error_attempts(const ppn_error* error) {
  return read(error, int32_t{0}, [](const ErrorObject& object) { return object.error->attempts; });
}

uint64_t ppn_error_received_bytes(const ppn_error* error) {
  return read(error, uint64_t{0}, [](const ErrorObject& object) { return object.error->received_bytes; });
}

int32_t ppn_error_os_errno(const ppn_error* error) {
  return read(error, int32_t{0}, [](const ErrorObject& object) { return object.error->os_errno; });
}

uint64_t ppn_error_tls_error(const ppn_error* error) {
  return read(error, uint64_t{0}, [](const ErrorObject& object) { return uint64_t{object.error->tls_error}; });
}
