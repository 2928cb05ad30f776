/** @file runtime.h
 *  The process-wide runtime: the I/O thread and the resolver threads that all clients share.
 */
#ifndef PEPPERPY_NETWORK_RUNTIME_H
#define PEPPERPY_NETWORK_RUNTIME_H

#include "export.h"

PPN_BEGIN_DECLS

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
