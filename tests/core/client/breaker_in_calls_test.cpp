// The circuit breaker inside calls (SEMANTICS 3.11): when it refuses, what it lets through, and what it counts.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/client/answers.hpp"
#include "core/client/engine.hpp"
#include "core/client/until.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

// Opens after two failures.
std::shared_ptr<Client> guarded_client(std::int64_t open_ms, const std::function<void(Options&)>& adjust = {}) {
  return make_client([&](Options& options) {
    options.breaker.enabled = true;
    options.breaker.min_calls = 2;
    options.breaker.connect_failures = 2;
    options.breaker.open_ms = open_ms;
    options.request.timeout_ms = 10'000;
    if (adjust) adjust(options);
  });
}

constexpr std::int64_t kLong = 60'000;

Script breaking() {
  return Script{}.expect_request().reset();
}

class Changes final : public CallListener {
 public:
  void on_call_event(const CallEvent& event) noexcept override {
    const std::lock_guard lock(mutex_);
    if (event.type == CallEventType::breaker && event.code == ErrorCode::ok) seen_.emplace_back(event.detail);
  }
  std::vector<std::string> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(breaker_in_calls, EngineFixture)

BOOST_AUTO_TEST_CASE(server_that_can_not_be_reached_is_left_alone) {
  std::string url;
  {
    const ScriptedServer gone({});
    url = gone.url();
  }
  const auto client = guarded_client(kLong);
  for (int i = 0; i < 2; ++i) BOOST_TEST(fetch(client, url).code() == "CONNECT_FAILED");
  const Outcome refused = fetch(client, url);
  BOOST_TEST(refused.code() == "CIRCUIT_OPEN");
  BOOST_TEST(refused.phase() == "breaker");
  BOOST_TEST(refused.error->retry_after_ms > 40'000);
  BOOST_TEST(refused.error->retry_after_ms <= 72'000);
  BOOST_TEST(refused.error->attempts == 0);
  BOOST_TEST(stop_of(refused) == "not_retryable");
}

BOOST_AUTO_TEST_CASE(open_breaker_refuses_without_connecting) {
  const ScriptedServer server({breaking(), breaking(), answering_ok("never")});
  const auto client = guarded_client(kLong);
  for (int i = 0; i < 2; ++i) BOOST_TEST(fetch(client, server.url()).code() == "CONNECTION_RESET");
  for (int i = 0; i < 3; ++i) BOOST_TEST(fetch(client, server.url()).code() == "CIRCUIT_OPEN");
  BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(retry_does_not_pass_a_breaker_that_its_own_attempt_has_opened) {
  const ScriptedServer server({breaking(), breaking(), answering_ok("never")});
  const auto client = guarded_client(kLong, [](Options& options) {
    options.request.retry.max_retries = 5;
    options.request.retry.backoff_factor = 0.001;
  });
  const Outcome refused = fetch(client, server.url());
  BOOST_TEST(refused.code() == "CIRCUIT_OPEN");
  BOOST_TEST(refused.error->attempts == 2);
  BOOST_TEST((refused.error->sent == Sent::full));  // by the attempts before
  BOOST_REQUIRE(refused.error->log);
  BOOST_TEST(refused.error->log->size() == 2u);
  BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(breaker_lets_probes_through_and_closes_after_successes) {
  const ScriptedServer server({breaking(), breaking(), answering_ok()}, {.repeat_last = true});
  const auto client = guarded_client(5);
  const auto changes = std::make_shared<Changes>();
  BOOST_REQUIRE(client->set_listener(changes).ok());
  for (int i = 0; i < 2; ++i) fetch(client, server.url());
  BOOST_TEST(until([&] { return fetch(client, server.url()).code() == "OK"; }));
  BOOST_TEST(fetch(client, server.url()).code() == "OK");
  BOOST_TEST(changes->seen() == (std::vector<std::string>{"opened", "half_opened", "closed"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(probe_that_fails_opens_it_again) {
  const ScriptedServer server({breaking(), breaking(), breaking(), answering_ok()}, {.repeat_last = true});
  const auto client = guarded_client(5);
  const auto changes = std::make_shared<Changes>();
  BOOST_REQUIRE(client->set_listener(changes).ok());
  BOOST_TEST(until([&] { return fetch(client, server.url()).code() == "OK"; }));
  const std::vector<std::string> seen = changes->seen();
  BOOST_TEST(seen == (std::vector<std::string>{"opened", "half_opened", "opened", "half_opened"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(probe_that_is_cancelled_leaves_its_place_to_the_next_call) {
  const ScriptedServer server({breaking(), breaking(), never_answering("probe"), answering_ok()},
                              {.repeat_last = true});
  const auto client = guarded_client(1);
  for (int i = 0; i < 2; ++i) fetch(client, server.url());
  std::unique_ptr<TestCall> probe;
  BOOST_REQUIRE(until([&] {
    probe = std::make_unique<TestCall>(client, Request{.url = server.url()});
    probe->start();
    return until([&] { return server.requests().size() == 3 || probe->so_far().completions > 0; }) &&
           probe->so_far().completions == 0;
  }));
  BOOST_TEST(fetch(client, server.url()).code() == "CIRCUIT_OPEN");  // one at a time
  probe->cancel();
  BOOST_TEST(probe->finish().code() == "CANCELLED");
  BOOST_TEST(fetch(client, server.url()).code() == "OK");
}

BOOST_AUTO_TEST_CASE(answers_of_a_server_that_works_do_not_open_it) {
  for (const int status : {429, 404, 401, 501}) {
    const ScriptedServer server({answering_with(status)}, {.repeat_last = true});
    const auto client = guarded_client(kLong);
    for (int i = 0; i < 5; ++i) BOOST_TEST(fetch(client, server.url()).status() == status);
  }
  const ScriptedServer server({answering_with(500)}, {.repeat_last = true});
  const auto client = guarded_client(kLong);
  for (int i = 0; i < 2; ++i) BOOST_TEST(fetch(client, server.url()).status() == 500);
  BOOST_TEST(fetch(client, server.url()).code() == "CIRCUIT_OPEN");
}

BOOST_AUTO_TEST_CASE(calls_that_are_cancelled_do_not_open_it) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const auto client = guarded_client(kLong);
  for (std::size_t i = 1; i <= 4; ++i) {
    TestCall call(client, {.url = server.url()});
    call.start();
    BOOST_REQUIRE(server.wait_for_requests(i));
    call.cancel();
    BOOST_TEST(call.finish().code() == "CANCELLED");
  }
}

BOOST_AUTO_TEST_CASE(one_key_does_not_stop_the_calls_of_another) {
  const ScriptedServer server({breaking(), breaking(), answering_ok()});
  const auto client = guarded_client(kLong);
  const auto ask = [&](const char* key) {
    return fetch(client, {.url = server.url(), .headers = {{"X-Api-Key", key}}}).code();
  };
  BOOST_TEST(ask("one") == "CONNECTION_RESET");
  BOOST_TEST(ask("one") == "CONNECTION_RESET");
  BOOST_TEST(ask("one") == "CIRCUIT_OPEN");
  BOOST_TEST(ask("other") == "OK");
}

// A call that the limiter holds back has a permit of the breaker: it comes back with the call.
BOOST_AUTO_TEST_CASE(probe_that_the_limiter_refuses_leaves_its_place) {
  const ScriptedServer server({breaking(), breaking(), answering_ok()}, {.repeat_last = true});
  const auto client = guarded_client(1, [](Options& options) {
    options.rate_limit.requests = *Rate::parse("1/h:4");
    options.rate_limit.mode = LimitMode::fail_fast;
  });
  for (int i = 0; i < 2; ++i) fetch(client, server.url());
  // Admitted by the breaker and refused by the limiter, as soon as the breaker is half open.
  const auto too_much = [&] {
    return fetch(client, {.url = server.url(), .options = {{"rate_limit_cost", "4"}}}).code();
  };
  BOOST_REQUIRE(until([&] { return too_much() == "RATE_LIMITED"; }));
  BOOST_TEST(fetch(client, server.url()).code() == "OK");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
