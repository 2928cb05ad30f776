// The system's resolver, played by a test: answers that were written down, and lookups that hang until they are let go.
#pragma once

#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/resolver.hpp"
#include "support/deadline.hpp"

namespace ppn::test {

class FakeDns {
 public:
  // What a name has: addresses, or a failure. A name that was not told of has none.
  void tell(const std::string& host, std::initializer_list<const char*> addresses) {
    DnsAnswer answer;
    for (const char* text : addresses) answer.addresses.emplace_back(text);
    const std::lock_guard lock(state_->mutex);
    state_->answers[host] = answer;
  }
  void tell_failure(const std::string& host, int failure, int os_errno = 0) {
    DnsAnswer answer;
    answer.failure = failure;
    answer.os_errno = os_errno;
    const std::lock_guard lock(state_->mutex);
    state_->answers[host] = answer;
  }

  // Lookups hang from now on, until release().
  void hold() {
    const std::lock_guard lock(state_->mutex);
    state_->held = true;
  }
  void release() {
    const std::lock_guard lock(state_->mutex);
    state_->held = false;
    state_->changed.notify_all();
  }

  // Names in the order in which lookups began.
  std::vector<std::string> asked() const {
    const std::lock_guard lock(state_->mutex);
    return state_->asked;
  }
  bool wait_for_asked(std::size_t count) const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_until(lock, default_deadline(), [&] { return state_->asked.size() >= count; });
  }

  // Shares all of the above, and lives as long as a thread is inside it.
  Resolver::Lookup lookup() const {
    return [state = state_](const std::string& host) {
      std::unique_lock lock(state->mutex);
      state->asked.push_back(host);
      state->changed.notify_all();
      state->changed.wait(lock, [&] { return !state->held; });
      const auto known = state->answers.find(host);
      if (known != state->answers.end()) return known->second;
      DnsAnswer none;
      none.failure = EAI_NONAME;
      return none;
    };
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, DnsAnswer> answers;
    std::vector<std::string> asked;
    bool held = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace ppn::test
