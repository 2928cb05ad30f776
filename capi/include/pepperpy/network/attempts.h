/** @file attempts.h
 *  What was tried: the attempts of a call, one by one, oldest first, and why there was no further one.
 *
 *  A call makes a second attempt when the first one failed in a way that another may not. Each attempt may have cost
 *  money at the other end, so all of them are there: of a call that made more than 16, the first ones and the last.
 *  Sending a request once more on a fresh connection because the server had just closed the old one is no attempt.
 *
 *      for (size_t i = 0; i < ppn_error_attempt_count(error); ++i)
 *        printf("%s %s after %d ms\n", ppn_error_attempt_text(error, i, PPN_ATTEMPT_REMOTE),
 *               ppn_code_name((int32_t)ppn_error_attempt_int64(error, i, PPN_ATTEMPT_CODE)),
 *               (int)ppn_error_attempt_int64(error, i, PPN_ATTEMPT_ENDED_MS));
 */
#ifndef PEPPERPY_NETWORK_ATTEMPTS_H
#define PEPPERPY_NETWORK_ATTEMPTS_H

#include "export.h"

PPN_BEGIN_DECLS

/** Numbers of an attempt for ..._attempt_int64, int32_t in signatures. Later versions may add some. */
enum {
  PPN_ATTEMPT_NUMBER = 0,         /**< from 0; numbers are missing where attempts were left out */
  PPN_ATTEMPT_CODE = 1,           /**< a PPN_E_ code; PPN_OK for a response below status 400 */
  PPN_ATTEMPT_STATUS = 2,         /**< HTTP status; 0 when there was no response */
  PPN_ATTEMPT_SENT = 3,           /**< a PPN_SENT_ constant */
  PPN_ATTEMPT_RECEIVED_BYTES = 4, /**< of the response body */
  PPN_ATTEMPT_BEGAN_MS = 5,       /**< after the start of the call */
  PPN_ATTEMPT_ENDED_MS = 6,       /**< after the start of the call; -1 when it is not known */
  PPN_ATTEMPT_DELAY_MS = 7,       /**< waited before the next attempt; -1 when there was none */
  PPN_ATTEMPT_CONNECTION = 8      /**< a number that tells connections apart; 0 when there was none */
};

/** Texts of an attempt for ..._attempt_text, int32_t in signatures. Later versions may add some. */
enum {
  PPN_ATTEMPT_OUTCOME = 100,      /**< "success" (a response that ended the call, whatever its status), "not_sent",
                                       "sent_no_response", "status_retryable", "body_failed", "committed" or "fatal" */
  PPN_ATTEMPT_PHASE = 101,        /**< as ppn_error_phase */
  PPN_ATTEMPT_DELAY_SOURCE = 102, /**< where the delay came from: "none", "backoff", "retry_after_ms", "retry_after",
                                       "rate_headers", "decider", "middleware" or "reconnect" */
  PPN_ATTEMPT_REMOTE = 103        /**< the address, such as "127.0.0.1:443"; "" when it is not known */
};

/** How many attempts of the call are known.
 *  @return at most 16; 0 when nothing was tried. Thread: any. Blocks: never. May be called from: any callback. Since
 *  0.1. */
PPN_API size_t PPN_CALL ppn_error_attempt_count(const ppn_error* error);

/** A number of an attempt of the call.
 *  @param index  From 0, the oldest.   @param which  One of PPN_ATTEMPT_NUMBER to PPN_ATTEMPT_CONNECTION.
 *  @return the number; -1 when there is no such attempt or number. Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_error_attempt_int64(const ppn_error* error, size_t index, int32_t which);

/** A text of an attempt of the call.
 *  @param index  From 0, the oldest.   @param which  One of PPN_ATTEMPT_OUTCOME to PPN_ATTEMPT_REMOTE.
 *  @return a zero-terminated text that lives as long as the error; "" when there is no such attempt or text. Thread:
 *  any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_error_attempt_text(const ppn_error* error, size_t index, int32_t which);

/** Why there was no further attempt.
 *  @return a PPN_STOP_ constant (retry_policy.h); 0 for NULL, and when nothing was tried. Thread: any. Blocks: never. May
 *  be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_error_stop_reason(const ppn_error* error);

/** How many attempts of the call are known, the one that gave this response included once it is complete. A call that
 *  failed after its response had begun is told by its error.
 *  @return at most 16. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API size_t PPN_CALL ppn_response_attempt_count(const ppn_response* response);

/** A number of an attempt of the call. Parameters and return as ppn_error_attempt_int64. Thread: any. Blocks: never.
 *  May be called from: any callback. Since 0.1. */
PPN_API int64_t PPN_CALL ppn_response_attempt_int64(const ppn_response* response, size_t index, int32_t which);

/** A text of an attempt of the call. Parameters as ppn_error_attempt_text.
 *  @return a zero-terminated text that lives as long as the response; "" when there is no such attempt or text. Thread:
 *  any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_response_attempt_text(const ppn_response* response, size_t index, int32_t which);

/** Why a response whose status is an error was not followed by another attempt.
 *  @return a PPN_STOP_ constant (retry_policy.h); 0 for NULL, for a success, and when the request has not completed.
 *  Thread: any. Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_response_stop_reason(const ppn_response* response);

PPN_END_DECLS

#endif
