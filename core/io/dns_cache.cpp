#include "io/dns_cache.hpp"

#include <netdb.h>

#include <utility>

namespace ppn {

bool is_no_such_name(int failure) noexcept {
  return failure == EAI_NONAME || failure == EAI_NODATA || failure == EAI_ADDRFAMILY;
}

std::shared_ptr<const DnsAnswer> DnsCache::find(std::string_view host, const DnsMaxAge& max_age, Nanos now) const {
  const auto known = by_host_.find(host);
  if (known == by_host_.end()) return nullptr;
  const Entry& entry = *known->second;
  const Nanos limit = entry.answer->failure == 0 ? max_age.addresses : max_age.no_such_name;
  return now - entry.stored < limit ? entry.answer : nullptr;
}

void DnsCache::store(const std::string& host, std::shared_ptr<const DnsAnswer> answer, Nanos now) {
  if (answer->failure != 0 && !is_no_such_name(answer->failure)) return;
  forget(host);
  if (entries_.size() >= capacity_) forget(entries_.front().host);
  entries_.push_back({host, std::move(answer), now});
  const auto fresh = std::prev(entries_.end());
  try {
    by_host_.emplace(fresh->host, fresh);
  } catch (...) {
    entries_.erase(fresh);
    throw;
  }
}

void DnsCache::forget(std::string_view host) noexcept {
  const auto known = by_host_.find(host);
  if (known == by_host_.end()) return;
  const auto entry = known->second;
  by_host_.erase(known);
  entries_.erase(entry);
}

}  // namespace ppn
