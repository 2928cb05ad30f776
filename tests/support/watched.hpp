// What a server of the tests has seen, shared between its threads and the test that waits for it.
#pragma once

#include <condition_variable>
#include <mutex>

#include "support/deadline.hpp"

namespace ppn::test {

// `Self` derives from it. Its members are read and changed through these, under the mutex.
template <class Self>
class Watched {
 public:
  template <class Read>
  auto look(Read read) const {
    const std::lock_guard lock(mutex_);
    return read(self());
  }

  // False when the deadline passed first.
  template <class Condition>
  bool wait_for(Deadline deadline, Condition condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [&] { return condition(self()); });
  }

  template <class Change>
  void change(Change apply) {
    {
      const std::lock_guard lock(mutex_);
      apply(static_cast<Self&>(*this));
    }
    changed_.notify_all();
  }

 protected:
  ~Watched() = default;

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

}  // namespace ppn::test
