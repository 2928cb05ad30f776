// What the tests of batches share.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "capi/no_retries.hpp"
#include "support/deadline.hpp"
#include "support/script.hpp"

namespace ppn::test {

using Batch = Owned<ppn_batch, ppn_batch_release>;

inline Batch make_batch() {
  Batch batch;
  BOOST_REQUIRE_EQUAL(ppn_batch_new(batch.out(), nullptr), PPN_OK);
  return batch;
}

inline void add(const Batch& batch, const Client& client, std::string_view url) {
  const Request request = make_request(client, "GET", url);
  BOOST_REQUIRE_EQUAL(ppn_batch_add(batch.get(), request.get(), nullptr), PPN_OK);
}

inline Script answers(int count, const std::string& response = http_ok("x")) {
  Script script;
  for (int i = 0; i < count; ++i) script.expect_request().send(response);
  return script.wait_for_peer_close();
}

struct Told {
  std::vector<size_t> order;
  std::vector<int32_t> codes;     // as order
  std::vector<int32_t> statuses;  // as order
  std::vector<int32_t> attempts;  // of errors, as order; 0 without one
  std::vector<size_t> done;
  size_t total = 0;
  int completions = 0;
  int destroyed = 0;
  bool with_request = true;
  bool after_complete = false;
};

class Watcher {
 public:
  std::function<void(size_t)> in_result = [](size_t) {};

  int32_t install(ppn_batch* batch, bool results = true, ppn_error** error = nullptr) {
    return ppn_batch_set_callbacks(batch, results ? on_result : ppn_batch_result_fn{nullptr}, on_progress, on_complete,
                                   this, on_destroy, error);
  }

  Told told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  Told wait_for_end() {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_until(lock, default_deadline(), [&] { return told_.destroyed > 0; }));
    return told_;
  }

 private:
  static void on_result(void* user, size_t index, ppn_request* request, ppn_response* response,
                        const ppn_error* error) {
    Watcher& self = *static_cast<Watcher*>(user);
    {
      const std::lock_guard lock(self.mutex_);
      Told& told = self.told_;
      told.order.push_back(index);
      told.codes.push_back(ppn_error_code(error));
      told.statuses.push_back(ppn_response_status(response));
      told.attempts.push_back(ppn_error_attempts(error));
      told.with_request &= request != nullptr;
      told.after_complete |= told.completions > 0;
    }
    self.in_result(index);
  }
  static void on_progress(void* user, size_t done, size_t total) {
    Watcher& self = *static_cast<Watcher*>(user);
    const std::lock_guard lock(self.mutex_);
    self.told_.done.push_back(done);
    self.told_.total = total;
    self.told_.after_complete |= self.told_.completions > 0;
  }
  static void on_complete(void* user) {
    Watcher& self = *static_cast<Watcher*>(user);
    const std::lock_guard lock(self.mutex_);
    ++self.told_.completions;
  }
  static void on_destroy(void* user) {
    Watcher& self = *static_cast<Watcher*>(user);
    const std::lock_guard lock(self.mutex_);
    ++self.told_.destroyed;
    self.changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Told told_;
};

inline int32_t result_of(const Batch& batch, size_t index, int32_t* status = nullptr) {
  Response response;
  const int32_t code = ppn_batch_result(batch.get(), index, response.out(), nullptr);
  if (status != nullptr) *status = ppn_response_status(response.get());
  return code;
}

template <class Value>
long count_of(const std::vector<Value>& values, Value value) {
  return std::count(values.begin(), values.end(), value);
}

}  // namespace ppn::test
