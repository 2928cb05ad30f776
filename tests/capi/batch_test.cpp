// Batches: how many at a time, in which order results come, and how a batch ends early.
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "support/deadline.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

using Batch = Owned<ppn_batch, ppn_batch_release>;

Batch make_batch() {
  Batch batch;
  BOOST_REQUIRE_EQUAL(ppn_batch_new(batch.out(), nullptr), PPN_OK);
  return batch;
}

void add(const Batch& batch, const Client& client, std::string_view url) {
  const Request request = make_request(client, "GET", url);
  BOOST_REQUIRE_EQUAL(ppn_batch_add(batch.get(), request.get(), nullptr), PPN_OK);
}

Script answers(int count, const std::string& response = http_ok("x")) {
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

int32_t result_of(const Batch& batch, size_t index, int32_t* status = nullptr) {
  Response response;
  const int32_t code = ppn_batch_result(batch.get(), index, response.out(), nullptr);
  if (status != nullptr) *status = ppn_response_status(response.get());
  return code;
}

template <class Value>
long count_of(const std::vector<Value>& values, Value value) {
  return std::count(values.begin(), values.end(), value);
}

std::vector<size_t> numbers(size_t count, size_t first) {
  std::vector<size_t> all(count);
  std::iota(all.begin(), all.end(), first);
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(batch, NoLeak)

BOOST_AUTO_TEST_CASE(results_are_found_by_the_index_of_their_request) {
  const ScriptedServer good({answers(20)}, {.repeat_last = true});
  const ScriptedServer missing({answers(20, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")}, {.repeat_last = true});
  const std::string refused = ScriptedServer({}).url();
  const Client client = make_client(R"({"max_retries": 0})");
  const Batch many = make_batch();
  for (int i = 0; i < 12; ++i) add(many, client, i % 3 == 0 ? good.url() : i % 3 == 1 ? missing.url() : refused);
  BOOST_TEST(ppn_batch_count(many.get()) == 12U);
  BOOST_TEST(ppn_batch_done(many.get()) == 0U);
  BOOST_TEST(result_of(many, 0) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_batch_run(many.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_done(many.get()) == 12U);
  for (size_t i = 0; i < 12; ++i) {
    int32_t status = -1;
    BOOST_TEST(result_of(many, i, &status) == (i % 3 == 2 ? PPN_E_CONNECT_FAILED : PPN_OK));
    BOOST_TEST(status == (i % 3 == 0 ? 200 : i % 3 == 1 ? 404 : 0));
  }
  BOOST_TEST(result_of(many, 12) == PPN_E_INVALID_ARGUMENT);
  ErrorHandle error;
  Response response;
  BOOST_TEST(ppn_batch_result(many.get(), 2, response.out(), error.out()) == PPN_E_CONNECT_FAILED);
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_CONNECT_FAILED);
  BOOST_TEST((response.get() == nullptr));
}

BOOST_AUTO_TEST_CASE(no_more_requests_than_allowed_are_under_way) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("x")).close()},
                        {.repeat_last = true});
  const Client client = make_client();
  const Batch many = make_batch();
  for (int i = 0; i < 9; ++i) add(many, client, server.url());
  BOOST_TEST(ppn_batch_set_concurrency(many.get(), 3, nullptr) == PPN_OK);
  Watcher watcher;
  std::vector<int> connections;  // when a result is there: those that have ended, and at most three under way
  watcher.in_result = [&](size_t) { connections.push_back(server.connections()); };
  BOOST_TEST(watcher.install(many.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_start(many.get(), nullptr) == PPN_OK);
  BOOST_TEST(server.wait_for_requests(3));
  // Nothing is released yet: a fourth one would have come by now or comes before the first answer.
  BOOST_TEST(server.connections() == 3);
  server.signal("go");
  const Told told = watcher.wait_for_end();
  BOOST_REQUIRE(connections.size() == 9U);
  for (size_t i = 0; i < 9; ++i) BOOST_TEST(connections[i] <= static_cast<int>(i) + 3);
  BOOST_TEST(server.connections() == 9);
  BOOST_TEST((told.done == numbers(9, 1)));
  BOOST_TEST(told.total == 9U);
}

BOOST_AUTO_TEST_CASE(results_come_as_requests_end_and_are_not_kept) {
  ScriptedServer slow({Script{}.expect_request().wait_for_signal("go").send(http_ok("slow"))});
  const ScriptedServer quick({answers(1)});
  const Client client = make_client();
  Batch both = make_batch();
  add(both, client, slow.url());
  add(both, client, quick.url());
  Watcher watcher;
  watcher.in_result = [&](size_t index) {
    if (index == 1) slow.signal("go");
  };
  BOOST_TEST(watcher.install(both.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_run(both.get(), nullptr) == PPN_OK);
  const Told told = watcher.told();
  BOOST_TEST((told.order == std::vector<size_t>{1, 0}));
  BOOST_TEST(told.with_request);
  BOOST_TEST(!told.after_complete);
  BOOST_TEST(told.completions == 1);
  BOOST_TEST(told.destroyed == 1);
  BOOST_TEST(result_of(both, 0) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(batch_without_requests_completes_at_once_but_not_inside_its_start) {
  const Batch empty = make_batch();
  Watcher watcher;
  BOOST_TEST(watcher.install(empty.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_start(empty.get(), nullptr) == PPN_OK);
  const Told told = watcher.wait_for_end();
  BOOST_TEST(told.completions == 1);
  BOOST_TEST(told.order.empty());
  BOOST_TEST(told.done.empty());
  BOOST_TEST(ppn_batch_run(make_batch().get(), nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(first_failure_cancels_the_rest_when_asked_to) {
  for (const bool by_status : {true, false}) {
    const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
    ScriptedServer failing({Script{}.expect_request().wait_for_signal("go").send(
        by_status ? "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" : "no HTTP\r\n\r\n")});
    const Client client = make_client(R"({"max_retries": 0})");
    const Batch many = make_batch();
    for (int i = 0; i < 6; ++i) add(many, client, i == 1 ? failing.url() : silent.url());
    BOOST_TEST(ppn_batch_set_concurrency(many.get(), 3, nullptr) == PPN_OK);
    BOOST_TEST(ppn_batch_set_fail_fast(many.get(), 1, nullptr) == PPN_OK);
    Watcher watcher;
    BOOST_TEST(watcher.install(many.get()) == PPN_OK);
    BOOST_TEST(ppn_batch_start(many.get(), nullptr) == PPN_OK);
    BOOST_TEST(silent.wait_for_requests(2));
    failing.signal("go");
    const Told told = watcher.wait_for_end();
    BOOST_REQUIRE(told.order.size() == 6U);
    BOOST_TEST(told.order[0] == 1U);
    BOOST_TEST(told.codes[0] == (by_status ? PPN_OK : PPN_E_HTTP_PROTOCOL));
    BOOST_TEST(count_of(told.codes, int32_t{PPN_E_CANCELLED}) == 5);
    for (size_t i = 1; i < 6; ++i) BOOST_TEST(told.attempts[i] == (told.order[i] >= 3 ? 0 : 1));
    BOOST_TEST(silent.connections() == 2);
  }
}

BOOST_AUTO_TEST_CASE(failures_do_not_cancel_the_rest_by_themselves) {
  const ScriptedServer server({answers(8, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")}, {.repeat_last = true});
  const Client client = make_client(R"({"max_retries": 0})");
  const Batch many = make_batch();
  for (int i = 0; i < 8; ++i) add(many, client, server.url());
  BOOST_TEST(ppn_batch_run(many.get(), nullptr) == PPN_OK);
  for (size_t i = 0; i < 8; ++i) {
    int32_t status = 0;
    BOOST_TEST(result_of(many, i, &status) == PPN_OK);
    BOOST_TEST(status == 500);
  }
}

BOOST_AUTO_TEST_CASE(deadline_ends_what_runs_and_what_was_not_begun) {
  const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const Client client = make_client();
  const Batch many = make_batch();
  for (int i = 0; i < 5; ++i) add(many, client, silent.url());
  BOOST_TEST(ppn_batch_set_concurrency(many.get(), 2, nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_set_timeout_ms(many.get(), 30, nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_run(many.get(), nullptr) == PPN_OK);
  for (size_t i = 0; i < 5; ++i) {
    Response response;
    ErrorHandle error;
    BOOST_TEST(ppn_batch_result(many.get(), i, response.out(), error.out()) == PPN_E_TIMEOUT);
    BOOST_TEST(ppn_error_attempts(error.get()) == (i < 2 ? 1 : 0));
    BOOST_TEST(std::string(ppn_error_message(error.get())) == "the batch was not complete within 30 ms");
    BOOST_TEST(ppn_error_is_timeout(error.get()) == 1);
  }
}

BOOST_AUTO_TEST_CASE(batch_is_cancelled_from_a_callback_and_from_outside) {
  for (const bool inside : {true, false}) {
    const ScriptedServer quick({answers(1)});
    const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
    const Client client = make_client();
    const Batch many = make_batch();
    if (inside) add(many, client, quick.url());
    for (int i = 0; i < 20; ++i) add(many, client, silent.url());
    Watcher watcher;
    watcher.in_result = [&](size_t) { ppn_batch_cancel(many.get()); };
    BOOST_TEST(watcher.install(many.get()) == PPN_OK);
    BOOST_TEST(ppn_batch_start(many.get(), nullptr) == PPN_OK);
    if (!inside) {
      BOOST_TEST(silent.wait_for_requests(8));
      BOOST_TEST(ppn_batch_cancel(many.get()) == PPN_OK);
    }
    const Told told = watcher.wait_for_end();
    BOOST_TEST(count_of(told.codes, int32_t{PPN_E_CANCELLED}) == 20);
    BOOST_TEST(told.completions == 1);
    BOOST_TEST(ppn_batch_cancel(many.get()) == PPN_OK);  // once more is nothing
  }
}

BOOST_AUTO_TEST_CASE(cancelled_batch_can_not_be_started) {
  const Batch never = make_batch();
  Watcher watcher;
  BOOST_TEST(watcher.install(never.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_cancel(never.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_start(never.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(watcher.told().completions == 0);
}

BOOST_AUTO_TEST_CASE(request_that_was_begun_or_added_before_is_refused) {
  const ScriptedServer server({answers(4)}, {.repeat_last = true});
  const Client client = make_client();
  const Batch one = make_batch();
  const Batch two = make_batch();
  const Request sent = make_request(client, "GET", server.url());
  Response response;
  BOOST_TEST(ppn_request_send(sent.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_add(one.get(), sent.get(), nullptr) == PPN_E_INVALID_STATE);
  const Request added = make_request(client, "GET", server.url());
  BOOST_TEST(ppn_batch_add(one.get(), added.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_add(one.get(), added.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_batch_add(two.get(), added.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_start(added.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_set_header(added.get(), "X-Late", 6, "yes", 3, nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_count(one.get()) == 1U);
  BOOST_TEST(ppn_batch_run(one.get(), nullptr) == PPN_OK);
  BOOST_TEST(result_of(one, 0) == PPN_OK);
  BOOST_TEST(server.requests().back().find("X-Late: yes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(started_batch_can_not_be_described_or_started_again) {
  const ScriptedServer server({answers(1)});
  const Client client = make_client();
  const Batch done = make_batch();
  add(done, client, server.url());
  BOOST_TEST(ppn_batch_run(done.get(), nullptr) == PPN_OK);
  const Request late = make_request(client, "GET", server.url());
  Watcher watcher;
  BOOST_TEST(ppn_batch_add(done.get(), late.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_batch_set_concurrency(done.get(), 1, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_batch_set_timeout_ms(done.get(), 1, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_batch_set_fail_fast(done.get(), 1, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(watcher.install(done.get()) == PPN_E_INVALID_STATE);
  BOOST_TEST(watcher.told().destroyed == 0);
  BOOST_TEST(ppn_batch_run(done.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_batch_start(done.get(), nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(value_of_a_batch_that_is_out_of_range_is_refused) {
  const Batch empty = make_batch();
  for (const int64_t requests : {int64_t{0}, int64_t{-1}, int64_t{1'001}, INT64_MAX, INT64_MIN}) {
    BOOST_TEST(ppn_batch_set_concurrency(empty.get(), requests, nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(ppn_batch_set_concurrency(empty.get(), 1'000, nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_set_timeout_ms(empty.get(), -1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_batch_set_timeout_ms(empty.get(), INT64_MAX, nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_set_fail_fast(empty.get(), 2, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_batch_run(empty.get(), nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(null_and_released_batches_are_recognised) {
  Batch gone = make_batch();
  ppn_batch* const released = gone.get();
  gone.reset();
  const Client client = make_client();
  const Request request = make_request(client, "GET", "http://127.0.0.1:9/");
  for (ppn_batch* batch : {released, static_cast<ppn_batch*>(nullptr)}) {
    const int32_t wanted = batch == nullptr ? PPN_E_INVALID_ARGUMENT : PPN_E_INVALID_STATE;
    Response response;
    BOOST_TEST(ppn_batch_add(batch, request.get(), nullptr) == wanted);
    BOOST_TEST(ppn_batch_set_concurrency(batch, 1, nullptr) == wanted);
    BOOST_TEST(ppn_batch_set_timeout_ms(batch, 1, nullptr) == wanted);
    BOOST_TEST(ppn_batch_set_fail_fast(batch, 1, nullptr) == wanted);
    BOOST_TEST(ppn_batch_set_callbacks(batch, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) == wanted);
    BOOST_TEST(ppn_batch_run(batch, nullptr) == wanted);
    BOOST_TEST(ppn_batch_start(batch, nullptr) == wanted);
    BOOST_TEST(ppn_batch_cancel(batch) == wanted);
    BOOST_TEST(ppn_batch_count(batch) == 0U);
    BOOST_TEST(ppn_batch_done(batch) == 0U);
    BOOST_TEST(ppn_batch_result(batch, 0, response.out(), nullptr) == wanted);
    BOOST_TEST((ppn_batch_acquire(batch) == nullptr));
    ppn_batch_release(batch);
  }
  const Batch empty = make_batch();
  BOOST_TEST(ppn_batch_add(empty.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_batch_new(nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_batch_result(empty.get(), 0, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(blocking_batch_inside_a_callback_would_deadlock) {
  const ScriptedServer server({answers(1)});
  const Client client = make_client();
  const Batch outer = make_batch();
  const Batch inner = make_batch();
  add(outer, client, server.url());
  Watcher watcher;
  int32_t code = -1;
  watcher.in_result = [&](size_t) { code = ppn_batch_run(inner.get(), nullptr); };
  BOOST_TEST(watcher.install(outer.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_run(outer.get(), nullptr) == PPN_OK);
  BOOST_TEST(code == PPN_E_WOULD_DEADLOCK);
  BOOST_TEST(ppn_batch_run(inner.get(), nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(released_batch_goes_on_and_calls_back) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("x"))});
  Watcher watcher;
  {
    const Client client = make_client();
    const Batch one = make_batch();
    add(one, client, server.url());
    BOOST_TEST(watcher.install(one.get()) == PPN_OK);
    BOOST_TEST(ppn_batch_start(one.get(), nullptr) == PPN_OK);
    BOOST_TEST(server.wait_for_requests(1));
  }
  server.signal("go");
  const Told told = watcher.wait_for_end();
  BOOST_TEST((told.statuses == std::vector<int32_t>{200}));
}

BOOST_AUTO_TEST_CASE(shutdown_completes_a_running_batch) {
  const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const Client client = make_client();
  const Batch many = make_batch();
  for (int i = 0; i < 50; ++i) add(many, client, silent.url());
  Watcher watcher;
  BOOST_TEST(watcher.install(many.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_start(many.get(), nullptr) == PPN_OK);
  BOOST_TEST(silent.wait_for_requests(8));
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  const Told told = watcher.told();
  BOOST_TEST(told.destroyed == 1);
  BOOST_TEST(count_of(told.codes, int32_t{PPN_E_CANCELLED}) == 50);
}

BOOST_AUTO_TEST_CASE(callbacks_of_a_request_come_before_its_result) {
  const ScriptedServer server({answers(1, http_ok("body"))});
  const Client client = make_client();
  const Batch one = make_batch();
  const Request request = make_request(client, "GET", server.url());
  struct Own {
    std::string data;
    int completed = 0;
    int completed_before_result = 0;
  } own;
  const auto on_data = [](void* user, ppn_request*, const uint8_t* bytes, size_t length) -> int32_t {
    static_cast<Own*>(user)->data.append(reinterpret_cast<const char*>(bytes), length);
    return PPN_CB_CONTINUE;
  };
  const auto on_complete = [](void* user, ppn_request*, ppn_response*, const ppn_error*) {
    ++static_cast<Own*>(user)->completed;
  };
  BOOST_TEST(ppn_request_set_callbacks(request.get(), nullptr, on_data, on_complete, &own, nullptr, nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_add(one.get(), request.get(), nullptr) == PPN_OK);
  Watcher watcher;
  watcher.in_result = [&](size_t) { own.completed_before_result = own.completed; };
  BOOST_TEST(watcher.install(one.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_run(one.get(), nullptr) == PPN_OK);
  BOOST_TEST(own.data == "body");
  BOOST_TEST(own.completed_before_result == 1);
}

BOOST_AUTO_TEST_CASE(request_that_is_cancelled_before_its_turn_is_not_begun) {
  const ScriptedServer server({answers(2)});
  const Client client = make_client();
  const Batch two = make_batch();
  add(two, client, server.url());
  const Request cancelled = make_request(client, "GET", server.url());
  BOOST_TEST(ppn_batch_add(two.get(), cancelled.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_cancel(cancelled.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_run(two.get(), nullptr) == PPN_OK);
  BOOST_TEST(result_of(two, 0) == PPN_OK);
  BOOST_TEST(result_of(two, 1) == PPN_E_CANCELLED);
  BOOST_TEST(server.requests().size() == 1U);
}

// They fail at once, so each would start the next one from within its own end if that were how it works.
BOOST_AUTO_TEST_CASE(hundred_thousand_requests_that_fail_at_once_end_in_order) {
  const size_t count = 100'000;
  const Client client = make_client();
  Batch many = make_batch();
  for (size_t i = 0; i < count; ++i) add(many, client, "http://127.0.0.1:9/");
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
  struct Seen {
    size_t next = 0;
    size_t wrong = 0;
    int64_t live_at_half = 0;
    int64_t live_at_end = 0;
  } seen;
  const auto on_result = [](void* user, size_t index, ppn_request*, ppn_response*, const ppn_error* error) {
    Seen& self = *static_cast<Seen*>(user);
    if (index != self.next++ || ppn_error_code(error) != PPN_E_CLIENT_CLOSED) ++self.wrong;
    if (index == 50'000) self.live_at_half = ppn_debug_live_objects();
    if (index == 99'999) self.live_at_end = ppn_debug_live_objects();
  };
  BOOST_TEST(ppn_batch_set_callbacks(many.get(), on_result, nullptr, nullptr, &seen, nullptr, nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_run(many.get(), nullptr) == PPN_OK);
  BOOST_TEST(seen.next == count);
  BOOST_TEST(seen.wrong == 0U);
  // What was handed out is gone: two objects a request, the request and its call, but for the one in hand.
  BOOST_TEST(seen.live_at_half < 100'100);
  BOOST_TEST(seen.live_at_end < 100);
}

BOOST_AUTO_TEST_SUITE_END()
