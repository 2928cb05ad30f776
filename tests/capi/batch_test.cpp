// Batches: how many at a time, and in which order results come.
#include <numeric>
#include <string>
#include <vector>

#include "capi/batch_watcher.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

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
  const Client client = make_client();
  const Client closed = make_client();
  const Batch many = make_batch();
  for (int i = 0; i < 12; ++i) {
    add(many, i % 3 == 2 ? closed : client, i % 3 == 1 ? missing.url() : good.url());
  }
  BOOST_TEST(ppn_client_close(closed.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_count(many.get()) == 12U);
  BOOST_TEST(ppn_batch_done(many.get()) == 0U);
  BOOST_TEST(result_of(many, 0) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_batch_run(many.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_done(many.get()) == 12U);
  for (size_t i = 0; i < 12; ++i) {
    int32_t status = -1;
    BOOST_TEST(result_of(many, i, &status) == (i % 3 == 2 ? PPN_E_CLIENT_CLOSED : PPN_OK));
    BOOST_TEST(status == (i % 3 == 0 ? 200 : i % 3 == 1 ? 404 : 0));
  }
  BOOST_TEST(result_of(many, 12) == PPN_E_INVALID_ARGUMENT);
  ErrorHandle error;
  Response response;
  BOOST_TEST(ppn_batch_result(many.get(), 2, response.out(), error.out()) == PPN_E_CLIENT_CLOSED);
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_CLIENT_CLOSED);
  BOOST_TEST((response.get() == nullptr));
}

BOOST_AUTO_TEST_CASE(no_more_requests_than_allowed_are_under_way) {
  ScriptedServer server(
      {Script{}.expect_request().wait_for_signal("go").send(http_ok("x", "Connection: close\r\n")).close()},
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
