// Hedging on the wire (SEMANTICS 3.11): when a second request goes out beside the first, who wins, and what is left of
// the other one.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "client/attempt_log.hpp"
#include "client/rate_limiter.hpp"
#include "core/client/answers.hpp"
#include "core/client/engine.hpp"
#include "core/client/middleware_fixture.hpp"
#include "core/client/test_reader.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

std::shared_ptr<Client> hedging_client(std::int64_t delay_ms = 5, const std::function<void(Options&)>& adjust = {}) {
  return make_client([&](Options& options) {
    options.request.hedge.enabled = true;
    options.request.hedge.delay_ms = delay_ms;
    options.request.timeout_ms = 10'000;
    if (adjust) adjust(options);
  });
}

constexpr std::int64_t kNeverSlow = 60'000;

Outcome ask(const std::shared_ptr<Client>& client, Request request) {
  TestCall call(client, std::move(request));
  return call.start(false).finish();
}

// Ends at its deadline; how many requests were sent until then.
int connections_of(const std::shared_ptr<Client>& client, Request request, bool sees_head = false) {
  const ScriptedServer server({never_answering("first"), never_answering("second")});
  request.url = server.url();
  request.options.emplace_back(request.delivery == Delivery::collect ? "timeout_ms" : "stream_timeout_ms", "50");
  TestCall call(client, std::move(request));
  call.start(sees_head);
  BOOST_TEST(call.finish().code() == "TIMEOUT");
  return server.connections();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hedge, EngineFixture)

BOOST_AUTO_TEST_CASE(second_request_goes_out_beside_a_slow_one_and_the_first_success_wins) {
  const ScriptedServer server({never_answering("first"), answering_ok("second")});
  const auto client = hedging_client();
  const Outcome outcome = ask(client, {.url = server.url()});
  BOOST_TEST(outcome.body() == "second");
  BOOST_TEST(outcome.response->attempts == 2);
  BOOST_TEST(stop_of(outcome) == "none");
  BOOST_TEST(server.wait_for_finished(2));  // the loser's connection was closed
  BOOST_TEST(server.problems().empty());
  const std::vector<AttemptRecord> attempts = attempts_of(*outcome.response);
  BOOST_REQUIRE(attempts.size() == 2u);
  BOOST_TEST(attempts[0].number == 0);
  BOOST_TEST((attempts[0].code == ErrorCode::cancelled));
  BOOST_TEST((attempts[0].outcome == OutcomeClass::fatal));
  BOOST_TEST((attempts[0].sent == Sent::full));
  BOOST_TEST(attempts[1].number == 1);
  BOOST_TEST((attempts[1].code == ErrorCode::ok));
  BOOST_TEST(attempts[1].status == 200);
  BOOST_TEST(attempts[1].began >= 5 * kMillisecond);
  BOOST_TEST(attempts[1].began < attempts[0].ended);
  BOOST_TEST(client->metrics_text(true).find("ppn_client_hedges_total 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(first_request_may_still_win) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(last_response(200, "", "first")).close(),
                         never_answering("second")});
  const auto client = hedging_client();
  TestCall call(client, {.url = server.url()});
  call.start(false);
  BOOST_REQUIRE(server.wait_for_mark("second"));
  server.signal("go");
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.body() == "first");
  BOOST_TEST(outcome.response->attempts == 2);
  BOOST_TEST(server.wait_for_finished(2));
  const std::vector<AttemptRecord> attempts = attempts_of(*outcome.response);
  BOOST_REQUIRE(attempts.size() == 2u);
  BOOST_TEST(attempts[0].number == 0);
  BOOST_TEST((attempts[0].code == ErrorCode::ok));
  BOOST_TEST(attempts[0].status == 200);
  BOOST_TEST(attempts[1].number == 1);
  BOOST_TEST((attempts[1].code == ErrorCode::cancelled));
  BOOST_TEST(attempts[0].began < attempts[1].began);
  BOOST_TEST(attempt_remote(*outcome.response, 0) == outcome.response->remote);
}

BOOST_AUTO_TEST_CASE(second_request_does_not_wait_when_the_first_has_failed) {
  const ScriptedServer server({Script{}.expect_request().reset(), answering_ok("second")});
  const Outcome outcome = ask(hedging_client(kNeverSlow), {.url = server.url()});
  BOOST_TEST(outcome.body() == "second");
  const std::vector<AttemptRecord> attempts = attempts_of(*outcome.response);
  BOOST_REQUIRE(attempts.size() == 2u);
  BOOST_TEST((attempts[0].code == ErrorCode::connection_reset));
  BOOST_TEST((attempts[0].outcome == OutcomeClass::sent_no_response));
}

BOOST_AUTO_TEST_CASE(server_that_says_when_to_come_back_is_not_asked_before) {
  const ScriptedServer server({answering_with(503, "Retry-After: 100\r\n"), answering_ok("never")});
  const Outcome outcome = ask(hedging_client(kNeverSlow), {.url = server.url()});
  BOOST_TEST(outcome.status() == 503);
  BOOST_TEST(outcome.response->attempts == 1);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(failure_that_would_come_again_ends_both) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(last_response(404, "", "no")).close(),
                         never_answering("second")});
  TestCall call(hedging_client(), {.url = server.url()});
  call.start(false);
  BOOST_REQUIRE(server.wait_for_mark("second"));
  server.signal("go");
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.status() == 404);
  BOOST_TEST(outcome.body() == "no");
  BOOST_TEST(server.wait_for_finished(2));
}

BOOST_AUTO_TEST_CASE(two_failures_are_one_for_the_retries) {
  const ScriptedServer server({Script{}.expect_request().reset(), answering_with(503), answering_ok("third")});
  const auto client = hedging_client(kNeverSlow, [](Options& options) {
    options.request.retry.max_retries = 1;
    options.request.retry.backoff_factor = 0.001;
  });
  const Outcome outcome = ask(client, {.url = server.url()});
  BOOST_TEST(outcome.body() == "third");
  const std::vector<AttemptRecord> attempts = attempts_of(*outcome.response);
  BOOST_REQUIRE(attempts.size() == 3u);
  for (int i = 0; i < 3; ++i) BOOST_TEST(attempts[static_cast<std::size_t>(i)].number == i);
  BOOST_TEST(attempts[0].delay == -1);  // what followed was beside it
  BOOST_TEST(attempts[1].status == 503);
  BOOST_TEST(attempts[1].delay >= 0);
  BOOST_TEST(attempts[2].status == 200);
}

BOOST_AUTO_TEST_CASE(error_of_two_failures_has_both_in_its_log_once) {
  const ScriptedServer server({Script{}.expect_request().reset(), Script{}.expect_request().reset()});
  const Outcome outcome = ask(hedging_client(kNeverSlow), {.url = server.url()});
  BOOST_TEST(outcome.code() == "CONNECTION_RESET");
  BOOST_TEST(outcome.error->attempts == 2);
  const std::vector<AttemptRecord> attempts = attempts_of(*outcome.error);
  BOOST_REQUIRE(attempts.size() == 2u);
  BOOST_TEST(attempts[0].number == 0);
  BOOST_TEST(attempts[1].number == 1);
}

BOOST_AUTO_TEST_CASE(what_may_not_be_sent_twice_is_not) {
  BOOST_TEST(connections_of(hedging_client(), {.url = {}}) == 2);
  BOOST_TEST(connections_of(hedging_client(), {.url = {}, .method = "POST", .body = "x"}) == 1);
  BOOST_TEST(connections_of(hedging_client(), {.url = {}, .delivery = Delivery::chunks}) == 1);
  BOOST_TEST(connections_of(hedging_client(), {.url = {}}, true) == 1);  // the handler sees the head of one
  TextSource text("x", 1);
  const auto source = [&](Call& call) { return call.set_body_reader(1, text.reader()); };
  BOOST_TEST(connections_of(hedging_client(), {.url = {}, .method = "PUT", .set_body = source}) == 1);
  BOOST_TEST(connections_of(hedging_client(), {.url = {}, .method = "POST", .headers = {{"Idempotency-Key", "k"}}}) ==
             2);
  BOOST_TEST(connections_of(hedging_client(), {.url = {}, .method = "POST", .options = {{"hedge_unsafe", "true"}}}) ==
             2);
}

BOOST_AUTO_TEST_CASE(budget_of_retries_pays_for_the_second_request) {
  const auto client = hedging_client(1, [](Options& options) {
    options.retry_budget.ratio = 0;
    options.retry_budget.min_retries_per_second = 0;
  });
  BOOST_TEST(connections_of(client, {.url = {}}) == 1);
}

BOOST_AUTO_TEST_CASE(limiter_without_room_allows_no_second_request) {
  const auto client = hedging_client(1, [](Options& options) { options.rate_limit.max_in_flight = 1; });
  BOOST_TEST(connections_of(client, {.url = {}}) == 1);
  const auto counts = client->rate_limiter()->counts(monotonic_now());
  BOOST_TEST(counts.waiting == 0);
  BOOST_TEST(counts.in_flight == 0);
}

BOOST_AUTO_TEST_CASE(cancel_ends_both_requests) {
  const ScriptedServer server({never_answering("first"), never_answering("second")});
  TestCall call(hedging_client(), {.url = server.url()});
  call.start(false);
  BOOST_REQUIRE(server.wait_for_mark("second"));
  const auto cancelled_at = std::chrono::steady_clock::now();
  call.cancel();
  const Outcome outcome = call.finish();
  BOOST_TEST((outcome.completed_at - cancelled_at < std::chrono::milliseconds(50)));
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(outcome.phase() == "first_byte");
  BOOST_TEST(outcome.error->attempts == 2);
  BOOST_TEST((outcome.error->sent == Sent::full));
  BOOST_TEST(stop_of(outcome) == "cancelled");
  BOOST_TEST(attempts_of(*outcome.error).size() == 2u);
  BOOST_TEST(server.wait_for_finished(2));
}

BOOST_AUTO_TEST_CASE(deadline_ends_both_requests) {
  const ScriptedServer server({never_answering("first"), never_answering("second")});
  const Outcome outcome = ask(hedging_client(), {.url = server.url(), .options = {{"timeout_ms", "60"}}});
  BOOST_TEST(outcome.code() == "TIMEOUT");
  BOOST_TEST(outcome.error->attempts == 2);
  BOOST_TEST((outcome.error->sent == Sent::full));
  BOOST_TEST(stop_of(outcome) == "deadline");
  BOOST_TEST(server.wait_for_finished(2));
}

BOOST_AUTO_TEST_CASE(both_send_the_whole_body) {
  const std::string body(100'000, 'b');
  ScriptedServer server({never_answering("first"), answering_ok()});
  BOOST_TEST(ask(hedging_client(), {.url = server.url(), .method = "PUT", .body = body}).body() == "ok");
  BOOST_REQUIRE(server.requests().size() == 2u);
  BOOST_TEST(server.requests().at(0).ends_with(body));
  BOOST_TEST((server.requests().at(0) == server.requests().at(1)));
}

BOOST_AUTO_TEST_CASE(middleware_of_attempts_surrounds_both) {
  const ScriptedServer server({never_answering("first"), answering_ok()});
  std::vector<std::string> log;
  const auto client = hedging_client();
  client->add_middleware(std::make_shared<FunctionMiddleware>("m", log, Middleware::Kind::attempt));
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
  BOOST_TEST(log == (std::vector<std::string>{"before m", "before m", "after m", "error m"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(breaker_counts_failures_and_no_losers) {
  const auto guarded = [](Options& options) {
    options.breaker.enabled = true;
    options.breaker.min_calls = 2;
    options.breaker.open_ms = 60'000;
  };
  {
    std::vector<Script> scripts;
    for (int i = 0; i < 3; ++i) {
      scripts.push_back(never_answering("first"));
      scripts.push_back(answering_ok());
    }
    const ScriptedServer server(std::move(scripts));
    const auto client = hedging_client(5, guarded);
    for (int i = 0; i < 3; ++i) BOOST_TEST(ask(client, {.url = server.url()}).body() == "ok");
  }
  {
    // The second request was answered, and still two of three have failed.
    const ScriptedServer server({Script{}.expect_request().reset(), answering_ok(), Script{}.expect_request().reset(),
                                 answering_ok(), answering_ok("never")});
    const auto client = hedging_client(kNeverSlow, guarded);
    for (int i = 0; i < 2; ++i) BOOST_TEST(ask(client, {.url = server.url()}).body() == "ok");
    BOOST_TEST(ask(client, {.url = server.url()}).code() == "CIRCUIT_OPEN");
  }
}

BOOST_AUTO_TEST_CASE(limit_that_one_of_them_was_told_of_holds_for_other_calls) {
  ScriptedServer server(
      {Script{}.expect_request().wait_for_signal("go").send(last_response(429, "Retry-After: 100\r\n")).close(),
       Script{}.expect_request().mark("second").wait_for_signal("win").send(last_response(200, "", "ok")).close()});
  const auto client = hedging_client(5, [](Options& options) {
    options.rate_limit.requests = *Rate::parse("1000/s:1000");
    options.rate_limit.max_wait_ms = 1'000;
  });
  TestCall call(client, {.url = server.url()});
  call.start(false);
  BOOST_REQUIRE(server.wait_for_mark("second"));
  server.signal("go");
  BOOST_REQUIRE(server.wait_for_finished(1));
  server.signal("win");
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.body() == "ok");
  // Both answers may arrive in the same turn, and then the first one is as late as a loser.
  if (attempts_of(*outcome.response).at(0).status == 429)
    BOOST_TEST(ask(client, {.url = server.url()}).code() == "RATE_LIMITED");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
