// Retries, limiter, breaker, middleware, batches and the API key together, in calls that meet a server.
#include <atomic>
#include <string>
#include <vector>

#include "capi/batch_watcher.hpp"
#include "capi/middleware.hpp"
#include "capi/retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

// So many at once, and then none for hours.
RateLimiterHandle make_limiter(int64_t burst) {
  const Config config = make_config(R"({"rate_limit": "1/h:)" + std::to_string(burst) +
                                    R"(", "rate_limit_mode": "fail_fast", "rate_limit_adaptive": false})");
  RateLimiterHandle limiter;
  BOOST_REQUIRE_EQUAL(ppn_rate_limiter_new_with_config(config.get(), limiter.out(), nullptr), PPN_OK);
  return limiter;
}

bool holds(const std::string& request, std::string_view line) {
  return request.find(std::string(line) + "\r\n") != std::string::npos;
}

constexpr const char* kKey = "the-key-of-the-client";
constexpr const char* kKeyLine = "Authorization: Bearer the-key-of-the-client";

Client make_api_client(const std::string& base_url) {
  return make_retrying_client(R"("max_retries": 2, "api_key": ")" + std::string(kKey) + R"(", "base_url": ")" +
                              base_url + '"');
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pipeline, NoLeak)

BOOST_AUTO_TEST_CASE(each_attempt_is_counted_by_the_limiter) {
  const ScriptedServer server({answer(503), answer(503), answer(200)});
  const RateLimiterHandle limiter = make_limiter(2);
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(ppn_client_set_rate_limiter(client.get(), limiter.get(), nullptr), PPN_OK);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.code == PPN_E_RATE_LIMITED);
  BOOST_TEST(std::string(ppn_error_phase(answered.error.get())) == "rate_limit");
  BOOST_TEST(ppn_error_retry_after_ms(answered.error.get()) > 0);
  BOOST_TEST(answered.attempts() == 2);
  BOOST_TEST(ppn_error_attempt_count(answered.error.get()) == 2U);
  BOOST_TEST(ppn_error_attempt_int64(answered.error.get(), 1, PPN_ATTEMPT_STATUS) == 503);
  BOOST_TEST(ppn_rate_limiter_count(limiter.get(), PPN_RATE_GRANTED) == 2);
  BOOST_TEST(ppn_rate_limiter_count(limiter.get(), PPN_RATE_REFUSED) == 1);
  BOOST_TEST(ppn_rate_limiter_count(limiter.get(), PPN_RATE_IN_FLIGHT) == 0);
  BOOST_TEST(server.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(request_that_can_never_pass_is_refused_before_it_is_sent) {
  const ScriptedServer server({answer(200)});
  const Client client = make_retrying_client(R"("rate_limit": "60/m:2", "rate_limit_cost": 3)");
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.code == PPN_E_RATE_LIMIT_COST);
  BOOST_TEST(answered.attempts() == 0);
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(request_beyond_the_queue_is_refused) {
  const ScriptedServer server({answer(200)});
  const Client client = make_retrying_client(R"("rate_limit": "1/m:1", "rate_limit_max_waiters": 0)");
  BOOST_TEST(fetch(client, server.url()).status() == 200);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.code == PPN_E_RATE_LIMIT_QUEUE_FULL);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(breaker_that_is_open_refuses_at_once_and_is_not_retried) {
  const std::string dead = ScriptedServer({}).url();
  const Client client = make_retrying_client(R"("max_retries": 1, "circuit_breaker": true,
      "circuit_breaker_connect_failures": 2, "circuit_breaker_open_ms": 60000)");
  BOOST_TEST(fetch(client, dead).code == PPN_E_CONNECT_FAILED);
  const Answered answered = fetch(client, dead);
  BOOST_TEST(answered.code == PPN_E_CIRCUIT_OPEN);
  BOOST_TEST(std::string(ppn_error_phase(answered.error.get())) == "breaker");
  BOOST_TEST(ppn_error_retry_after_ms(answered.error.get()) > 0);
  BOOST_TEST(answered.attempts() == 0);
}

BOOST_AUTO_TEST_CASE(attempt_without_an_answer_ends_within_its_own_limit) {
  const ScriptedServer server({Script{}.expect_request().hold()}, {.repeat_last = true});
  const Client client = make_retrying_client(R"("max_retries": 1, "attempt_timeout_ms": 30)");
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.code == PPN_E_ATTEMPT_TIMEOUT);
  BOOST_TEST(answered.attempts() == 2);
  BOOST_TEST(ppn_error_attempt_int64(answered.error.get(), 0, PPN_ATTEMPT_CODE) == PPN_E_ATTEMPT_TIMEOUT);
}

BOOST_AUTO_TEST_CASE(middleware_of_the_call_runs_once_and_that_of_the_attempt_each_time) {
  const ScriptedServer server({answer(503), answer(502), answer(200, "", "done")});
  const Client client = make_retrying_client();
  StepRecorder recorder;
  recorder.before = [](ppn_middleware_context* context) -> int32_t {
    int32_t attempt = -1;
    ppn_middleware_context_attempt(context, &attempt, nullptr);
    const std::string value = std::to_string(attempt);
    ppn_middleware_context_add_header(context, "X-Seen", PPN_AUTO_LENGTH, value.data(), value.size(), nullptr);
    return PPN_MW_DONE;
  };
  recorder.add_to(client, "call");
  recorder.add_to(client, "attempt", PPN_MIDDLEWARE_ATTEMPT);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(body_of(answered.response.get()) == "done");
  const std::vector<std::string> expected{"before call",   "before attempt", "after attempt", "before attempt",
                                          "after attempt", "before attempt", "after attempt", "after call"};
  BOOST_TEST(recorder.words() == expected, boost::test_tools::per_element());
  const std::vector<std::string> requests = server.requests();
  BOOST_REQUIRE(requests.size() == 3U);
  for (size_t i = 0; i < requests.size(); ++i) {
    BOOST_TEST(holds(requests[i], "X-Seen: 0"));
    BOOST_TEST(holds(requests[i], "X-Seen: " + std::to_string(i + 1)));
    // What an attempt adds is gone with it.
    for (size_t other = 1; other <= 3; ++other) {
      if (other != i + 1) BOOST_TEST(!holds(requests[i], "X-Seen: " + std::to_string(other)));
    }
  }
}

BOOST_AUTO_TEST_CASE(failure_of_an_attempt_middleware_ends_the_call_and_gives_its_place_back) {
  const ScriptedServer server({answer(503), answer(200)});
  const Client client = make_retrying_client(R"("rate_limit": "600/m:10", "max_in_flight": 1)");
  StepRecorder recorder;
  std::atomic<int> attempts{0};
  recorder.before = [&](ppn_middleware_context* context) -> int32_t {
    if (++attempts == 2) ppn_middleware_context_fail(context, PPN_E_MIDDLEWARE_FAILED, "no", 2, nullptr);
    return PPN_MW_DONE;
  };
  recorder.add_to(client, "guard", PPN_MIDDLEWARE_ATTEMPT);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.code == PPN_E_MIDDLEWARE_FAILED);
  BOOST_TEST(answered.attempts() == 2);
  BOOST_TEST(server.requests().size() == 1U);
  // The only slot is free again.
  BOOST_TEST(fetch(client, server.url()).status() == 200);
}

BOOST_AUTO_TEST_CASE(batch_repeats_what_fails_and_keeps_to_the_limit) {
  Script flaky;
  for (int i = 0; i < 4; ++i) {
    flaky.expect_request().send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n").expect_request().send(http_ok("x"));
  }
  const ScriptedServer server({flaky.wait_for_peer_close()});
  const RateLimiterHandle limiter = make_limiter(7);
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(ppn_client_set_rate_limiter(client.get(), limiter.get(), nullptr), PPN_OK);
  const Batch batch = make_batch();
  for (int i = 0; i < 5; ++i) add(batch, client, server.url());
  BOOST_REQUIRE_EQUAL(ppn_batch_set_concurrency(batch.get(), 1, nullptr), PPN_OK);
  Watcher watcher;
  BOOST_REQUIRE_EQUAL(watcher.install(batch.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_batch_run(batch.get(), nullptr), PPN_OK);
  // The fourth has its first attempt yet, the fifth not even that.
  const Told told = watcher.wait_for_end();
  BOOST_TEST(told.codes.size() == 5U);
  BOOST_TEST(count_of(told.codes, PPN_OK + 0) == 3);
  BOOST_TEST(count_of(told.codes, PPN_E_RATE_LIMITED + 0) == 2);
  BOOST_TEST(told.attempts.at(3) == 1);
  BOOST_TEST(told.attempts.at(4) == 0);
  BOOST_TEST(told.completions == 1);
  BOOST_TEST(ppn_rate_limiter_count(limiter.get(), PPN_RATE_GRANTED) == 7);
}

BOOST_AUTO_TEST_CASE(key_of_the_client_goes_with_every_attempt_to_its_own_origin_and_to_no_other) {
  const ScriptedServer own({answer(503), answer(429, "Retry-After-Ms: 1\r\n"), answer(200)});
  const ScriptedServer other({answer(503), answer(200)});
  const Client client = make_api_client(own.url("/v1"));
  BOOST_TEST(fetch(client, "models").attempts() == 3);
  BOOST_TEST(fetch(client, other.url()).attempts() == 2);
  BOOST_REQUIRE(own.requests().size() == 3U);
  BOOST_REQUIRE(other.requests().size() == 2U);
  for (const std::string& request : own.requests()) {
    BOOST_TEST(request.starts_with("GET /v1/models "));
    BOOST_TEST(holds(request, kKeyLine));
  }
  for (const std::string& request : other.requests()) BOOST_TEST(request.find(kKey) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(key_stays_at_its_origin_whatever_middleware_does) {
  const ScriptedServer own({answer(503), answer(200)});
  const ScriptedServer other({answer(503), answer(200)});
  const std::string elsewhere = other.url("/stolen");
  const auto lead_elsewhere = [&](std::atomic<int32_t>& code) {
    return [&](ppn_middleware_context* context) -> int32_t {
      code = ppn_middleware_context_set_url(context, elsewhere.data(), elsewhere.size(), nullptr);
      return PPN_MW_DONE;
    };
  };
  {
    std::atomic<int32_t> code{-1};
    StepRecorder recorder;
    recorder.before = lead_elsewhere(code);
    const Client client = make_api_client(own.url());
    recorder.add_to(client, "attempt", PPN_MIDDLEWARE_ATTEMPT);
    BOOST_TEST(fetch(client, "models").attempts() == 2);
    BOOST_TEST(code == PPN_E_INVALID_ARGUMENT);
    BOOST_REQUIRE(own.requests().size() == 2U);
    for (const std::string& request : own.requests()) BOOST_TEST(holds(request, kKeyLine));
    BOOST_TEST(other.connections() == 0);
  }
  {
    std::atomic<int32_t> code{-1};
    StepRecorder recorder;
    recorder.before = lead_elsewhere(code);
    const Client client = make_api_client(own.url());
    recorder.add_to(client, "call");
    BOOST_TEST(fetch(client, "models").attempts() == 2);
    BOOST_TEST(code == PPN_OK);
    BOOST_REQUIRE(other.requests().size() == 2U);
    for (const std::string& request : other.requests()) {
      BOOST_TEST(request.starts_with("GET /stolen "));
      BOOST_TEST(request.find(kKey) == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(credential_of_an_attempt_middleware_goes_with_every_attempt_to_its_origin) {
  const ScriptedServer own({answer(503), answer(200)});
  const ScriptedServer other({answer(503), answer(200)});
  const Client client = make_retrying_client();
  Middleware auth;
  const std::string url = own.url();
  BOOST_REQUIRE_EQUAL(ppn_middleware_new_auth(url.data(), url.size(), "X-Api-Key", 9, "", 0, kKey, PPN_AUTO_LENGTH,
                                              auth.out(), nullptr),
                      PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_client_add_middleware(client.get(), auth.get(), nullptr), PPN_OK);
  BOOST_TEST(fetch(client, own.url()).attempts() == 2);
  BOOST_TEST(fetch(client, other.url()).attempts() == 2);
  BOOST_REQUIRE(own.requests().size() == 2U);
  for (const std::string& request : own.requests()) BOOST_TEST(holds(request, std::string("X-Api-Key: ") + kKey));
  for (const std::string& request : other.requests()) BOOST_TEST(request.find(kKey) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
