// Keys of the realtime route that open one connection each: a client that connects anew has to come with a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>

namespace ai_server {

class ClientSecrets {
 public:
  std::string issue() {
    const std::lock_guard lock(mutex_);
    char text[32];
    std::snprintf(text, sizeof text, "ek-%08llu", static_cast<unsigned long long>(++count_));
    unused_.emplace_back(text);
    if (unused_.size() > most_unused) unused_.pop_front();
    return text;
  }

  // False: there is no such secret, or not any more.
  bool use(const std::string& secret) {
    const std::lock_guard lock(mutex_);
    return std::erase(unused_, secret) > 0;
  }

 private:
  static constexpr std::size_t most_unused = 1024;

  std::mutex mutex_;
  std::deque<std::string> unused_;
  std::uint64_t count_ = 0;
};

}  // namespace ai_server
