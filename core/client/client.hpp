// A client: options that do not change, a pool of connections, and the I/O thread they belong to.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "base/live_objects.hpp"
#include "base/result.hpp"
#include "client/options.hpp"

namespace ppn {

class Call;
class ConnectionPool;
class EventLoop;
class Runtime;
class TlsContext;

// Thread: any, unless a function says otherwise.
class Client : public std::enable_shared_from_this<Client> {
 public:
  // Reads files of certificates that the options name. Errors: config_error.
  static Result<std::shared_ptr<Client>> create(Options options);
  ~Client();

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const Options& options() const noexcept { return options_; }

  // Later calls fail with client_closed, running ones with cancelled. Returns at once.
  void close();
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

 private:
  friend class Call;
  struct LoopSide;

  explicit Client(Options options);

  // The trust store of the system is read with the first https request, by the thread that starts it.
  Result<std::shared_ptr<TlsContext>> tls_context();

  const Options options_;
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::shared_ptr<TlsContext> tls_;      // guarded by mutex_
  std::shared_ptr<LoopSide> loop_side_;  // guarded by mutex_; its inside belongs to the loop
  LiveObject live_;
};

}  // namespace ppn
