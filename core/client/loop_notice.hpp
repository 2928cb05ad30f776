// What other threads, and callbacks, ask of something that runs on a loop: bits on their way to it, in work that was made
// beforehand, because who asks may be out of memory. Asking again before it has arrived changes nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "io/event_loop.hpp"

namespace ppn {

// `Running` has shared_from_this(), loop(), and on_notice(std::uint8_t), which runs on the loop thread.
template <class Running>
class LoopNotice final : public EventLoop::Work {
 public:
  explicit LoopNotice(Running& running) noexcept : running_(running) {}

  // False when the loop has ended. Thread: any.
  bool post(std::uint8_t what) noexcept {
    // Whoever finds nothing asked before sees to it that the loop looks.
    if (asked_.fetch_or(what, std::memory_order_acq_rel) != 0) return true;
    keep_ = running_.shared_from_this();
    if (running_.loop().post(*this)) return true;
    discard();
    return false;
  }

  void run() noexcept override {
    const std::shared_ptr<Running> running = std::move(keep_);
    running->on_notice(asked_.exchange(0, std::memory_order_acq_rel));
  }

  // The last reference may go with it, and this notice with what it belongs to.
  void discard() noexcept override {
    const std::shared_ptr<Running> running = std::move(keep_);
    asked_.store(0, std::memory_order_release);
  }

 private:
  Running& running_;
  std::shared_ptr<Running> keep_;  // while posted
  std::atomic<std::uint8_t> asked_{0};
};

}  // namespace ppn
