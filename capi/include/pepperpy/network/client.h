/** @file client.h
 *  A client: options that are fixed when it is made, and a pool of connections that its requests share.
 *
 *      new --> open --close--> closed          (release never closes requests that are under way)
 *
 *  A request keeps its client alive; the client does not keep requests alive.
 */
#ifndef PEPPERPY_NETWORK_CLIENT_H
#define PEPPERPY_NETWORK_CLIENT_H

#include "export.h"

PPN_BEGIN_DECLS

/** Make a client. No thread starts and no file but the trust store is read.
 *  @param config  Optional, borrowed and copied; NULL means the built-in defaults and the environment.
 *  @param out     Required. Receives the client; the caller releases it.
 *  @param error   Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (config was released), PPN_E_CONFIG_ERROR (also: a file
 *  of certificates that can not be read, an environment variable that can not be understood).
 *  Thread: any. Blocks: for reading files of certificates. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_new(const ppn_config* config, ppn_client** out, ppn_error** error);

/** Add a reference.
 *  @return `client`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API ppn_client* PPN_CALL ppn_client_acquire(ppn_client* client);

/** Drop a reference. With the last one, and when no request is under way, idle connections are closed.
 *  @param client  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_client_release(ppn_client* client);

/** Close the client: requests under way end with PPN_E_CANCELLED, later ones are refused with PPN_E_CLIENT_CLOSED,
 *  idle connections are closed. A second call has no effect. Returns before all of it has happened.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (NULL), PPN_E_INVALID_STATE (released). Thread: any. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_close(ppn_client* client, ppn_error** error);

PPN_END_DECLS

#endif
