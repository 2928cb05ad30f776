// The part of a client that lives on the loop: its pool and what is under way.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/linked_list.hpp"
#include "client/options.hpp"
#include "client/runtime.hpp"
#include "http/pool.hpp"
#include "io/connect_filter.hpp"
#include "io/resolve_overrides.hpp"
#include "policy/circuit_breaker.hpp"
#include "policy/latency_window.hpp"
#include "policy/retry_budget.hpp"
#include "policy/scope_map.hpp"

namespace ppn {

// A call or a WebSocket under way. Thread: the loop thread.
class ClientActivity : public Linked<struct OfClient> {
 public:
  // Ends it as soon as possible, perhaps inside this call.
  virtual void cancel_on_loop() noexcept = 0;
  // The client takes nothing new: what would not end by itself ends in good order.
  virtual void wind_down() noexcept {}
  // No user code runs in it, and a caller blocks for it.
  virtual bool lone() const noexcept { return false; }

 protected:
  ~ClientActivity() = default;
};

// Thread: the loop thread, unless a function says otherwise.
class ClientLoop final : public LoopMember, public std::enable_shared_from_this<ClientLoop> {
 public:
  ClientLoop(std::shared_ptr<Runtime> runtime, IoThread& thread, const Options& options, ResolveOverrides overrides,
             std::shared_ptr<const ConnectFilter> filter);
  ~ClientLoop() override;

  // Thread: any.
  Runtime& runtime() const noexcept { return *runtime_; }
  IoThread& thread() const noexcept { return thread_; }
  EventLoop& loop() const noexcept { return thread_.loop(); }

  ConnectionPool& pool() noexcept { return *pool_; }

  // What calls to one origin, or with one credential, have in common. Each lives until the next call of its function.
  RetryBudget& retry_budget(std::string_view origin) { return retry_budgets_.of(origin, loop().now()); }
  CircuitBreaker& breaker(std::string_view scope) { return breakers_.of(scope, loop().now()); }
  LatencyWindow& latencies(std::string_view origin) {
    return latencies_.find_or_add(origin, loop().now(), [] { return LatencyWindow(); });
  }

  // Connections outside of the pool, of which each belongs to one WebSocket.
  Dialer& dialer() const noexcept { return *dialer_; }

  void enter(ClientActivity& activity) noexcept;
  void leave(ClientActivity& activity) noexcept;

  // Cancels the calls under way and closes the connections; later calls find closed().
  void close() noexcept override;
  bool closed() const noexcept { return closed_; }
  // Runs `function` in a turn in which no call is under way and the callbacks of the last one have returned.
  void when_quiet(std::function<void()> function);
  void wind_down() noexcept;
  bool quiet() const noexcept override { return running_.empty() && ending_.empty(); }

 private:
  const std::shared_ptr<Runtime> runtime_;
  IoThread& thread_;
  const std::shared_ptr<Dialer> dialer_;
  const std::shared_ptr<ConnectionPool> pool_;
  LinkedList<ClientActivity, struct OfClient> running_;
  LinkedList<ClientActivity, struct OfClient> ending_;  // told by close() to end
  std::vector<std::function<void()>> on_quiet_;
  RetryBudgets retry_budgets_;
  CircuitBreakers breakers_;
  ScopeMap<LatencyWindow> latencies_;
  bool closed_ = false;
};

}  // namespace ppn
