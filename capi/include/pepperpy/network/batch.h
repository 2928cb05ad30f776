/** @file batch.h
 *  Many requests, a few of them at a time, under one deadline.
 *
 *      new, add *, set * --run or start--> running --> completed
 *
 *  Requests are described as always, with clients and options of their own, and keep their place: results are asked for
 *  by index, or come to a callback as they are there and are not kept, so that memory does not grow with their number.
 *  A batch ends when each of its requests has its result; that some of them are errors is no error of the batch.
 *
 *      ppn_batch_new(&batch, &error);
 *      for (i = 0; i < n; ++i) ppn_batch_add(batch, requests[i], &error);
 *      ppn_batch_run(batch, &error);
 *      for (i = 0; i < n; ++i) code = ppn_batch_result(batch, i, &response, &error);
 */
#ifndef PEPPERPY_NETWORK_BATCH_H
#define PEPPERPY_NETWORK_BATCH_H

#include "export.h"

PPN_BEGIN_DECLS

/** A request of the batch has ended.
 *  Thread     one I/O thread of the library for all callbacks of the batch; never the caller of ppn_batch_start
 *  Times      exactly once for each request, in the order in which they end; one at a time
 *  Data       `index` as it was added; `response` is NULL when no head arrived, `error` is NULL on success; all are
 *             borrowed until return: acquire to keep
 *  May call   any ppn_ function that does not block, ppn_batch_cancel included
 *  User data  released by destroy(user_data), once, after on_complete has returned */
typedef void(PPN_CALL* ppn_batch_result_fn)(void* user_data, size_t index, ppn_request* request, ppn_response* response,
                                            const ppn_error* error);

/** One more request has its result.
 *  Thread     as ppn_batch_result_fn
 *  Times      after each result; `done` grows by one, up to `total`
 *  May call   any ppn_ function that does not block, ppn_batch_cancel included
 *  User data  released by destroy(user_data), once, after on_complete has returned */
typedef void(PPN_CALL* ppn_batch_progress_fn)(void* user_data, size_t done, size_t total);

/** All requests have their result.
 *  Thread     as ppn_batch_result_fn
 *  Times      exactly once, as the last callback; also for a batch without requests
 *  May call   any ppn_ function that does not block, ppn_batch_result included
 *  User data  released by destroy(user_data), once, after this has returned */
typedef void(PPN_CALL* ppn_batch_complete_fn)(void* user_data);

/** Make an empty batch: 8 requests at a time, no time limit.
 *  @param out    Required. Receives the batch, which the caller releases.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_new(ppn_batch** out, ppn_error** error);

/** Add a reference.
 *  @return `batch`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_batch* PPN_CALL ppn_batch_acquire(ppn_batch* batch);

/** Drop a reference. A batch that runs goes on and calls back.
 *  @param batch  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_batch_release(ppn_batch* batch);

/** Add a request; its index is the number of those before it. From here on it belongs to the batch, which keeps it and
 *  starts it: the caller may release it, describe it further until the batch starts, and cancel it, but not start it.
 *  Callbacks of its own that are set before are called as well, before the result is handed out.
 *  @param request  Required.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (the request was started or added to a batch before; the
 *  batch was started). Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_add(ppn_batch* batch, ppn_request* request, ppn_error** error);

/** Set how many requests are under way at a time. A rate limiter of a client, and its pool, may hold them back further.
 *  @param requests  1 to 1000; 8 when it is not set.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started). Thread: one at a time. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_set_concurrency(ppn_batch* batch, int64_t requests, ppn_error** error);

/** Set the time for all of it, from the start of the batch. Then requests under way are cancelled, and they and those
 *  that were not begun, which have made 0 attempts, end with PPN_E_TIMEOUT. The limits of each request hold beside it.
 *  @param timeout_ms  Milliseconds; 0 = no limit, which it is when it is not set.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started). Thread: one at a time. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_set_timeout_ms(ppn_batch* batch, int64_t timeout_ms, ppn_error** error);

/** Set whether the first error, or the first HTTP status of 400 or more, cancels the rest.
 *  @param fail_fast  1 or 0; 0 when it is not set.   @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started). Thread: one at a time. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_set_fail_fast(ppn_batch* batch, int32_t fail_fast, ppn_error** error);

/** Set the callbacks. With on_result the batch hands results out and does not keep them.
 *  @param on_result    Optional.   @param on_progress  Optional.   @param on_complete  Optional.
 *  @param user_data    Optional, handed to every callback.
 *  @param destroy      Optional, called exactly once with user_data: after on_complete, or, when the batch is never
 *                      started or its start fails, with its last reference.
 *  @param error        Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started, or callbacks already set). Unless PPN_OK the
 *  caller keeps user_data. Thread: one at a time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_set_callbacks(ppn_batch* batch, ppn_batch_result_fn on_result,
                                                 ppn_batch_progress_fn on_progress, ppn_batch_complete_fn on_complete,
                                                 void* user_data, ppn_destroy_fn destroy, ppn_error** error);

/** Start the batch and wait for its end; ppn_batch_cancel from another thread ends the wait. Callbacks that are set are
 *  called as well.
 *  @param error  Optional.
 *  @return as ppn_batch_start, and PPN_E_WOULD_DEADLOCK (called inside a callback; nothing is started). PPN_OK says that
 *  each request has its result, whichever it is. Thread: any. Blocks: until the batch has completed. May be called
 *  from: no callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_run(ppn_batch* batch, ppn_error** error);

/** Start the batch. Returns at once; on_complete tells its end, exactly once.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE (started or cancelled before), PPN_E_CLIENT_CLOSED (the
 *  runtime is shut down), PPN_E_FORKED. Unless PPN_OK: no callback but destroy. Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_start(ppn_batch* batch, ppn_error** error);

/** Cancel the batch: requests under way end with PPN_E_CANCELLED within 50 ms, those that were not begun without an
 *  attempt. Without effect after the end; a batch that is not started can not be started afterwards.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (NULL), PPN_E_INVALID_STATE (released). Thread: any. Blocks: never. May be
 *  called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_cancel(ppn_batch* batch);

/** How many requests the batch has.
 *  @return the number; 0 for NULL. Thread: any, once started. Blocks: never. May be called from: any callback. Since
 *  0.1. */
PPN_API size_t PPN_CALL ppn_batch_count(const ppn_batch* batch);

/** How many requests of the batch have their result.
 *  @return the number; 0 for NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API size_t PPN_CALL ppn_batch_done(const ppn_batch* batch);

/** The result of a request, once the batch has completed, as ppn_request_send gives it.
 *  @param index  From 0, in the order of ppn_batch_add.
 *  @param out    Required. Receives the response, which the caller releases. When the request failed it is NULL, or, when
 *                a response head had arrived, what there is of the response; release it in either case.
 *  @param error  Optional.
 *  @return PPN_OK for a request that succeeded, whatever its HTTP status; else the code of its error, of any kind. Of the
 *  batch itself: PPN_E_INVALID_ARGUMENT (no such index), PPN_E_INVALID_STATE (it has not completed, or on_result took
 *  the results). Thread: any. Blocks: never. May be called from: any callback, once complete. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_batch_result(const ppn_batch* batch, size_t index, ppn_response** out, ppn_error** error);

PPN_END_DECLS

#endif
