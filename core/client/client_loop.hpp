// The part of a client that lives on the loop: its pool and the calls under way.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/linked_list.hpp"
#include "client/options.hpp"
#include "client/runtime.hpp"
#include "http/pool.hpp"
#include "io/resolve_overrides.hpp"

namespace ppn {

class RunningCall;

// Thread: the loop thread, unless a function says otherwise.
class ClientLoop final : public LoopMember, public std::enable_shared_from_this<ClientLoop> {
 public:
  ClientLoop(std::shared_ptr<Runtime> runtime, IoThread& thread, const ConnectionOptions& options,
             ResolveOverrides overrides);
  ~ClientLoop() override;

  // Thread: any.
  Runtime& runtime() const noexcept { return *runtime_; }
  IoThread& thread() const noexcept { return thread_; }
  EventLoop& loop() const noexcept { return thread_.loop(); }

  ConnectionPool& pool() noexcept { return *pool_; }

  void enter(RunningCall& call) noexcept;
  void leave(RunningCall& call) noexcept;

  // Cancels the calls under way and closes the connections; later calls find closed().
  void close() noexcept override;
  bool closed() const noexcept { return closed_; }
  // Runs `function` in a turn in which no call is under way and the callbacks of the last one have returned.
  void when_quiet(std::function<void()> function);
  bool quiet() const noexcept override { return running_.empty() && ending_.empty(); }

 private:
  const std::shared_ptr<Runtime> runtime_;
  IoThread& thread_;
  const std::shared_ptr<ConnectionPool> pool_;
  LinkedList<RunningCall, struct OfClient> running_;
  LinkedList<RunningCall, struct OfClient> ending_;  // told by close() to end
  std::vector<std::function<void()>> on_quiet_;
  bool closed_ = false;
};

}  // namespace ppn
