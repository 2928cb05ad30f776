#include "http/pool.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "http/pool_parts.hpp"

namespace ppn {

namespace {

// A client that meets ever new servers forgets those without connections.
constexpr std::size_t kMaxUnusedOrigins = 1'000;

}  // namespace

ConnectionPool::Lease::Lease(std::shared_ptr<ConnectionPool> pool, Origin& origin,
                             std::unique_ptr<Connection> connection) noexcept
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

std::unique_ptr<Connection> ConnectionPool::take_resting(Origin& origin, bool careful) noexcept {
  const Nanos now = loop_.now();
  while (Connection* const newest = origin.at_rest.back()) {
    if (careful) newest->transport->distrust();
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

ConnectionPool::Lease ConnectionPool::try_lease(const std::string& origin, bool careful) {
  const auto known = origins_.find(origin);
  if (known == origins_.end() || !known->second->waiters.empty()) return {};
  auto connection = take_resting(*known->second, careful);
  if (!connection) return {};
  return Lease(shared_from_this(), *known->second, std::move(connection));
}

void ConnectionPool::come_to_rest(Origin& origin, std::unique_ptr<Connection> connection) noexcept {
  Waiter* waiter = origin.waiters.front();
  while (waiter != nullptr && waiter->fresh && connection->exchanges > 0) waiter = origin.waiters.next(*waiter);
  if (waiter != nullptr && !closed_) {
    Dial* const left = std::exchange(waiter->dial, nullptr);
    grant(*waiter, std::move(connection));
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
