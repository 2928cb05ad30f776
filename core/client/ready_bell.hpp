// How a queue that is emptied without waiting tells its reader that there is something again.
#pragma once

#include <memory>
#include <utility>

namespace ppn {

class ReadyHook {
 public:
  virtual ~ReadyHook() = default;
  // Thread: the loop thread, or the one that ends the queue.
  virtual void on_ready() noexcept = 0;
};

// Belongs to a queue and is guarded by its lock. The hook is called without it.
class ReadyBell {
 public:
  bool has_hook() const noexcept { return hook_ != nullptr; }
  void set_hook(std::shared_ptr<ReadyHook> hook) noexcept { hook_ = std::move(hook); }
  // The reader has found nothing.
  void arm() noexcept { armed_ = true; }
  // There is something: whom to call, once for each arm().
  std::shared_ptr<ReadyHook> ring() noexcept { return std::exchange(armed_, false) ? hook_ : nullptr; }

 private:
  std::shared_ptr<ReadyHook> hook_;
  bool armed_ = false;
};

}  // namespace ppn
