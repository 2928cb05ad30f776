// Resolves host names off the loop: numeric addresses at once, names that were asked a short while ago from a cache, the
// rest by getaddrinfo on a few threads, so that everything the system's configuration says is honoured.
//
// Vocabulary. A query is one name put to the system; an asker is one call that waits for it. Calls that ask for a name
// that is being asked join its query. A call that leaves early (deadline, cancellation) leaves the query behind, and the
// answer goes into the cache; a query that no thread has begun ends with its last asker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/address.hpp"
#include "io/dns_cache.hpp"
#include "io/wait.hpp"

namespace ppn {

// Thread: any loop; several loops may share one resolver.
class Resolver {
 public:
  // Asks the system for one name. Called on threads of the resolver, several at once; may block as long as it likes.
  using Lookup = std::function<DnsAnswer(const std::string& host)>;
  using Clock = Nanos (*)() noexcept;

  Resolver();  // getaddrinfo
  explicit Resolver(Lookup lookup, Clock clock = monotonic_now);
  // Threads inside a lookup can not be stopped: their answers are dropped and the threads end by themselves.
  ~Resolver();

  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // In the order of the system (RFC 6724). Errors: dns_failed (retryable unless the name has no address), dns_timeout
  // (the deadline), the interruption of the token.
  Task<Result<Addresses>> resolve(std::string host, std::uint16_t port, DnsMaxAge max_age, Token& token,
                                  Nanos deadline);

  // Drops what the cache holds about a name whose addresses lead nowhere.
  void forget(std::string_view host);

  // How many names were put to the system so far.
  std::uint64_t lookups() const;

 private:
  struct Asker;
  struct Query;
  struct Shared;
  class Question;
  static void work(std::shared_ptr<Shared> shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace ppn
