/** @file json.h
 *  JSON texts (RFC 8259) to look things up in: the data of an event, a line of NDJSON, anything. The JSON body of a
 *  response needs none of this: response.h reads it directly.
 */
#ifndef PEPPERPY_NETWORK_JSON_H
#define PEPPERPY_NETWORK_JSON_H

#include "export.h"

PPN_BEGIN_DECLS

/** Types of a JSON value, int32_t in signatures. An integer is a number without fraction and exponent. */
enum {
  PPN_JSON_NULL = 0,
  PPN_JSON_BOOLEAN = 1,
  PPN_JSON_INTEGER = 2,
  PPN_JSON_NUMBER = 3,
  PPN_JSON_STRING = 4,
  PPN_JSON_ARRAY = 5,
  PPN_JSON_OBJECT = 6
};

/** Parse a JSON text: UTF-8, at most 64 MiB and 128 levels deep.
 *  @param text   Required. Not needed any more afterwards.
 *  @param out    Required. Receives the document; the caller releases it.
 *  @param error  Optional; its text says where the JSON is wrong and never repeats it.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_JSON_PARSE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_json_parse(const char* text, size_t length, ppn_json** out, ppn_error** error);

/** Add a reference.
 *  @return `json`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_json* PPN_CALL ppn_json_acquire(ppn_json* json);

/** Drop a reference.
 *  @param json  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_json_release(ppn_json* json);

/** Type of a value.
 *  @param pointer   Required. JSON Pointer (RFC 6901): "" is the whole, "/choices/0/delta/content" a member.
 *  @param out_type  Required. Receives a PPN_JSON_ constant.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (not a JSON Pointer), PPN_E_INVALID_STATE, PPN_E_JSON_VALUE (no such value).
 *  Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_json_type(ppn_json* json, const char* pointer, size_t pointer_length, int32_t* out_type,
                                       ppn_error** error);

/** A string.
 *  @param out         Required. Receives a zero-terminated text that lives as long as the document.
 *  @param out_length  Optional; needed when the string may hold U+0000.   @param error  Optional.
 *  @return as ppn_json_type, and PPN_E_JSON_VALUE when the value is not a string. Thread: one at a time. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_json_string(ppn_json* json, const char* pointer, size_t pointer_length, const char** out,
                                         size_t* out_length, ppn_error** error);

/** An integer.
 *  @param out  Required.   @param error  Optional.
 *  @return as ppn_json_type, and PPN_E_JSON_VALUE when the value is not an integer or does not fit into 64 bits;
 *  ppn_json_text gives its digits then. Thread: one at a time. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_json_int64(ppn_json* json, const char* pointer, size_t pointer_length, int64_t* out,
                                        ppn_error** error);

/** A number, integer or not.
 *  @param out  Required.   @param error  Optional.
 *  @return as ppn_json_type, and PPN_E_JSON_VALUE when the value is not a number. Thread: one at a time. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_json_double(ppn_json* json, const char* pointer, size_t pointer_length, double* out,
                                         ppn_error** error);

/** A boolean.
 *  @param out  Required. Receives 1 or 0.   @param error  Optional.
 *  @return as ppn_json_type, and PPN_E_JSON_VALUE when the value is not a boolean. Thread: one at a time. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_json_bool(ppn_json* json, const char* pointer, size_t pointer_length, int32_t* out,
                                       ppn_error** error);

/** Number of elements of an array, or of members of an object.
 *  @param out  Required.   @param error  Optional.
 *  @return as ppn_json_type, and PPN_E_JSON_VALUE when the value is neither. Thread: one at a time. Blocks: never. May
 *  be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_json_size(ppn_json* json, const char* pointer, size_t pointer_length, size_t* out,
                                       ppn_error** error);

/** A value as JSON text.
 *  @param out         Required. Receives a zero-terminated text that lives as long as the document.
 *  @param out_length  Optional.   @param error  Optional.
 *  @return as ppn_json_type. Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_json_text(ppn_json* json, const char* pointer, size_t pointer_length, const char** out,
                                       size_t* out_length, ppn_error** error);

PPN_END_DECLS

#endif
