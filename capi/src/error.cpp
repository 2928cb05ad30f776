#include "pepperpy/network/error.h"

#include <memory>
#include <string>
#include <string_view>

#include "base/error_code.hpp"
#include "boundary.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

// Checks the handle of an error that was made by hand; `change` takes its Error.
template <class Check, class Change>
int32_t change_made(ppn_error* made, ppn_error** error, Check&& check, Change&& change) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(made, "made");
    check(in);
    if (!in.ok()) return in.failure();
    if (object->made == nullptr) {
      return Failure(ErrorCode::invalid_state, Phase::validate, "only an error from ppn_error_new can be changed");
    }
    change(*object->made);
    return {};
  });
}

}  // namespace

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

int32_t ppn_error_is_rate_limited(const ppn_error* error) {
  return read(error, int32_t{0}, [](const ErrorObject& object) { return is_rate_limited(*object.error) ? 1 : 0; });
}

int32_t ppn_error_is_auth(const ppn_error* error) {
  return read(error, int32_t{0}, [](const ErrorObject& object) { return is_refused_caller(*object.error) ? 1 : 0; });
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

const char* ppn_error_provider_code(const ppn_error* error) {
  return read(error, "", [](const ErrorObject& object) { return object.error->provider_code.c_str(); });
}

const char* ppn_error_provider_message(const ppn_error* error) {
  return read(error, "", [](const ErrorObject& object) { return object.error->provider_message.c_str(); });
}

const char* ppn_error_request_id(const ppn_error* error) {
  return read(error, "", [](const ErrorObject& object) { return object.error->request_id.c_str(); });
}

int32_t ppn_error_new(int32_t code, const char* message, size_t message_length, ppn_error** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto text = in.text_or_empty(message, message_length, "message");
    const ErrorCodeInfo& row = describe(static_cast<ErrorCode>(code));
    in.require(code != PPN_OK && row.code == static_cast<ErrorCode>(code), "code is no PPN_E_ code");
    if (!in.ok()) return in.failure();
    const auto made = std::make_shared<Error>(row.code, Phase::none, std::string(text.empty() ? row.text : text));
    made->http_status = http_status_of(row.code);
    *out = make_handle<ppn_error>(ErrorObject{made, made.get()});
    return {};
  });
}

int32_t ppn_error_set_http_status(ppn_error* made, int32_t status, ppn_error** error) {
  return change_made(
      made, error,
      [&](Arguments& in) { in.require(status == 0 || (status >= 100 && status <= 999), "status is no HTTP status"); },
      [&](Error& changed) { changed.http_status = status; });
}

int32_t ppn_error_set_retry_after_ms(ppn_error* made, int64_t retry_after_ms, ppn_error** error) {
  return change_made(
      made, error, [&](Arguments& in) { in.require(retry_after_ms >= -1, "retry_after_ms is neither -1 nor a time"); },
      [&](Error& changed) { changed.retry_after_ms = retry_after_ms; });
}

int32_t ppn_error_set_sent(ppn_error* made, int32_t sent, ppn_error** error) {
  return change_made(
      made, error,
      [&](Arguments& in) {
        in.require(sent >= PPN_SENT_NONE && sent <= PPN_SENT_FULL, "sent is no PPN_SENT_ constant");
      },
      [&](Error& changed) { changed.sent = static_cast<Sent>(sent); });
}

int32_t ppn_error_set_provider_code(ppn_error* made, const char* code, size_t length, ppn_error** error) {
  std::string_view text;
  return change_made(
      made, error, [&](Arguments& in) { text = in.text_or_empty(code, length, "code"); },
      [&](Error& changed) { changed.provider_code = text; });
}
