#include "client/client_loop.hpp"

#include <utility>
#include <vector>

#include "client/running_call.hpp"

namespace ppn {
namespace {

PoolLimits pool_limits(const ConnectionOptions& options) {
  return {.connections = options.max_connections,
          .connections_per_origin = options.max_connections_per_origin,
          .waiters = options.max_pool_waiters,
          .idle_timeout_ms = options.idle_timeout_ms,
          .max_lifetime_ms = options.max_lifetime_ms};
}

}  // namespace

ClientLoop::ClientLoop(std::shared_ptr<Runtime> runtime, const ConnectionOptions& options, ResolveOverrides overrides)
    : runtime_(std::move(runtime)),
      pool_(std::make_shared<ConnectionPool>(runtime_->loop(), pool_limits(options))),
      overrides_(std::move(overrides)) {}

ClientLoop::~ClientLoop() = default;

void ClientLoop::close() noexcept {
  closed_ = true;
  // A call that ends leaves the list, and its callback may do anything: work on a copy.
  const std::vector<std::shared_ptr<RunningCall>> running(running_.begin(), running_.end());
  for (const auto& call : running) call->cancel_on_loop();
  pool_->close();
}

}  // namespace ppn
