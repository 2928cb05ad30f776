// The waiters of a pool and the connections being made for them.
#include <new>
#include <random>
#include <utility>

#include "http/pool_parts.hpp"

namespace ppn {
namespace {

// Connections that began together must not all be replaced together.
Nanos jittered_lifetime(std::int64_t max_lifetime_ms) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> share(0.9, 1.1);
  return static_cast<Nanos>(static_cast<double>(max_lifetime_ms * kMillisecond) * share(random));
}

}  // namespace

Task<Result<ConnectionPool::Lease>> ConnectionPool::lease(std::string origin, Target target, bool fresh, Token& token,
                                                          Nanos deadline, ConnectTimes& times) {
  if (!fresh) {
    if (Lease lease = try_lease(origin)) co_return std::move(lease);
  }
  const std::shared_ptr<ConnectionPool> self = shared_from_this();  // the lease of the waiter needs it to the end
  Waiter waiter(origin_named(origin), target, fresh, times);
  // Nobody overtakes a waiter who is about to get a place.
  const bool is_next = !freed_for_all_ && first_without_dial(waiter.origin) == nullptr;
  if (Dial* const begun = is_next ? dial_without_waiter(waiter.origin) : nullptr) {
    waiter.origin.waiters.push_back(waiter);
    adopt(waiter, *begun);
  } else if (is_next && make_place(waiter.origin)) {
    waiter.origin.waiters.push_back(waiter);
    begin_dial(waiter.origin, target, &waiter);
  } else if (queued_ >= count(limits_.waiters)) {
    co_return Failure(ErrorCode::pool_queue_full, Phase::pool,
                      std::to_string(queued_) + " calls wait for a connection");
  } else {
    waiter.origin.waiters.push_back(waiter);
    queue_.push_back(waiter);
    ++queued_;
  }

  Wake wake = Wake::ready;
  try {
    while (!waiter.served() && wake != Wake::interrupted && (wake != Wake::timeout || waiter.dial != nullptr)) {
      // A dial has the limits of connecting; this deadline is for those who have none.
      wake = co_await waiter.told.until(token, waiter.dial != nullptr ? kNever : deadline);
    }
  } catch (const std::bad_alloc&) {
    give_up(waiter, ErrorCode::cancelled);  // no memory for the timer: the dial must not know a waiter that is gone
    throw;
  }
  if (waiter.lease) co_return std::move(waiter.lease);
  if (waiter.error) co_return Failure(std::move(*waiter.error));
  const Phase phase = waiter.dial != nullptr ? waiter.dial->times.phase : Phase::pool;
  give_up(waiter, token.interruption());
  if (wake == Wake::timeout) {
    co_return Failure(ErrorCode::pool_timeout, phase,
                      std::to_string(waiter.origin.open) + " connections to the server are in use");
  }
  co_return Failure(token.interruption(), phase, "waiting for a connection");
}

void ConnectionPool::preconnect(const std::string& origin, const Target& target, std::int64_t wanted) {
  if (closed_) return;
  Origin& named = origin_named(origin);
  const std::size_t there = named.resting + named.dialing;
  // Counted beforehand: a dial may fail at once, and would be begun again for ever.
  for (std::size_t i = there; i < count(wanted) && place_free(named); ++i) begin_dial(named, target, nullptr);
}

void ConnectionPool::begin_dial(Origin& origin, const Target& target, Waiter* waiter) noexcept {
  ++origin.open;
  ++open_;
  ++origin.dialing;
  ++dialing_;
  try {
    auto dial = std::make_unique<Dial>(loop_, origin, target);
    origin.dials.push_back(*dial);
    if (waiter != nullptr) adopt(*waiter, *dial);
    spawn(run_dial(std::move(dial)));  // a dial that can not be run ends here
  } catch (const std::bad_alloc&) {
    if (waiter != nullptr) fail(*waiter, Error(ErrorCode::out_of_memory, Phase::connect, "no memory"));
    end_dial(origin);
    release_place(origin);
  }
}

void ConnectionPool::end_dial(Origin& origin) noexcept {
  --origin.dialing;
  --dialing_;
}

void ConnectionPool::fail(Waiter& waiter, Error error) noexcept {
  waiter.dial = nullptr;
  waiter.error = std::move(error);
  leave_line(waiter);
  tell(waiter);
}

void ConnectionPool::leave_line(Waiter& waiter) noexcept {
  waiter.Linked<OfOrigin>::unlink();
  if (!waiter.queued()) return;
  waiter.Linked<WithoutPlace>::unlink();
  --queued_;
}

Task<> ConnectionPool::run_dial(std::unique_ptr<Dial> dial) {
  const std::shared_ptr<ConnectionPool> self = shared_from_this();
  std::unique_ptr<Connection> connection;
  std::optional<Error> error;
  try {
    auto made = co_await dialer_->dial(dial->target, dial->token, dial->times);
    if (made) {
      connection = std::move(*made);
    } else {
      error = std::move(made.error());
    }
  } catch (const std::bad_alloc&) {
    error = Error(ErrorCode::out_of_memory, dial->times.phase, "no memory");
  }
  dial->Linked<OfOrigin>::unlink();
  dial->token.stop();
  Origin& origin = dial->origin;
  end_dial(origin);
  Waiter* const cause = std::exchange(dial->waiter, nullptr);
  if (!connection) {
    if (cause != nullptr) fail(*cause, std::move(*error));
    release_place(origin);
    co_return;
  }
  if (cause != nullptr) cause->dial = nullptr;
  if (limits_.max_lifetime_ms > 0) connection->expires = loop_.now() + jittered_lifetime(limits_.max_lifetime_ms);
  Waiter* const first = origin.waiters.front();
  if (first == nullptr) {
    come_to_rest(origin, std::move(connection));
    co_return;
  }
  // The first in the line takes it, and leaves the dial of its own to the one who has lost his.
  Dial* const left = std::exchange(first->dial, nullptr);
  first->times = dial->times;
  grant(*first, std::move(connection));
  if (left == nullptr) {
    // The cause has no dial now; a place that becomes free will serve it.
    if (cause != nullptr && cause != first) {
      queue_.push_back(*cause);
      ++queued_;
      tell(*cause);
    }
  } else if (cause != nullptr) {
    adopt(*cause, *left);
  } else {
    pass_on(*left);
  }
}

ConnectionPool::Waiter* ConnectionPool::first_without_dial(const Origin& origin) noexcept {
  Waiter* waiter = origin.waiters.front();
  while (waiter != nullptr && waiter->dial != nullptr) waiter = origin.waiters.next(*waiter);
  return waiter;
}

ConnectionPool::Dial* ConnectionPool::dial_without_waiter(const Origin& origin) noexcept {
  Dial* dial = origin.dials.front();
  while (dial != nullptr && dial->waiter != nullptr) dial = origin.dials.next(*dial);
  return dial;
}

void ConnectionPool::adopt(Waiter& waiter, Dial& dial) noexcept {
  if (waiter.queued()) {
    waiter.Linked<WithoutPlace>::unlink();
    --queued_;
    tell(waiter);  // its deadline is another now
  }
  waiter.dial = &dial;
  dial.waiter = &waiter;
}

// The waiter of a dial has been served otherwise.
void ConnectionPool::pass_on(Dial& dial) noexcept {
  dial.waiter = nullptr;
  if (Waiter* const next = first_without_dial(dial.origin)) adopt(*next, dial);
}

// A dial that ends because the time of its call is up has met an address that does not answer: that is told apart.
void ConnectionPool::give_up(Waiter& waiter, ErrorCode reason) noexcept {
  leave_line(waiter);
  Dial* const dial = std::exchange(waiter.dial, nullptr);
  if (dial == nullptr) return;
  pass_on(*dial);
  if (dial->waiter == nullptr) dial->token.interrupt(reason);
}

void ConnectionPool::grant(Waiter& waiter, std::unique_ptr<Connection> connection) noexcept {
  leave_line(waiter);
  waiter.lease = Lease(shared_from_this(), waiter.origin, std::move(connection));
  tell(waiter);
}

void ConnectionPool::tell(Waiter& waiter) noexcept {
  to_be_told_.push_back(waiter);
  serve_soon();
}

}  // namespace ppn
