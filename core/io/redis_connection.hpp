// One connection to Redis on a thread that may block, but never beyond a deadline. hiredis writes the commands and reads
// the replies; the socket is ours, because hiredis has a timeout for each read but none for a whole reply, writes with
// SIGPIPE, and leaves passwords in its buffers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "io/address.hpp"
#include "io/redis_place.hpp"
#include "io/redis_reader.hpp"
#include "io/redis_reply.hpp"
#include "io/redis_script.hpp"
#include "io/wake_event.hpp"

namespace ppn {

class RedisConnection {
 public:
  // Why something failed: one line, without secrets. Nothing when it did not.
  using Problem = std::optional<std::string>;
  // The problem of a wait that Woken gave up.
  static constexpr std::string_view kGivenUp = "given up";
  // Called when the event was set during a wait. False gives up.
  using Woken = std::function<bool()>;

  RedisConnection(const RedisPlace& place, std::shared_ptr<WakeEvent> wake, Woken woken);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Connects, gives the password, selects the database and loads the script.
  Problem open(Nanos deadline);
  void close() noexcept;
  // The peer has neither closed nor said anything unasked.
  bool usable() const noexcept;
  // What Redis calls the script. Empty before the first open.
  const std::string& digest() const noexcept { return digest_; }

  // Sends all commands and reads a reply for each, in their order. With a problem, `replies` are those that came before
  // it, and the connection is of no use any more.
  Problem exchange(const std::vector<RedisCommand>& commands, std::vector<RedisReply>& replies, Nanos deadline);

 private:
  struct Lookup;
  enum class Waited : std::uint8_t { ready, late, given_up };

  Waited wait(short events, Nanos deadline, short& seen);
  Problem find_addresses(Nanos deadline, Addresses& addresses);
  Problem connect(const Poco::Net::SocketAddress& address, Nanos deadline);
  Problem greet(Nanos deadline);
  Problem exchange_bytes(std::string_view out, std::size_t count, std::vector<RedisReply>& replies, Nanos deadline);
  Problem receive();

  const RedisPlace& place_;
  const std::shared_ptr<WakeEvent> wake_;
  const Woken woken_;
  std::shared_ptr<Lookup> lookup_;  // under way, or not asked for yet
  std::unique_ptr<RedisReader> reader_;
  std::string digest_;
  int socket_ = -1;
};

}  // namespace ppn
