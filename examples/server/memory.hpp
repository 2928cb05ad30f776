// What a route remembers from one request to the next.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace ai_server {

// One state for each key. Bounded: a key beyond the last `most_keys` new ones is forgotten and starts anew.
template <class State>
class Memory {
 public:
  // Calls use(state) while no other thread uses a state of this memory; `first` is the state of a new key.
  template <class Use>
  auto with(const std::string& key, State first, Use use) {
    const std::lock_guard lock(mutex_);
    const auto [at, is_new] = states_.try_emplace(key, std::move(first));
    if (is_new) {
      order_.push_back(key);
      if (order_.size() > most_keys) {
        states_.erase(order_.front());
        order_.pop_front();
      }
    }
    return use(at->second);
  }

 private:
  static constexpr std::size_t most_keys = 1024;

  std::mutex mutex_;
  std::map<std::string, State> states_;
  std::deque<std::string> order_;
};

}  // namespace ai_server
