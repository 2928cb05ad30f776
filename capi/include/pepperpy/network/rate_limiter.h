/** @file rate_limiter.h
 *  A rate limiter: so many requests, tokens and requests at the same time, for each scope. It works alone, around any
 *  code of the user, and for any number of clients (ppn_client_set_rate_limiter), which then share one limit.
 *
 *      wait | try | start --> ticket --settle--> released
 *
 *  The limit is exact (GCRA): in any window of time there are no more than the burst and what the rate gives for that
 *  window. Whoever waits keeps its place, first come, first served. A scope is any text, such as the name of a model;
 *  scopes do not know each other, and "" is one like another.
 */
#ifndef PEPPERPY_NETWORK_RATE_LIMITER_H
#define PEPPERPY_NETWORK_RATE_LIMITER_H

#include "export.h"

PPN_BEGIN_DECLS

/** Make a limiter of requests alone; everything else is as the built-in defaults of the options rate_limit_... say.
 *  @param requests_per_minute  From 0.001 to 1e9, to the thousandth; 0 and less = no limit.
 *  @param burst_size           How many may pass at once; 0 = as many as come in a tenth of a minute, at least 1.
 *  @param out                  Required. Receives the limiter; the caller releases it.
 *  @param error                Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_rate_limiter_new(double requests_per_minute, int64_t burst_size, ppn_rate_limiter** out,
                                              ppn_error** error);

/** Make a limiter as the options of a config say: rates of requests and tokens, requests in flight, waiting, and what is
 *  followed of responses.
 *  @param config  Optional, borrowed and copied; NULL means the built-in defaults and the environment. Without any limit
 *                 in it the limiter lets everything pass.
 *  @param out     Required. Receives the limiter; the caller releases it.
 *  @param error   Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (config was released), PPN_E_CONFIG_ERROR (an environment
 *  variable). Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_rate_limiter_new_with_config(const ppn_config* config, ppn_rate_limiter** out,
                                                          ppn_error** error);

/** Add a reference.
 *  @return `limiter`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API ppn_rate_limiter* PPN_CALL ppn_rate_limiter_acquire(ppn_rate_limiter* limiter);

/** Drop a reference. Clients and tickets keep what they need of it.
 *  @param limiter  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_rate_limiter_release(ppn_rate_limiter* limiter);

/** Wait for a permit.
 *  @param scope       Optional; "" and NULL with length 0 are the scope without a name.
 *  @param cost        Requests to be counted, 0 to 1e9; usually 1.
 *  @param tokens      Tokens to be reserved, as an estimate, 0 to 1e15; ppn_rate_ticket_settle says what they were.
 *  @param timeout_ms  Milliseconds to wait; 0 = not at all; -1 = as long as the limiter lets calls wait
 *                     (rate_limit_max_wait_ms). A wait that would take longer is refused at once.
 *  @param out         Required. Receives the ticket; the caller releases it when the work that it allows has ended.
 *  @param error       Optional.
 *  @return PPN_OK, PPN_E_RATE_LIMITED (ppn_error_retry_after_ms says when there will be room, when that is known),
 *  PPN_E_RATE_LIMIT_QUEUE_FULL, PPN_E_RATE_LIMIT_COST (more than is ever allowed at once), PPN_E_RATE_LIMIT_BACKEND,
 *  PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_WOULD_DEADLOCK, PPN_E_FORKED. Thread: any. Blocks: up to
 *  timeout_ms. May be called from: no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_rate_limiter_wait(ppn_rate_limiter* limiter, const char* scope, size_t scope_length,
                                               int64_t cost, int64_t tokens, int64_t timeout_ms, ppn_rate_ticket** out,
                                               ppn_error** error);

/** Take a permit if there is one now; parameters as in ppn_rate_limiter_wait. With a limit that a fleet shares, which
 *  has to be asked over the network, only ppn_rate_limiter_wait and _start find out.
 *  @param scope  Optional.   @param cost  0 to 1e9.   @param tokens  0 to 1e15.
 *  @param out    Required. Receives the ticket; the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_RATE_LIMITED, PPN_E_RATE_LIMIT_COST, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_FORKED.
 *  Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_rate_limiter_try(ppn_rate_limiter* limiter, const char* scope, size_t scope_length,
                                              int64_t cost, int64_t tokens, ppn_rate_ticket** out, ppn_error** error);

/** A permit that ppn_rate_limiter_start waited for, or why there is none.
 *  Thread     an I/O thread of the library; never the caller of ppn_rate_limiter_start
 *  Times      exactly one for each successful ppn_rate_limiter_start
 *  Data       `ticket` is borrowed until return: acquire it to keep the permit. It is another handle of the ticket that
 *             ppn_rate_limiter_start handed out, and the permit ends with the last of both. NULL when there is an error.
 *             `error` is borrowed until return; NULL on success, otherwise one of the codes of ppn_rate_limiter_wait or
 *             PPN_E_CANCELLED
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after this callback has returned */
typedef void(PPN_CALL* ppn_rate_granted_fn)(void* user_data, ppn_rate_ticket* ticket, const ppn_error* error);

/** Wait for a permit without blocking: on_granted is told.
 *  @param scope       Optional.   @param cost  0 to 1e9.   @param tokens  0 to 1e15.
 *  @param timeout_ms  As in ppn_rate_limiter_wait.
 *  @param on_granted  Required.
 *  @param user_data   Optional, handed to on_granted.
 *  @param destroy     Optional, called exactly once with user_data, after on_granted has returned.
 *  @param out         Optional. Receives a ticket that can be cancelled; the caller releases it. Releasing it while it
 *                     waits cancels nothing.
 *  @param error       Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_CLIENT_CLOSED (the runtime is shutting down),
 *  PPN_E_FORKED. Unless PPN_OK on_granted is not called and the caller keeps user_data. Thread: any. Blocks: never. May
 *  be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_rate_limiter_start(ppn_rate_limiter* limiter, const char* scope, size_t scope_length,
                                                int64_t cost, int64_t tokens, int64_t timeout_ms,
                                                ppn_rate_granted_fn on_granted, void* user_data, ppn_destroy_fn destroy,
                                                ppn_rate_ticket** out, ppn_error** error);

/** Follow what a response says about the limit of its server: Retry-After of a 429 or 503, RateLimit and
 *  RateLimit-Policy, x-ratelimit-..., anthropic-ratelimit-... Requests of a client that uses this limiter do so by
 *  themselves; this is for responses that came another way. Never makes the limit wider than configured.
 *  @param scope     Optional, as in ppn_rate_limiter_wait.
 *  @param response  Required.
 *  @param error     Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_rate_limiter_observe(ppn_rate_limiter* limiter, const char* scope, size_t scope_length,
                                                  const ppn_response* response, ppn_error** error);

/** What ppn_rate_limiter_count counts, int32_t in signatures. */
enum {
  PPN_RATE_WAITING = 0,   /**< those who wait */
  PPN_RATE_IN_FLIGHT = 1, /**< tickets that were granted and not released */
  PPN_RATE_GRANTED = 2,   /**< grants, ever */
  PPN_RATE_REFUSED = 3,   /**< refusals, ever */
  PPN_RATE_FROZEN = 4,    /**< scopes that stand still because a response said so */
  PPN_RATE_SCOPES = 5     /**< scopes that are remembered; beyond 10000 idle ones are forgotten */
};

/** A count over all scopes, as of a moment ago.
 *  @param which  One of PPN_RATE_WAITING to PPN_RATE_SCOPES.
 *  @return the number; 0 for NULL, a released limiter or another `which`. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_rate_limiter_count(ppn_rate_limiter* limiter, int32_t which);

/** Add a reference.
 *  @return `ticket`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_rate_ticket* PPN_CALL ppn_rate_ticket_acquire(ppn_rate_ticket* ticket);

/** Drop a reference. With the last one the permit ends: its slot is free for another, and what was not used is given
 *  back. One that ppn_rate_limiter_start still waits for goes on waiting.
 *  @param ticket  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_rate_ticket_release(ppn_rate_ticket* ticket);

/** Say what the tokens really were: what was reserved too much is given back, what was too little is charged. Blocks
 *  nobody who has passed. A second time corrects the first. Without effect before the permit was granted.
 *  @param actual_tokens  0 and more.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released). Thread: any. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_rate_ticket_settle(ppn_rate_ticket* ticket, int64_t actual_tokens);

/** Cancel a ticket that ppn_rate_limiter_start waits for: its place goes back and on_granted gets PPN_E_CANCELLED.
 *  Without effect on one that was granted.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (NULL), PPN_E_INVALID_STATE (released). Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_rate_ticket_cancel(ppn_rate_ticket* ticket);

PPN_END_DECLS

#endif
