// Everything that can be read of an object, in one crossing, and texts as buffers. Each buffer is the caller's to release;
// null without memory and for a null handle. Thread: any. Blocks: never.
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

// int32 status, int32 flags (1 reused, 2 tls resumed, 4 tls verified), int32 attempts, int32 redirects, int32 stop reason,
// int64 body bytes, int64 retry_ms, int64 pieces, 8 x float64 timings (PPN_TIMING_), 4 x float64 pace (PPN_PACE_), texts
// http version, remote, tls version, tls cipher, url, last event id; int32 number of headers, each two texts; the same of
// trailers; the attempts as ppnb_describe_error has them.
ppn_buffer* ppnb_describe_response(const ppn_response* response);

// int32 code, int32 kind (PPNB_KIND_), int32 category, int32 flags (1 retryable, 2 timeout, 4 cancelled, 8 rate limited, 16
// auth), int32 sent, int32 http status, int32 stream status, int32 stream framing, int32 attempts, int32 stop reason, int32
// errno, int64 retry_after_ms, int64 received bytes, int64 tls error, texts name, message, phase, url, provider code,
// provider type, provider message, request id, stream partial; int32 number of known attempts, each 9 x int64
// (PPN_ATTEMPT_NUMBER to _CONNECTION) and 4 texts (PPN_ATTEMPT_OUTCOME to _REMOTE).
ppn_buffer* ppnb_describe_error(const ppn_error* error);

// The kind of exception that a code becomes: PPNB_KIND_ (errors.i).
int32_t ppnb_error_kind(int32_t code);

// Copy the bytes of a buffer, as many as fit; returns its length.
int64_t ppnb_buffer_copy(const ppn_buffer* buffer, uint8_t* to, size_t capacity);

// The body of a response, shared and not copied.
ppn_buffer* ppnb_response_body(const ppn_response* response);

// ppn_config_get and ppn_config_dump.
int32_t ppnb_config_get(ppn_config* config, const char* name, size_t name_length, ppn_buffer** out, ppn_error** error);
int32_t ppnb_config_dump(ppn_config* config, ppn_buffer** out, ppn_error** error);
