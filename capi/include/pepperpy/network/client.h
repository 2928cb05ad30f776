/** @file client.h
 *  A client: options that are fixed when it is made, and a pool of connections that its requests share.
 *
 *      new --> open --close, drain--> closed   (release never closes requests that are under way)
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
 *  of certificates that can not be read, an environment variable that can not be understood, an api_key without base_url
 *  or with one that is neither https nor a loopback address).
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

/** Close the client gracefully: later requests are refused with PPN_E_CLIENT_CLOSED, those under way may go on for a
 *  while, WebSockets are closed with 1001, and what is left of them then ends with PPN_E_CANCELLED.
 *  @param timeout_ms  Milliseconds to wait; 0 = not at all; -1 = until the limits of the requests end them.
 *  @param error       Optional.
 *  @return PPN_OK (all requests had ended), PPN_PENDING (some had to be cancelled), PPN_E_INVALID_ARGUMENT,
 *  PPN_E_INVALID_STATE, PPN_E_WOULD_DEADLOCK. Thread: any. Blocks: up to timeout_ms. May be called from: no callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_drain(ppn_client* client, int64_t timeout_ms, ppn_error** error);

/** Make connections before they are needed, so that the first requests pay for no handshake. They count as idle and are
 *  closed after idle_timeout_ms without use. Returns at once; a connection that can not be made is not reported here but
 *  by the request that needs it.
 *  @param url    Required. Any URL of the server, or path below base_url; the path is not used.
 *  @param count  How many connections to this server there should be, idle ones included, 1 to 1000; the limits of the
 *                pool hold.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME,
 *  PPN_E_CLIENT_CLOSED, PPN_E_FORKED, PPN_E_CONFIG_ERROR (trust store). Thread: any. Blocks: never, but the first use of
 *  https reads the trust store. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_preconnect(ppn_client* client, const char* url, size_t url_length, int32_t count,
                                               ppn_error** error);

/** Let the requests of a client keep to a limit that it shares with others, instead of one of its own.
 *  @param limiter  Optional; NULL = no limit. The client keeps what it needs of it.
 *  @param error    Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released, or a request was started before). Thread: any.
 *  Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_set_rate_limiter(ppn_client* client, ppn_rate_limiter* limiter, ppn_error** error);

/** What ppn_client_count counts, int32_t in signatures. */
enum {
  PPN_COUNT_CONNECTIONS = 0, /**< connections, those being made included */
  PPN_COUNT_IDLE = 1,        /**< of these: idle */
  PPN_COUNT_CONNECTING = 2,  /**< of these: being made */
  PPN_COUNT_WAITING = 3      /**< requests that wait for a place in the pool */
};

/** A count of the connection pool, as of a moment ago.
 *  @param which  One of PPN_COUNT_CONNECTIONS to PPN_COUNT_WAITING.
 *  @return the number; 0 for NULL, a released client or another `which`. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_client_count(ppn_client* client, int32_t which);

PPN_END_DECLS

#endif
