#include "calls.hpp"

#include <cstdint>

#include "notify.hpp"

using namespace ppn_bindings;

namespace {

void complete(std::int64_t token, std::int64_t index, ppn_response* response, const ppn_error* error) noexcept {
  GivenResponse kept(ppn_response_acquire(response));
  GivenError why(ppn_error_acquire(error));
  notify(call_handler, [&](CallHandler& handler) {
    const std::int32_t status = ppn_error_code(error);
    ppn_response* const given = kept.give();
    handler.on_complete(token, index, status, given, why.give());
  });
}

void PPN_CALL on_complete(void* user_data, ppn_request* /*request*/, ppn_response* response, const ppn_error* error) {
  complete(as_token(user_data), 0, response, error);
}

void PPN_CALL on_result(void* user_data, std::size_t index, ppn_request* /*request*/, ppn_response* response,
                        const ppn_error* error) {
  complete(as_token(user_data), static_cast<std::int64_t>(index), response, error);
}

void PPN_CALL on_batch_complete(void* user_data) {
  complete(as_token(user_data), -1, nullptr, nullptr);
}

void PPN_CALL on_granted(void* user_data, ppn_rate_ticket* /*ticket*/, const ppn_error* error) {
  complete(as_token(user_data), 0, nullptr, error);
}

}  // namespace

std::int32_t ppnb_request_start(ppn_request* request, std::int64_t token, ppn_error** error) {
  const std::int32_t set =
      ppn_request_set_callbacks(request, nullptr, nullptr, on_complete, as_user_data(token), nullptr, error);
  return set == PPN_OK ? ppn_request_start(request, error) : set;
}

std::int32_t ppnb_batch_start(ppn_batch* batch, std::int64_t token, ppn_error** error) {
  const std::int32_t set =
      ppn_batch_set_callbacks(batch, on_result, nullptr, on_batch_complete, as_user_data(token), nullptr, error);
  return set == PPN_OK ? ppn_batch_start(batch, error) : set;
}

std::int32_t ppnb_rate_limiter_start(ppn_rate_limiter* limiter, const char* scope, std::size_t scope_length,
                                     std::int64_t cost, std::int64_t tokens, std::int64_t timeout_ms,
                                     std::int64_t token, ppn_rate_ticket** out, ppn_error** error) {
  return ppn_rate_limiter_start(limiter, scope, scope_length, cost, tokens, timeout_ms, on_granted, as_user_data(token),
                                nullptr, out, error);
}
