/** @file network.h
 *  PepperPy Network: one HTTP client for C and, through it, for C++, Java, C# and Go.
 *
 *  Include this file; it includes the others. Conventions that hold in all of them:
 *
 *  1. Every function and type begins with ppn_, every constant with PPN_.
 *  2. Handles (ppn_config, ppn_client, ppn_request, ppn_response, ppn_stream, ppn_error, ppn_buffer, ppn_headers,
 *     ppn_json, ppn_sse_decoder, ppn_line_decoder, ppn_retry_policy, ppn_rate_limiter, ppn_rate_ticket, ppn_middleware,
 *     ppn_middleware_context, ppn_batch, ppn_websocket) are opaque and counted: `..._new` and other functions with an `out`
 *     parameter hand over one reference, `..._acquire` adds one, `..._release` drops one, accepts NULL, never blocks,
 *     never fails and may be called on any thread and inside any callback. A released handle is recognised: calls with
 *     it return PPN_E_INVALID_STATE, they do not crash.
 *  3. Functions that can fail return an int32_t status, PPN_OK (0) or a PPN_E_ code, and take a last parameter
 *     `ppn_error **error`. It may be NULL; otherwise it is set to NULL on success and to a new error, which the caller
 *     releases, on failure. Out parameters are set to NULL or 0 on failure. No state hides in threads.
 *  4. Every text travels as pointer and length in bytes; PPN_AUTO_LENGTH means "up to the terminating zero". Text is
 *     UTF-8. Text handed out is terminated by a zero that its length does not count, unless the function says
 *     otherwise. Inputs are copied before the function returns. What is handed out belongs to the handle it came from;
 *     each function says until when.
 *  5. Times are milliseconds in int64_t and carry `_ms` in their name; sizes are bytes.
 *  6. Callbacks run on a thread of the library, never inside the function that starts the work, never at the same
 *     time for one request, and never after the destroy function of their user data. They must not block: a blocking
 *     call inside a callback returns PPN_E_WOULD_DEADLOCK.
 *  7. Nothing starts (no thread, no socket) before the first request. The library installs no signal handler, prints
 *     nothing and never ends the process.
 *  8. After fork the child may use the library with clients that it makes; what its parent had used returns
 *     PPN_E_FORKED (runtime.h).
 *
 *  Does not support: HTTP/2, proxies, cookies, content decoding (in this version), HTTP/3, unloading with dlclose (the
 *  library stays mapped), platforms other than Linux.
 */
#ifndef PEPPERPY_NETWORK_H
#define PEPPERPY_NETWORK_H

#include "network/attempts.h"
#include "network/batch.h"
#include "network/buffer.h"
#include "network/client.h"
#include "network/config.h"
#include "network/error.h"
#include "network/export.h"
#include "network/headers.h"
#include "network/json.h"
#include "network/line_decoder.h"
#include "network/log.h"
#include "network/middleware.h"
#include "network/middleware_context.h"
#include "network/observe.h"
#include "network/options.h"
#include "network/rate_limiter.h"
#include "network/redact.h"
#include "network/request.h"
#include "network/response.h"
#include "network/retry_policy.h"
#include "network/runtime.h"
#include "network/sse_decoder.h"
#include "network/stream.h"
#include "network/version.h"
#include "network/websocket.h"
#include "network/websocket_callbacks.h"

#endif
