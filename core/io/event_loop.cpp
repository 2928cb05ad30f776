#include "io/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "io/descriptors.hpp"

namespace ppn {
namespace {

constexpr std::size_t kScratchBytes = 64 * 1024;
constexpr int kEventsPerTurn = 256;
constexpr std::uint64_t kWakeupData = ~std::uint64_t{0};

thread_local const EventLoop* current_loop = nullptr;

}  // namespace

void TimerHeap::place(std::size_t index, Timer* timer) noexcept {
  heap_[index] = timer;
  timer->heap_index_ = index;
}

void TimerHeap::sift_up(std::size_t index) noexcept {
  Timer* const timer = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 4;
    if (heap_[parent]->when_ <= timer->when_) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, timer);
}

void TimerHeap::sift_down(std::size_t index) noexcept {
  Timer* const timer = heap_[index];
  for (;;) {
    const std::size_t first = index * 4 + 1;
    if (first >= heap_.size()) break;
    const std::size_t last = std::min(first + 4, heap_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (heap_[child]->when_ < heap_[least]->when_) least = child;
    }
    if (timer->when_ <= heap_[least]->when_) break;
    place(index, heap_[least]);
    index = least;
  }
  place(index, timer);
}

void TimerHeap::arm(Timer& timer, Nanos when) {
  if (!timer.armed()) {
    heap_.push_back(&timer);
    timer.heap_index_ = heap_.size() - 1;
  }
  timer.when_ = when;
  sift_up(timer.heap_index_);
  sift_down(timer.heap_index_);
}

void TimerHeap::disarm(Timer& timer) noexcept {
  if (!timer.armed()) return;
  const std::size_t index = timer.heap_index_;
  timer.heap_index_ = Timer::kNotArmed;
  Timer* const last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  place(index, last);
  sift_up(index);
  sift_down(last->heap_index_);
}

EventLoop::EventLoop() : scratch_(kScratchBytes) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wakeup_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kWakeupData;
  if (epoll_ < 0 || wakeup_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wakeup_, &event) != 0) {
    const int reason = errno;
    if (epoll_ >= 0) ::close(epoll_);
    if (wakeup_ >= 0) ::close(wakeup_);
    throw std::system_error(reason, std::generic_category(), "event loop");
  }
  note_opened(epoll_);
  note_opened(wakeup_);
  now_ = monotonic_now();
}

EventLoop::~EventLoop() {
  for (Work* work = submitted_.load(); work != nullptr && work != ended();) {
    std::exchange(work, work->next_)->discard();
  }
  for (Work* work = deferred_.take_all(); work != nullptr;) std::exchange(work, work->next_)->discard();
  note_closing(epoll_);
  note_closing(wakeup_);
  ::close(epoll_);
  ::close(wakeup_);
}

void EventLoop::attach() noexcept {
  current_loop = this;
}

void EventLoop::detach() noexcept {
  current_loop = nullptr;
}

bool EventLoop::in_loop_thread() const noexcept {
  return current_loop == this;
}

bool EventLoop::in_any_loop_thread() noexcept {
  return current_loop != nullptr;
}

void EventLoop::abandon() noexcept {
  submitted_.store(ended());
  refusing_ = true;
  stopping_ = true;
  if (in_loop_thread()) detach();  // the fork came from inside a callback
}

void EventLoop::WorkQueue::push(Work& work) noexcept {
  work.next_ = nullptr;
  (first_ == nullptr ? first_ : last_->next_) = &work;
  last_ = &work;
}

EventLoop::Work* EventLoop::WorkQueue::take_all() noexcept {
  return std::exchange(first_, nullptr);
}

bool EventLoop::post(Work& work) noexcept {
  if (in_loop_thread()) {
    if (refusing_) return false;
    deferred_.push(work);
    return true;
  }
  Work* head = submitted_.load(std::memory_order_relaxed);
  do {
    if (head == ended()) return false;
    work.next_ = head;
  } while (!submitted_.compare_exchange_weak(head, &work, std::memory_order_seq_cst, std::memory_order_relaxed));
  // The loop announces its sleep before it looks at the list a last time, so one of the two sees the other.
  if (asleep_.load(std::memory_order_seq_cst) && asleep_.exchange(false, std::memory_order_seq_cst)) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wakeup_, &one, sizeof one);
    if (sleeper_ != nullptr) sleeper_->wake();
  }
  return true;
}

void EventLoop::run() {
  attach();
  while (!stopping_) turn();
  end();
  detach();
}

void EventLoop::turn() {
  turn_alone();
  run_submitted(nullptr);
}

void EventLoop::turn_alone() {
  ++turns_;
  wait_for_events();
  run_timers();
  run_deferred();
}

void EventLoop::poll_events() {
  handle_events(0);
}

void EventLoop::end() {
  refusing_ = true;
  run_submitted(ended());
  run_deferred();
}

EventLoop::WatchId EventLoop::watch(int descriptor, Watcher& watcher) {
  if (free_slots_.empty()) {
    slots_.emplace_back();
    free_slots_.reserve(slots_.capacity());  // unwatch() must not need memory
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  const std::uint32_t index = free_slots_.back();
  Slot& slot = slots_[index];
  const WatchId id = (WatchId{slot.generation} << 32) | index;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) return kNoWatch;
  free_slots_.pop_back();
  slot.watcher = &watcher;
  return id;
}

void EventLoop::unwatch(WatchId id, int descriptor) noexcept {
  if (id == kNoWatch) return;
  const std::uint32_t index = static_cast<std::uint32_t>(id);
  Slot& slot = slots_[index];
  slot.watcher = nullptr;
  ++slot.generation;
  free_slots_.push_back(index);
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

int EventLoop::wait_timeout_ms() const noexcept {
  const Timer* const next = timers_.earliest();
  if (next == nullptr) return -1;
  const Nanos now = monotonic_now();
  if (next->when() <= now) return 0;
  // Rounded up: a timer that fires early would only be armed again. Capped: the sum must fit an int.
  return static_cast<int>(std::min<Nanos>((next->when() - now + kMillisecond - 1) / kMillisecond, 3'600'000));
}

void EventLoop::wait_for_events() {
  if (!deferred_.empty()) return handle_events(0);
  asleep_.store(true, std::memory_order_seq_cst);
  handle_events(has_submitted() ? 0 : wait_timeout_ms());
}

void EventLoop::handle_events(int timeout_ms) {
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = ::epoll_wait(epoll_, events.data(), kEventsPerTurn, timeout_ms);
  asleep_.store(false, std::memory_order_relaxed);
  now_ = monotonic_now();
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
    // Edge-triggered, so the counter of the eventfd need not be read to make the next write an event.
    if (data == kWakeupData) continue;
    // An event may have removed the watcher of a later one of the same batch.
    const Slot& slot = slots_[static_cast<std::uint32_t>(data)];
    if (slot.watcher != nullptr && slot.generation == static_cast<std::uint32_t>(data >> 32)) {
      slot.watcher->on_events(events[static_cast<std::size_t>(i)].events);
    }
  }
}

void EventLoop::run_timers() {
  for (Timer* timer = timers_.earliest(); timer != nullptr && timer->when() <= now_; timer = timers_.earliest()) {
    timers_.disarm(*timer);
    timer->on_timer();
  }
}

void EventLoop::run_submitted(Work* left_behind) {
  Work* newest = submitted_.exchange(left_behind, std::memory_order_acquire);
  if (newest == nullptr) return;
  now_ = monotonic_now();  // callbacks of this turn may have taken long; new deadlines count from here
  Work* oldest = nullptr;
  while (newest != nullptr) {
    Work* const next = newest->next_;
    newest->next_ = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) std::exchange(oldest, oldest->next_)->run();
}

// What this work defers is for the next turn.
void EventLoop::run_deferred() {
  if (deferred_.empty()) return;
  for (Work* work = deferred_.take_all(); work != nullptr;) std::exchange(work, work->next_)->run();
}

}  // namespace ppn
