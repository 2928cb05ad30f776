/** @file buffer.h
 *  Bytes that are counted: they live until their last reference is released and never change.
 */
#ifndef PEPPERPY_NETWORK_BUFFER_H
#define PEPPERPY_NETWORK_BUFFER_H

#include "export.h"

PPN_BEGIN_DECLS

/** Make a buffer with a copy of bytes.
 *  @param data    Required unless length is 0.   @param length  Bytes, not PPN_AUTO_LENGTH.
 *  @param out     Required. Receives the buffer; the caller releases it.
 *  @param error   Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_buffer_new(const uint8_t* data, size_t length, ppn_buffer** out, ppn_error** error);

/** Add a reference.
 *  @return `buffer`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_buffer* PPN_CALL ppn_buffer_acquire(ppn_buffer* buffer);

/** Drop a reference.
 *  @param buffer  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_buffer_release(ppn_buffer* buffer);

/** The bytes, followed by a zero byte that does not count.
 *  @return bytes that live as long as the buffer; NULL for NULL or a released buffer only. Thread: any. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API const uint8_t* PPN_CALL ppn_buffer_data(const ppn_buffer* buffer);

/** How many bytes there are.
 *  @return the number; 0 for NULL or a released buffer. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API size_t PPN_CALL ppn_buffer_length(const ppn_buffer* buffer);

PPN_END_DECLS

#endif
