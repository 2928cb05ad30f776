// The connections of one client: those at rest, those being made, and the places for all of them.
//
// Vocabulary. An origin is scheme, host and port. A place is the right to have one connection; places are limited per
// origin and in total. A lease is a place with its connection. A dial is a connection being made: it holds a place. A
// waiter is a call that found no connection at rest; as long as there are places each waiter has a dial of its own.
//
// Requirements. The newest connection at rest goes first (LIFO), so that the others grow old and are closed. One that
// the server closes, or sends bytes to, is closed at once. A lease returns its connection only when the exchange says
// that it is clean. Waiters are served first come, first served, by whichever comes first: a connection that is given
// back or a dial that has ended. A dial that nobody needs any more comes to rest when it succeeds; when the call that
// caused it has gone away without a connection, it is broken off.
//
// Thread: the loop thread. No user code runs in here. Serving a waiter takes no memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/gauge.hpp"
#include "base/linked_list.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "http/connection.hpp"
#include "http/dialer.hpp"
#include "io/event_loop.hpp"
#include "io/wait.hpp"

namespace ppn {

// Times of 0 mean "no limit".
struct PoolLimits {
  std::int64_t connections = 1'000;
  std::int64_t connections_per_origin = 100;
  std::int64_t idle_connections = 100;
  std::int64_t waiters = 10'000;  // that have no dial
  std::int64_t idle_timeout_ms = 55'000;
  std::int64_t max_lifetime_ms = 600'000;
};

class ConnectionPool final : public std::enable_shared_from_this<ConnectionPool>,
                             private Timer,
                             private EventLoop::Work {
  struct Origin;

 public:
  // A place of the pool with its connection. Movable; closes the connection and frees the place when it ends.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { end(); }

    explicit operator bool() const noexcept { return connection_ != nullptr; }
    Connection* connection() const noexcept { return connection_.get(); }
    // The exchange ended clean: the connection is there for the next one.
    void give_back() noexcept;

   private:
    friend class ConnectionPool;
    Lease(std::shared_ptr<ConnectionPool> pool, Origin& origin, std::unique_ptr<Connection> connection) noexcept;
    void end() noexcept;

    std::shared_ptr<ConnectionPool> pool_;
    Origin* origin_ = nullptr;
    std::unique_ptr<Connection> connection_;
  };

  ConnectionPool(EventLoop& loop, std::shared_ptr<Dialer> dialer, const PoolLimits& limits);
  ~ConnectionPool();

  // A connection at rest, if there is one and nobody waits for it; else an empty lease. With `careful` the kernel is
  // asked whether the connection has ended: for a request that can not be sent again when it meets such an end.
  Lease try_lease(const std::string& origin, bool careful = false);
  // Waits for a connection, making one if there is a place. `fresh` refuses connections that carried an exchange.
  // `times` tells how long it took to make the connection, when it was made for this lease. Errors: pool_timeout (the
  // deadline, of a waiter for which there was no place), pool_queue_full, those of the dialer, the interruption of the
  // token; the phase is that of the dial.
  Task<Result<Lease>> lease(std::string origin, Target target, bool fresh, Token& token, Nanos deadline,
                            ConnectTimes& times);

  // Makes connections until `count` are there or being made, as far as there are places. Failures are not reported.
  void preconnect(const std::string& origin, const Target& target, std::int64_t count);

  // Closes all connections at rest and breaks off the dials; later connections are closed instead of coming to rest.
  void close() noexcept;

  // Places taken, by what they are taken for; the rest of them is leased. Thread: any, for these four.
  std::size_t open() const noexcept { return open_; }
  std::size_t resting() const noexcept { return resting_; }
  std::size_t dialing() const noexcept { return dialing_; }
  // Waiters without a dial.
  std::size_t queued() const noexcept { return queued_; }

 private:
  struct Waiter;
  struct Dial;

  Origin& origin_named(const std::string& name);
  void forget_unused_origins();
  bool place_free(const Origin& origin) const noexcept;
  bool make_place(Origin& origin) noexcept;
  std::unique_ptr<Connection> take_resting(Origin& origin, bool careful) noexcept;

  void begin_dial(Origin& origin, const Target& target, Waiter* waiter) noexcept;
  Task<> run_dial(std::unique_ptr<Dial> dial);
  void end_dial(Origin& origin) noexcept;
  void fail(Waiter& waiter, Error error) noexcept;
  void leave_line(Waiter& waiter) noexcept;
  static Waiter* first_without_dial(const Origin& origin) noexcept;
  static Dial* dial_without_waiter(const Origin& origin) noexcept;
  void adopt(Waiter& waiter, Dial& dial) noexcept;
  void pass_on(Dial& dial) noexcept;
  void give_up(Waiter& waiter, ErrorCode reason) noexcept;

  void grant(Waiter& waiter, std::unique_ptr<Connection> connection) noexcept;
  void come_to_rest(Origin& origin, std::unique_ptr<Connection> connection) noexcept;
  void close_resting(Connection& connection) noexcept;
  void release_place(Origin& origin) noexcept;
  bool place_is_wanted(const Origin& origin) const noexcept;
  void tell(Waiter& waiter) noexcept;
  void serve_soon() noexcept;

  void on_timer() noexcept override;
  // Begins dials where places have become free and resumes the waiters that have something to be told.
  void run() noexcept override;
  void discard() noexcept override { keep_.reset(); }

  EventLoop& loop_;
  const std::shared_ptr<Dialer> dialer_;
  const PoolLimits limits_;
  std::unordered_map<std::string, std::unique_ptr<Origin>> origins_;
  LinkedList<Connection, AtRest> at_rest_;         // of all origins, the longest rest first
  LinkedList<Waiter, struct WithoutPlace> queue_;  // of all origins, first come first
  LinkedList<Origin, struct HasFreePlace> freed_;  // origins that may serve their own waiters
  bool freed_for_all_ = false;                     // all places were taken and one has become free
  LinkedList<Waiter, struct ToBeTold> to_be_told_;
  Gauge open_;
  Gauge resting_;
  Gauge dialing_;
  Gauge queued_;
  std::shared_ptr<ConnectionPool> keep_;  // while posted to the loop
  bool closed_ = false;
};

}  // namespace ppn
