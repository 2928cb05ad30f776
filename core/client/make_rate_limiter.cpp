#include "client/make_rate_limiter.hpp"

#include <utility>

#include "io/redis_gate.hpp"

namespace ppn {

Result<std::shared_ptr<RateLimiter>> make_rate_limiter(const RateLimitOptions& options) {
  if (options.redis_url.empty()) return RateLimiter::create(options);
  Result<std::shared_ptr<RedisGate>> gate = RedisGate::create(options.redis_url.view(), options.redis_timeout_ms);
  if (!gate) return std::move(gate).failure();
  return RateLimiter::create(options, std::move(*gate));
}

}  // namespace ppn
