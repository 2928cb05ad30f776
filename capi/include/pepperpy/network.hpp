/** @file network.hpp
 *  PepperPy Network for C++17 and later: a header-only wrapper over the C ABI of <pepperpy/network.h>.
 *
 *      ppn::APIClient api("https://localhost:8443/v1", key);
 *      for (const ppn::Event& event : api.request("POST", "chat/completions").json(question).events())
 *        std::cout << event.data() << '\n';
 *
 *  Include this file; it includes the others. Conventions that hold in all of them:
 *
 *  1. Every failure is an exception of the family NetworkError (cpp/error.hpp), thrown by the category of its code.
 *     Functions that are noexcept do not fail.
 *  2. Classes own one handle each and are move-only. An object that was moved from may be destroyed and assigned to;
 *     anything else with it fails with PPN_E_INVALID_ARGUMENT. Objects may be destroyed in any order: a request keeps
 *     what it needs of its client, a response and a stream outlive both.
 *  3. Text and bytes are std::string_view, zeros and bytes above 0x7F included, and are copied before a function
 *     returns. A view that is handed out belongs to the object that it came from.
 *  4. Durations are std::chrono; finer ones than milliseconds are rounded up.
 *  5. One object is used by one thread at a time, except for what says otherwise (cancel, resume).
 *  6. Lambdas run on a thread of the library and must not block. What a lambda throws never reaches the library: the
 *     request is aborted and the exception is thrown again where its end is waited for.
 *
 *  Everything lives in the namespace ppn. The inline namespace inside it carries the version of the ABI in the name of
 *  every symbol, so that translation units compiled against different versions, and the engine in builds that link it
 *  statically (its names begin with ppn:: as well), never share a function by accident.
 */
#ifndef PEPPERPY_NETWORK_HPP
#define PEPPERPY_NETWORK_HPP

#include "network/cpp/api_client.hpp"
#include "network/cpp/attempt.hpp"
#include "network/cpp/batch.hpp"
#include "network/cpp/buffer.hpp"
#include "network/cpp/client.hpp"
#include "network/cpp/client_hooks.hpp"
#include "network/cpp/config.hpp"
#include "network/cpp/decoder.hpp"
#include "network/cpp/error.hpp"
#include "network/cpp/event.hpp"
#include "network/cpp/headers.hpp"
#include "network/cpp/json.hpp"
#include "network/cpp/middleware.hpp"
#include "network/cpp/middleware_context.hpp"
#include "network/cpp/observe.hpp"
#include "network/cpp/rate_limiter.hpp"
#include "network/cpp/redact.hpp"
#include "network/cpp/request.hpp"
#include "network/cpp/request_manager.hpp"
#include "network/cpp/response.hpp"
#include "network/cpp/retry_decider.hpp"
#include "network/cpp/retry_handler.hpp"
#include "network/cpp/runtime.hpp"
#include "network/cpp/stream.hpp"
#include "network/cpp/version.hpp"
#include "network/cpp/websocket.hpp"
#include "network/cpp/websocket_lambdas.hpp"

#endif
