// Streams that are redirected and go on, with what else is around them: middleware, limits, credentials.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/answers.hpp"
#include "core/client/chunked.hpp"
#include "core/client/middleware_calls.hpp"
#include "core/client/redirects.hpp"
#include "core/client/transcripts.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Script whole(const std::string& text) {
  return Script{}.expect_request().send(events_head + chunk(text) + last_chunk).close();
}
Script cut(const std::string& text) {
  return Script{}.expect_request().send(events_head + chunk(text)).close();
}
Script leading_to(const std::string& url) {
  return answering_with(307, "Location: " + url + "\r\n");
}

Request resuming(const std::string& url, Settings more = {}) {
  more.emplace_back("stream_auto_reconnect", "true");
  more.emplace_back("stream_reconnect_ms", "1");
  more.emplace_back("max_backoff_ms", "1");
  return {.url = url, .delivery = Delivery::events, .options = std::move(more)};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_redirect, MiddlewareCalls)

// As browsers do: what an earlier hop led to says nothing about the next connection. The id goes with it, also to
// another origin, whose events it may be; credentials do not.
BOOST_AUTO_TEST_CASE(stream_that_was_redirected_goes_on_at_the_url_of_the_call) {
  const ScriptedServer other({cut("id: 1\ndata: a\n\n"), answering_with(204)});
  const ScriptedServer server({leading_to(other.url("/there")), leading_to(other.url("/elsewhere"))});
  Request request = resuming(server.url("/here"));
  request.headers.emplace_back("Authorization", "Bearer abcdefgh");
  const Outcome outcome = fetch(client, std::move(request));
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.status() == 204);
  BOOST_TEST(outcome.events.size() == 1U);
  BOOST_TEST(outcome.response->redirects == 1);
  BOOST_TEST(outcome.response->url.text() == other.url("/elsewhere"));
  BOOST_TEST(paths_of(server.requests()) == (std::vector<std::string>{"/here", "/here"}),
             boost::test_tools::per_element());
  BOOST_TEST(paths_of(other.requests()) == (std::vector<std::string>{"/there", "/elsewhere"}),
             boost::test_tools::per_element());
  for (const std::string& sent : server.requests()) BOOST_TEST(has(sent, "Authorization: Bearer abcdefgh"));
  for (const std::string& sent : other.requests()) BOOST_TEST(!has(sent, "Authorization"));
  BOOST_TEST(has(server.requests()[1], "Last-Event-ID: 1\r\n"));
  BOOST_TEST(has(other.requests()[1], "Last-Event-ID: 1\r\n"));
  BOOST_TEST(!has(other.requests()[0], "Last-Event-ID"));
}

BOOST_AUTO_TEST_CASE(posted_stream_sends_its_body_over_each_redirect_and_each_reconnection) {
  for (const std::size_t size : {std::size_t{20}, std::size_t{100'000}}) {
    const std::string body(size, 'p');
    const ScriptedServer server({leading_to("/two"), cut("id: 1\ndata: a\n\n"), leading_to("/three"),
                                 whole("data: b\n\n"), answering_with(204)});
    Request request = resuming(server.url("/one"), {{"stream_resume_allowed", "true"}});
    request.method = "POST";
    request.body = body;
    const Outcome outcome = fetch(client, std::move(request));
    BOOST_TEST(outcome.code() == "OK");
    BOOST_TEST(outcome.events.size() == 2U);
    const auto requests = server.requests();
    BOOST_TEST(paths_of(requests) == (std::vector<std::string>{"/one", "/two", "/one", "/three", "/one"}),
               boost::test_tools::per_element());
    for (const std::string& sent : requests) BOOST_TEST(sent.ends_with("\r\n\r\n" + body));
  }
}

// The filter of a middleware that a later attempt did not reach has seen the message of an earlier one, which is gone.
BOOST_AUTO_TEST_CASE(filter_of_an_attempt_ends_with_it) {
  const ScriptedServer server({cut("data: a\n\n")});
  int befores = 0;
  add("first", Middleware::Kind::attempt)->on_before = [&](MiddlewareContext& context) {
    if (++befores == 1) return Step::done;
    auto made = make_response(200, "data: b\n\n");
    made->headers.add("Content-Type", "text/event-stream");
    static_cast<void>(context.respond(std::move(made)));
    return Step::done;
  };
  add("second", Middleware::Kind::attempt)->event_filter = [](MiddlewareContext& context, const SseEvent& event) {
    const std::string data = std::string(event.data) + " of " + *context.url();
    static_cast<void>(context.emit(SseEvent{"message", data, "", std::nullopt}));
  };
  const Outcome outcome = fetch(client, resuming(server.url("/s")));
  BOOST_TEST(outcome.code() == "OK");
  BOOST_REQUIRE(outcome.events.size() == 2U);
  BOOST_TEST(outcome.events[0].data == "a of " + server.url("/s"));
  BOOST_TEST(outcome.events[1].data == "b");
}

BOOST_AUTO_TEST_CASE(filters_and_middleware_of_each_hop_go_on_over_redirect_and_reconnection) {
  const ScriptedServer server(
      {leading_to("/two"), cut("data: a\n\n"), leading_to("/three"), whole("data: b\n\n"), answering_with(204)});
  const auto around = add("a");
  around->event_filter = [](MiddlewareContext& context, const SseEvent& event) {
    static_cast<void>(context.emit(SseEvent{"message", "(" + std::string(event.data) + ")", "", std::nullopt}));
  };
  const auto hop = add("t", Middleware::Kind::attempt);
  hop->event_filter = [](MiddlewareContext& context, const SseEvent& event) {
    const std::string url = *context.url();
    const std::string data = std::string(event.data) + url.substr(url.rfind('/'));
    static_cast<void>(context.emit(SseEvent{"message", data, "", std::nullopt}));
  };
  const Outcome outcome = fetch(client, resuming(server.url("/one")));
  BOOST_TEST(outcome.code() == "OK");
  BOOST_REQUIRE(outcome.events.size() == 2U);
  BOOST_TEST(outcome.events[0].data == "(a/two)");
  BOOST_TEST(outcome.events[1].data == "(b/three)");
  check_log(log, {"before a", "before t", "after t", "before t", "after t", "after a", "end t STREAM_TRUNCATED",
                  "before t", "after t", "before t", "after t", "end t", "before t", "after t", "end t", "end a"});
}

// Each connection has a ticket of its own, and pays for what its own events say.
BOOST_AUTO_TEST_CASE(tokens_of_one_connection_are_not_paid_for_by_the_next) {
  const ScriptedServer server(
      {cut("data: {\"usage\":{\"total_tokens\":60}}\n\n"), answering_with(204), answering_with(204)});
  client = make_client([](Options& options) {
    options.rate_limit.tokens = {.count = 1'000, .period_ms = 3'600'000, .burst = 100};
    options.rate_limit.mode = LimitMode::fail_fast;
  });
  BOOST_TEST(fetch(client, resuming(server.url(), {{"rate_limit_tokens", "10"}})).code() == "OK");
  BOOST_TEST(server.requests().size() == 2U);
  // 60 that were used, 10 that nobody knows better.
  BOOST_TEST(fetch(client, resuming(server.url(), {{"rate_limit_tokens", "40"}})).code() == "RATE_LIMITED");
  BOOST_TEST(fetch(client, resuming(server.url(), {{"rate_limit_tokens", "30"}})).code() == "OK");
}

// Who keeps the head of the first connection asks it where it came from.
BOOST_AUTO_TEST_CASE(response_of_an_earlier_connection_knows_its_url) {
  const ScriptedServer server({cut("data: a\n\n"), answering_with(204)});
  std::shared_ptr<Response> first;
  Request request = resuming(server.url("/s"));
  TestCall call(client, std::move(request));
  call.start();
  BOOST_REQUIRE(call.wait_for_head());
  first = call.so_far().response;
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.response->url.text() == server.url("/s"));
  BOOST_REQUIRE(first);
  BOOST_TEST(first->status == 200);
  BOOST_TEST(first->complete.load());
  BOOST_TEST(first->url.text() == server.url("/s"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
