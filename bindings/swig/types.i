// How the types of the C API cross, as lists; java.i, csharp.i and go.i say what each means in their language:
//
//   PPN_HANDLE(type)         an object behind a pointer: a number of the width of a pointer; `type **` hands one out
//   PPN_TEXT(data, length)   bytes that go down: an address and a length (UTF-8 where it is a text)
//   PPN_OUT(type, name)      a number that comes up
//   (uint8_t *buffer, size_t capacity)  memory of the language that is filled
//
// A type that is on no list would become a class SWIGTYPE_..., which tests/bindings refuses.
%include <stdint.i>

#if defined(SWIGJAVA)
%include "java.i"
#elif defined(SWIGCSHARP)
%include "csharp.i"
#elif defined(SWIGGO)
%include "go.i"
#endif

PPN_HANDLE(ppn_batch)
PPN_HANDLE(ppn_buffer)
PPN_HANDLE(ppn_client)
PPN_HANDLE(ppn_config)
PPN_HANDLE(ppn_error)
PPN_HANDLE(ppn_headers)
PPN_HANDLE(ppn_json)
PPN_HANDLE(ppn_middleware)
PPN_HANDLE(ppn_middleware_context)
PPN_HANDLE(ppn_rate_limiter)
PPN_HANDLE(ppn_rate_ticket)
PPN_HANDLE(ppn_request)
PPN_HANDLE(ppn_response)
PPN_HANDLE(ppn_retry_policy)
PPN_HANDLE(ppn_websocket)
PPN_HANDLE(ppnb_events)
PPN_HANDLE(ppnb_reader)
PPN_HANDLE(ppnb_socket)
PPN_HANDLE(ppnb_upload)

PPN_TEXT(const char *base_url, size_t base_url_length)
PPN_TEXT(const char *api_key, size_t api_key_length)
PPN_TEXT(const char *bearer, size_t bearer_length)
PPN_TEXT(const char *code, size_t length)
PPN_TEXT(const char *data, size_t data_length)
PPN_TEXT(const char *data, size_t length)
PPN_TEXT(const char *header, size_t header_length)
PPN_TEXT(const char *id, size_t id_length)
PPN_TEXT(const char *message, size_t message_length)
PPN_TEXT(const char *method, size_t method_length)
PPN_TEXT(const char *name, size_t name_length)
PPN_TEXT(const char *path, size_t path_length)
PPN_TEXT(const char *pointer, size_t pointer_length)
PPN_TEXT(const char *reason, size_t reason_length)
PPN_TEXT(const char *scheme, size_t scheme_length)
PPN_TEXT(const char *scope, size_t scope_length)
PPN_TEXT(const char *secret, size_t secret_length)
PPN_TEXT(const char *text, size_t length)
PPN_TEXT(const char *token, size_t token_length)
PPN_TEXT(const char *type, size_t type_length)
PPN_TEXT(const char *url, size_t length)
PPN_TEXT(const char *url, size_t url_length)
PPN_TEXT(const char *value, size_t value_length)
PPN_TEXT(const uint8_t *data, size_t length)

PPN_OUT(double, out)
PPN_OUT(int32_t, out)
PPN_OUT(int32_t, out_kind)
PPN_OUT(int32_t, out_outcome)
PPN_OUT(int32_t, out_reason)
PPN_OUT(int32_t, out_retry)
PPN_OUT(int32_t, out_type)
PPN_OUT(int64_t, out)
PPN_OUT(int64_t, out_delay_ms)
PPN_OUT(size_t, out)
PPN_OUT(size_t, out_removed)
