// Calls that end in CallHandler::on_complete.
#pragma once

#include <pepperpy/network.h>

#include <cstdint>

// Start a request that has no callbacks; its response is collected. Unless PPN_OK on_complete is not called. Thread: any.
std::int32_t ppnb_request_start(ppn_request* request, std::int64_t token, ppn_error** error);

// Start a batch that has no callbacks. Unless PPN_OK on_complete is not called. Thread: any.
std::int32_t ppnb_batch_start(ppn_batch* batch, std::int64_t token, ppn_error** error);

// ppn_rate_limiter_start. Unless PPN_OK on_complete is not called. Thread: any.
std::int32_t ppnb_rate_limiter_start(ppn_rate_limiter* limiter, const char* scope, std::size_t scope_length,
                                     std::int64_t cost, std::int64_t tokens, std::int64_t timeout_ms,
                                     std::int64_t token, ppn_rate_ticket** out, ppn_error** error);
