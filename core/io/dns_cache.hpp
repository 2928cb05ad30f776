// Answers of the system to host names, kept for a while. getaddrinfo tells no time to live, so whoever asks says how old
// an answer may be.
#pragma once

#include <Poco/Net/IPAddress.h>

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace ppn {

// What the system said about one name.
struct DnsAnswer {
  std::vector<Poco::Net::IPAddress> addresses;  // in the order of the system (RFC 6724)
  int failure = 0;                              // an EAI_ number; 0 = there are addresses
  int os_errno = 0;                             // with EAI_SYSTEM
};

// The oldest answers that are good enough; 0 = none is.
struct DnsMaxAge {
  Nanos addresses = 60 * kSecond;
  Nanos no_such_name = 5 * kSecond;
};

// Names are in lower case. Time is an argument.
class DnsCache {
 public:
  explicit DnsCache(std::size_t capacity) noexcept : capacity_(capacity) {}

  // nullptr when there is no answer young enough.
  std::shared_ptr<const DnsAnswer> find(std::string_view host, const DnsMaxAge& max_age, Nanos now) const;
  // The oldest answer makes place. A failure that tells about the resolver rather than the name (EAI_AGAIN: no server
  // answered) is not kept: the next call asks again.
  void store(const std::string& host, std::shared_ptr<const DnsAnswer> answer, Nanos now);
  void forget(std::string_view host) noexcept;
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string host;
    std::shared_ptr<const DnsAnswer> answer;
    Nanos stored = 0;
  };

  const std::size_t capacity_;
  std::list<Entry> entries_;                                        // oldest first
  std::map<std::string_view, std::list<Entry>::iterator> by_host_;  // the keys lie in entries_
};

// Whether the failure says that the name has no address, wherever it is asked.
bool is_no_such_name(int failure) noexcept;

}  // namespace ppn
