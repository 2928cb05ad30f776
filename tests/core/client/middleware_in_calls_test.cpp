// Middleware around whole calls (SEMANTICS 3.6): in which order it runs, what it may change, and that a call ends as it
// must whatever middleware does. The steps alone are tested in middleware_chain_test.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "client/attempt_log.hpp"
#include "client/auth_middleware.hpp"
#include "client/rate_limiter.hpp"
#include "core/client/middleware_calls.hpp"
#include "core/client/until.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Kind = Middleware::Kind;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(middleware_in_calls, MiddlewareCalls)

BOOST_AUTO_TEST_CASE(application_surrounds_the_call_and_attempt_each_attempt) {
  const ScriptedServer server({answering_with(503), answering_ok()});
  add("a");
  add("t", Kind::attempt);
  add("b");
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
  check_log(log, {"before a", "before b", "before t", "after t", "before t", "after t", "after b", "after a"});
}

BOOST_AUTO_TEST_CASE(attempts_see_their_number_and_change_their_own_message) {
  const ScriptedServer server({answering_with(503), answering_ok()});
  add("t", Kind::attempt)->on_before = [](MiddlewareContext& context) {
    const int attempt = *context.attempt();
    static_cast<void>(context.add_header("x-attempt", std::to_string(attempt)));
    if (attempt == 1) static_cast<void>(context.add_header("x-first", "yes"));
    return Step::done;
  };
  BOOST_TEST(fetch(client, {.url = server.url(), .method = "PUT", .body = "body"}).body() == "ok");
  BOOST_TEST(server.requests().at(0).find("\r\nx-attempt: 1\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(0).find("\r\nx-first: yes\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(1).find("\r\nx-attempt: 2\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(1).find("x-first") == std::string::npos);
  BOOST_TEST(server.requests().at(1).ends_with("\r\n\r\nbody"));
}

BOOST_AUTO_TEST_CASE(answer_of_a_middleware_stands_for_the_call) {
  const ScriptedServer server({answering_ok("never")});
  for (const Kind kind : {Kind::application, Kind::attempt}) {
    client = make_client();
    add("m", kind)->on_before = responding(200, "one\ntwo");
    const Outcome whole = fetch(client, server.url());
    BOOST_TEST(whole.body() == "one\ntwo");
    BOOST_TEST(whole.heads == 1);
    BOOST_TEST(whole.response->attempts == (kind == Kind::attempt ? 1 : 0));
    const Outcome chunks = fetch(client, {.url = server.url(), .delivery = Delivery::chunks});
    BOOST_TEST(chunks.joined() == "one\ntwo");
    const Outcome lines = fetch(client, {.url = server.url(), .delivery = Delivery::lines});
    BOOST_TEST(lines.pieces == (MiddlewareLog{"one", "two"}), boost::test_tools::per_element());
    TestCall quiet(client, {.url = server.url()});
    quiet.start(false);
    BOOST_TEST(quiet.finish().body() == "one\ntwo");
  }
  client = make_client();
  add("m")->on_before = [](MiddlewareContext& context) {
    auto response = make_response(200, "data: one\n\ndata: two\n\n");
    response->headers.add("content-type", "text/event-stream");
    static_cast<void>(context.respond(std::move(response)));
    return Step::done;
  };
  const Outcome events = fetch(client, {.url = server.url(), .delivery = Delivery::events});
  BOOST_TEST(events.code() == "OK");
  BOOST_REQUIRE(events.events.size() == 2u);
  BOOST_TEST(events.events[1].data == "two");
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(response_is_replaced) {
  for (const Kind kind : {Kind::application, Kind::attempt}) {
    for (const Delivery delivery : {Delivery::collect, Delivery::chunks}) {
      const ScriptedServer server({answering_ok("of the server")});
      client = make_client();
      add("m", kind)->on_after = responding(201, "of the middleware");
      const Outcome outcome = fetch(client, {.url = server.url(), .delivery = delivery});
      BOOST_TEST(outcome.response->status == 201);
      BOOST_TEST((delivery == Delivery::collect ? outcome.body() : outcome.joined()) == "of the middleware");
      BOOST_TEST(outcome.heads == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(error_is_recovered_or_gets_another_name) {
  {
    const ScriptedServer server({Script{}.expect_request().reset()}, {.repeat_last = true});
    add("m")->on_failure = responding(200, "from the cache");
    const Outcome outcome = fetch(client, server.url());
    BOOST_TEST(outcome.code() == "OK");
    BOOST_TEST(outcome.body() == "from the cache");
    BOOST_TEST(outcome.response->attempts == 3);
    BOOST_TEST(attempts_of(*outcome.response).size() == 3u);
  }
  {
    const ScriptedServer server({answering_ok()});
    client = make_client();
    add("m")->on_after = failing(ErrorCode::http_not_found);
    const Outcome outcome = fetch(client, server.url());
    BOOST_TEST((outcome.error->code == ErrorCode::http_not_found));
    BOOST_TEST(outcome.phase() == "middleware");
    BOOST_TEST(outcome.error->message.find("middleware 'm': on purpose") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(failure_before_the_call_sends_nothing) {
  const ScriptedServer server({answering_ok("never")});
  add("a");
  add("b")->on_before = failing(ErrorCode::middleware_failed);
  add("c");
  const Outcome outcome = fetch(client, server.url());
  BOOST_TEST(outcome.code() == "MIDDLEWARE_FAILED");
  BOOST_TEST(outcome.error->attempts == 0);
  BOOST_TEST(server.connections() == 0);
  check_log(log, {"before a", "before b", "error b", "error a"});
}

BOOST_AUTO_TEST_CASE(call_is_made_once_more_and_only_once) {
  const ScriptedServer server({answering_with(401), answering_with(401)});
  add("m")->on_after = retrying_once();
  const Outcome outcome = fetch(client, server.url());
  BOOST_TEST(outcome.status() == 401);
  BOOST_TEST(outcome.response->attempts == 2);
  const std::vector<AttemptRecord> attempts = attempts_of(*outcome.response);
  BOOST_REQUIRE(attempts.size() == 2u);
  BOOST_TEST(attempts[0].status == 401);
  BOOST_TEST((attempts[0].delay_source == DelaySource::middleware));
  check_log(log, {"before m", "after m", "after m"});
}

BOOST_AUTO_TEST_CASE(retry_of_a_middleware_counts_as_one) {
  const ScriptedServer server({answering_with(503), answering_with(503), answering_with(503)});
  bool refused = false;
  add("m")->on_after = [&](MiddlewareContext& context) {
    refused = !context.retry_once(0).ok();
    return Step::done;
  };
  BOOST_TEST(fetch(client, server.url()).status() == 503);
  BOOST_TEST(refused);
  BOOST_TEST(server.connections() == 3);
}

BOOST_AUTO_TEST_CASE(one_more_try_with_another_credential_has_the_limit_of_that_credential) {
  const ScriptedServer server({answering_with(401), answering_ok(), answering_ok()});
  client = make_client([](Options& options) {
    options.request.retry.max_retries = 1;
    options.rate_limit.requests = {.count = 1'000'000, .burst = 1'000};
  });
  add("m")->on_after = [](MiddlewareContext& context) {
    if ((*context.response())->status == 401) {
      static_cast<void>(context.set_header("Authorization", "Bearer second"));
      static_cast<void>(context.retry_once(0));
    }
    return Step::done;
  };
  const Request first{.url = server.url(), .headers = {{"Authorization", "Bearer first"}}};
  const Request second{.url = server.url(), .headers = {{"Authorization", "Bearer second"}}};
  BOOST_TEST(fetch(client, first).status() == 200);
  BOOST_TEST(fetch(client, second).status() == 200);
  // Without the credential the second try would have been a third scope: that of the origin.
  BOOST_TEST(client->rate_limiter()->counts(monotonic_now()).scopes == 2);
}

// What was answered before it was sent has no message yet.
BOOST_AUTO_TEST_CASE(call_that_was_answered_without_the_server_is_sent_whole_when_it_is_made_once_more) {
  for (const std::size_t size : {std::size_t{4}, std::size_t{100'000}}) {
    const ScriptedServer server({answering_ok()});
    const std::string body(size, 'b');
    client = make_client([](Options& options) { options.request.retry.max_retries = 1; });
    add("outer")->on_after = retrying_once();
    add("inner")->on_before = responding(504, "stale");
    const Outcome outcome = fetch(client, {.url = server.url(), .method = "POST", .body = body});
    BOOST_TEST(outcome.body() == "ok");
    BOOST_REQUIRE(server.requests().size() == 1u);
    BOOST_TEST(server.requests().at(0).ends_with("\r\n\r\n" + body));
    BOOST_TEST(server.requests().at(0).find("\r\nUser-Agent: ") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(call_whose_error_was_recovered_is_made_once_more) {
  const ScriptedServer server({Script{}.expect_request().reset(), answering_ok()});
  client = make_client([](Options& options) {
    options.request.retry.max_retries = 1;
    options.request.retry.retry_unsafe = false;
  });
  add("outer")->on_after = retrying_once();
  add("inner")->on_failure = responding(200, "recovered");
  const Outcome outcome = fetch(client, {.url = server.url(), .method = "POST", .body = "x"});
  BOOST_TEST(outcome.body() == "ok");
  const std::vector<AttemptRecord> attempts = attempts_of(*outcome.response);
  BOOST_REQUIRE(attempts.size() == 2u);
  BOOST_TEST((attempts[0].code == ErrorCode::connection_reset));
  BOOST_TEST(attempts[0].status == 0);
}

BOOST_AUTO_TEST_CASE(step_is_finished_by_another_thread) {
  for (const Kind kind : {Kind::application, Kind::attempt}) {
    const ScriptedServer server({answering_ok()});
    client = make_client();
    Pending before;
    Pending after;
    const auto middleware = add("m", kind);
    middleware->on_before = before.step();
    middleware->on_after = after.step();
    TestCall call(client, {.url = server.url()});
    call.start();
    const auto first = before.wait();
    BOOST_TEST(server.requests().empty());
    std::thread([&] {
      static_cast<void>(first->set_header("x-late", "yes")), static_cast<void>(first->finish());
    }).join();
    const auto second = after.wait();
    BOOST_TEST(call.so_far().heads == 0);
    std::thread([&] {
      static_cast<void>(second->respond(make_response(200, "changed")));
      static_cast<void>(second->finish());
    }).join();
    BOOST_TEST(call.finish().body() == "changed");
    BOOST_TEST(server.requests().at(0).find("\r\nx-late: yes\r\n") != std::string::npos);
    BOOST_TEST(code_of(second->finish()) == "INVALID_STATE");
  }
}

BOOST_AUTO_TEST_CASE(cancel_ends_a_step_that_is_pending) {
  for (const Kind kind : {Kind::application, Kind::attempt}) {
    const ScriptedServer server({answering_ok("never")});
    client = make_client();
    Pending pending;
    add("m", kind)->on_before = pending.step();
    TestCall call(client, {.url = server.url()});
    call.start();
    const auto context = pending.wait();
    const auto cancelled_at = std::chrono::steady_clock::now();
    call.cancel();
    const Outcome outcome = call.finish();
    BOOST_TEST((outcome.completed_at - cancelled_at < std::chrono::milliseconds(50)));
    BOOST_TEST(outcome.code() == "CANCELLED");
    BOOST_TEST(server.connections() == 0);
    BOOST_TEST(code_of(context->finish()) == "INVALID_STATE");
  }
}

BOOST_AUTO_TEST_CASE(step_that_is_never_finished_fails_at_the_deadline_of_the_call) {
  const ScriptedServer server({answering_ok("never")});
  Pending pending;
  add("forgetful")->on_before = pending.step();
  const Outcome outcome = fetch(client, {.url = server.url(), .options = {{"timeout_ms", "30"}}});
  BOOST_TEST(outcome.code() == "MIDDLEWARE_FAILED");
  BOOST_TEST(outcome.error->message.find("'forgetful'") != std::string::npos);
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(message_is_changed_before_it_is_sent) {
  const ScriptedServer other({answering_ok()});
  bool host_refused = false;
  add("m")->on_before = [&](MiddlewareContext& context) {
    host_refused = code_of(context.set_header("Host", "elsewhere")) == "INVALID_HEADER";
    static_cast<void>(context.set_url(other.url("/changed")));
    static_cast<void>(context.set_body("another body"));
    static_cast<void>(context.set_header("x-mine", "1"));
    static_cast<void>(context.remove_header("x-theirs"));
    static_cast<void>(context.set_option("max_response_bytes", "1"));
    return Step::done;
  };
  const Outcome outcome =
      fetch(client, {.url = "http://127.0.0.1:1/", .method = "POST", .headers = {{"x-theirs", "1"}}, .body = "a body"});
  BOOST_TEST(host_refused);
  BOOST_REQUIRE(other.requests().size() == 1u);
  const std::string request = other.requests().at(0);
  BOOST_TEST(request.starts_with("POST /changed HTTP/1.1\r\n"));
  BOOST_TEST(request.ends_with("\r\n\r\nanother body"));
  BOOST_TEST(request.find("\r\nContent-Length: 12\r\n") != std::string::npos);
  BOOST_TEST(request.find("\r\nHost: 127.0.0.1:" + std::to_string(other.port()) + "\r\n") != std::string::npos);
  BOOST_TEST(request.find("\r\nx-mine: 1\r\n") != std::string::npos);
  BOOST_TEST(request.find("x-theirs") == std::string::npos);
  BOOST_TEST(outcome.code() == "BODY_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(middleware_that_is_added_later_serves_later_calls) {
  ScriptedServer server(
      {Script{}.expect_request().wait_for_signal("go").send(last_response(200)).close(), answering_ok()});
  add("old");
  TestCall running(client, {.url = server.url()});
  running.start();
  BOOST_REQUIRE(server.wait_for_requests(1));
  MiddlewareLog other;
  client->add_middleware(std::make_shared<FunctionMiddleware>("new", other, Kind::application));
  server.signal("go");
  running.finish();
  BOOST_TEST(other.empty());
  fetch(client, server.url());
  check_log(other, {"before new", "after new"});
}

BOOST_AUTO_TEST_CASE(refresh_that_throws_is_no_token) {
  const ScriptedServer server({answering_with(401, "", "no")});
  for (const char* const token : {"", "old-token"}) {
    client = make_client([](Options& options) { options.request.retry.max_retries = 1; });
    auto refresh = TokenRefresh::create(*CredentialSlot::create(server.url(), "Authorization", "Bearer"), token);
    BOOST_REQUIRE(refresh.ok());
    (*refresh)->set_refresh([](TokenRefresh&) -> bool { throw std::runtime_error("no token today"); });
    client->add_middleware(*refresh);
    const Outcome outcome = fetch(client, server.url());
    if (*token == '\0') {
      BOOST_TEST(outcome.code() == "MIDDLEWARE_FAILED");
      BOOST_TEST(server.connections() == 0);
    } else {
      BOOST_TEST(outcome.status() == 401);
      BOOST_TEST(outcome.body() == "no");
      BOOST_TEST(outcome.response->attempts == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(token_that_was_refused_is_renewed_once_for_all_calls) {
  constexpr std::size_t kCalls = 20;
  std::vector<Script> scripts;
  for (std::size_t i = 0; i < kCalls; ++i) {
    scripts.push_back(Script{}.expect_request().wait_for_signal("refuse").send(last_response(401)).close());
  }
  scripts.push_back(answering_ok());
  ScriptedServer server(std::move(scripts), {.repeat_last = true});
  auto slot = CredentialSlot::create(server.url(), "Authorization", "Bearer");
  BOOST_REQUIRE(slot.ok());
  auto refresh = TokenRefresh::create(std::move(*slot), "old-token");
  BOOST_REQUIRE(refresh.ok());
  std::atomic<int> asked{0};
  (*refresh)->set_refresh([&](TokenRefresh&) {
    ++asked;
    return true;
  });
  client->add_middleware(*refresh);
  std::vector<std::unique_ptr<TestCall>> calls;
  for (std::size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<TestCall>(client, Request{.url = server.url()}));
    calls.back()->start();
  }
  BOOST_REQUIRE(server.wait_for_requests(kCalls));
  server.signal("refuse");
  BOOST_REQUIRE(until([&] { return asked == 1; }));
  BOOST_TEST((*refresh)->set_token("new-token").ok());
  for (const auto& call : calls) {
    const Outcome outcome = call->finish();
    BOOST_TEST(outcome.body() == "ok");
    BOOST_TEST(outcome.response->attempts == 2);
  }
  BOOST_TEST(asked == 1);
  const std::vector<std::string> requests = server.requests();
  BOOST_REQUIRE(requests.size() == 2 * kCalls);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const char* const token = i < kCalls ? "Bearer old-token\r\n" : "Bearer new-token\r\n";
    BOOST_TEST(requests[i].find(token) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
