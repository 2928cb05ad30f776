// The rate limiter inside calls (SEMANTICS 3.2): who waits, who goes on in which order, and what comes back.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/rate_limiter.hpp"
#include "core/client/answers.hpp"
#include "core/client/engine.hpp"
#include "core/client/until.hpp"
#include "support/redis_server.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

boost::test_tools::assertion_result has_redis(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(redis_available());
  result.message() << "redis-server is not installed";
  return result;
}

using Adjust = std::function<void(RateLimitOptions&)>;

std::shared_ptr<Client> limited_client(const char* rate, const Adjust& adjust = {}) {
  return make_client([&](Options& options) {
    options.request.retry.backoff_factor = 0.001;
    options.rate_limit.requests = *Rate::parse(rate);
    if (adjust) adjust(options.rate_limit);
  });
}

void fail_fast(RateLimitOptions& options) {
  options.mode = LimitMode::fail_fast;
}

// No limit but that of one call at a time.
std::shared_ptr<Client> one_at_a_time(const Adjust& adjust = {}) {
  return limited_client("0", [&](RateLimitOptions& options) {
    options.max_in_flight = 1;
    if (adjust) adjust(options);
  });
}

RateLimiter::Counts counts_of(const std::shared_ptr<Client>& client) {
  return client->rate_limiter()->counts(monotonic_now());
}

bool until_waiting(const std::shared_ptr<Client>& client, std::int64_t count) {
  return until([&] { return counts_of(client).waiting == count; });
}

void check_empty(const std::shared_ptr<Client>& client) {
  BOOST_TEST(counts_of(client).waiting == 0);
  BOOST_TEST(counts_of(client).in_flight == 0);
}

Script held_answer() {
  return Script{}.expect_request().wait_for_signal("go").send(last_response(200, "", "ok")).close();
}

const std::string usage_100 = R"({"usage":{"total_tokens":100}})";

std::shared_ptr<Client> token_client(std::int64_t burst) {
  return make_client([burst](Options& options) {
    options.rate_limit.tokens = {.count = 1'000, .period_ms = 3'600'000, .burst = burst};
    options.rate_limit.mode = LimitMode::fail_fast;
  });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rate_limit_in_calls, EngineFixture)

BOOST_AUTO_TEST_CASE(calls_that_wait_go_on_in_the_order_in_which_they_came) {
  const auto began = std::chrono::steady_clock::now();
  ScriptedServer server({held_answer()}, {.repeat_last = true});
  const auto client = limited_client("200/s:1", [](RateLimitOptions& options) { options.max_in_flight = 1; });
  std::vector<std::unique_ptr<TestCall>> calls;
  for (const char* const path : {"/a", "/b", "/c", "/d", "/e"}) {
    calls.push_back(std::make_unique<TestCall>(client, Request{.url = server.url(path)}));
    calls.back()->start();
  }
  BOOST_REQUIRE(until_waiting(client, 4));
  BOOST_TEST(counts_of(client).in_flight == 1);
  server.signal("go");
  Outcome last;
  for (const auto& call : calls) {
    last = call->finish();
    BOOST_TEST(last.body() == "ok");
  }
  BOOST_TEST(paths_of(server.requests()) == (std::vector<std::string>{"/a", "/b", "/c", "/d", "/e"}),
             boost::test_tools::per_element());
  // Four of them had to wait 5 ms each.
  BOOST_TEST((last.completed_at - began >= std::chrono::milliseconds(20)));
  BOOST_TEST(counts_of(client).granted == 5);
  check_empty(client);
}

BOOST_AUTO_TEST_CASE(call_that_may_not_wait_is_refused_before_anything_is_sent) {
  const ScriptedServer server({answering_ok(), answering_ok("never")});
  const auto client = limited_client("1/h:1", fail_fast);
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
  const Outcome refused = fetch(client, server.url());
  BOOST_TEST(refused.code() == "RATE_LIMITED");
  BOOST_TEST(refused.phase() == "rate_limit");
  BOOST_TEST(refused.error->retry_after_ms > 3'500'000);
  BOOST_TEST(refused.error->retry_after_ms <= 3'600'000);
  BOOST_TEST(refused.error->attempts == 0);
  BOOST_TEST((refused.error->sent == Sent::none));
  BOOST_TEST(stop_of(refused) == "not_retryable");
  BOOST_TEST(server.connections() == 1);
  check_empty(client);
}

BOOST_AUTO_TEST_CASE(cost_that_never_fits_is_told) {
  const ScriptedServer server({answering_ok("never")});
  const auto client = limited_client("10/s:2");
  const Outcome refused = fetch(client, {.url = server.url(), .options = {{"rate_limit_cost", "3"}}});
  BOOST_TEST(refused.code() == "RATE_LIMIT_COST");
  BOOST_TEST(refused.phase() == "rate_limit");
  BOOST_TEST(server.connections() == 0);
  BOOST_TEST(fetch(client, {.url = server.url(), .options = {{"rate_limit_cost", "2"}}}).body() == "never");
}

BOOST_AUTO_TEST_CASE(queue_that_is_full_takes_nobody) {
  ScriptedServer server({held_answer()}, {.repeat_last = true});
  const auto client = one_at_a_time([](RateLimitOptions& options) { options.max_waiters = 1; });
  TestCall first(client, {.url = server.url()});
  TestCall second(client, {.url = server.url()});
  first.start();
  BOOST_REQUIRE(server.wait_for_requests(1));
  second.start();
  BOOST_REQUIRE(until_waiting(client, 1));
  BOOST_TEST(fetch(client, server.url()).code() == "RATE_LIMIT_QUEUE_FULL");
  server.signal("go");
  BOOST_TEST(first.finish().body() == "ok");
  BOOST_TEST(second.finish().body() == "ok");
  BOOST_TEST(server.connections() == 2);
  check_empty(client);
}

BOOST_AUTO_TEST_CASE(stream_holds_its_slot_until_its_body_ends) {
  ScriptedServer server({Script{}
                             .expect_request()
                             .send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhalf")
                             .wait_for_signal("go")
                             .send("half")
                             .close(),
                         answering_ok()});
  const auto client = one_at_a_time();
  TestCall stream(client, {.url = server.url(), .delivery = Delivery::chunks, .options = {{"chunk_bytes", "1"}}});
  BOOST_REQUIRE(stream.start().wait_for_pieces(1));
  TestCall next(client, {.url = server.url()});
  next.start();
  BOOST_REQUIRE(until_waiting(client, 1));
  BOOST_TEST(server.requests().size() == 1u);
  server.signal("go");
  BOOST_TEST(stream.finish().joined() == "halfhalf");
  BOOST_TEST(next.finish().body() == "ok");
  check_empty(client);
}

BOOST_AUTO_TEST_CASE(stream_that_is_cancelled_frees_its_slot) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf").wait_for_peer_close(),
       answering_ok()});
  const auto client = one_at_a_time();
  TestCall stream(client, {.url = server.url(), .delivery = Delivery::chunks});
  BOOST_REQUIRE(stream.start().wait_for_head());
  TestCall next(client, {.url = server.url()});
  next.start();
  BOOST_REQUIRE(until_waiting(client, 1));
  stream.cancel();
  BOOST_TEST(stream.finish().code() == "CANCELLED");
  BOOST_TEST(next.finish().body() == "ok");
  check_empty(client);
}

BOOST_AUTO_TEST_CASE(completion_finds_the_slot_of_its_call_free) {
  const ScriptedServer server({answering_ok(), answering_ok("second")});
  const auto client = one_at_a_time(fail_fast);
  std::unique_ptr<TestCall> second;
  TestCall first(client, {.url = server.url(), .hooks = {.complete = [&] { second->start(); }}});
  second = std::make_unique<TestCall>(client, Request{.url = server.url()});
  first.start();
  BOOST_TEST(first.finish().body() == "ok");
  BOOST_TEST(second->finish().body() == "second");
}

BOOST_AUTO_TEST_CASE(cancel_ends_the_wait_and_gives_the_ticket_back) {
  const ScriptedServer server({answering_ok("first"), answering_ok("third")});
  const auto client = limited_client("3/h:2", [](RateLimitOptions& options) { options.max_wait_ms = 86'400'000; });
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  TestCall waiting(client, {.url = server.url(), .options = {{"rate_limit_cost", "2"}, {"timeout_ms", "0"}}});
  waiting.start();
  BOOST_REQUIRE(until_waiting(client, 1));
  const auto cancelled_at = std::chrono::steady_clock::now();
  waiting.cancel();
  const Outcome outcome = waiting.finish();
  BOOST_TEST((outcome.completed_at - cancelled_at < std::chrono::milliseconds(50)));
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(outcome.phase() == "rate_limit");
  BOOST_TEST(stop_of(outcome) == "cancelled");
  check_empty(client);
  // What it would have taken is there for the next one at once.
  BOOST_TEST(fetch(client, server.url()).body() == "third");
}

BOOST_AUTO_TEST_CASE(deadline_of_the_call_ends_the_wait) {
  const ScriptedServer server({never_answering("held")});
  const auto client = one_at_a_time();
  TestCall holding(client, {.url = server.url()});
  holding.start();
  BOOST_REQUIRE(server.wait_for_mark("held"));
  const Outcome late = fetch(client, {.url = server.url(), .options = {{"timeout_ms", "20"}}});
  BOOST_TEST(late.code() == "TIMEOUT");
  BOOST_TEST(late.phase() == "rate_limit");
  BOOST_TEST(stop_of(late) == "deadline");
  holding.cancel();
  holding.finish();
  check_empty(client);
}

BOOST_AUTO_TEST_CASE(wait_beyond_the_deadline_is_refused_at_once) {
  const ScriptedServer server({answering_ok()});
  const auto client = limited_client("2/m:1");
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
  const Outcome refused = fetch(client, {.url = server.url(), .options = {{"timeout_ms", "20000"}}});
  BOOST_TEST(refused.code() == "RATE_LIMITED");
  BOOST_TEST(refused.error->retry_after_ms > 20'000);
}

BOOST_AUTO_TEST_CASE(each_attempt_takes_a_ticket) {
  const ScriptedServer server({answering_with(503), answering_with(503), answering_ok()});
  const auto client = make_client([](Options& options) {
    options.request.retry.max_retries = 2;
    options.request.retry.backoff_factor = 0.001;
    options.rate_limit.requests = *Rate::parse("1/h:3");
    options.rate_limit.mode = LimitMode::fail_fast;
  });
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
  BOOST_TEST(counts_of(client).granted == 3);
  BOOST_TEST(fetch(client, server.url()).code() == "RATE_LIMITED");
  check_empty(client);
}

BOOST_AUTO_TEST_CASE(server_that_says_when_to_come_back_is_left_alone_by_all_calls) {
  const ScriptedServer server({answering_with(429, "Retry-After: 100\r\n"), answering_ok("never")});
  const auto client = limited_client("1000/s:1000", fail_fast);
  BOOST_TEST(fetch(client, server.url()).status() == 429);
  BOOST_TEST(counts_of(client).frozen == 1);
  const Outcome refused = fetch(client, server.url());
  BOOST_TEST(refused.code() == "RATE_LIMITED");
  BOOST_TEST(refused.error->retry_after_ms > 90'000);
  BOOST_TEST(refused.error->retry_after_ms <= 100'000);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(quota_that_is_used_up_stops_nobody_else) {
  for (const bool sees_head : {false, true}) {
    for (const Delivery delivery : {Delivery::collect, Delivery::events}) {
      const ScriptedServer server({answering_with(429, "Retry-After: 100\r\nContent-Type: application/json\r\n",
                                                  R"({"error":{"code":"insufficient_quota"}})"),
                                   answering_ok()});
      const auto client = limited_client("1000/s:1000", fail_fast);
      TestCall first(client, {.url = server.url(), .delivery = delivery});
      first.start(sees_head);
      const Outcome outcome = first.finish();
      BOOST_TEST(outcome.response->status == 429);
      BOOST_TEST(outcome.response->body.find("insufficient_quota") != std::string::npos);
      BOOST_TEST(counts_of(client).frozen == 0);
      BOOST_TEST(fetch(client, server.url()).body() == "ok");
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_server_says_of_its_limit_is_kept_to) {
  const ScriptedServer server({answering_with(200,
                                              "x-ratelimit-limit-requests: 10\r\nx-ratelimit-remaining-requests: 0\r\n"
                                              "x-ratelimit-reset-requests: 50s\r\n",
                                              "ok"),
                               answering_ok("never")});
  const auto client = limited_client("1000/s:1000", fail_fast);
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
  const Outcome refused = fetch(client, server.url());
  BOOST_TEST(refused.code() == "RATE_LIMITED");
  BOOST_TEST(refused.error->retry_after_ms > 40'000);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(reserved_tokens_are_settled_by_what_the_response_says) {
  for (const bool sees_head : {false, true}) {
    const ScriptedServer server({answering_with(200, "", usage_100), answering_with(200, "", usage_100)});
    const auto client = token_client(1'000);
    const auto ask = [&](const char* tokens) {
      TestCall call(client, {.url = server.url(), .options = {{"rate_limit_tokens", tokens}}});
      call.start(sees_head);
      return call.finish().code();
    };
    BOOST_TEST(ask("900") == "OK");
    BOOST_TEST(ask("900") == "OK");  // 100 were used of the first 900
    BOOST_TEST(ask("900") == "RATE_LIMITED");
    check_empty(client);
  }
}

BOOST_AUTO_TEST_CASE(tokens_beyond_the_estimate_are_charged) {
  const ScriptedServer server({answering_with(200, "", usage_100), answering_ok()});
  const auto client = token_client(100);
  BOOST_TEST(fetch(client, {.url = server.url(), .options = {{"rate_limit_tokens", "10"}}}).status() == 200);
  BOOST_TEST(fetch(client, {.url = server.url(), .options = {{"rate_limit_tokens", "10"}}}).code() == "RATE_LIMITED");
}

BOOST_AUTO_TEST_CASE(scope_of_a_request_is_limited_by_itself) {
  const ScriptedServer server({answering_ok(), answering_ok()});
  const auto client = limited_client("1/h:1", fail_fast);
  const auto ask = [&](const char* scope) {
    return fetch(client, {.url = server.url(), .options = {{"rate_limit_scope", scope}}}).code();
  };
  BOOST_TEST(ask("large model") == "OK");
  BOOST_TEST(ask("small model") == "OK");
  BOOST_TEST(ask("large model") == "RATE_LIMITED");
}

BOOST_AUTO_TEST_CASE(clients_share_a_limiter) {
  const ScriptedServer server({answering_ok()});
  RateLimitOptions options;
  options.requests = *Rate::parse("1/h:1");
  options.mode = LimitMode::fail_fast;
  const auto limiter = RateLimiter::create(options);
  const auto one = make_client();
  const auto other = make_client();
  BOOST_REQUIRE(one->share_rate_limiter(limiter).ok());
  BOOST_REQUIRE(other->share_rate_limiter(limiter).ok());
  BOOST_TEST(fetch(one, server.url()).body() == "ok");
  BOOST_TEST(fetch(other, server.url()).code() == "RATE_LIMITED");
  BOOST_TEST(limiter->counts(monotonic_now()).granted == 1);
}

BOOST_AUTO_TEST_CASE(clients_of_a_fleet_share_one_limit, *boost::unit_test::precondition(has_redis)) {
  const RedisServer redis;
  const ScriptedServer server({answering_ok()}, {.repeat_last = true});
  const auto fleet = [&](RateLimitOptions& options) {
    options.redis_url = Secret(redis.url());
    options.redis_timeout_ms = 5'000;
    options.max_wait_ms = 1'000;
  };
  const auto one = limited_client("2/h:2", fleet);
  const auto other = limited_client("2/h:2", fleet);
  BOOST_TEST(fetch(one, server.url()).body() == "ok");
  BOOST_TEST(fetch(other, server.url()).body() == "ok");
  BOOST_TEST(fetch(one, server.url()).code() == "RATE_LIMITED");
  BOOST_TEST(fetch(other, server.url()).code() == "RATE_LIMITED");
  BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(calls_go_on_without_redis_as_its_fallback_says, *boost::unit_test::precondition(has_redis)) {
  for (const FleetFallback fallback : {FleetFallback::share, FleetFallback::open, FleetFallback::closed}) {
    BOOST_TEST_CONTEXT(name_of(fallback)) {
      RedisServer redis;
      const ScriptedServer server({answering_ok()}, {.repeat_last = true});
      const auto client = limited_client("1000/s:1000", [&](RateLimitOptions& options) {
        options.redis_url = Secret(redis.url());
        options.redis_timeout_ms = 5'000;
        options.redis_fallback = fallback;
      });
      for (int i = 0; i < 3; ++i) BOOST_TEST(fetch(client, server.url()).body() == "ok");
      redis.kill();
      for (int i = 0; i < 3; ++i) {
        const Outcome outcome = fetch(client, server.url());
        if (fallback == FleetFallback::closed) {
          BOOST_TEST(outcome.code() == "RATE_LIMIT_BACKEND");
          BOOST_TEST(outcome.phase() == "rate_limit");
        } else {
          BOOST_TEST(outcome.body() == "ok");
        }
      }
      BOOST_TEST(server.connections() == (fallback == FleetFallback::closed ? 3 : 6));
      redis.restart();
      BOOST_TEST(until([&] { return fetch(client, server.url()).code() == "OK"; }));
      check_empty(client);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
