// The part of a client that lives on the loop: its pool and the calls under way.
#pragma once

#include <atomic>
#include <list>
#include <memory>

#include "client/options.hpp"
#include "client/runtime.hpp"
#include "http/pool.hpp"
#include "io/resolver.hpp"

namespace ppn {

class RunningCall;

// Thread: the loop thread, unless a function says otherwise.
class ClientLoop final : public LoopMember, public std::enable_shared_from_this<ClientLoop> {
 public:
  ClientLoop(std::shared_ptr<Runtime> runtime, const ConnectionOptions& options, ResolveOverrides overrides);
  ~ClientLoop() override;

  // Thread: any.
  Runtime& runtime() const noexcept { return *runtime_; }
  EventLoop& loop() const noexcept { return runtime_->loop(); }

  ConnectionPool& pool() noexcept { return *pool_; }
  const ResolveOverrides& overrides() const noexcept { return overrides_; }

  using Place = std::list<std::shared_ptr<RunningCall>>::iterator;
  Place enter(std::shared_ptr<RunningCall> call) { return running_.insert(running_.end(), std::move(call)); }
  void leave(Place place) noexcept { running_.erase(place); }

  // Cancels the calls under way and closes the connections; later calls find closed().
  void close() noexcept override;
  bool closed() const noexcept { return closed_; }
  bool quiet() const noexcept override { return running_.empty(); }

 private:
  const std::shared_ptr<Runtime> runtime_;
  const std::shared_ptr<ConnectionPool> pool_;
  const ResolveOverrides overrides_;
  std::list<std::shared_ptr<RunningCall>> running_;
  bool closed_ = false;
};

}  // namespace ppn
