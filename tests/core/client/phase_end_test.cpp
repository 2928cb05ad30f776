// Each wait of a call that goes on after its first response, ended in each way there is: exactly one end, at once.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/live_objects.hpp"
#include "client/runtime.hpp"
#include "core/client/answers.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "core/client/redirects.hpp"
#include "core/client/test_reader.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Phase {
  const char* name;
  std::vector<Script> scripts;
  Request request;  // without its URL
  // Until the call is there.
  std::function<void(const ScriptedServer&, const TestCall&)> arrive;
  bool sees_head = true;
};

const std::function<void(const ScriptedServer&, const TestCall&)> kMarked =
    [](const ScriptedServer& server, const TestCall&) { BOOST_TEST(server.wait_for_mark("there")); };
const std::function<void(const ScriptedServer&, const TestCall&)> kServed =
    [](const ScriptedServer& server, const TestCall&) { BOOST_TEST(server.wait_for_finished(1)); };

Script whole(const std::string& text) {
  return Script{}.expect_request().send(events_head + chunk(text) + last_chunk).close();
}
Script silent() {
  return Script{}.expect_request().mark("there").wait_for_peer_close();
}
Request stream(Settings options) {
  options.emplace_back("stream_auto_reconnect", "true");
  return {.url = "", .delivery = Delivery::events, .options = std::move(options)};
}
Request upload() {
  return {
      .url = "",
      .method = "PUT",
      .set_body = reading(zeros(100'000), 100'000),
      .options = {
          {"expect_continue", "true"}, {"expect_continue_min_bytes", "0"}, {"expect_continue_timeout_ms", "60000"}}};
}

const Settings kLongRetries{
    {"timeout_ms", "0"}, {"max_retries", "2"}, {"backoff_factor", "60"}, {"max_backoff_ms", "60000"}};

std::vector<Phase> phases() {
  return {
      {"backoff", {answering_with(503)}, {.url = "", .options = kLongRetries}, kServed, false},
      {"backoff of a stream that nobody has seen",
       {Script{}.expect_request().send(events_head + chunk(": hi\n")).close()},
       {.url = "", .delivery = Delivery::events, .options = kLongRetries},
       kServed,
       false},
      {"wait for the next connection",
       {whole("retry: 60000\ndata: a\n\n")},
       stream({}),
       [](const ScriptedServer& server, const TestCall& call) {
         BOOST_TEST(call.wait_for_pieces(1));
         BOOST_TEST(server.wait_for_finished(1));
       }},
      {"next connection", {whole("data: a\n\n"), silent()}, stream({{"stream_reconnect_ms", "0"}}), kMarked},
      {"redirect of the next connection",
       {whole("data: a\n\n"), answering_with(307, "Location: /b\r\n"), silent()},
       stream({{"stream_reconnect_ms", "0"}}),
       kMarked},
      {"hop", {answering_with(302, "Location: /b\r\n"), silent()}, {.url = ""}, kMarked},
      {"hop of a stream", {answering_with(302, "Location: /b\r\n"), silent()}, stream({}), kMarked},
      {"body of a redirect",
       {Script{}
            .expect_request()
            .send("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 5\r\n\r\n")
            .mark("there")
            .wait_for_peer_close(),
        Script{}.expect_request().wait_for_peer_close()},
       {.url = ""},
       kMarked},
      {"100", {Script{}.expect_head().mark("there").wait_for_peer_close()}, upload(), kMarked},
      {"100 of a hop",
       {Script{}.expect_head().send(moved(307, "/b")).wait_for_peer_close(),
        Script{}.expect_head().mark("there").wait_for_peer_close()},
       upload(),
       kMarked},
      {"answer without 100",
       {Script{}.expect_head().send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n").wait_for_peer_close(), silent()},
       upload(),
       kMarked},
  };
}

enum class End { cancel, close, shutdown };

void check(const Phase& phase, End end) {
  const ScriptedServer server(phase.scripts);
  Request request = phase.request;
  request.url = server.url("/a");
  auto client = make_client();
  TestCall call(client, std::move(request));
  call.start(phase.sees_head);
  phase.arrive(server, call);
  BOOST_TEST(call.so_far().completions == 0);
  switch (end) {
    case End::cancel: call.cancel(); break;
    case End::close: client->close(); break;
    case End::shutdown:
      client.reset();
      BOOST_TEST(Runtime::shutdown().ok());
      break;
  }
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(call.handler_ended());
  call.cancel();
  call.resume();
  BOOST_TEST(call.so_far().completions == 1);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(phase_end, EngineFixture)

BOOST_AUTO_TEST_CASE(cancel_ends_each_wait_once) {
  for (const Phase& phase : phases()) BOOST_TEST_CONTEXT(phase.name) check(phase, End::cancel);
}

BOOST_AUTO_TEST_CASE(close_of_the_client_ends_each_wait_once) {
  for (const Phase& phase : phases()) BOOST_TEST_CONTEXT(phase.name) check(phase, End::close);
}

BOOST_AUTO_TEST_CASE(shutdown_ends_each_wait_once) {
  for (const Phase& phase : phases()) BOOST_TEST_CONTEXT(phase.name) check(phase, End::shutdown);
}

// The end is told before the rest of the body is waited for; a shutdown does not wait for it.
BOOST_AUTO_TEST_CASE(shutdown_while_the_rest_of_a_body_is_waited_for_leaves_nothing) {
  for (int i = 0; i < 5; ++i) {
    const ScriptedServer server(
        {Script{}.expect_request().send(events_head + chunk("data: [DONE]\n\n")).wait_for_peer_close()});
    auto client = make_client();
    TestCall call(client,
                  {.url = server.url(), .delivery = Delivery::events, .options = {{"stream_profile", "openai"}}});
    call.start();
    BOOST_TEST(call.finish().code() == "OK");
    client.reset();
    BOOST_TEST(Runtime::shutdown().ok());
    BOOST_TEST(call.handler_ended());
  }
}

// A client that is drained is quiet when the rest has come or its time is over.
BOOST_AUTO_TEST_CASE(drain_waits_for_streams_that_go_on) {
  const ScriptedServer server({whole("data: a\n\n"), answering_with(204)});
  const auto client = make_client();
  TestCall call(client, [&] {
    Request request = stream({{"stream_reconnect_ms", "1"}});
    request.url = server.url();
    return request;
  }());
  call.start();
  const Result<bool> quiet = client->drain(-1);
  BOOST_REQUIRE(quiet.ok());
  BOOST_TEST(*quiet);
  BOOST_TEST(call.so_far().completions == 1);
  BOOST_TEST(call.finish().code() == "OK");
  BOOST_TEST(call.finish().status() == 204);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
