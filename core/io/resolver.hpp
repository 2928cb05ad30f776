// Resolves host names off the loop: numeric addresses at once, names of the override table at once, the rest by
// getaddrinfo on a few threads, so that everything the system's configuration says is honoured.
#pragma once

#include <Poco/Net/SocketAddress.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/wait.hpp"

namespace ppn {

using Addresses = std::vector<Poco::Net::SocketAddress>;

// Host and port pairs that are never looked up: "host:port:address,host:port:address", IPv6 addresses in brackets.
class ResolveOverrides {
 public:
  // Error: config_error.
  static Result<ResolveOverrides> parse(std::string_view text);
  // nullptr when there is none.
  const Poco::Net::SocketAddress* find(std::string_view host, std::uint16_t port) const noexcept;

 private:
  struct Entry {
    std::string host;
    std::uint16_t port;
    Poco::Net::SocketAddress address;
  };
  std::vector<Entry> entries_;
};

class Resolver {
 public:
  Resolver();
  // Threads inside getaddrinfo can not be stopped: their answers are dropped and the threads end by themselves.
  ~Resolver();

  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // In the order of the system (RFC 6724). Errors: dns_failed, dns_timeout (the deadline), the interruption of the
  // token.
  Task<Result<Addresses>> resolve(std::string host, std::uint16_t port, Token& token, Nanos deadline);

 private:
  struct Query;
  struct Shared;
  static void work(std::shared_ptr<Shared> shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace ppn
