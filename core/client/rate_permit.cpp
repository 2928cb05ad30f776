#include "client/rate_permit.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <new>
#include <utility>

namespace ppn {
namespace {

// Of a wait that counts from now.
Nanos deadline_of(std::int64_t timeout_ms, Nanos now) noexcept {
  if (timeout_ms < 0) return kNever;
  return timeout_ms == 0 ? now : deadline_after(now, timeout_ms);
}

class WaitingPermit final : public RatePermit {
 public:
  explicit WaitingPermit(std::shared_ptr<RateLimiter> limiter) : RatePermit(std::move(limiter)) {}
  ~WaitingPermit() override { retire(); }

  void on_change() noexcept override {
    const std::lock_guard lock(told_mutex_);
    told_ = true;
    changed_.notify_one();
  }

  Status wait(const RateLimiter::Demand& demand, std::int64_t timeout_ms) {
    const Nanos begun = monotonic_now();
    if (Status entered = limiter_->enter(*this, demand, begun, deadline_of(timeout_ms, begun)); !entered)
      return entered;
    while (true) {
      Result<Nanos> at = limiter_->ready_at(*this, monotonic_now());
      if (at && *at == RateScope::kGranted) {
        granted_ = true;
        return {};
      }
      if (at && timeout_ms == 0)
        at = Failure(ErrorCode::rate_limited, Phase::rate_limit, "the rate limit is being asked");
      if (!at) {
        leave();
        return std::move(at).failure();
      }
      sleep_until(*at);
    }
  }

 private:
  void sleep_until(Nanos at) {
    // CLOCK_MONOTONIC, the clock of monotonic_now().
    const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(at)};
    std::unique_lock lock(told_mutex_);
    const auto told = [this] { return told_; };
    if (at == kNever) {
      changed_.wait(lock, told);
    } else {
      changed_.wait_until(lock, until, told);
    }
    told_ = false;
  }

  std::mutex told_mutex_;
  std::condition_variable changed_;
  bool told_ = false;
};

}  // namespace

void RatePermit::settle(std::int64_t actual_tokens) noexcept {
  if (!granted_) return;
  const std::lock_guard lock(mutex_);
  limiter_->settle(*this, actual_tokens, monotonic_now());
}

void RatePermit::leave() noexcept {
  const std::lock_guard lock(mutex_);
  limiter_->leave(*this, monotonic_now());
}

Result<std::shared_ptr<RatePermit>> wait_for_permit(const std::shared_ptr<RateLimiter>& limiter,
                                                    const RateLimiter::Demand& demand, std::int64_t timeout_ms) {
  auto permit = std::make_shared<WaitingPermit>(limiter);
  if (Status granted = permit->wait(demand, timeout_ms); !granted) return std::move(granted).failure();
  return std::shared_ptr<RatePermit>(std::move(permit));
}

// The part of an announcer on its loop. Thread: the loop thread, unless a function says otherwise.
class RateAnnouncer::Loop final : public LoopMember {
 public:
  Loop(std::shared_ptr<Runtime> runtime, IoThread& thread) : runtime_(std::move(runtime)), thread_(thread) {}

  Runtime& runtime() const noexcept { return *runtime_; }      // Thread: any.
  EventLoop& loop() const noexcept { return thread_.loop(); }  // Thread: any.
  IoThread& thread() const noexcept { return thread_; }        // Thread: any.
  bool closed() const noexcept { return closed_; }
  void add(Permit& permit) noexcept;
  void remove(Permit& permit) noexcept;
  void close() noexcept override;
  bool quiet() const noexcept override { return waiting_.empty(); }

 private:
  const std::shared_ptr<Runtime> runtime_;
  IoThread& thread_;
  LinkedList<Permit, struct OfAnnouncer> waiting_;
  bool closed_ = false;
};

// Waits on the loop thread, and is an ordinary permit afterwards. It keeps itself until it is announced and its last
// notice has run.
class RateAnnouncer::Permit final : public RatePermit,
                                    public Linked<struct OfAnnouncer>,
                                    public std::enable_shared_from_this<Permit>,
                                    private Timer,
                                    private EventLoop::Work {
 public:
  Permit(std::shared_ptr<RateLimiter> limiter, std::shared_ptr<Loop> loop, Announce announce)
      : RatePermit(std::move(limiter)), loop_(std::move(loop)), announce_(std::move(announce)) {}
  ~Permit() override { retire(); }

  // Thread: any, inside the limiter.
  void on_change() noexcept override {
    if (!posted_.exchange(true) && !loop_->loop().post(*this)) posted_ = false;
  }

  // Thread: any. Whoever cancels may let go of the permit before the loop hears of it.
  void cancel() override {
    loop_->loop().submit([self = shared_from_this()] {
      self->cancelled_ = true;
      self->ask();
    });
  }

  void begin(const std::string& scope, std::int64_t cost, std::int64_t tokens, Nanos deadline) noexcept {
    kept_ = shared_from_this();
    loop_->add(*this);
    if (cancelled_ || loop_->closed()) return end(cancelled());
    try {
      Status entered = limiter_->enter(*this, {scope, cost, tokens}, monotonic_now(), deadline);
      if (!entered) return end(std::move(entered).failure().take());
    } catch (const std::bad_alloc&) {
      return end(nullptr);
    }
    ask();
  }

  void ask() noexcept {
    if (!waiting()) return;
    if (cancelled_ || loop_->closed()) return end(cancelled());
    try {
      Result<Nanos> at = limiter_->ready_at(*this, monotonic_now());
      if (!at) return end(std::move(at).failure().take());
      if (*at == RateScope::kGranted) return end(nullptr, true);
      loop_->loop().disarm(*this);
      if (*at != kNever) loop_->loop().arm(*this, *at);
    } catch (const std::bad_alloc&) {
      end(nullptr);
    }
  }

 private:
  bool waiting() const noexcept { return announce_ != nullptr; }

  static std::unique_ptr<Error> cancelled() noexcept {
    try {
      return std::make_unique<Error>(ErrorCode::cancelled, Phase::rate_limit,
                                     "the permit was cancelled while it waited");
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  // Without error and grant: memory is out.
  void end(std::unique_ptr<Error> error, bool granted = false) noexcept {
    loop_->loop().disarm(*this);
    loop_->remove(*this);
    granted_ = granted;
    if (!granted) leave();
    // The limiter says nothing more: it does so only to those who wait.
    const Announce announce = std::exchange(announce_, nullptr);
    const std::shared_ptr<Permit> self = posted_ ? kept_ : std::move(kept_);
    announce(granted ? self : nullptr, std::move(error));
  }

  void on_timer() noexcept override { ask(); }
  void run() noexcept override {
    posted_ = false;
    const std::shared_ptr<Permit> self = waiting() ? kept_ : std::move(kept_);
    ask();
  }
  void discard() noexcept override { kept_.reset(); }

  const std::shared_ptr<Loop> loop_;
  Announce announce_;             // empty: announced
  std::shared_ptr<Permit> kept_;  // itself
  std::atomic<bool> posted_{false};
  bool cancelled_ = false;
};

void RateAnnouncer::Loop::add(Permit& permit) noexcept {
  waiting_.push_back(permit);
  thread_.call_begins(false);  // a blocking caller must not leave the loop to nobody meanwhile
}

void RateAnnouncer::Loop::remove(Permit& permit) noexcept {
  permit.Linked<OfAnnouncer>::unlink();
  thread_.call_ends();
}

void RateAnnouncer::Loop::close() noexcept {
  closed_ = true;
  while (Permit* const permit = waiting_.front()) permit->ask();
}

RateAnnouncer::~RateAnnouncer() {
  if (made_.here()) return;
  // Its loop belongs to the parent of this process and stays as it is.
  alignas(std::shared_ptr<Loop>) std::byte never_destroyed[sizeof loop_];
  ::new (static_cast<void*>(never_destroyed)) std::shared_ptr<Loop>(std::move(loop_));
}

Result<std::shared_ptr<RateAnnouncer::Loop>> RateAnnouncer::loop() {
  if (!made_.here()) {
    return Failure(ErrorCode::forked, Phase::rate_limit, "this process was forked after the rate limiter was made");
  }
  const std::lock_guard lock(mutex_);
  if (loop_ && !loop_->runtime().ending()) return loop_;
  Result<std::shared_ptr<Runtime>> runtime = Runtime::acquire();
  if (!runtime) return std::move(runtime).failure();
  IoThread& thread = (*runtime)->next_thread();
  auto fresh = std::make_shared<Loop>(*runtime, thread);
  if (!(*runtime)->add(thread, fresh)) {
    return Failure(ErrorCode::client_closed, Phase::rate_limit, "the runtime is shutting down");
  }
  loop_ = std::move(fresh);
  return loop_;
}

Result<std::shared_ptr<RatePermit>> RateAnnouncer::start(std::string scope, std::int64_t cost, std::int64_t tokens,
                                                         std::int64_t timeout_ms, Announce announce) {
  Result<std::shared_ptr<Loop>> at = loop();
  if (!at) return std::move(at).failure();
  auto permit = std::make_shared<Permit>(limiter_, *at, std::move(announce));
  const Nanos deadline = deadline_of(timeout_ms, monotonic_now());
  const bool taken = (*at)->loop().submit(
      [permit, scope = std::move(scope), cost, tokens, deadline] { permit->begin(scope, cost, tokens, deadline); });
  if (!taken) return Failure(ErrorCode::client_closed, Phase::rate_limit, "the runtime is shutting down");
  return std::shared_ptr<RatePermit>(std::move(permit));
}

}  // namespace ppn
