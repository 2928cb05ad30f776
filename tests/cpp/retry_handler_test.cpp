// RetryHandler around functions of any kind. Nothing sleeps here: waits are written down instead.
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

[[noreturn]] void fail_with(int32_t code, int32_t status = 0, ppn::Sent sent = ppn::Sent::none,
                            std::optional<std::chrono::milliseconds> retry_after = std::nullopt) {
  ppn::ErrorDetails details;
  details.code = code;
  details.status = status;
  details.sent = sent;
  details.retry_after = retry_after;
  std::rethrow_exception(ppn::make_exception(std::move(details)));
}

// A function that fails so many times, and then returns how often it was called.
struct Flaky {
  int failures = 0;
  int32_t code = PPN_E_HTTP_UNAVAILABLE;
  int32_t status = 503;
  ppn::Sent sent = ppn::Sent::full;
  std::optional<std::chrono::milliseconds> retry_after = {};
  int calls = 0;

  int operator()() {
    if (++calls <= failures) fail_with(code, status, sent, retry_after);
    return calls;
  }
};

// Waits of a handler whose chance is in the middle: 0.875 of the nominal delay.
struct Waits {
  std::vector<int64_t> ms;

  ppn::RetryHandler& watch(ppn::RetryHandler& handler) {
    return handler.chance([] { return 0.5; }).sleeper([this](std::chrono::milliseconds delay) {
      ms.push_back(delay.count());
      return true;
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(retry_handler, NoLeak)

BOOST_AUTO_TEST_CASE(function_is_called_until_it_succeeds) {
  Waits waits;
  ppn::RetryHandler handler;
  waits.watch(handler);
  for (int failures = 0; failures <= 3; ++failures) {
    Flaky flaky{failures};
    waits.ms.clear();
    BOOST_TEST(handler.run(flaky) == failures + 1);
    const std::vector<int64_t> all{437, 875, 1'750};
    BOOST_TEST(waits.ms == std::vector<int64_t>(all.begin(), all.begin() + failures), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(last_error_reaches_the_caller_as_it_is) {
  Waits waits;
  ppn::RetryHandler handler(2);
  waits.watch(handler);
  Flaky flaky{100};
  BOOST_CHECK_THROW(handler.run(flaky), ppn::ServerError);
  BOOST_TEST(flaky.calls == 3);
  Flaky missing{100, PPN_E_HTTP_NOT_FOUND, 404};
  BOOST_CHECK_THROW(handler.run(missing), ppn::NotFoundError);
  BOOST_TEST(missing.calls == 1);
  Flaky untrusted{100, PPN_E_CERT_UNTRUSTED, 0, ppn::Sent::none};
  BOOST_CHECK_THROW(handler.run(untrusted), ppn::TlsError);
  BOOST_TEST(untrusted.calls == 1);
  int calls = 0;
  BOOST_CHECK_THROW(handler.run([&] {
    ++calls;
    throw std::runtime_error("not of the network");
  }),
                    std::runtime_error);
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(retry_codes_of_the_constructor_replace_the_usual_ones) {
  Waits waits;
  ppn::RetryHandler handler(3, {500, 418});
  waits.watch(handler);
  Flaky teapot{1, PPN_E_HTTP_OTHER_4XX, 418};
  BOOST_TEST(handler.run(teapot) == 2);
  Flaky unavailable{1};
  BOOST_CHECK_THROW(handler.run(unavailable), ppn::ServerError);
}

BOOST_AUTO_TEST_CASE(method_says_what_may_be_done_twice) {
  Waits waits;
  ppn::RetryHandler handler;
  waits.watch(handler);
  const auto calls_of = [&](std::string_view method, bool keyed, int32_t code, int32_t status, ppn::Sent sent) {
    Flaky flaky{1, code, status, sent};
    try {
      handler.run(method, flaky, keyed);
    } catch (const ppn::NetworkError&) {
    }
    return flaky.calls;
  };
  BOOST_TEST(calls_of("POST", false, PPN_E_CONNECTION_RESET, 0, ppn::Sent::full) == 1);
  BOOST_TEST(calls_of("POST", true, PPN_E_CONNECTION_RESET, 0, ppn::Sent::full) == 2);
  BOOST_TEST(calls_of("POST", false, PPN_E_CONNECTION_RESET, 0, ppn::Sent::none) == 2);
  BOOST_TEST(calls_of("POST", true, PPN_E_READ_TIMEOUT, 0, ppn::Sent::full) == 1);
  BOOST_TEST(calls_of("PUT", false, PPN_E_READ_TIMEOUT, 0, ppn::Sent::full) == 2);
  BOOST_TEST(calls_of("POST", false, PPN_E_HTTP_SERVER_ERROR, 500, ppn::Sent::full) == 1);
  BOOST_TEST(calls_of("POST", false, PPN_E_HTTP_TOO_MANY_REQUESTS, 429, ppn::Sent::full) == 2);
}

BOOST_AUTO_TEST_CASE(server_sets_the_delay) {
  Waits waits;
  ppn::RetryHandler handler(1);
  waits.watch(handler);
  Flaky flaky{1, PPN_E_HTTP_TOO_MANY_REQUESTS, 429, ppn::Sent::full, 10s};
  handler.run(flaky);
  BOOST_TEST(waits.ms == std::vector<int64_t>{10'500}, boost::test_tools::per_element());
  Flaky long_one{1, PPN_E_HTTP_TOO_MANY_REQUESTS, 429, ppn::Sent::full, 48h};
  BOOST_CHECK_THROW(handler.run(long_one), ppn::TooManyRequestsError);
  BOOST_TEST(waits.ms.size() == 1U);
}

BOOST_AUTO_TEST_CASE(timeout_ends_the_run_instead_of_a_wait_beyond_it) {
  std::chrono::nanoseconds now = 1'000s;
  std::vector<int64_t> waits;
  ppn::RetryHandler handler(10);
  handler.set("backoff_jitter", "none").timeout(4s);
  handler.clock([&] { return now; }).sleeper([&](std::chrono::milliseconds delay) {
    waits.push_back(delay.count());
    now += delay;
    return true;
  });
  Flaky flaky{100};
  BOOST_CHECK_THROW(handler.run(flaky), ppn::ServerError);
  BOOST_TEST(waits == (std::vector<int64_t>{500, 1'000, 2'000}), boost::test_tools::per_element());
  waits.clear();
  Flaky again{3};  // each run has the whole time
  BOOST_TEST(handler.run(again) == 4);
  waits.clear();
  BOOST_CHECK_THROW(handler.run([&] {
    now += 4s;
    fail_with(PPN_E_CONNECT_FAILED);
  }),
                    ppn::ConnectionError);
  BOOST_TEST(waits.empty());
}

BOOST_AUTO_TEST_CASE(hook_sees_each_error_and_decision_before_the_wait) {
  std::vector<std::string> seen;
  ppn::RetryHandler handler;
  handler.set("backoff_jitter", "none").sleeper([&](std::chrono::milliseconds) {
    seen.push_back("wait");
    return true;
  });
  handler.on_retry([&](const ppn::NetworkError& error, const ppn::RetryDecision& decision) {
    seen.push_back(error.name() + (" " + std::string(ppn::name_of(decision.outcome))) + " " +
                   std::to_string(decision.delay.count()));
  });
  Flaky flaky{2};
  handler.run(flaky);
  BOOST_TEST(seen == (std::vector<std::string>{"HTTP_UNAVAILABLE status_retryable 500", "wait",
                                               "HTTP_UNAVAILABLE status_retryable 1000", "wait"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(decision_is_told_without_a_run) {
  const ppn::RetryHandler handler(1);
  ppn::ErrorDetails details;
  details.code = PPN_E_HTTP_UNAVAILABLE;
  details.status = 503;
  const ppn::NetworkError error(details);
  const ppn::RetryDecision first = handler.decide(error);
  BOOST_TEST((first.retry && first.delay >= 375ms && first.delay <= 500ms));
  const ppn::RetryDecision last = handler.decide(error, "GET", false, 1);
  BOOST_TEST((!last.retry && last.reason == ppn::StopReason::max_retries));
  BOOST_TEST(ppn::name_of(last.reason) == "max_retries");
  const ppn::RetryDecision late = handler.decide(error, "GET", false, 0, -5ms);
  BOOST_TEST((!late.retry && late.reason == ppn::StopReason::deadline));
}

BOOST_AUTO_TEST_CASE(sleeper_that_says_no_cancels_the_run) {
  ppn::RetryHandler handler;
  handler.sleeper([](std::chrono::milliseconds) { return false; });
  Flaky flaky{1};
  BOOST_CHECK_THROW(handler.run(flaky), ppn::CancelledError);
  BOOST_TEST(flaky.calls == 1);
}

BOOST_AUTO_TEST_CASE(cancel_ends_a_wait_at_once) {
  // A day would be waited otherwise. The cancel may come before or inside the wait: both end it.
  ppn::RetryHandler handler;
  handler.set("backoff_factor", 3'600).set("max_backoff_ms", 24h);
  std::promise<void> failing;
  int32_t code = PPN_OK;
  int calls = 0;
  std::thread runner([&] {
    code = code_of([&] {
      handler.run([&] {
        if (++calls == 1) failing.set_value();
        fail_with(PPN_E_CONNECT_FAILED);
      });
    });
  });
  failing.get_future().wait();
  handler.cancel();
  runner.join();
  BOOST_TEST(code == PPN_E_CANCELLED);
  BOOST_TEST(calls == 1);
  Flaky later{0};  // later runs are not concerned
  BOOST_TEST(handler.run(later) == 1);
}

BOOST_AUTO_TEST_CASE(cancel_inside_the_function_ends_the_run_after_it_failed) {
  Waits waits;
  ppn::RetryHandler handler;
  waits.watch(handler);
  const auto code = code_of([&] {
    handler.run([&] {
      handler.cancel();
      fail_with(PPN_E_CONNECT_FAILED);
    });
  });
  BOOST_TEST(code == PPN_E_CANCELLED);
  BOOST_TEST(handler.run([&] {
    handler.cancel();
    return 5;
  }) == 5);
}

BOOST_AUTO_TEST_CASE(nothing_and_what_can_only_be_moved_are_returned_too) {
  const ppn::RetryHandler handler = ppn::RetryHandler(1).set("max_backoff_ms", 0).timeout(5s);
  int calls = 0;
  handler.run([&] {
    if (++calls == 1) fail_with(PPN_E_CONNECT_FAILED);
  });
  BOOST_TEST(calls == 2);
  const std::unique_ptr<int> value = handler.run([] { return std::make_unique<int>(7); });
  BOOST_TEST(*value == 7);
}

BOOST_AUTO_TEST_CASE(real_request_is_repeated_until_the_server_recovers) {
  const ScriptedServer server(
      {Script{}.expect_request().send(
           "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
       Script{}.expect_request().send(http_ok("done"))});
  Waits waits;
  ppn::RetryHandler handler(3, {500, 502, 503});
  waits.watch(handler);
  const ppn::HTTPClient client(ppn::NetworkConfig().set("timeout_ms", 0).set("max_retries", 0));
  const ppn::Response response = handler.run([&] { return client.get(server.url()).raise_for_status(); });
  BOOST_TEST(response.body() == "done");
  BOOST_TEST(waits.ms == std::vector<int64_t>{1'050}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(delay_of_an_error_is_read_from_each_field_of_its_response) {
  const auto delay_of = [](const std::string& fields) {
    const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 503 Busy\r\n" + fields +
                                                                "Content-Length: 0\r\nConnection: close\r\n\r\n")});
    const ppn::HTTPClient client = client_without_retries();
    const auto error = error_of([&] { client.get(server.url()).raise_for_status(); });
    BOOST_REQUIRE(error.has_value());
    return error->retry_after() ? error->retry_after()->count() : -1;
  };
  BOOST_TEST(delay_of("") == -1);
  BOOST_TEST(delay_of("Retry-After: 0\r\n") == 0);
  BOOST_TEST(delay_of("Retry-After: 172800\r\n") == 172'800'000);
  BOOST_TEST(delay_of("Retry-After: soon\r\n") == -1);
  BOOST_TEST(delay_of("Retry-After: 9\r\nRetry-After-Ms: 250.5\r\n") == 251);
  BOOST_TEST(delay_of("Date: Thu, 01 Jan 2009 00:00:00 GMT\r\nRetry-After: Thu, 01 Jan 2009 00:01:30 GMT\r\n") ==
             90'000);
  BOOST_TEST(delay_of("Retry-After: Thu, 01 Jan 2009 00:01:30 GMT\r\n") == 0);
}

BOOST_AUTO_TEST_CASE(values_that_no_option_takes_are_refused) {
  BOOST_CHECK_THROW(ppn::RetryHandler(11), ppn::ConfigError);
  BOOST_CHECK_THROW(ppn::RetryHandler(-1), ppn::ConfigError);
  BOOST_CHECK_THROW(ppn::RetryHandler(1, {200}), ppn::ConfigError);
  ppn::RetryHandler handler;
  BOOST_CHECK_THROW(handler.set("max_backoff_ms", -1ms), ppn::ConfigError);
  BOOST_CHECK_THROW(handler.set("backoff_factor", "nan"), ppn::ConfigError);
  BOOST_CHECK_THROW(handler.set("timeout_ms", 1), ppn::ConfigError);
  const ppn::RetryHandler moved(std::move(handler));
  BOOST_TEST(code_of([&] { handler.set("max_retries", 1); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([&] { handler.run([] { return 1; }); }) == PPN_E_INVALID_ARGUMENT);
  handler.cancel();
}

BOOST_AUTO_TEST_SUITE_END()
