// A rate limiter as options describe it, with the Redis that a fleet shares when they name one.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "client/rate_limiter.hpp"
#include "policy/rate_limit_options.hpp"

namespace ppn {

// Opens nothing: Redis is asked with the first request. Error: config_error (the URL of Redis).
Result<std::shared_ptr<RateLimiter>> make_rate_limiter(const RateLimitOptions& options);

}  // namespace ppn
