#include "http/pool.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace ppn {

// A connection at rest: it leaves the pool by itself when its transport is disturbed.
struct ConnectionPool::Rester final : Transport::RestWatcher {
  Rester(ConnectionPool& in_pool, Origin& of_origin, std::unique_ptr<Connection> at_rest)
      : pool(in_pool), origin(of_origin), connection(std::move(at_rest)) {
    connection->transport->rest(this);
  }
  ~Rester() {
    if (connection) connection->transport->rest(nullptr);
  }
  void on_rest_disturbed() noexcept override {
    if (connection->transport->disturbed()) pool.close_resting(*this);
  }

  ConnectionPool& pool;
  Origin& origin;
  std::unique_ptr<Connection> connection;
};

struct ConnectionPool::Origin {
  std::size_t open = 0;                          // places taken, resting connections included
  std::vector<std::unique_ptr<Rester>> resting;  // oldest first
};

namespace {

// A client that meets ever new servers forgets those without connections.
constexpr std::size_t kMaxUnusedOrigins = 1'000;

// Connections that began together must not all be replaced together.
Nanos jittered_lifetime(std::int64_t max_lifetime_ms) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> share(0.9, 1.1);
  return static_cast<Nanos>(static_cast<double>(max_lifetime_ms * kMillisecond) * share(random));
}

}  // namespace

ConnectionPool::Lease::Lease(std::shared_ptr<ConnectionPool> pool, Origin& origin,
                             std::unique_ptr<Connection> connection)
    : pool_(std::move(pool)), origin_(&origin), connection_(std::move(connection)) {}

ConnectionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::move(other.pool_)),
      origin_(std::exchange(other.origin_, nullptr)),
      connection_(std::move(other.connection_)) {}

ConnectionPool::Lease& ConnectionPool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    end();
    pool_ = std::move(other.pool_);
    origin_ = std::exchange(other.origin_, nullptr);
    connection_ = std::move(other.connection_);
  }
  return *this;
}

void ConnectionPool::Lease::end() noexcept {
  connection_.reset();
  if (origin_ != nullptr) pool_->release_place(*std::exchange(origin_, nullptr));
  pool_.reset();
}

void ConnectionPool::Lease::put(std::unique_ptr<Connection> connection) {
  if (pool_->limits_.max_lifetime_ms > 0) {
    connection->expires = pool_->loop_.now() + jittered_lifetime(pool_->limits_.max_lifetime_ms);
  }
  connection_ = std::move(connection);
}

void ConnectionPool::Lease::give_back() {
  if (pool_->closed_) return end();
  pool_->come_to_rest(*std::exchange(origin_, nullptr), std::move(connection_));
  pool_.reset();
}

ConnectionPool::ConnectionPool(EventLoop& loop, const PoolLimits& limits) : loop_(loop), limits_(limits) {}

ConnectionPool::~ConnectionPool() {
  loop_.disarm(*this);
}

ConnectionPool::Origin& ConnectionPool::origin_named(const std::string& name) {
  const auto known = origins_.find(name);
  if (known != origins_.end()) return *known->second;
  if (origins_.size() >= kMaxUnusedOrigins) forget_unused_origins();
  return *(origins_[name] = std::make_unique<Origin>());
}

void ConnectionPool::forget_unused_origins() {
  std::erase_if(origins_, [&](const auto& entry) {
    const Origin* const origin = entry.second.get();
    const auto waits_for_it = [&](const Waiter* waiter) { return waiter->origin == origin; };
    return origin->open == 0 && std::none_of(waiters_.begin(), waiters_.end(), waits_for_it);
  });
}

bool ConnectionPool::place_free(const Origin& origin) const noexcept {
  return origin.open < static_cast<std::size_t>(limits_.connections_per_origin) &&
         open_ < static_cast<std::size_t>(limits_.connections);
}

std::unique_ptr<Connection> ConnectionPool::take_resting(Origin& origin) {
  while (!origin.resting.empty()) {
    const std::unique_ptr<Rester> rester = std::move(origin.resting.back());
    origin.resting.pop_back();
    --resting_;
    std::unique_ptr<Connection> connection = std::move(rester->connection);
    connection->transport->rest(nullptr);
    const Nanos now = loop_.now();
    if (now < connection->idle_until && now < connection->expires && !connection->transport->disturbed()) {
      return connection;
    }
    connection.reset();
    release_place(origin);
  }
  return nullptr;
}

void ConnectionPool::close_oldest_resting() {
  Rester* oldest = nullptr;
  for (const auto& [name, origin] : origins_) {
    if (origin->resting.empty()) continue;
    Rester& candidate = *origin->resting.front();
    if (oldest == nullptr || candidate.connection->idle_until < oldest->connection->idle_until) oldest = &candidate;
  }
  if (oldest != nullptr) close_resting(*oldest);
}

ConnectionPool::Lease ConnectionPool::lease_of(Origin& origin, bool fresh) {
  if (!fresh) {
    if (auto connection = take_resting(origin)) return Lease(shared_from_this(), origin, std::move(connection));
  }
  if (!place_free(origin)) {
    // A connection that only rests gives way, first one to the same server, then the oldest of all.
    if (!origin.resting.empty()) {
      close_resting(*origin.resting.front());
    } else if (origin.open < static_cast<std::size_t>(limits_.connections_per_origin)) {
      close_oldest_resting();
    }
    if (!place_free(origin)) return {};
  }
  ++origin.open;
  ++open_;
  return Lease(shared_from_this(), origin, nullptr);
}

ConnectionPool::Lease ConnectionPool::try_lease(const std::string& origin, bool fresh) {
  Origin& named = origin_named(origin);
  // Nobody overtakes a waiter of the same origin.
  const auto same_origin = [&](const Waiter* waiter) { return waiter->origin == &named; };
  if (!waiters_.empty() && std::any_of(waiters_.begin(), waiters_.end(), same_origin)) return {};
  return lease_of(named, fresh);
}

Task<Result<ConnectionPool::Lease>> ConnectionPool::wait_for_lease(std::string origin, bool fresh, Token& token,
                                                                   Nanos deadline) {
  if (waiters_.size() >= static_cast<std::size_t>(limits_.waiters)) {
    co_return Failure(ErrorCode::pool_queue_full, Phase::pool,
                      std::to_string(waiters_.size()) + " calls wait for a connection");
  }
  const std::shared_ptr<ConnectionPool> self = shared_from_this();  // the lease of the waiter needs it to the end
  Waiter waiter;
  waiter.origin = &origin_named(origin);
  waiter.fresh = fresh;
  const auto place = waiters_.insert(waiters_.end(), &waiter);
  const Wake wake = co_await waiter.granted.until(token, deadline);
  if (waiter.lease) co_return std::move(waiter.lease);  // granted: it has left the queue
  waiters_.erase(place);
  if (wake == Wake::timeout) {
    co_return Failure(ErrorCode::pool_timeout, Phase::pool,
                      std::to_string(waiter.origin->open) + " connections to the server are in use");
  }
  co_return Failure(token.interruption(), Phase::pool, "waiting for a connection");
}

void ConnectionPool::come_to_rest(Origin& origin, std::unique_ptr<Connection> connection) {
  connection->idle_until = deadline_after(loop_.now(), limits_.idle_timeout_ms);
  // The server closes at its time: be a second earlier, or the next request meets a closing connection.
  if (connection->keep_alive_timeout_ms >= 0) {
    const std::int64_t hint_ms = std::max<std::int64_t>(connection->keep_alive_timeout_ms - 1'000, 1);
    connection->idle_until = std::min(connection->idle_until, deadline_after(loop_.now(), hint_ms));
  }
  if (connection->idle_until != kNever && (!armed() || when() > connection->idle_until))
    loop_.arm(*this, connection->idle_until);
  origin.resting.push_back(std::make_unique<Rester>(*this, origin, std::move(connection)));
  ++resting_;
  serve_waiters_soon();
}

void ConnectionPool::close_resting(Rester& rester) noexcept {
  auto& resting = rester.origin.resting;
  const auto place = std::find_if(resting.begin(), resting.end(), [&](const auto& r) { return r.get() == &rester; });
  const std::unique_ptr<Rester> closing = std::move(*place);
  resting.erase(place);
  --resting_;
  Origin& origin = closing->origin;
  closing->connection->transport->rest(nullptr);
  closing->connection.reset();
  release_place(origin);
}

void ConnectionPool::release_place(Origin& origin) noexcept {
  --origin.open;
  --open_;
  serve_waiters_soon();
}

// Waiters go on from the bottom of the stack: a chain of calls that end at once would otherwise nest.
void ConnectionPool::serve_waiters_soon() {
  if (waiters_.empty() || serving_soon_) return;
  serving_soon_ = true;
  loop_.submit([self = shared_from_this()] { self->serve_waiters(); });
}

void ConnectionPool::serve_waiters() {
  serving_soon_ = false;
  for (auto place = waiters_.begin(); place != waiters_.end();) {
    Waiter& waiter = **place;
    Lease lease = lease_of(*waiter.origin, waiter.fresh);
    if (!lease) {
      ++place;
      continue;
    }
    waiter.lease = std::move(lease);
    waiters_.erase(place);
    waiter.granted.notify();
    place = waiters_.begin();  // the call that went on may have changed the queue
  }
}

void ConnectionPool::on_timer() noexcept {
  const Nanos now = loop_.now();
  Nanos next = kNever;
  for (const auto& [name, origin] : origins_) {
    for (std::size_t i = 0; i < origin->resting.size();) {
      Rester& rester = *origin->resting[i];
      if (rester.connection->idle_until <= now) {
        close_resting(rester);
      } else {
        next = std::min(next, rester.connection->idle_until);
        ++i;
      }
    }
  }
  if (next != kNever) loop_.arm(*this, next);
}

void ConnectionPool::close() {
  closed_ = true;
  loop_.disarm(*this);
  for (const auto& [name, origin] : origins_) {
    while (!origin->resting.empty()) close_resting(*origin->resting.back());
  }
}

}  // namespace ppn
