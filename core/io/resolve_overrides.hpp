// Addresses that the user gives for names, so that nobody is asked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/address.hpp"

namespace ppn {

// "host:port:address,host:port:address", IPv6 addresses in brackets or not. Entries of the same host and port add up;
// an address alone belongs to the entry before it ("host:port:address,address", as curl takes it), IPv6 in brackets
// then. The host "*" stands for every host.
class ResolveOverrides {
 public:
  // Error: config_error.
  static Result<ResolveOverrides> parse(std::string_view text);
  // In the order of the text; empty when there is none. Entries of the host itself go before those of "*".
  Addresses find(std::string_view host, std::uint16_t port) const;

 private:
  struct Entry {
    std::string host;
    std::uint16_t port;
    Poco::Net::SocketAddress address;
  };
  std::vector<Entry> entries_;
};

}  // namespace ppn
