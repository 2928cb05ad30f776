// One policy object for each scope (an origin, an origin with a credential), and never more than a given number: names
// come from users, and a crawler has many. One thread at a time.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"

namespace ppn {

// Value: `bool is_idle(Nanos now)`, whether nothing is lost with it.
template <class Value>
class ScopeMap {
 public:
  explicit ScopeMap(std::size_t max_entries) : max_entries_(max_entries) {}

  // The reference lives until the next call of this function. make() gives a Value.
  template <class Make>
  Value& find_or_add(std::string_view scope, Nanos now, Make make) {
    if (const auto found = index_.find(scope); found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->value;
    }
    if (entries_.size() >= max_entries_) remove_one(now);
    entries_.push_front(Entry{std::string(scope), make()});
    index_.emplace(entries_.front().scope, entries_.begin());
    return entries_.front().value;
  }

  // nullptr: not there. It does not count as a use.
  Value* find(std::string_view scope) noexcept {
    const auto found = index_.find(scope);
    return found != index_.end() ? &found->second->value : nullptr;
  }

  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string scope;
    Value value;
  };
  using Entries = std::list<Entry>;  // the latest used one first

  // The one that was not used for longest, and rather one that is idle; but it does not look at all of them.
  void remove_one(Nanos now) {
    constexpr int kLookedAt = 64;
    auto victim = std::prev(entries_.end());
    auto candidate = victim;
    for (int i = 0; i < kLookedAt; ++i) {
      if (candidate->value.is_idle(now)) {
        victim = candidate;
        break;
      }
      if (candidate == entries_.begin()) break;
      --candidate;
    }
    index_.erase(victim->scope);
    entries_.erase(victim);
  }

  std::size_t max_entries_;
  Entries entries_;
  std::unordered_map<std::string_view, typename Entries::iterator> index_;  // keys lie in the entries
};

}  // namespace ppn
