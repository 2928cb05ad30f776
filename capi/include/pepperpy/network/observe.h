/** @file observe.h
 *  What a program may watch of its calls: an event for each step of a call, and the metrics of a client.
 *
 *  Events and metrics hold no secret: URLs are redacted, and credentials are looked for in every text (redact.h).
 */
#ifndef PEPPERPY_NETWORK_OBSERVE_H
#define PEPPERPY_NETWORK_OBSERVE_H

#include "export.h"

PPN_BEGIN_DECLS

/** Types of an event, int32_t in signatures. Users have to expect types that they do not know. Behind each type stand
 *  the functions whose values it sets, beside those that every event has: call id, time, attempt, method, URL. */
enum {
  PPN_CALL_EVENT_BEGIN = 0,           /**< the call has reached its I/O thread */
  PPN_CALL_EVENT_ATTEMPT = 1,         /**< an attempt begins */
  PPN_CALL_EVENT_RATE_LIMIT_WAIT = 2, /**< it has to wait for the rate limiter: delay, detail (what is limited) */
  PPN_CALL_EVENT_BREAKER = 3,         /**< the circuit breaker changed or refused: detail (its state), code */
  PPN_CALL_EVENT_CONNECT = 4,         /**< there is a connection: remote, reused */
  PPN_CALL_EVENT_SENT = 5,            /**< the request is written: bytes */
  PPN_CALL_EVENT_FIRST_BYTE = 6,      /**< the head of the response is there: status */
  PPN_CALL_EVENT_FIRST_EVENT = 7,     /**< the first piece of a stream was handed out */
  PPN_CALL_EVENT_ATTEMPT_END = 8,     /**< status, code, bytes */
  PPN_CALL_EVENT_RETRY = 9,           /**< another attempt follows: delay, delay source, status, code, detail (why) */
  PPN_CALL_EVENT_HEDGE = 10,          /**< a second request was sent beside a slow one: delay */
  PPN_CALL_EVENT_END = 11             /**< status, code, bytes, detail (why no attempt followed a failed one) */
};

/** Receives one event of a call.
 *  Thread     the I/O thread of the client
 *  Times      zero or more, in order for each call; the last one is PPN_CALL_EVENT_END, before on_complete
 *  Data       `event` is a view, valid until return
 *  Returns    nothing
 *  May call   any ppn_ function that does not block
 *  User data  released by destroy(user_data), once, after the listener was replaced or the client has ended, and the
 *             last call that it hears of has ended */
typedef void(PPN_CALL* ppn_call_event_fn)(void* user_data, const ppn_call_event* event);

/** Set who hears of the calls of a client that start from now on. It replaces the listener before, which goes on to hear
 *  of the calls that have begun. Without a listener an event costs nothing.
 *  @param listener   NULL = nobody.
 *  @param user_data  Optional, handed to every call.   @param destroy  Optional.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_FORKED. Unless PPN_OK the caller keeps user_data.
 *  Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_set_event_listener(ppn_client* client, ppn_call_event_fn listener, void* user_data,
                                                       ppn_destroy_fn destroy, ppn_error** error);

/** The type of an event.
 *  @return one of PPN_CALL_EVENT_BEGIN to PPN_CALL_EVENT_END, or a newer one; -1 for NULL. Thread: that of the event.
 *  Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_call_event_type(const ppn_call_event* event);

/** The name of the type, such as "rate_limit_wait".
 *  @return a text that lives as long as the process; "" for NULL. Thread: that of the event. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_call_event_name(const ppn_call_event* event);

/** The number of the call among those of its client that were watched, from 1.
 *  @return the number; 0 for NULL. Thread: that of the event. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API uint64_t PPN_CALL ppn_call_event_call_id(const ppn_call_event* event);

/** When it happened.
 *  @return milliseconds since the call began, with their fraction. Thread: that of the event. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API double PPN_CALL ppn_call_event_time_ms(const ppn_call_event* event);

/** The number of the attempt.
 *  @return the number, from 0. Thread: that of the event. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_call_event_attempt(const ppn_call_event* event);

/** The method of the request; "_OTHER" for one that HTTP does not define. Not zero-terminated.
 *  @param out_length  Required.
 *  @return a text that lives as long as the event. Thread: that of the event. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_call_event_method(const ppn_call_event* event, size_t* out_length);

/** The URL of the request, redacted. Not zero-terminated.
 *  @param out_length  Required.
 *  @return a text that lives as long as the event. Thread: that of the event. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_call_event_url(const ppn_call_event* event, size_t* out_length);

/** The HTTP status.
 *  @return the status; 0 = no response. Thread: that of the event. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_call_event_status(const ppn_call_event* event);

/** What went wrong.
 *  @return PPN_OK or a PPN_E_ code. Thread: that of the event. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_call_event_code(const ppn_call_event* event);

/** How long the call waits now.
 *  @return milliseconds, rounded up; -1 = this event has no delay. Thread: that of the event. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_call_event_delay_ms(const ppn_call_event* event);

/** Where the delay of a retry comes from: "backoff", "retry_after", "retry_after_ms", "rate_headers", "decider",
 *  "middleware", or "none".
 *  @return a text that lives as long as the process; "none" for NULL. Thread: that of the event. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_call_event_delay_source(const ppn_call_event* event);

/** What else is to be said: see the types. Not zero-terminated.
 *  @param out_length  Required.
 *  @return a text that lives as long as the event; length 0 when there is none. Thread: that of the event. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_call_event_detail(const ppn_call_event* event, size_t* out_length);

/** The address of the peer, such as "127.0.0.1:443". Not zero-terminated.
 *  @param out_length  Required.
 *  @return a text that lives as long as the event; length 0 when there is none. Thread: that of the event. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_call_event_remote(const ppn_call_event* event, size_t* out_length);

/** Whether the connection had carried a request before.
 *  @return 1 or 0. Thread: that of the event. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_call_event_reused(const ppn_call_event* event);

/** Bytes of the request with its head (PPN_CALL_EVENT_SENT), or of the body of the response.
 *  @return the number. Thread: that of the event. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API uint64_t PPN_CALL ppn_call_event_bytes(const ppn_call_event* event);

/** Formats of ppn_client_metrics, int32_t in signatures. */
enum {
  PPN_METRICS_JSON = 0,      /**< {"metrics":[{"name","type","unit","points":[...]}...]} */
  PPN_METRICS_PROMETHEUS = 1 /**< text format 0.0.4: Content-Type: text/plain; version=0.0.4 */
};

/** The metrics of a client as of a moment ago, counted since it was made: times of calls (http.client.request.duration
 *  in seconds, by method, status, error.type, host, port and scheme), active requests, open connections, time in the
 *  queue of the pool, name lookups, time to the first byte and to the first event, retries and why they stopped, waits
 *  and refusals of the rate limiter, changes of circuit breakers. Names and attributes are those of OpenTelemetry where
 *  it has one, else they begin with "ppn."; for Prometheus dots become underscores and units endings. Beyond 256 sets of
 *  attributes the rest is counted as one, with otel.metric.overflow.
 *  @param format  PPN_METRICS_JSON or PPN_METRICS_PROMETHEUS.
 *  @param out     Required. Receives the text as a buffer (buffer.h); the caller releases it.
 *  @param error   Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_metrics(ppn_client* client, int32_t format, ppn_buffer** out, ppn_error** error);

PPN_END_DECLS

#endif
