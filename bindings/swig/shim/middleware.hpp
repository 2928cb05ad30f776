// Middleware whose steps end in MiddlewareHandler::on_step.
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

// The steps, as bits for ppnb_middleware_new.
enum { PPNB_STEP_BEFORE = 1, PPNB_STEP_AFTER = 2, PPNB_STEP_ON_ERROR = 4 };

// ppn_middleware_new with the steps whose bits are set. Unless PPN_OK nothing is called, on_released neither.
int32_t ppnb_middleware_new(const char* name, size_t name_length, int32_t kind, int32_t steps, int64_t token,
                            ppn_middleware** out, ppn_error** error);

// ppn_middleware_new_token_refresh; the new token is asked for by MiddlewareHandler::on_refresh.
int32_t ppnb_middleware_new_token_refresh(const char* url, size_t url_length, const char* header, size_t header_length,
                                          const char* scheme, size_t scheme_length, const char* bearer,
                                          size_t bearer_length, int64_t token, ppn_middleware** out, ppn_error** error);

// Texts of a step as buffers, which the caller releases; null when there is no such text, or no memory, or when the step is
// over.
enum { PPNB_CONTEXT_METHOD = 0, PPNB_CONTEXT_URL = 1, PPNB_CONTEXT_URL_REDACTED = 2 };
ppn_buffer* ppnb_context_text(ppn_middleware_context* context, int32_t which);
ppn_buffer* ppnb_context_header(ppn_middleware_context* context, const char* name, size_t name_length);
ppn_buffer* ppnb_context_attribute(ppn_middleware_context* context, const char* name, size_t name_length);
