/** @file middleware.h
 *  User code around the requests of a client: once around each request (application), or around each attempt and each
 *  hop of a redirect (attempt).
 *
 *      before * --> the request --> after * | on_error *          (the second half in reverse order)
 *
 *  Whoever was entered leaves: one `before` is followed by one `after` or one `on_error`, also for the middleware that
 *  has answered or failed the request itself; only a retry makes the second half run again. `on_error` runs when what
 *  is inside has ended with an error. A middleware serves many requests at once, on several threads.
 *
 *  A step ends when its callback returns PPN_MW_DONE, or, after PPN_MW_PENDING, with ppn_middleware_context_finish on
 *  any thread. From then on its context refuses everything with PPN_E_INVALID_STATE. A step that is pending longer than
 *  middleware_timeout_ms, or than the request may take, fails with PPN_E_MIDDLEWARE_FAILED, which names the middleware.
 *
 *  Once a redirect has led away from the origin of the request, credentials that a middleware sets for a hop are not
 *  sent (max_redirects in options.h); `after` sees of a redirect that is followed its head alone.
 */
#ifndef PEPPERPY_NETWORK_MIDDLEWARE_H
#define PEPPERPY_NETWORK_MIDDLEWARE_H

#include "export.h"

PPN_BEGIN_DECLS

/** What a middleware stands around, int32_t in signatures. */
enum {
  PPN_MIDDLEWARE_APPLICATION = 0, /**< a request as a whole: before validation, limits and retries, and after them */
  PPN_MIDDLEWARE_ATTEMPT = 1      /**< one attempt: close to the wire, once for each retry and each hop */
};

/** What a callback of a middleware returns, int32_t in signatures. Another number fails the request with
 *  PPN_E_MIDDLEWARE_FAILED. */
enum {
  PPN_MW_DONE = 0,   /**< go on with what was decided by the context, if anything was */
  PPN_MW_PENDING = 1 /**< ppn_middleware_context_finish follows; not for filters */
};

/** A step of a middleware.
 *  Thread     an I/O thread; at the same time for several requests
 *  Times      once for each step
 *  Data       `context` is borrowed until return; acquire it to use it while the step is pending
 *  Returns    PPN_MW_DONE or PPN_MW_PENDING
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, with the last owner of the middleware: its handle, clients and
 *             requests under way */
typedef int32_t(PPN_CALL* ppn_middleware_fn)(void* user_data, ppn_middleware_context* context);

/** A filter of chunks, and of lines, each without its end: what is given to ppn_middleware_context_emit_chunk stands for
 *  `data`; nothing drops it.
 *  Thread     an I/O thread; at the same time for several requests
 *  Times      once for each piece of a stream, before it is delivered; not for bodies that are collected
 *  Data       `data` is valid until return
 *  Returns    PPN_MW_DONE
 *  May call   any ppn_ function that does not block
 *  User data  as that of ppn_middleware_fn */
typedef int32_t(PPN_CALL* ppn_middleware_chunk_fn)(void* user_data, ppn_middleware_context* context,
                                                   const uint8_t* data, size_t length);

/** A filter of events: what is given to ppn_middleware_context_emit_event stands for `event`; nothing drops it.
 *  Thread     an I/O thread; at the same time for several requests
 *  Times      once for each event of a stream, before it is delivered
 *  Data       `event` is valid until return
 *  Returns    PPN_MW_DONE
 *  May call   any ppn_ function that does not block
 *  User data  as that of ppn_middleware_fn */
typedef int32_t(PPN_CALL* ppn_middleware_event_fn)(void* user_data, ppn_middleware_context* context,
                                                   const ppn_event* event);

/** A stream is over.
 *  Thread     an I/O thread; at the same time for several requests
 *  Times      once for each stream whose `before` was entered
 *  Data       `error` is borrowed until return; NULL when the stream came to its end
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  as that of ppn_middleware_fn */
typedef void(PPN_CALL* ppn_middleware_end_fn)(void* user_data, ppn_middleware_context* context, const ppn_error* error);

/** A new token is wanted: see ppn_middleware_new_token_refresh. All requests that were refused wait for this one.
 *  Thread     an I/O thread
 *  Times      once for each refresh; again while one is under way only when nobody waits for that any more
 *  Data       `middleware` is borrowed until return; acquire it to give the token later
 *  Returns    PPN_MW_DONE when ppn_middleware_set_token was called, PPN_MW_PENDING when it or
 *             ppn_middleware_refresh_failed follows, another number when there is no token
 *  May call   any ppn_ function that does not block. A request for the token over the same client, to the same origin,
 *             has to set the header itself: it would wait for its own end otherwise
 *  User data  released by destroy(user_data), once, with the last owner of the middleware */
typedef int32_t(PPN_CALL* ppn_token_refresh_fn)(void* user_data, ppn_middleware* middleware);

/** Make a middleware of callbacks.
 *  @param name       Required. For messages; 1 to 128 bytes without control characters.
 *  @param kind       PPN_MIDDLEWARE_APPLICATION or PPN_MIDDLEWARE_ATTEMPT.
 *  @param before     Optional. Before the request or attempt.
 *  @param after      Optional. After one that ended with a response. Of a stream, the response has its head only.
 *  @param on_error   Optional. After one that ended with an error.
 *  @param user_data  Optional. Given to all callbacks.
 *  @param destroy    Optional. Ends the life of user_data; not called unless PPN_OK.
 *  @param out        Required. Receives the middleware; the caller releases it.
 *  @param error      Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_new(const char* name, size_t name_length, int32_t kind,
                                            ppn_middleware_fn before, ppn_middleware_fn after,
                                            ppn_middleware_fn on_error, void* user_data, ppn_destroy_fn destroy,
                                            ppn_middleware** out, ppn_error** error);

/** Add a reference.
 *  @return `middleware`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API ppn_middleware* PPN_CALL ppn_middleware_acquire(ppn_middleware* middleware);

/** Drop a reference. Clients that were given the middleware keep it.
 *  @param middleware  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_middleware_release(ppn_middleware* middleware);

/** Let a middleware of callbacks filter chunks and lines.
 *  @param filter  Required.
 *  @param error   Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: no middleware of callbacks), PPN_E_INVALID_STATE (a client has it
 *  already). Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_set_chunk_filter(ppn_middleware* middleware, ppn_middleware_chunk_fn filter,
                                                         ppn_error** error);

/** Let a middleware of callbacks filter events.
 *  @param filter  Required.
 *  @param error   Optional.
 *  @return as ppn_middleware_set_chunk_filter. Thread: one at a time. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_set_event_filter(ppn_middleware* middleware, ppn_middleware_event_fn filter,
                                                         ppn_error** error);

/** Tell a middleware of callbacks of the end of streams.
 *  @param on_end  Required.
 *  @param error   Optional.
 *  @return as ppn_middleware_set_chunk_filter. Thread: one at a time. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_set_stream_end(ppn_middleware* middleware, ppn_middleware_end_fn on_end,
                                                       ppn_error** error);

/** Put a middleware around the requests of a client that are started from here on, inside of those it has. One
 *  middleware may serve several clients.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_add_middleware(ppn_client* client, ppn_middleware* middleware, ppn_error** error);

/** Make a middleware that names the trace of each attempt by a traceparent header (W3C Trace Context). The trace of a
 *  valid header of the request goes on; an invalid one is replaced and its tracestate not sent. All attempts of a request
 *  share a trace, and each has a parent id of its own.
 *  @param out    Required. Receives the middleware; the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_new_trace_context(ppn_middleware** out, ppn_error** error);

/** Make a middleware that sends a credential with each attempt and hop that goes to one origin, and to no other. A request
 *  that has the header keeps its own.
 *  @param url     Required. Any URL of the origin (RFC 6454 4); its path is not used.
 *  @param header  Required. "Authorization" (RFC 9110 11.6.2), or the header that the service wants.
 *  @param scheme  Required; may be empty. "Bearer" (RFC 6750 2.1) and others stand before the secret, with a space.
 *  @param secret  Required, not empty. Kept in memory that is wiped at its end.
 *  @param out     Required. Receives the middleware; the caller releases it.
 *  @param error   Optional; its text never holds the secret.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME, PPN_E_INVALID_HEADER. Thread:
 *  any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_new_auth(const char* url, size_t url_length, const char* header,
                                                 size_t header_length, const char* scheme, size_t scheme_length,
                                                 const char* secret, size_t secret_length, ppn_middleware** out,
                                                 ppn_error** error);

/** Make a middleware that sends a token as ppn_middleware_new_auth, and gets a new one when the server answers with 401
 *  (RFC 9110 15.5.2): one refresh for all requests that were refused meanwhile, and each of them is then made once more,
 *  which counts as a retry. A second 401 is handed to the caller, and so is the first when there is no new token. A
 *  request whose body can not be sent again, or that has no retry left, asks for nothing.
 *  @param url        Required. Any URL of the origin; its path is not used.
 *  @param header     Required.
 *  @param scheme     Required; may be empty.
 *  @param token      Optional; NULL or empty: the first request gets one before it is sent, and fails without one.
 *  @param refresh    Required.
 *  @param user_data  Optional. Given to refresh.
 *  @param destroy    Optional. Ends the life of user_data; not called unless PPN_OK.
 *  @param out        Required. Receives the middleware; the caller releases it.
 *  @param error      Optional; its text never holds the token.
 *  @return as ppn_middleware_new_auth. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_new_token_refresh(const char* url, size_t url_length, const char* header,
                                                          size_t header_length, const char* scheme,
                                                          size_t scheme_length, const char* token, size_t token_length,
                                                          ppn_token_refresh_fn refresh, void* user_data,
                                                          ppn_destroy_fn destroy, ppn_middleware** out,
                                                          ppn_error** error);

/** Give a token to a middleware of ppn_middleware_new_token_refresh, asked for or not. Requests that wait for one go on.
 *  @param token  Required, not empty.
 *  @param error  Optional; its text never holds the token.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: another middleware), PPN_E_INVALID_STATE, PPN_E_INVALID_HEADER. Unless
 *  PPN_OK nothing was changed and requests wait on. Thread: any. Blocks: never. May be called from: any callback. Since
 *  0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_set_token(ppn_middleware* middleware, const char* token, size_t token_length,
                                                  ppn_error** error);

/** Say that no new token is coming: requests that got a 401 end with it, those that were not sent fail with
 *  PPN_E_MIDDLEWARE_FAILED. The next 401 asks again.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: another middleware), PPN_E_INVALID_STATE. Thread: any. Blocks: never. May
 *  be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_middleware_refresh_failed(ppn_middleware* middleware, ppn_error** error);

PPN_END_DECLS

#endif
