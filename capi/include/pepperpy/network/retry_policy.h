/** @file retry_policy.h
 *  The rules by which a failed call is repeated, usable around anything: the caller makes the attempts and waits, the
 *  policy says whether and for how long. Deciding reads no clock and draws no number, so equal arguments give equal
 *  answers.
 *
 *      attempt --> failed --> ppn_retry_policy_decide --> retry: wait, and the next attempt
 *         |                            +--> no retry: the error stands
 *         +--> succeeded
 *
 *  A client with max_retries repeats its calls by the same rules itself: around such calls set one of both to 0, or the
 *  attempts multiply. Such a client takes the rules of a policy for one request (ppn_request_set_retry_policy), and asks
 *  a hook of the user about each failed attempt (ppn_client_set_retry_decider).
 */
#ifndef PEPPERPY_NETWORK_RETRY_POLICY_H
#define PEPPERPY_NETWORK_RETRY_POLICY_H

#include "export.h"

PPN_BEGIN_DECLS

/** What became of an attempt, int32_t in signatures. Later versions may add values. */
enum {
  PPN_OUTCOME_SUCCESS = 0,          /**< a response that ends the call */
  PPN_OUTCOME_NOT_SENT = 1,         /**< failed before a byte of the request was sent */
  PPN_OUTCOME_SENT_NO_RESPONSE = 2, /**< failed after that, and no response began */
  PPN_OUTCOME_STATUS_RETRYABLE = 3, /**< a status that asks for another attempt */
  PPN_OUTCOME_BODY_FAILED = 4,      /**< failed inside a response that nobody had seen */
  PPN_OUTCOME_COMMITTED = 5,        /**< failed after a part of the response was handed out */
  PPN_OUTCOME_FATAL = 6             /**< would fail the same way again, or was ended by the user */
};

/** Why there is no further attempt, int32_t in signatures. Later versions may add values. */
enum {
  PPN_STOP_NONE = 0,                 /**< it succeeded, or is to be repeated */
  PPN_STOP_NOT_RETRYABLE = 1,        /**< another attempt would fail in the same way */
  PPN_STOP_UNSAFE_METHOD = 2,        /**< the work may have been done: a POST without an idempotency key */
  PPN_STOP_MAX_RETRIES = 3,          /**< all retries were used */
  PPN_STOP_BUDGET = 4,               /**< too many calls to this origin fail at the moment */
  PPN_STOP_DEADLINE = 5,             /**< the delay would outlast the time that is left */
  PPN_STOP_RETRY_AFTER_TOO_LONG = 6, /**< the server asked for more than max_retry_after_ms, or than is left */
  PPN_STOP_SERVER = 7,               /**< x-should-retry: false */
  PPN_STOP_PROVIDER_CODE = 8,        /**< the error body names a final reason, such as insufficient_quota */
  PPN_STOP_BODY_NOT_REPLAYABLE = 9,  /**< the request body can not be sent a second time */
  PPN_STOP_COMMITTED = 10,           /**< a part of the response was handed out */
  PPN_STOP_DECIDER = 11,             /**< the hook of the user */
  PPN_STOP_CANCELLED = 12            /**< the call was cancelled, or its client closed */
};

/** Where a delay came from, int32_t in signatures. Later versions may add values. */
enum {
  PPN_DELAY_NONE = 0,
  PPN_DELAY_BACKOFF = 1,        /**< the backoff of this side */
  PPN_DELAY_RETRY_AFTER_MS = 2, /**< the field Retry-After-Ms */
  PPN_DELAY_RETRY_AFTER = 3,    /**< the field Retry-After (RFC 9110 10.2.3) */
  PPN_DELAY_RATE_HEADERS = 4,   /**< the reset of a limit that is used up */
  PPN_DELAY_DECIDER = 5,        /**< the hook of the user */
  PPN_DELAY_MIDDLEWARE = 6,     /**< a middleware that asked for one more attempt */
  PPN_DELAY_RECONNECT = 7       /**< the reconnection time of a stream (WHATWG HTML 9.2.3) */
};

/** Make a policy with the built-in defaults: 3 retries, 0.5 s doubled up to 8 s, up to a quarter off by chance, delays of
 *  the server up to 120 s, statuses 408, 429, 500, 502, 503, 504, 522, 524 and 529. The environment is not read.
 *  @param out    Required. Receives the policy; the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_policy_new(ppn_retry_policy** out, ppn_error** error);

/** Add a reference.
 *  @return `policy`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_retry_policy* PPN_CALL ppn_retry_policy_acquire(ppn_retry_policy* policy);

/** Drop a reference.
 *  @param policy  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_retry_policy_release(ppn_retry_policy* policy);

/** Set one option by its name in the option table.
 *  @param name   Required. "max_retries" (0..10), "backoff_factor" (seconds before the first retry, doubled for each
 *                further one; 0..3600), "max_backoff_ms" (0..86400000), "backoff_jitter" (equal_down, full, decorrelated,
 *                none), "max_retry_after_ms" (0..86400000), "retry_codes" (statuses, such as "429,503"), "retry_unsafe"
 *                (repeat POST and others even when the work may have been done) or "final_error_codes".
 *  @param value  Required. As text: numbers in decimal, booleans as true/false, yes/no, on/off or 1/0.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_CONFIG_ERROR (no such option, not a value of its
 *  type, out of range). Unless PPN_OK nothing was changed. Thread: one at a time, and none that decides meanwhile.
 *  Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_policy_set(ppn_retry_policy* policy, const char* name, size_t name_length,
                                              const char* value, size_t value_length, ppn_error** error);

/** Decide about the next attempt. Methods that RFC 9110 9.2.2 calls idempotent may be repeated; others only when nothing
 *  was sent, when the status says that nothing was done (408, 425, 429, 503, 529), when they are keyed (but not after a
 *  timeout: the work may be under way, and billed), and with retry_unsafe.
 *  @param method          Required. Such as "GET"; upper and lower case differ (RFC 9110 9.1).
 *  @param status          HTTP status of the response; 0 = no response began; range 0, 100..999.
 *  @param code            The PPN_E_ code of a transfer that failed; PPN_OK, or that of a status (6xx), = a
 *                         response is complete. Unknown codes are not repeated.
 *  @param sent            PPN_SENT_NONE, PPN_SENT_PARTIAL or PPN_SENT_FULL (error.h).
 *  @param keyed           Not 0: the request carries an idempotency key that the server honours.
 *  @param retries_done    Retries before this decision; 0 = none; range 0..2147483647.
 *  @param retry_after_ms  The delay that the latest response asked for; milliseconds; -1 = none.
 *  @param remaining_ms    The time that is left; milliseconds; -1 = no deadline.
 *  @param random          Chance; range 0..1, different each time.
 *  @param out_retry       Required. Receives 1 or 0.
 *  @param out_delay_ms    Required. Receives the time to wait; milliseconds; 0 without a retry. Never less than
 *                         retry_after_ms, and less than remaining_ms.
 *  @param out_outcome     Optional. Receives a PPN_OUTCOME_ constant.
 *  @param out_reason      Optional. Receives a PPN_STOP_ constant.
 *  @param error           Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: out of range; neither status nor code), PPN_E_INVALID_STATE. Thread: any,
 *  while none sets. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_policy_decide(ppn_retry_policy* policy, const char* method, size_t method_length,
                                                 int32_t status, int32_t code, int32_t sent, int32_t keyed,
                                                 int32_t retries_done, int64_t retry_after_ms, int64_t remaining_ms,
                                                 double random, int32_t* out_retry, int64_t* out_delay_ms,
                                                 int32_t* out_outcome, int32_t* out_reason, ppn_error** error);

/** The backoff before one retry, when the server asks for nothing.
 *  @param retry   Number of the retry, the first one is 0; range 0..2147483647.
 *  @param random  Chance; range 0..1.
 *  @return milliseconds; -1 when an argument is out of its range, for NULL and for released policies. Thread: any, while
 *  none sets. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_retry_policy_delay_ms(ppn_retry_policy* policy, int32_t retry, double random);

/** Let the retries of one request follow a policy, which is copied, instead of the options of its client. Each option of
 *  the policy counts, set or not; ppn_request_set_option may change them again afterwards.
 *  @param policy  Required.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released, or the request was started before). Thread: one
 *  at a time, and none that sets in the policy meanwhile. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_request_set_retry_policy(ppn_request* request, ppn_retry_policy* policy,
                                                      ppn_error** error);

/** What a decider answers, int32_t in signatures. */
enum {
  PPN_DECIDE_DEFAULT = 0,     /**< what the policy says */
  PPN_DECIDE_RETRY = 1,       /**< another attempt, after the delay that the policy would take */
  PPN_DECIDE_RETRY_AFTER = 2, /**< another attempt, after *out_delay_ms */
  PPN_DECIDE_STOP = 3         /**< no further attempt: PPN_STOP_DECIDER */
};

/** Decides about the next attempt of a call whose last one failed: by an error, or by a status of 400 or more. It may
 *  repeat what the policy would not: any such status, a method that is not safe, and beyond max_retries up to 10 retries.
 *  It can not override an error that would come again, a cancel, the deadline of the call, the budget, a response that
 *  was handed out, and a body that can not be sent again: then the answer counts as PPN_DECIDE_DEFAULT.
 *  Thread        the I/O thread of the client
 *  Times         zero or more, once for each attempt that failed
 *  Data          `question` is a view, valid until return
 *  out_delay_ms  receives the delay of PPN_DECIDE_RETRY_AFTER; milliseconds; 0 before, and less counts as 0
 *  Returns       a PPN_DECIDE_ constant; any other number counts as PPN_DECIDE_STOP
 *  May call      any ppn_ function that does not block
 *  User data     released by destroy(user_data), once, after another decider was set or the client has ended, and the
 *                last call that asks it has ended */
typedef int32_t(PPN_CALL* ppn_retry_decider_fn)(void* user_data, const ppn_retry_question* question,
                                                int64_t* out_delay_ms);

/** Set who decides about the retries of all calls of a client, instead of one set before.
 *  @param decider    NULL = the policy alone.
 *  @param user_data  Optional, handed to every call.   @param destroy  Optional.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (released, or a request was started before). Unless PPN_OK
 *  the caller keeps user_data. Thread: any, but none that starts a request of this client meanwhile. Blocks: never. May
 *  be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_client_set_retry_decider(ppn_client* client, ppn_retry_decider_fn decider, void* user_data,
                                                      ppn_destroy_fn destroy, ppn_error** error);

/** The number of the attempt that failed.
 *  @return the number, from 0. Thread: that of the decider. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_question_attempt(const ppn_retry_question* question);

/** What became of the attempt.
 *  @return a PPN_OUTCOME_ constant; PPN_OUTCOME_FATAL for NULL. Thread: that of the decider. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_question_outcome(const ppn_retry_question* question);

/** What went wrong.
 *  @return a PPN_E_ code, for a status too; PPN_OK for NULL. Thread: that of the decider. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_question_code(const ppn_retry_question* question);

/** The HTTP status.
 *  @return the status; 0 = no response. Thread: that of the decider. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_question_status(const ppn_retry_question* question);

/** How much of the request had been handed to the kernel.
 *  @return a PPN_SENT_ constant (error.h). Thread: that of the decider. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_question_sent(const ppn_retry_question* question);

/** The response, of which status and headers may be read.
 *  @return the response, lent until return (ppn_response_acquire keeps it); NULL when none began, and without memory for
 *  it. Thread: that of the decider. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API ppn_response* PPN_CALL ppn_retry_question_response(const ppn_retry_question* question);

/** What is known of the body of the response, such as the JSON text of an error. Not zero-terminated.
 *  @param out_length  Required. Up to 65536.
 *  @return bytes that live as long as the question; length 0 when there are none. Thread: that of the decider. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API const uint8_t* PPN_CALL ppn_retry_question_body(const ppn_retry_question* question, size_t* out_length);

/** Whether the policy would repeat it.
 *  @return 1 or 0. Thread: that of the decider. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_question_default_retry(const ppn_retry_question* question);

/** How long the policy would wait.
 *  @return milliseconds, rounded up; -1 = it would not repeat it. Thread: that of the decider. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_retry_question_default_delay_ms(const ppn_retry_question* question);

/** Where that delay comes from.
 *  @return a PPN_DELAY_ constant; PPN_DELAY_NONE without a delay. Thread: that of the decider. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_question_default_delay_source(const ppn_retry_question* question);

/** Why the policy would not repeat it.
 *  @return a PPN_STOP_ constant; PPN_STOP_NONE when it would. Thread: that of the decider. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_retry_question_default_stop_reason(const ppn_retry_question* question);

/** Name of a PPN_OUTCOME_ constant, such as "sent_no_response".
 *  @return a text that lives as long as the process; "fatal" for an unknown value. Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_outcome_name(int32_t outcome);

/** Name of a PPN_STOP_ constant, such as "max_retries".
 *  @return a text that lives as long as the process; "none" for an unknown value. Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_stop_reason_name(int32_t reason);

/** Name of a PPN_DELAY_ constant, such as "retry_after".
 *  @return a text that lives as long as the process; "none" for an unknown value. Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_delay_source_name(int32_t source);

PPN_END_DECLS

#endif
