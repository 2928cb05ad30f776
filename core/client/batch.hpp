// Many described calls, a few of them at a time, under one deadline (SEMANTICS 3.11).
//
//   described --start--> running --> completed
//
// A batch lives on a loop of its own choice, its home: there the next call is started, results are handed out and the
// deadline is kept, in one place and without a lock. Calls end on the loops of their clients and report to the home.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/completion.hpp"
#include "base/live_objects.hpp"
#include "base/process_generation.hpp"
#include "base/result.hpp"
#include "client/call.hpp"
#include "client/runtime.hpp"

namespace ppn {

// How one call of a batch ended; both are null when memory is out, and a response may come with an error.
struct BatchResult {
  std::shared_ptr<Response> response;
  std::shared_ptr<const Error> error;
};

// Thread: the home, one function at a time; never inside a function of the batch.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  // Whether on_result takes the results, in the order in which calls end; else the batch keeps them.
  virtual bool takes_results() const noexcept = 0;
  virtual void on_result(std::size_t index, BatchResult result) noexcept = 0;
  // After each result.
  virtual void on_progress(std::size_t done, std::size_t total) noexcept = 0;
  // Exactly once; the observer is destroyed afterwards.
  virtual void on_complete() noexcept = 0;
};

// Thread: the description (add, set_...) belongs to one thread at a time and ends with start(); the rest any.
class Batch final : public LoopMember, public std::enable_shared_from_this<Batch> {
 public:
  static constexpr std::int64_t kDefaultConcurrency = 8;
  static constexpr std::int64_t kMaxConcurrency = 1'000;

  Batch();
  ~Batch() override;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Errors: invalid_state once started (all of them), and those named. `inner` may be null; it receives everything too.
  Status add(std::shared_ptr<Call> call, Delivery delivery, std::unique_ptr<CallHandler> inner);
  Status set_concurrency(std::int64_t calls);      // invalid_argument
  Status set_timeout_ms(std::int64_t timeout_ms);  // from start() on; 0 = no limit; invalid_argument
  Status set_fail_fast(bool fail_fast);            // the first error or status of 400 or more cancels the rest
  Status set_observer(std::unique_ptr<BatchObserver> observer);  // invalid_state: there is one
  Status require_described() const;

  // Errors: invalid_state (started or cancelled before), forked, client_closed, internal.
  Status start();
  // The same, and waits for the end. Error: would_deadlock.
  Status run();
  // Calls under way end with cancelled within their usual time, those not begun without an attempt.
  void cancel() noexcept;

  std::size_t size() const noexcept { return items_.size(); }
  std::size_t done() const noexcept { return done_.load(std::memory_order_acquire); }
  // Errors: invalid_argument (index), invalid_state (not complete, or the observer took the results).
  Result<BatchResult> result(std::size_t index) const;

  // Of the runtime. Thread: the home.
  void close() noexcept override;
  bool quiet() const noexcept override { return completed(); }

 private:
  enum class State : std::uint8_t { described, starting, running, completed, failed_to_start };
  enum class Cause : std::uint8_t { none, cancelled, failed_item, deadline, memory };

  struct Item {
    std::shared_ptr<Call> call;  // until it has ended
    std::unique_ptr<CallHandler> inner;
    BatchResult result;
    Delivery delivery = Delivery::collect;
    bool stopped = false;  // cancelled by the batch while it was under way
  };

  class ItemHandler;

  class Turn final : public EventLoop::Work {
   public:
    explicit Turn(Batch& batch) noexcept : batch_(batch) {}
    void post() noexcept;
    void run() noexcept override;
    void discard() noexcept override;

   private:
    Batch& batch_;
    std::shared_ptr<Batch> keep_;  // while posted
    std::atomic<bool> posted_{false};
  };

  class Deadline final : public Timer {
   public:
    explicit Deadline(Batch& batch) noexcept : batch_(batch) {}
    void on_timer() noexcept override;

   private:
    Batch& batch_;
  };

  bool completed() const noexcept { return state_.load(std::memory_order_acquire) == State::completed; }
  EventLoop& home() const noexcept { return thread_->loop(); }
  Status enter_runtime();

  // Thread: any.
  void arrive(std::size_t index, BatchResult result) noexcept;

  // The rest belongs to the home.
  void turn() noexcept;
  void arm_deadline() noexcept;
  void take_arrived() noexcept;
  void start_next() noexcept;
  void settle(std::size_t index, BatchResult result) noexcept;
  void stop(Cause cause) noexcept;
  BatchResult not_started() const noexcept;
  void explain(Error& error) const;
  void finish() noexcept;

  std::vector<Item> items_;  // its size is constant once started
  std::int64_t concurrency_ = kDefaultConcurrency;
  std::int64_t timeout_ms_ = 0;
  bool fail_fast_ = false;
  bool takes_results_ = false;
  std::unique_ptr<BatchObserver> observer_;

  std::atomic<State> state_{State::described};
  std::atomic<bool> cancel_requested_{false};
  std::atomic<std::size_t> done_{0};
  const MadeInProcess made_;
  Completion completion_;

  std::shared_ptr<Runtime> runtime_;  // these are written before state_ becomes `running`
  IoThread* thread_ = nullptr;
  Nanos ends_at_ = kNever;
  Turn turn_{*this};

  std::mutex mutex_;
  std::vector<std::size_t> arrived_;  // guarded by mutex_; has room for all that can be under way

  std::shared_ptr<Batch> self_;  // while running
  std::vector<std::size_t> taken_;
  Deadline deadline_{*this};
  std::size_t next_ = 0;     // the first item that is not begun
  std::size_t running_ = 0;  // calls under way
  Cause cause_ = Cause::none;
  LiveObject live_;
};

}  // namespace ppn
