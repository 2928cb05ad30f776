// Calls that end in CallHandler::on_complete.
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

// Start a request that has no callbacks; its response is collected. Unless PPN_OK on_complete is not called. Thread: any.
int32_t ppnb_request_start(ppn_request* request, int64_t token, ppn_error** error);

// Start a batch that has no callbacks. Unless PPN_OK on_complete is not called. Thread: any.
int32_t ppnb_batch_start(ppn_batch* batch, int64_t token, ppn_error** error);

// ppn_rate_limiter_start. Unless PPN_OK on_complete is not called. Thread: any.
int32_t ppnb_rate_limiter_start(ppn_rate_limiter* limiter, const char* scope, size_t scope_length, int64_t cost,
                                int64_t tokens, int64_t timeout_ms, int64_t token, ppn_rate_ticket** out,
                                ppn_error** error);
