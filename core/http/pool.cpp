#include "http/pool.hpp"

#include <algorithm>
#include <new>
#include <random>
#include <utility>

namespace ppn {

// A call that waits. It is in the list of its origin until it is served, in the queue of the pool while there is no
// place for it, and among those to be told from the moment on which something has happened to it until it goes on.
struct ConnectionPool::Waiter : Linked<OfOrigin>, Linked<WithoutPlace>, Linked<ToBeTold> {
  Waiter(Origin& waits_for, const Target& leads_to, bool only_fresh)
      : origin(waits_for), target(leads_to), fresh(only_fresh) {}

  bool served() const noexcept { return lease || error; }
  bool queued() const noexcept { return Linked<WithoutPlace>::linked(); }

  Origin& origin;
  const Target& target;
  const bool fresh;
  Dial* dial = nullptr;
  Lease lease;
  std::optional<Error> error;
  Wait told;
};

// A connection being made. It holds a place of its origin.
struct ConnectionPool::Dial : Linked<OfOrigin> {
  Dial(EventLoop& loop, Origin& for_origin, const Target& leads_to)
      : origin(for_origin), target(leads_to), token(loop) {}

  Origin& origin;
  const Target target;
  Token token;
  ConnectTimes times;
  Waiter* waiter = nullptr;  // who gets the error when it fails; null when nobody needs it any more
};

struct ConnectionPool::Origin final : RestingPlace, Linked<HasFreePlace> {
  explicit Origin(ConnectionPool& of) : pool(of) {}
  void on_disturbed(Connection& connection) noexcept override { pool.close_resting(connection); }

  ConnectionPool& pool;
  std::size_t open = 0;                      // places taken
  std::size_t dialing = 0;                   // of these by dials
  std::size_t resting = 0;                   // of these by connections at rest
  LinkedList<Connection, OfOrigin> at_rest;  // the newest last
  LinkedList<Waiter, OfOrigin> waiters;      // first come first
  LinkedList<Dial, OfOrigin> dials;
};

namespace {

// A client that meets ever new servers forgets those without connections.
constexpr std::size_t kMaxUnusedOrigins = 1'000;

std::size_t count(std::int64_t limit) noexcept {
  return static_cast<std::size_t>(limit);
}

// Connections that began together must not all be replaced together.
Nanos jittered_lifetime(std::int64_t max_lifetime_ms) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> share(0.9, 1.1);
  return static_cast<Nanos>(static_cast<double>(max_lifetime_ms * kMillisecond) * share(random));
}

}  // namespace

ConnectionPool::Lease::Lease(std::shared_ptr<ConnectionPool> pool, Origin& origin,
                             std::unique_ptr<Connection> connection, const ConnectTimes& times) noexcept
    : pool_(std::move(pool)), origin_(&origin), connection_(std::move(connection)), times_(times) {}

ConnectionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::move(other.pool_)),
      origin_(std::exchange(other.origin_, nullptr)),
      connection_(std::move(other.connection_)),
      times_(other.times_) {}

ConnectionPool::Lease& ConnectionPool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    end();
    pool_ = std::move(other.pool_);
    origin_ = std::exchange(other.origin_, nullptr);
    connection_ = std::move(other.connection_);
    times_ = other.times_;
  }
  return *this;
}

void ConnectionPool::Lease::end() noexcept {
  connection_.reset();
  if (origin_ != nullptr) pool_->release_place(*std::exchange(origin_, nullptr));
  pool_.reset();
}

void ConnectionPool::Lease::give_back() noexcept {
  pool_->come_to_rest(*std::exchange(origin_, nullptr), std::move(connection_));
  pool_.reset();
}

ConnectionPool::ConnectionPool(EventLoop& loop, std::shared_ptr<Dialer> dialer, const PoolLimits& limits)
    : loop_(loop), dialer_(std::move(dialer)), limits_(limits) {}

// Dials and waiters keep the pool, so there are none.
ConnectionPool::~ConnectionPool() {
  loop_.disarm(*this);
  while (Connection* const connection = at_rest_.front()) delete connection;
}

ConnectionPool::Origin& ConnectionPool::origin_named(const std::string& name) {
  const auto known = origins_.find(name);
  if (known != origins_.end()) return *known->second;
  if (origins_.size() >= kMaxUnusedOrigins) forget_unused_origins();
  auto fresh = std::make_unique<Origin>(*this);
  return *origins_.emplace(name, std::move(fresh)).first->second;
}

void ConnectionPool::forget_unused_origins() {
  std::erase_if(origins_, [](const auto& entry) { return entry.second->open == 0 && entry.second->waiters.empty(); });
}

bool ConnectionPool::place_free(const Origin& origin) const noexcept {
  return origin.open < count(limits_.connections_per_origin) && open_ < count(limits_.connections);
}

// A connection that only rests gives way, first one to the same server, then the one that rests longest.
bool ConnectionPool::make_place(Origin& origin) noexcept {
  if (place_free(origin)) return true;
  if (Connection* const same_server = origin.at_rest.front()) {
    close_resting(*same_server);
  } else if (origin.open < count(limits_.connections_per_origin) && !at_rest_.empty()) {
    close_resting(*at_rest_.front());
  }
  return place_free(origin);
}

std::unique_ptr<Connection> ConnectionPool::take_resting(Origin& origin) noexcept {
  const Nanos now = loop_.now();
  while (Connection* const newest = origin.at_rest.back()) {
    if (now >= newest->idle_until || now >= newest->expires || newest->transport->disturbed()) {
      close_resting(*newest);
      continue;
    }
    newest->Linked<OfOrigin>::unlink();
    newest->Linked<AtRest>::unlink();
    newest->rest(nullptr);
    --origin.resting;
    --resting_;
    return std::unique_ptr<Connection>(newest);
  }
  return nullptr;
}

ConnectionPool::Lease ConnectionPool::try_lease(const std::string& origin) {
  const auto known = origins_.find(origin);
  if (known == origins_.end() || !known->second->waiters.empty()) return {};
  auto connection = take_resting(*known->second);
  if (!connection) return {};
  return Lease(shared_from_this(), *known->second, std::move(connection), {});
}

Task<Result<ConnectionPool::Lease>> ConnectionPool::lease(std::string origin, Target target, bool fresh, Token& token,
                                                          Nanos deadline) {
  if (!fresh) {
    if (Lease lease = try_lease(origin)) co_return std::move(lease);
  }
  const std::shared_ptr<ConnectionPool> self = shared_from_this();  // the lease of the waiter needs it to the end
  Waiter waiter(origin_named(origin), target, fresh);
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
  while (!waiter.served() && wake != Wake::interrupted && (wake != Wake::timeout || waiter.dial != nullptr)) {
    // A dial has the limits of connecting; this deadline is for those who have none.
    wake = co_await waiter.told.until(token, waiter.dial != nullptr ? kNever : deadline);
  }
  if (waiter.lease) co_return std::move(waiter.lease);
  if (waiter.error) co_return Failure(std::move(*waiter.error));
  const Phase phase = waiter.dial != nullptr ? waiter.dial->times.phase : Phase::pool;
  give_up(waiter);
  if (wake == Wake::timeout) {
    co_return Failure(ErrorCode::pool_timeout, phase,
                      std::to_string(waiter.origin.open) + " connections to the server are in use");
  }
  co_return Failure(token.interruption(), phase, "waiting for a connection");
}

void ConnectionPool::preconnect(const std::string& origin, const Target& target, std::int64_t wanted) {
  if (closed_) return;
  Origin& named = origin_named(origin);
  while (named.resting + named.dialing < count(wanted) && place_free(named)) begin_dial(named, target, nullptr);
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
  waiter.Linked<OfOrigin>::unlink();
  tell(waiter);
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
  grant(*first, std::move(connection), dial->times);
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

void ConnectionPool::give_up(Waiter& waiter) noexcept {
  waiter.Linked<OfOrigin>::unlink();
  if (waiter.queued()) {
    waiter.Linked<WithoutPlace>::unlink();
    --queued_;
  }
  Dial* const dial = std::exchange(waiter.dial, nullptr);
  if (dial == nullptr) return;
  pass_on(*dial);
  if (dial->waiter == nullptr) dial->token.cancel();
}

void ConnectionPool::grant(Waiter& waiter, std::unique_ptr<Connection> connection, const ConnectTimes& times) noexcept {
  waiter.Linked<OfOrigin>::unlink();
  if (waiter.queued()) {
    waiter.Linked<WithoutPlace>::unlink();
    --queued_;
  }
  waiter.lease = Lease(shared_from_this(), waiter.origin, std::move(connection), times);
  tell(waiter);
}

void ConnectionPool::come_to_rest(Origin& origin, std::unique_ptr<Connection> connection) noexcept {
  Waiter* waiter = origin.waiters.front();
  while (waiter != nullptr && waiter->fresh && connection->exchanges > 0) waiter = origin.waiters.next(*waiter);
  if (waiter != nullptr && !closed_) {
    Dial* const left = std::exchange(waiter->dial, nullptr);
    grant(*waiter, std::move(connection), {});
    if (left != nullptr) pass_on(*left);
    return;
  }
  if (closed_ || place_is_wanted(origin)) {
    connection.reset();
    return release_place(origin);
  }

  connection->idle_until = deadline_after(loop_.now(), limits_.idle_timeout_ms);
  // The server closes at its time: be a second earlier, or the next request meets a closing connection.
  if (connection->keep_alive_timeout_ms >= 0) {
    const std::int64_t hint_ms = std::max<std::int64_t>(connection->keep_alive_timeout_ms - 1'000, 1);
    connection->idle_until = std::min(connection->idle_until, deadline_after(loop_.now(), hint_ms));
  }
  Connection& resting = *connection.release();
  resting.rest(&origin);
  resting.transport->release_buffers();
  origin.at_rest.push_back(resting);
  at_rest_.push_back(resting);
  ++origin.resting;
  ++resting_;
  try {
    if (resting.idle_until != kNever && (!armed() || when() > resting.idle_until)) {
      loop_.arm(*this, resting.idle_until);
    }
  } catch (const std::bad_alloc&) {
    return close_resting(resting);  // without a timer it might rest for ever
  }
  if (resting_ > count(limits_.idle_connections)) close_resting(*at_rest_.front());
}

void ConnectionPool::close_resting(Connection& connection) noexcept {
  Origin& origin = static_cast<Origin&>(*connection.resting_place());
  delete &connection;  // which leaves the lists by itself
  --origin.resting;
  --resting_;
  release_place(origin);
}

void ConnectionPool::release_place(Origin& origin) noexcept {
  const bool all_were_taken = open_ >= count(limits_.connections);
  --origin.open;
  --open_;
  if (queue_.empty()) return;
  if (all_were_taken) freed_for_all_ = true;
  freed_.push_back(origin);
  serve_soon();
}

// Whether somebody has more use for the place of a connection than for the connection, which he can not take.
bool ConnectionPool::place_is_wanted(const Origin& origin) const noexcept {
  if (queue_.empty()) return false;
  if (first_without_dial(origin) != nullptr) return true;
  if (open_ < count(limits_.connections)) return false;
  const Waiter* waiter = queue_.front();
  while (waiter != nullptr && waiter->origin.open >= count(limits_.connections_per_origin)) {
    waiter = queue_.next(*waiter);
  }
  return waiter != nullptr;
}

void ConnectionPool::tell(Waiter& waiter) noexcept {
  to_be_told_.push_back(waiter);
  serve_soon();
}

// From the bottom of the stack: a chain of calls or dials that end at once would otherwise nest.
void ConnectionPool::serve_soon() noexcept {
  if (keep_) return;
  keep_ = shared_from_this();
  if (!loop_.post(*this)) keep_.reset();
}

void ConnectionPool::run() noexcept {
  const std::shared_ptr<ConnectionPool> self = std::move(keep_);
  if (std::exchange(freed_for_all_, false)) {
    for (Waiter* waiter = queue_.front(); waiter != nullptr && open_ < count(limits_.connections);) {
      Waiter& next = *waiter;
      waiter = queue_.next(next);
      if (place_free(next.origin)) begin_dial(next.origin, next.target, &next);
    }
  }
  while (Origin* const origin = freed_.front()) {
    origin->Linked<HasFreePlace>::unlink();
    for (Waiter* next = first_without_dial(*origin); next != nullptr && place_free(*origin);
         next = first_without_dial(*origin)) {
      begin_dial(*origin, next->target, next);
    }
  }
  while (Waiter* const waiter = to_be_told_.front()) {
    waiter->Linked<ToBeTold>::unlink();
    waiter->told.notify();
  }
}

void ConnectionPool::on_timer() noexcept {
  const Nanos now = loop_.now();
  Nanos next = kNever;
  for (Connection* connection = at_rest_.front(); connection != nullptr;) {
    Connection& looked_at = *connection;
    connection = at_rest_.next(looked_at);
    if (looked_at.idle_until <= now) {
      close_resting(looked_at);
    } else {
      next = std::min(next, looked_at.idle_until);
    }
  }
  if (next != kNever) loop_.arm(*this, next);
}

void ConnectionPool::close() noexcept {
  closed_ = true;
  loop_.disarm(*this);
  while (Connection* const connection = at_rest_.front()) close_resting(*connection);
  LinkedList<Dial, OfOrigin> ending;
  for (const auto& [name, origin] : origins_) {
    while (Dial* const dial = origin->dials.front()) {
      ending.push_back(*dial);
      dial->token.cancel();
    }
  }
}

}  // namespace ppn
