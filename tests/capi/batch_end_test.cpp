// Batches that end early: by a failure, by their deadline, by cancellation, and with the runtime.
#include <string>
#include <vector>

#include "capi/batch_watcher.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(batch, NoLeak)

BOOST_AUTO_TEST_CASE(first_failure_cancels_the_rest_when_asked_to) {
  for (const bool by_status : {true, false}) {
    const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
    ScriptedServer failing({Script{}.expect_request().wait_for_signal("go").send(
        by_status ? "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" : "no HTTP at all\r\n\r\n")});
    const Client client = make_client_without_retries();
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
  const Client client = make_client_without_retries();
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
  Watcher watcher;  // outlives the batch, which ends it
  const Batch never = make_batch();
  BOOST_TEST(watcher.install(never.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_cancel(never.get()) == PPN_OK);
  BOOST_TEST(ppn_batch_start(never.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(watcher.told().completions == 0);
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

BOOST_AUTO_TEST_SUITE_END()
