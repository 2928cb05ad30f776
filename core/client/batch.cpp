#include "client/batch.hpp"

#include <new>
#include <string>
#include <utility>

#include "client/inner_handler.hpp"

namespace ppn {
namespace {

// Results and starts in one turn of the loop: calls that fail at once must not keep the loop from others.
constexpr int kStepsPerTurn = 64;

Failure wrong(ErrorCode code, const char* text) {
  return Failure(code, Phase::validate, text);
}

bool is_failure(const BatchResult& result) noexcept {
  return result.error != nullptr || result.response == nullptr || result.response->status >= 400;
}

}  // namespace

class Batch::ItemHandler final : public InnerHandler {
 public:
  ItemHandler(std::shared_ptr<Batch> batch, std::size_t index, std::unique_ptr<CallHandler> inner) noexcept
      : InnerHandler(std::move(inner)), batch_(std::move(batch)), index_(index) {}

  void on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept override {
    complete_inner(response, error.get());
    BatchResult result{std::move(response), nullptr};
    try {
      if (error) result.error = std::shared_ptr<const Error>(std::move(error));
    } catch (const std::bad_alloc&) {
      result.response.reset();
    }
    batch_->arrive(index_, std::move(result));
  }

 private:
  const std::shared_ptr<Batch> batch_;
  const std::size_t index_;
};

Batch::Batch() = default;
Batch::~Batch() = default;

Status Batch::require_described() const {
  if (state_.load(std::memory_order_acquire) == State::described) return {};
  return wrong(ErrorCode::invalid_state, "the batch is started; it can not be changed any more");
}

Status Batch::add(std::shared_ptr<Call> call, Delivery delivery, std::unique_ptr<CallHandler> inner) {
  if (Status state = require_described(); !state) return state;
  if (call->started()) return wrong(ErrorCode::invalid_state, "the request was started before");
  Item& item = items_.emplace_back();
  item.call = std::move(call);
  item.inner = std::move(inner);
  item.delivery = delivery;
  return {};
}

Status Batch::set_concurrency(std::int64_t calls) {
  if (Status state = require_described(); !state) return state;
  if (calls < 1 || calls > kMaxConcurrency) {
    return wrong(ErrorCode::invalid_argument, "the concurrency of a batch is not from 1 to 1000");
  }
  concurrency_ = calls;
  return {};
}

Status Batch::set_timeout_ms(std::int64_t timeout_ms) {
  if (Status state = require_described(); !state) return state;
  if (timeout_ms < 0) return wrong(ErrorCode::invalid_argument, "the time limit of a batch is negative");
  timeout_ms_ = timeout_ms;
  return {};
}

Status Batch::set_fail_fast(bool fail_fast) {
  if (Status state = require_described(); !state) return state;
  fail_fast_ = fail_fast;
  return {};
}

Status Batch::set_observer(std::unique_ptr<BatchObserver> observer) {
  if (Status state = require_described(); !state) return state;
  if (observer_) return wrong(ErrorCode::invalid_state, "the batch has callbacks already");
  observer_ = std::move(observer);
  takes_results_ = observer_->takes_results();
  return {};
}

Status Batch::start() {
  if (!made_.here()) return wrong(ErrorCode::forked, "this process was forked after the batch was made");
  State expected = State::described;
  if (!state_.compare_exchange_strong(expected, State::starting)) {
    return wrong(ErrorCode::invalid_state, "the batch was started before");
  }
  Status entered = enter_runtime();
  if (!entered) {
    state_ = State::failed_to_start;
    return entered;
  }
  self_ = shared_from_this();
  state_ = State::running;
  turn_.post();
  return {};
}

Status Batch::enter_runtime() {
  if (cancel_requested_) return wrong(ErrorCode::invalid_state, "the batch was cancelled before it was started");
  arrived_.reserve(static_cast<std::size_t>(concurrency_));
  taken_.reserve(static_cast<std::size_t>(concurrency_));
  Result<std::shared_ptr<Runtime>> runtime = Runtime::acquire();
  if (!runtime) return std::move(runtime).failure();
  runtime_ = std::move(*runtime);
  thread_ = &runtime_->next_thread();
  ends_at_ = deadline_after(monotonic_now(), timeout_ms_);
  if (runtime_->add(*thread_, weak_from_this())) return {};
  return wrong(ErrorCode::client_closed, "the runtime is shutting down");
}

Status Batch::run() {
  if (Runtime::in_callback_thread()) {
    return wrong(ErrorCode::would_deadlock, "a blocking call inside a callback would wait for itself");
  }
  Status started = start();
  if (started) completion_.wait();
  return started;
}

// As Call::cancel: turn() looks at cancel_requested_, and here it is set before state_ is read.
void Batch::cancel() noexcept {
  if (!made_.here() || cancel_requested_.exchange(true)) return;
  if (state_.load() == State::running) turn_.post();
}

Result<BatchResult> Batch::result(std::size_t index) const {
  if (index >= items_.size()) return wrong(ErrorCode::invalid_argument, "the batch has no request of this index");
  if (!completed()) return wrong(ErrorCode::invalid_state, "the batch has not completed");
  if (takes_results_) return wrong(ErrorCode::invalid_state, "the results went to the callback");
  return items_[index].result;
}

// The thread that starts the batch may still be inside start().
void Batch::close() noexcept {
  cancel();
}

void Batch::arrive(std::size_t index, BatchResult result) noexcept {
  items_[index].result = std::move(result);  // nobody else looks at it before it is in the list
  {
    const std::lock_guard lock(mutex_);
    arrived_.push_back(index);
  }
  turn_.post();
}

void Batch::turn() noexcept {
  if (completed()) return;
  if (next_ == 0 && !deadline_.armed()) arm_deadline();
  if (cancel_requested_ || runtime_->ending()) stop(Cause::cancelled);
  take_arrived();
  for (int step = 0; step < kStepsPerTurn && next_ < items_.size(); ++step) {
    if (cause_ == Cause::none && running_ == static_cast<std::size_t>(concurrency_)) return;
    start_next();
  }
  if (next_ < items_.size()) return turn_.post();
  if (running_ == 0) finish();
}

void Batch::arm_deadline() noexcept {
  if (ends_at_ == kNever) return;
  try {
    home().arm(deadline_, ends_at_);
  } catch (const std::bad_alloc&) {
    stop(Cause::memory);
  }
}

void Batch::take_arrived() noexcept {
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(arrived_);
  }
  for (const std::size_t index : taken_) {
    --running_;
    settle(index, std::move(items_[index].result));
  }
  taken_.clear();
}

void Batch::start_next() noexcept {
  const std::size_t index = next_++;
  Item& item = items_[index];
  if (cause_ != Cause::none) return settle(index, not_started());
  try {
    if (item.call->cancel_requested()) {
      return settle(index, {nullptr, std::make_shared<Error>(ErrorCode::cancelled, Phase::none,
                                                             "the request was cancelled before it was started")});
    }
    Status started = item.call->start(item.delivery,
                                      std::make_unique<ItemHandler>(shared_from_this(), index, std::move(item.inner)));
    if (!started) {
      return settle(index, {nullptr, std::shared_ptr<const Error>(std::move(started).failure().take())});
    }
    ++running_;
  } catch (const std::bad_alloc&) {
    settle(index, {});
  }
}

// Callbacks may cancel the batch, which does nothing before the next turn.
void Batch::settle(std::size_t index, BatchResult result) noexcept {
  Item& item = items_[index];
  if (item.stopped && result.error && result.error->code == ErrorCode::cancelled) {
    try {
      auto explained = std::make_shared<Error>(*result.error);
      explain(*explained);
      result.error = std::move(explained);
    } catch (const std::bad_alloc&) {
      // The code it has is true as well.
    }
  }
  item.inner.reset();
  item.call.reset();
  if (fail_fast_ && is_failure(result)) stop(Cause::failed_item);
  const std::size_t done = done_.fetch_add(1, std::memory_order_acq_rel) + 1;
  if (takes_results_) {
    observer_->on_result(index, std::move(result));
  } else {
    item.result = std::move(result);
  }
  if (observer_) observer_->on_progress(done, items_.size());
}

void Batch::stop(Cause cause) noexcept {
  if (cause_ != Cause::none || completed()) return;
  cause_ = cause;
  for (std::size_t index = 0; index < next_; ++index) {
    Item& item = items_[index];
    if (!item.call) continue;
    item.stopped = true;
    item.call->cancel();
  }
}

BatchResult Batch::not_started() const noexcept {
  if (cause_ == Cause::memory) return {};
  try {
    const auto error = std::make_shared<Error>(ErrorCode::cancelled, Phase::none, "the request was not started");
    explain(*error);
    return {nullptr, error};
  } catch (const std::bad_alloc&) {
    return {};
  }
}

// Why the batch ended a call, or did not begin it.
void Batch::explain(Error& error) const {
  switch (cause_) {
    case Cause::deadline:
      error.code = ErrorCode::timeout;
      error.retryable = describe(ErrorCode::timeout).retryable;
      error.message = "the batch was not complete within " + std::to_string(timeout_ms_) + " ms";
      error.stop_reason = StopReason::deadline;
      return;
    case Cause::failed_item: error.message = "another request of the batch failed"; break;
    case Cause::memory: error.message = "no memory for the batch"; break;
    case Cause::cancelled:
    case Cause::none: error.message = "the batch was cancelled"; break;
  }
  error.stop_reason = StopReason::cancelled;
}

void Batch::finish() noexcept {
  home().disarm(deadline_);
  const std::shared_ptr<Batch> self = std::move(self_);
  // Results may be read inside on_complete. The runtime goes on only after this turn.
  state_.store(State::completed, std::memory_order_release);
  if (observer_) observer_->on_complete();
  observer_.reset();
  completion_.set();
}

// Whoever finds nothing posted sees to it that the home looks.
void Batch::Turn::post() noexcept {
  if (posted_.exchange(true, std::memory_order_acq_rel)) return;
  keep_ = batch_.shared_from_this();
  if (!batch_.home().post(*this)) discard();
}

void Batch::Turn::run() noexcept {
  const std::shared_ptr<Batch> batch = std::move(keep_);
  posted_.store(false, std::memory_order_release);
  batch->turn();
}

void Batch::Turn::discard() noexcept {
  const std::shared_ptr<Batch> batch = std::move(keep_);
  posted_.store(false, std::memory_order_release);
}

void Batch::Deadline::on_timer() noexcept {
  batch_.stop(Cause::deadline);
  batch_.turn_.post();
}

}  // namespace ppn
