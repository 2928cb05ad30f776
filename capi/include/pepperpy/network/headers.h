/** @file headers.h
 *  A list of header fields: built once and given to many requests, or taken from a response. Fields keep their order
 *  and their spelling; names are compared without regard to case (RFC 9110 5.1).
 */
#ifndef PEPPERPY_NETWORK_HEADERS_H
#define PEPPERPY_NETWORK_HEADERS_H

#include "export.h"

PPN_BEGIN_DECLS

/** Make an empty list.
 *  @param out    Required. Receives the list; the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_headers_new(ppn_headers** out, ppn_error** error);

/** Add a reference to the list, which is shared and not copied.
 *  @return `headers`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_headers* PPN_CALL ppn_headers_acquire(ppn_headers* headers);

/** Drop a reference.
 *  @param headers  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_headers_release(ppn_headers* headers);

/** Set a field; it takes the place of the first one of the same name, the others of that name go. RFC 9110 5.5 for what
 *  a value may hold. Names that ppn_request_set_header refuses because they belong to the library are allowed here and
 *  refused when the list is given to a request.
 *  @param name   Required. A token (RFC 9110 5.6.2) of at most 1024 bytes.
 *  @param value  Required; may be empty. At most 1 MiB. No CR, LF, NUL or other control byte, no space at either end.
 *  @param error  Optional; its text never holds the value.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_HEADER, PPN_E_INVALID_STATE. Unless PPN_OK nothing was changed.
 *  Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_headers_set(ppn_headers* headers, const char* name, size_t name_length, const char* value,
                                         size_t value_length, ppn_error** error);

/** Add a field at the end, beside those of the same name.
 *  Parameters and return as ppn_headers_set. Thread: one at a time. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_headers_add(ppn_headers* headers, const char* name, size_t name_length, const char* value,
                                         size_t value_length, ppn_error** error);

/** Remove every field of a name.
 *  @param name         Required.
 *  @param out_removed  Optional. Receives how many there were; none is no error.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_headers_remove(ppn_headers* headers, const char* name, size_t name_length,
                                            size_t* out_removed, ppn_error** error);

/** Remove every field.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_headers_clear(ppn_headers* headers, ppn_error** error);

/** The value of the first field of a name.
 *  @param name        Required.
 *  @param out_length  Required; the value is not zero-terminated.
 *  @return the value, which lives until the list changes; NULL when there is no such field. Thread: one at a time.
 *  Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_headers_get(const ppn_headers* headers, const char* name, size_t name_length,
                                             size_t* out_length);

/** Number of fields; fields that occur twice count twice.
 *  @return the number; 0 for NULL or a released list. Thread: one at a time. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API size_t PPN_CALL ppn_headers_count(const ppn_headers* headers);

/** The index-th field, from 0. Texts live until the list changes.
 *  @param out_name   Optional. Not zero-terminated.   @param out_name_length   Optional.
 *  @param out_value  Optional. Not zero-terminated.   @param out_value_length  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (index past the end), PPN_E_INVALID_STATE. Thread: one at a time. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_headers_at(const ppn_headers* headers, size_t index, const char** out_name,
                                        size_t* out_name_length, const char** out_value, size_t* out_value_length);

PPN_END_DECLS

#endif
