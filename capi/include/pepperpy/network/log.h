/** @file log.h
 *  Where the library's log lines go. Without a sink there are none.
 */
#ifndef PEPPERPY_NETWORK_LOG_H
#define PEPPERPY_NETWORK_LOG_H

#include "export.h"

PPN_BEGIN_DECLS

/** Levels of a log line, int32_t in signatures. A sink gets its level and everything above. */
enum { PPN_LOG_ERROR = 1, PPN_LOG_WARNING = 2, PPN_LOG_INFO = 3, PPN_LOG_DEBUG = 4 };

/** Receives one log line. Secrets are removed before: header values, URL queries with keys, user information.
 *  Thread     any thread of the library, or the thread that calls a function of the library
 *  Times      zero or more, possibly at the same time on several threads
 *  Data       `text` is one line of `length` bytes, zero-terminated, valid until return
 *  Returns    nothing
 *  May call   no ppn_ function
 *  User data  released by destroy(user_data) after the sink was replaced and its last call has returned */
typedef void(PPN_CALL* ppn_log_fn)(void* user_data, int32_t level, const char* text, size_t length);

/** Set the process-wide log sink; the one before is ended (its destroy function runs before this returns, and waits for
 *  calls of the old sink that are still running).
 *  @param level      One of PPN_LOG_ERROR to PPN_LOG_DEBUG.
 *  @param sink       NULL switches logging off.
 *  @param user_data  Optional, handed to every call.   @param destroy  Optional.
 *  @param error      Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (level out of range), PPN_E_WOULD_DEADLOCK (called inside a sink). Unless
 *  PPN_OK the caller keeps user_data. Thread: any. Blocks: while the old sink runs. May be called from: no callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_log_set_sink(int32_t level, ppn_log_fn sink, void* user_data, ppn_destroy_fn destroy,
                                          ppn_error** error);

PPN_END_DECLS

#endif
