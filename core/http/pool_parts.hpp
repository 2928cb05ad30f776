// What the two halves of the pool share: who waits, what is being made, and what belongs to one origin.
#pragma once

#include <cstddef>
#include <optional>

#include "http/pool.hpp"

namespace ppn {

// A call that waits. It is in the list of its origin until it is served, in the queue of the pool while there is no
// place for it, and among those to be told from the moment on which something has happened to it until it goes on.
struct ConnectionPool::Waiter : Linked<OfOrigin>, Linked<WithoutPlace>, Linked<ToBeTold> {
  Waiter(Origin& waits_for, const Target& leads_to, bool only_fresh, ConnectTimes& tell_times)
      : origin(waits_for), target(leads_to), fresh(only_fresh), times(tell_times) {}

  bool served() const noexcept { return lease || error; }
  bool queued() const noexcept { return Linked<WithoutPlace>::linked(); }

  Origin& origin;
  const Target& target;
  const bool fresh;
  ConnectTimes& times;
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

inline std::size_t count(std::int64_t limit) noexcept {
  return static_cast<std::size_t>(limit);
}

}  // namespace ppn
