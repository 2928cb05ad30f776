// The hooks that every client class has, and the policy of a request.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

Script answer(int status, std::string_view fields = "", std::string_view body = "") {
  return Script{}
      .expect_request()
      .send("HTTP/1.1 " + std::to_string(status) + " Status\r\nConnection: close\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(body))
      .close();
}

ppn::NetworkConfig quick(int64_t max_retries = 3) {
  return ppn::NetworkConfig().set("backoff_factor", "0.001").set("max_retries", max_retries).timeout(10s);
}

// Does `use` with a client of each class at a server that plays `scripts`.
template <class Use>
void with_each_client(const std::vector<Script>& scripts, int64_t max_retries, Use use) {
  {
    const ScriptedServer server(scripts);
    use(ppn::HTTPClient(quick(max_retries)), server.url(), server);
  }
  {
    const ScriptedServer server(scripts);
    use(ppn::RequestManager(server.url(), quick(max_retries)), std::string("/"), server);
  }
  {
    const ScriptedServer server(scripts);
    use(ppn::APIClient(server.url(), "key-of-the-client", quick(max_retries)), std::string("/"), server);
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hooks, NoLeak)

BOOST_AUTO_TEST_CASE(decider_has_the_last_word_about_an_attempt) {
  with_each_client({answer(404, "X-Id: 7\r\n", "not yet"), answer(503, "Retry-After-Ms: 5\r\n"), answer(200)}, 3,
                   [](const auto& client, const std::string& address, const ScriptedServer& server) {
                     struct Seen {
                       int32_t attempt;
                       int32_t code;
                       int32_t status;
                       ppn::Outcome outcome;
                       ppn::Sent sent;
                       std::string body;
                       std::string id;
                       ppn::RetryDecision by_default;
                       std::string source;
                     };
                     std::vector<Seen> seen;
                     client.on_retry_decision([&](const ppn::RetryQuestion& question) {
                       const auto response = question.response();
                       seen.push_back({question.attempt(), question.code(), question.status(), question.outcome(),
                                       question.sent(), std::string(question.body()),
                                       std::string(response ? response->header("x-id").value_or("") : "none"),
                                       question.by_default(), question.default_delay_source()});
                       return question.status() == 404 ? ppn::RetryAnswer::retry_after(1500us)
                                                       : ppn::RetryAnswer::stop();
                     });
                     const ppn::Response response = client.get(address);
                     BOOST_TEST(response.status() == 503);
                     BOOST_TEST(response.attempt_log().at(0).delay_source == "decider");
                     BOOST_TEST((response.attempt_log().at(0).delay == 2ms));
                     BOOST_TEST(server.requests().size() == 2U);
                     BOOST_REQUIRE(seen.size() == 2U);
                     BOOST_TEST(seen[0].attempt == 0);
                     BOOST_TEST(seen[0].code == PPN_E_HTTP_NOT_FOUND);
                     BOOST_TEST(seen[0].status == 404);
                     BOOST_TEST((seen[0].outcome == ppn::Outcome::fatal));
                     BOOST_TEST((seen[0].sent == ppn::Sent::full));
                     BOOST_TEST(seen[0].body == "not yet");
                     BOOST_TEST(seen[0].id == "7");
                     BOOST_TEST(!seen[0].by_default.retry);
                     BOOST_TEST((seen[0].by_default.reason == ppn::StopReason::not_retryable));
                     BOOST_TEST(seen[0].source == "none");
                     BOOST_TEST(seen[1].by_default.retry);
                     BOOST_TEST(seen[1].by_default.delay.count() >= 5);
                     BOOST_TEST((seen[1].by_default.reason == ppn::StopReason::none));
                     BOOST_TEST(seen[1].source == "retry_after_ms");
                   });
}

BOOST_AUTO_TEST_CASE(answers_of_a_decider_are_those_of_the_c_abi) {
  BOOST_TEST(ppn::RetryAnswer::by_default().verdict() == PPN_DECIDE_DEFAULT);
  BOOST_TEST(ppn::RetryAnswer::retry().verdict() == PPN_DECIDE_RETRY);
  BOOST_TEST(ppn::RetryAnswer::stop().verdict() == PPN_DECIDE_STOP);
  BOOST_TEST(ppn::RetryAnswer::retry_after(2s).verdict() == PPN_DECIDE_RETRY_AFTER);
  BOOST_TEST(ppn::RetryAnswer::retry_after(2s).delay_ms() == 2'000);
  BOOST_TEST(ppn::RetryAnswer::retry_after(-2s).delay_ms() == -2'000);
}

BOOST_AUTO_TEST_CASE(decider_that_throws_leaves_it_to_the_policy) {
  with_each_client({answer(503), answer(404), answer(200)}, 3,
                   [](const auto& client, const std::string& address, const ScriptedServer& server) {
                     client.on_retry_decision(
                         [](const ppn::RetryQuestion&) -> ppn::RetryAnswer { throw std::runtime_error("no idea"); });
                     BOOST_TEST(client.get(address).status() == 404);
                     BOOST_TEST(server.requests().size() == 2U);
                   });
}

BOOST_AUTO_TEST_CASE(decider_is_fixed_with_the_first_request_and_ends_with_its_client) {
  const auto token = std::make_shared<int>(1);
  const ScriptedServer server({answer(200)});
  {
    const ppn::HTTPClient client(quick());
    const auto decider = [token](const ppn::RetryQuestion&) { return ppn::RetryAnswer::by_default(); };
    client.on_retry_decision(decider);
    client.get(server.url());
    BOOST_TEST(code_of([&] { client.on_retry_decision(decider); }) == PPN_E_INVALID_STATE);
    BOOST_TEST(token.use_count() == 3);  // here, in `decider`, and in the client
  }
  ppn::shutdown();
  BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(question_is_empty_outside_of_a_decider) {
  const ppn::RetryQuestion none;
  BOOST_TEST(none.attempt() == 0);
  BOOST_TEST(none.status() == 0);
  BOOST_TEST(none.body().empty());
  BOOST_TEST(!none.response());
  BOOST_TEST(!none.by_default().retry);
}

BOOST_AUTO_TEST_CASE(every_client_takes_middleware_listeners_and_limits) {
  with_each_client(
      {answer(503), answer(200)}, 3, [](const auto& client, const std::string& address, const ScriptedServer& server) {
        const ppn::RateLimiter limiter(
            ppn::NetworkConfig().set("rate_limit", "1/h:2").set("rate_limit_mode", "fail_fast"));
        client.rate_limiter(limiter);
        client.add_middleware(ppn::RequestMiddleware("tag").before_request(
            [](ppn::MiddlewareContext& context) { context.set_header("X-Tag", "1"); }));
        std::atomic<int> retries{0};
        client.on_call_event([&](const ppn::CallEvent& event) {
          if (event.type() == ppn::CallEventType::retry) ++retries;
        });
        BOOST_TEST(client.get(address).status() == 200);
        BOOST_TEST(retries == 1);
        BOOST_TEST(limiter.count(ppn::RateCount::granted) == 2);
        BOOST_REQUIRE(server.requests().size() == 2U);
        BOOST_TEST(server.requests()[1].find("X-Tag: 1\r\n") != std::string::npos);
        BOOST_TEST(code_of([&] { client.get(address); }) == PPN_E_RATE_LIMITED);
        client.clear_call_events();
        BOOST_TEST(client.metrics_json().find("http.client.request.duration") != std::string::npos);
        BOOST_TEST(client.metrics_prometheus().find("http_client_request_duration_seconds") != std::string::npos);
      });
}

BOOST_AUTO_TEST_CASE(request_takes_the_rules_of_a_retry_handler) {
  with_each_client({answer(404), answer(404), answer(200), answer(503)}, 0,
                   [](const auto& client, const std::string& address, const ScriptedServer& server) {
                     const ppn::RetryHandler rules = ppn::RetryHandler(2, {404}).set("max_backoff_ms", 0);
                     BOOST_TEST(client.request("GET", address).retry(rules).send().status() == 200);
                     BOOST_TEST(server.requests().size() == 3U);
                     ppn::Request request = client.request("GET", address);
                     request.retry(rules);
                     BOOST_TEST(request.send().status() == 503);  // not one of its codes
                     BOOST_TEST(code_of([&] { request.retry(rules); }) == PPN_E_INVALID_STATE);
                   });
}

BOOST_AUTO_TEST_SUITE_END()
