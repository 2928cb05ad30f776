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
 *  attempts multiply.
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
  PPN_DELAY_MIDDLEWARE = 6      /**< a middleware that asked for one more attempt */
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
