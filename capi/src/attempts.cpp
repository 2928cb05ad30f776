#include "pepperpy/network/attempts.h"

#include "base/attempt_record.hpp"
#include "boundary.hpp"
#include "client/attempt_log.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

const Error& result_of(const ErrorObject& object) noexcept {
  return *object.error;
}

const Response& result_of(const ResponseObject& object) noexcept {
  return *object.response;
}

int64_t ms_of(Nanos time) noexcept {
  return time < 0 ? -1 : time / kMillisecond;
}

int64_t number_of(const AttemptRecord& attempt, int32_t which) noexcept {
  switch (which) {
    case PPN_ATTEMPT_NUMBER: return attempt.number;
    case PPN_ATTEMPT_CODE: return static_cast<int64_t>(attempt.code);
    case PPN_ATTEMPT_STATUS: return attempt.status;
    case PPN_ATTEMPT_SENT: return static_cast<int64_t>(attempt.sent);
    case PPN_ATTEMPT_RECEIVED_BYTES: return static_cast<int64_t>(attempt.received_bytes);
    case PPN_ATTEMPT_BEGAN_MS: return ms_of(attempt.began);
    case PPN_ATTEMPT_ENDED_MS: return ms_of(attempt.ended);
    case PPN_ATTEMPT_DELAY_MS: return ms_of(attempt.delay);
    case PPN_ATTEMPT_CONNECTION: return static_cast<int64_t>(attempt.connection_id);
    default: return -1;
  }
}

template <class Handle>
size_t count(const Handle* handle) {
  return read(handle, size_t{0}, [](const auto& object) { return attempt_count(result_of(object)); });
}

template <class Handle>
int64_t number(const Handle* handle, size_t index, int32_t which) {
  return read(handle, int64_t{-1}, [&](const auto& object) {
    const auto& result = result_of(object);
    return index < attempt_count(result) ? number_of(attempt_at(result, index), which) : -1;
  });
}

template <class Handle>
const char* text(const Handle* handle, size_t index, int32_t which) {
  return read(handle, "", [&](const auto& object) {
    const auto& result = result_of(object);
    if (index >= attempt_count(result)) return "";
    switch (which) {
      case PPN_ATTEMPT_OUTCOME: return name_of(attempt_at(result, index).outcome).data();
      case PPN_ATTEMPT_PHASE: return phase_name(attempt_at(result, index).phase).data();
      case PPN_ATTEMPT_DELAY_SOURCE: return name_of(attempt_at(result, index).delay_source).data();
      case PPN_ATTEMPT_REMOTE: return attempt_remote(result, index).c_str();
      default: return "";
    }
  });
}

}  // namespace

size_t ppn_error_attempt_count(const ppn_error* error) {
  return count(error);
}

int64_t ppn_error_attempt_int64(const ppn_error* error, size_t index, int32_t which) {
  return number(error, index, which);
}

const char* ppn_error_attempt_text(const ppn_error* error, size_t index, int32_t which) {
  return text(error, index, which);
}

int32_t ppn_error_stop_reason(const ppn_error* error) {
  return read(error, int32_t{0},
              [](const ErrorObject& object) { return static_cast<int32_t>(object.error->stop_reason); });
}

size_t ppn_response_attempt_count(const ppn_response* response) {
  return count(response);
}

int64_t ppn_response_attempt_int64(const ppn_response* response, size_t index, int32_t which) {
  return number(response, index, which);
}

const char* ppn_response_attempt_text(const ppn_response* response, size_t index, int32_t which) {
  return text(response, index, which);
}

int32_t ppn_response_stop_reason(const ppn_response* response) {
  return read(response, int32_t{0}, [](const ResponseObject& object) {
    const Response& answer = *object.response;
    return answer.complete.load(std::memory_order_acquire) ? static_cast<int32_t>(answer.stop_reason) : 0;
  });
}
