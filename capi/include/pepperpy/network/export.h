/** @file export.h
 *  Symbol visibility, calling convention, and the types every other header needs.
 */
#ifndef PEPPERPY_NETWORK_EXPORT_H
#define PEPPERPY_NETWORK_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PPN_API __attribute__((visibility("default")))
#else
#define PPN_API
#endif

/** The calling convention of functions and callbacks; empty on all supported platforms. */
#define PPN_CALL

#ifdef __cplusplus
#define PPN_BEGIN_DECLS extern "C" {
#define PPN_END_DECLS }
#else
#define PPN_BEGIN_DECLS
#define PPN_END_DECLS
#endif

/** As the length of a text: the text ends at its terminating zero. */
#define PPN_AUTO_LENGTH ((size_t)-1)

PPN_BEGIN_DECLS

/** Options of a client: see config.h. */
typedef struct ppn_config ppn_config;
/** A connection pool with its options: see client.h. */
typedef struct ppn_client ppn_client;
/** One request, from its description to its end: see request.h. */
typedef struct ppn_request ppn_request;
/** What the server answered: see response.h. */
typedef struct ppn_response ppn_response;
/** A response that is read piece by piece by the caller's own thread: see stream.h. */
typedef struct ppn_stream ppn_stream;
/** One piece of a stream, a view that is never released: see stream.h. */
typedef struct ppn_event ppn_event;
/** One step of a call, a view that is never released: see observe.h. */
typedef struct ppn_call_event ppn_call_event;
/** Bytes that are counted: see buffer.h. */
typedef struct ppn_buffer ppn_buffer;
/** A list of header fields: see headers.h. */
typedef struct ppn_headers ppn_headers;
/** A JSON text to look things up in: see json.h. */
typedef struct ppn_json ppn_json;
/** The decoder of event streams alone: see sse_decoder.h. */
typedef struct ppn_sse_decoder ppn_sse_decoder;
/** The decoder of lines alone: see line_decoder.h. */
typedef struct ppn_line_decoder ppn_line_decoder;
/** When a failed call is repeated: see retry_policy.h. */
typedef struct ppn_retry_policy ppn_retry_policy;
/** What a decider is asked, a view that is never released: see retry_policy.h. */
typedef struct ppn_retry_question ppn_retry_question;
/** So many requests per time: see rate_limiter.h. */
typedef struct ppn_rate_limiter ppn_rate_limiter;
/** A place in a rate limiter: see rate_limiter.h. */
typedef struct ppn_rate_ticket ppn_rate_ticket;
/** Many requests, a few at a time: see batch.h. */
typedef struct ppn_batch ppn_batch;
/** User code around requests: see middleware.h. */
typedef struct ppn_middleware ppn_middleware;
/** One step of a middleware: see middleware_context.h. */
typedef struct ppn_middleware_context ppn_middleware_context;
/** Messages both ways over one connection: see websocket.h. */
typedef struct ppn_websocket ppn_websocket;
/** What went wrong: see error.h. */
typedef struct ppn_error ppn_error;

/** Ends the life of `user_data`. Called exactly once, after the last callback that receives it. It must not block. */
typedef void(PPN_CALL* ppn_destroy_fn)(void* user_data);

/** There is something to take, or the end, after a look found nothing.
 *  Thread     the I/O thread of the client, or the thread that cancels or closes
 *  Times      at most once after each look that returned PPN_PENDING, so that none is missed and none comes in masses; never at
 *             the same time for one object
 *  Data       none
 *  Returns    nothing
 *  May call   any ppn_ function that does not block; ppn_stream_next and ppn_websocket_next with timeout 0 among them
 *  User data  released by destroy(user_data), once, after the last call */
typedef void(PPN_CALL* ppn_ready_fn)(void* user_data);

PPN_END_DECLS

#endif
