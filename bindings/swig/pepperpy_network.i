// The root of the bindings. Everything here is internal to a binding: its users meet the layer above.
//
//   swig -c++ -java|-csharp|-go -Wall -Werror -I<headers of the library> -Ibindings/swig pepperpy_network.i
%module(directors = "1") pepperpy_network

%{
#include <pepperpy/network.h>

#include "shim/caller.hpp"
#include "shim/calls.hpp"
#include "shim/describe.hpp"
#include "shim/error_kinds.hpp"
#include "shim/feeds.hpp"
#include "shim/function_handlers.hpp"
#include "shim/handlers.hpp"
#include "shim/mailbox.hpp"
#include "shim/middleware.hpp"
#include "shim/streams.hpp"
#include "shim/uploads.hpp"
#include "shim/websockets.hpp"
%}

// Macros of export.h, which SWIG does not follow by itself.
#define PPN_API
#define PPN_CALL
#define PPN_BEGIN_DECLS
#define PPN_END_DECLS

%include "types.i"

// Functions with callbacks: the shim has their twins.
%ignore ppn_batch_set_callbacks;
%ignore ppn_client_set_event_listener;
%ignore ppn_client_set_retry_decider;
%ignore ppn_log_set_sink;
%ignore ppn_middleware_new;
%ignore ppn_middleware_new_token_refresh;
%ignore ppn_middleware_set_chunk_filter;
%ignore ppn_middleware_set_event_filter;
%ignore ppn_middleware_set_stream_end;
%ignore ppn_rate_limiter_start;
%ignore ppn_request_set_body_callback;
%ignore ppn_request_set_callbacks;
%ignore ppn_request_set_event_callback;
%ignore ppn_request_set_line_callback;
%ignore ppn_runtime_set_thread_hooks;
// Texts that come up: ppnb_ functions hand them out as buffers.
%ignore ppn_config_get;
%ignore ppn_config_dump;
%ignore ppn_json_string;
%ignore ppn_json_text;
%ignore ppn_middleware_context_method;
%ignore ppn_middleware_context_url;
%ignore ppn_middleware_context_url_redacted;
%ignore ppn_middleware_context_header;
%ignore ppn_middleware_context_attribute;
%ignore ppn_headers_at;
%ignore ppn_headers_get;
// Addresses of bytes: ppnb_buffer_copy.
%ignore ppn_buffer_data;
// What ppnb_describe_response and ppnb_describe_error hand out at once, and views that only callbacks see.
%rename("$ignore", regextarget = 1) "^ppn_response_(?!acquire$|release$|status$|check_status$)";
%rename("$ignore", regextarget = 1) "^ppn_error_attempt_";
%rename("$ignore", regextarget = 1) "^ppn_error_stream_";
%rename("$ignore", regextarget = 1) "^ppn_(stream|event|call_event|retry_question)_";
%ignore ppn_websocket_set_callbacks;
%ignore ppn_websocket_send_with_completion;
%ignore ppn_websocket_next;
%ignore ppn_websocket_set_ready_callback;
%ignore ppn_websocket_subprotocol;
%ignore ppn_websocket_close_reason;
// Calls that wait, and calls that a binding makes by the shim.
%ignore ppn_rate_limiter_wait;
%ignore ppn_request_send;
%ignore ppn_request_start;
%ignore ppn_batch_run;
%ignore ppn_batch_start;
%ignore ppn_websocket_new;
%ignore ppn_websocket_send;
%ignore ppn_websocket_send_wait;
%ignore ppn_websocket_wait_open;
%ignore ppn_websocket_wait_closed;

%include <pepperpy/network/version.h>
%include <pepperpy/network/error.h>
%include <pepperpy/network/buffer.h>
%include <pepperpy/network/config.h>
%include <pepperpy/network/client.h>
%include <pepperpy/network/headers.h>
%include <pepperpy/network/json.h>
%include <pepperpy/network/middleware.h>
%include <pepperpy/network/middleware_context.h>
%include <pepperpy/network/rate_limiter.h>
%include <pepperpy/network/retry_policy.h>
%include <pepperpy/network/request.h>
%include <pepperpy/network/batch.h>
%include <pepperpy/network/runtime.h>
%include <pepperpy/network/attempts.h>
%include <pepperpy/network/log.h>
%include <pepperpy/network/observe.h>
%include <pepperpy/network/redact.h>
%include <pepperpy/network/response.h>
%include <pepperpy/network/stream.h>
%include <pepperpy/network/websocket_callbacks.h>
%include <pepperpy/network/websocket.h>

%include "shim/error_kinds.hpp"
%include "callbacks.i"
