/** @file runtime.h
 *  The process-wide runtime: the I/O threads and the resolver threads that all clients share.
 *
 *      (nothing) --first request--> running --shutdown--> (nothing)
 *
 *  After fork the child has no runtime: its first request starts one of its own. Clients that were used in the parent,
 *  their requests and streams return PPN_E_FORKED there and stay untouched; make new ones. The child must not return
 *  from a callback that it was forked in.
 */
#ifndef PEPPERPY_NETWORK_RUNTIME_H
#define PEPPERPY_NETWORK_RUNTIME_H

#include "export.h"

PPN_BEGIN_DECLS

/** Runs on a thread of the library, for example to attach it to a virtual machine.
 *  Thread     each I/O thread: the only threads that call back
 *  Times      the start hook once before all else on that thread, the stop hook once after all else
 *  Data       none
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data) when other hooks are set, after the threads that run these have ended */
typedef void(PPN_CALL* ppn_thread_fn)(void* user_data);

/** Set the number of I/O threads. Each client, with its connections and callbacks, belongs to one of them; clients take
 *  turns. One thread serves more than 100,000 requests a second, so raise it for many busy clients only.
 *  @param count  1 (default) to 64.   @param error  Optional.
 *  @return PPN_OK, PPN_E_CONFIG_ERROR (out of range), PPN_E_INVALID_STATE (a request was made and the runtime was not
 *  shut down since). Thread: any. Blocks: never. May be called from: no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_runtime_set_io_threads(int32_t count, ppn_error** error);

/** Set what the I/O threads run first and last. Replaces earlier hooks.
 *  @param on_start   Optional.   @param on_stop  Optional.
 *  @param user_data  Optional, handed to both.   @param destroy  Optional.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_STATE (a request was made and the runtime was not shut down since). Unless PPN_OK the
 *  caller keeps user_data. Thread: any. Blocks: never. May be called from: no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_runtime_set_thread_hooks(ppn_thread_fn on_start, ppn_thread_fn on_stop, void* user_data,
                                                      ppn_destroy_fn destroy, ppn_error** error);

/** End the runtime: cancel all requests (each still gets its terminal callback), close all connections, join the
 *  threads. The next request starts a new runtime. Optional: at exit of the process the library does it by itself.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_WOULD_DEADLOCK (called inside a callback). Thread: any. Blocks: until callbacks that are
 *  running have returned. May be called from: no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_runtime_shutdown(ppn_error** error);

/** How many objects of the library are alive: handles that were not released, calls under way and connections,
 *  idle ones included. Zero after everything was released and the runtime was shut down. For tests of leaks.
 *  @return the number. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_debug_live_objects(void);

PPN_END_DECLS

#endif
