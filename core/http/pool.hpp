// The connections of one client: those at rest, and the places for those in use.
//
// Vocabulary. An origin is scheme, host and port. A place is the right to have one connection; places are limited per
// origin and in total. A lease is a place, with a resting connection when there was one; without one the holder makes
// a connection and puts it in. A waiter is a call that found no place.
//
// Requirements. The newest resting connection goes first (LIFO), so that the others grow old and are closed. A resting
// connection that the server closes, or sends bytes to, is closed at once. A lease returns its connection only when the
// exchange says that it is clean. Waiters are served first come, first served, within their deadline.
//
// Thread: the loop thread. No user code runs in here.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "http/connection.hpp"
#include "io/event_loop.hpp"
#include "io/wait.hpp"

namespace ppn {

// Times of 0 mean "no limit".
struct PoolLimits {
  std::int64_t connections = 1'000;
  std::int64_t connections_per_origin = 100;
  std::int64_t waiters = 10'000;
  std::int64_t idle_timeout_ms = 55'000;
  std::int64_t max_lifetime_ms = 600'000;
};

class ConnectionPool final : public std::enable_shared_from_this<ConnectionPool>, private Timer {
  struct Origin;

 public:
  // A place of the pool. Movable; gives its place back when it ends.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { end(); }

    explicit operator bool() const noexcept { return origin_ != nullptr; }
    // Null until put() when the pool had none at rest.
    Connection* connection() const noexcept { return connection_.get(); }
    void put(std::unique_ptr<Connection> connection);
    // The exchange ended clean: the connection rests in the pool for the next one.
    void give_back();

   private:
    friend class ConnectionPool;
    Lease(std::shared_ptr<ConnectionPool> pool, Origin& origin, std::unique_ptr<Connection> connection);
    void end() noexcept;

    std::shared_ptr<ConnectionPool> pool_;
    Origin* origin_ = nullptr;
    std::unique_ptr<Connection> connection_;
  };

  ConnectionPool(EventLoop& loop, const PoolLimits& limits);
  ~ConnectionPool();

  // A lease if one can be had now, else an empty one. `fresh` refuses connections that were used before.
  Lease try_lease(const std::string& origin, bool fresh);
  // Waits for a lease. Errors: pool_timeout (the deadline), pool_queue_full, the interruption of the token.
  Task<Result<Lease>> wait_for_lease(std::string origin, bool fresh, Token& token, Nanos deadline);

  // Closes all resting connections; later ones are closed instead of coming to rest.
  void close();

  std::size_t resting() const noexcept { return resting_; }
  std::size_t open() const noexcept { return open_; }

 private:
  struct Rester;
  struct Waiter {
    Origin* origin = nullptr;
    bool fresh = false;
    Lease lease;
    Wait granted;
  };

  Origin& origin_named(const std::string& name);
  void forget_unused_origins();
  Lease lease_of(Origin& origin, bool fresh);
  bool place_free(const Origin& origin) const noexcept;
  std::unique_ptr<Connection> take_resting(Origin& origin);
  void close_oldest_resting();
  void come_to_rest(Origin& origin, std::unique_ptr<Connection> connection);
  void close_resting(Rester& rester) noexcept;
  void release_place(Origin& origin) noexcept;
  void serve_waiters_soon();
  void serve_waiters();
  void on_timer() noexcept override;

  EventLoop& loop_;
  const PoolLimits limits_;
  std::unordered_map<std::string, std::unique_ptr<Origin>> origins_;
  std::list<Waiter*> waiters_;
  std::size_t open_ = 0;  // places taken, resting connections included
  std::size_t resting_ = 0;
  bool serving_soon_ = false;
  bool closed_ = false;
};

}  // namespace ppn
