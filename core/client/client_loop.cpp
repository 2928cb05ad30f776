#include "client/client_loop.hpp"

#include <utility>

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

ClientLoop::ClientLoop(std::shared_ptr<Runtime> runtime, IoThread& thread, const ConnectionOptions& options,
                       ResolveOverrides overrides)
    : runtime_(std::move(runtime)),
      thread_(thread),
      pool_(std::make_shared<ConnectionPool>(thread.loop(), pool_limits(options))),
      overrides_(std::move(overrides)) {}

ClientLoop::~ClientLoop() = default;

void ClientLoop::enter(RunningCall& call) noexcept {
  running_.push_back(call);
  thread_.call_begins(call.lone());
}

void ClientLoop::leave(RunningCall& call) noexcept {
  call.Linked<OfClient>::unlink();
  thread_.call_ends();
}

// A call that is cancelled may end at once, and its callback may do anything to the lists; what it starts finds
// closed().
void ClientLoop::close() noexcept {
  closed_ = true;
  while (RunningCall* const call = running_.front()) {
    ending_.push_back(*call);
    call->cancel_on_loop();
  }
  pool_->close();
}

}  // namespace ppn
