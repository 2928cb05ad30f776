// Options that go together: RequestManager and APIClient are these, over the one client.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "client/options.hpp"

namespace ppn {

using GetVariable = const char* (*)(const char* name);

// Each begins with defaults of its own, which the environment stands over, and the arguments over both. Errors:
// config_error.

// A base URL. -1 leaves timeout (30 s) and retries (3) as they are.
Result<Options> request_manager_options(std::string_view base_url, std::int64_t timeout_ms, std::int64_t max_retries,
                                        GetVariable get);

// A base URL and its key, for completions that take minutes and are billed: 10 minutes for a call, 2 retries, an
// idempotency key for each POST, 64 attempts under way.
Result<Options> api_client_options(std::string_view base_url, std::string_view api_key, GetVariable get);

}  // namespace ppn
