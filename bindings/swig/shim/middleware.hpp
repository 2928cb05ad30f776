// Middleware whose steps end in MiddlewareHandler::on_step.
#pragma once

#include <pepperpy/network.h>

#include <cstdint>

// The steps, as bits for ppnb_middleware_new.
enum { PPNB_STEP_BEFORE = 1, PPNB_STEP_AFTER = 2, PPNB_STEP_ON_ERROR = 4 };

// ppn_middleware_new with the steps whose bits are set. Unless PPN_OK nothing is called, on_released neither.
std::int32_t ppnb_middleware_new(const char* name, std::size_t name_length, std::int32_t kind, std::int32_t steps,
                                 std::int64_t token, ppn_middleware** out, ppn_error** error);

// ppn_middleware_new_token_refresh; the new token is asked for by MiddlewareHandler::on_refresh.
std::int32_t ppnb_middleware_new_token_refresh(const char* url, std::size_t url_length, const char* header,
                                               std::size_t header_length, const char* scheme, std::size_t scheme_length,
                                               const char* bearer, std::size_t bearer_length, std::int64_t token,
                                               ppn_middleware** out, ppn_error** error);

// Texts of a step as buffers, which the caller releases; null when there is no such text, or no memory, or when the step is
// over.
enum { PPNB_CONTEXT_METHOD = 0, PPNB_CONTEXT_URL = 1, PPNB_CONTEXT_URL_REDACTED = 2 };
ppn_buffer* ppnb_context_text(ppn_middleware_context* context, std::int32_t which);
ppn_buffer* ppnb_context_header(ppn_middleware_context* context, const char* name, std::size_t name_length);
ppn_buffer* ppnb_context_attribute(ppn_middleware_context* context, const char* name, std::size_t name_length);
