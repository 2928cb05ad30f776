// Batches of requests as C++ sees them.
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

Script answers(int count, const std::string& response = http_ok("x")) {
  Script script;
  for (int i = 0; i < count; ++i) script.expect_request().send(response);
  return script.wait_for_peer_close();
}

const char* const missing = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(batch, NoLeak)

BOOST_AUTO_TEST_CASE(results_are_in_the_order_of_the_requests) {
  const ScriptedServer good({answers(10, http_ok("xy"))}, {.repeat_last = true});
  const ScriptedServer bad({answers(10, missing)}, {.repeat_last = true});
  const ppn::HTTPClient client;
  ppn::Batch batch;
  for (int i = 0; i < 9; ++i) {
    ppn::Request request = client.request("GET", i % 3 == 1 ? bad.url() : good.url());
    if (i % 3 == 2) request.option("max_response_bytes", 1);
    batch.add(std::move(request));
  }
  std::vector<ppn::Completion> results = batch.concurrency(4).timeout(60s).run();
  BOOST_REQUIRE(results.size() == 9U);
  BOOST_TEST(batch.done() == 9U);
  for (int i = 0; i < 9; ++i) {
    ppn::Completion& result = results[static_cast<std::size_t>(i)];
    if (i % 3 == 2) {
      BOOST_TEST(code_of([&] { std::move(result).get(); }) == PPN_E_BODY_TOO_LARGE);
    } else {
      BOOST_TEST(std::move(result).get().status() == (i % 3 == 0 ? 200 : 404));
    }
  }
  BOOST_TEST(batch.result(0).get().text() == "xy");
  BOOST_TEST(code_of([&] { batch.result(9); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([&] { batch.run(); }) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(lambdas_get_results_progress_and_the_end) {
  const ScriptedServer server({answers(5)}, {.repeat_last = true});
  const ppn::HTTPClient client;
  ppn::Batch batch;
  for (int i = 0; i < 5; ++i) batch.add(client.request("GET", server.url()));
  std::vector<int> statuses;
  std::vector<std::size_t> done;
  int ends = 0;
  batch.on_result([&](std::size_t, ppn::Completion result) { statuses.push_back(std::move(result).get().status()); })
      .on_progress([&](std::size_t now, std::size_t total) { done.push_back(now * 10 + total); })
      .on_complete([&] { ++ends; });
  BOOST_TEST(batch.run().empty());
  BOOST_TEST((statuses == std::vector<int>(5, 200)));
  BOOST_TEST((done == std::vector<std::size_t>{15, 25, 35, 45, 55}));
  BOOST_TEST(ends == 1);
  BOOST_TEST(code_of([&] { batch.result(0); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([&] { batch.on_complete([] {}); }) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(lambda_that_throws_cancels_the_batch_and_is_thrown_by_run) {
  const ScriptedServer quick({answers(1)});
  const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const ppn::HTTPClient client;
  ppn::Batch batch;
  batch.add(client.request("GET", quick.url()));
  for (int i = 0; i < 12; ++i) batch.add(client.request("GET", silent.url()));
  int cancelled = 0;
  batch.on_result([&](std::size_t index, const ppn::Completion& result) {
    if (index == 0) throw std::runtime_error("mine");
    try {
      std::rethrow_exception(result.error);
    } catch (const ppn::CancelledError&) {
      ++cancelled;
    }
  });
  BOOST_CHECK_EXCEPTION(batch.run(), std::runtime_error,
                        [](const std::runtime_error& error) { return std::string(error.what()) == "mine"; });
  BOOST_TEST(cancelled == 12);
}

BOOST_AUTO_TEST_CASE(what_the_lambda_of_a_request_throws_is_its_result) {
  const ScriptedServer server({answers(1)}, {.repeat_last = true});
  const ppn::HTTPClient client;
  ppn::Batch batch;
  batch.add(client.request("GET", server.url()).on_data([](std::string_view) { throw std::runtime_error("mine"); }));
  batch.add(client.request("GET", server.url()));
  std::vector<ppn::Completion> results = batch.run();
  BOOST_CHECK_THROW(std::move(results[0]).get(), std::runtime_error);
  BOOST_TEST(std::move(results[1]).get().status() == 200);
}

BOOST_AUTO_TEST_CASE(first_failure_and_the_deadline_end_the_rest) {
  const ScriptedServer bad({answers(1, missing)});
  const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const ppn::HTTPClient client;
  ppn::Batch quick;
  quick.add(client.request("GET", bad.url())).add(client.request("GET", silent.url())).fail_fast();
  std::vector<ppn::Completion> failed = quick.run();
  BOOST_TEST(std::move(failed[0]).get().status() == 404);
  BOOST_TEST(code_of([&] { std::move(failed[1]).get(); }) == PPN_E_CANCELLED);
  ppn::Batch late;
  late.add(client.request("GET", silent.url()));
  std::vector<ppn::Completion> timed_out = late.timeout(20ms).run();
  BOOST_CHECK_THROW(std::move(timed_out[0]).get(), ppn::TimeoutError);
}

BOOST_AUTO_TEST_CASE(batch_that_is_destroyed_goes_on) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("x"))});
  std::promise<int> status;
  {
    const ppn::HTTPClient client;
    ppn::Batch batch;
    batch.add(client.request("GET", server.url()));
    batch.on_result([&](std::size_t, ppn::Completion result) { status.set_value(std::move(result).get().status()); });
    batch.start();
    BOOST_TEST(server.wait_for_requests(1));
  }
  server.signal("go");
  BOOST_TEST(status.get_future().get() == 200);
}

BOOST_AUTO_TEST_CASE(batch_that_is_never_started_ends_its_lambdas) {
  const auto held = std::make_shared<int>(1);
  const ppn::HTTPClient client;
  {
    ppn::Batch batch;
    batch.add(client.request("GET", "http://127.0.0.1:9/")).on_complete([held] {});
    BOOST_TEST(held.use_count() == 2);
  }
  BOOST_TEST(held.use_count() == 1);
  {
    ppn::Batch cancelled;
    cancelled.on_complete([held] {});
    cancelled.cancel();
    BOOST_TEST(code_of([&] { cancelled.start(); }) == PPN_E_INVALID_STATE);
  }
  BOOST_TEST(held.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(request_that_was_sent_is_refused_and_leaves_the_batch_as_it_was) {
  const ScriptedServer server({answers(2)});
  const ppn::HTTPClient client;
  ppn::Request sent = client.request("GET", server.url());
  sent.send();
  ppn::Batch batch;
  BOOST_TEST(code_of([&] { batch.add(std::move(sent)); }) == PPN_E_INVALID_STATE);
  batch.add(client.request("GET", server.url()));
  BOOST_TEST(batch.size() == 1U);
  BOOST_TEST(batch.run().at(0).response->status() == 200);
  BOOST_TEST(code_of([&] { batch.concurrency(0); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([] { ppn::Batch().concurrency(0); }) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_SUITE_END()
