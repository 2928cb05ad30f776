// The ends of clients and of the runtime.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/blocking.hpp"
#include "client/runtime.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/full_backlog.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {

BOOST_FIXTURE_TEST_SUITE(shutting_down, EngineFixture)

BOOST_AUTO_TEST_CASE(closed_client_cancels_running_calls_and_refuses_new_ones) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const auto client = make_client([](Options& options) { options.connection.max_connections_per_origin = 2; });
  TestCall described(client, {.url = server.url()});
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 4; ++i) {  // two of them wait for a connection
    calls.push_back(std::make_unique<TestCall>(client, Request{.url = server.url()}));
    calls.back()->start();
  }
  BOOST_TEST(server.wait_for_requests(2));
  client->close();
  for (const auto& call : calls) BOOST_TEST(call->finish().code() == "CANCELLED");
  BOOST_TEST(server.wait_for_finished(2));

  const Status started = described.try_start();
  BOOST_REQUIRE(!started.ok());
  BOOST_TEST((started.error().code == ErrorCode::client_closed));
  BOOST_TEST(described.handler_ended());
  const auto created = Call::create(client, "GET", server.url());
  BOOST_REQUIRE(!created.ok());
  BOOST_TEST((created.error().code == ErrorCode::client_closed));
  client->close();  // once more is nothing
}

BOOST_AUTO_TEST_CASE(close_of_one_client_leaves_others_alone) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(ok_response("alive"))});
  const auto one = make_client();
  const auto two = make_client();
  TestCall call(two, {.url = server.url()});
  call.start();
  one->close();
  server.signal("go");
  BOOST_TEST(call.finish().body() == "alive");
}

BOOST_AUTO_TEST_CASE(running_call_outlives_the_last_reference_to_its_client) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(ok_response("done"))});
  auto client = make_client();
  TestCall call(client, {.url = server.url()});
  call.start();
  BOOST_TEST(server.wait_for_requests(1));
  client.reset();
  server.signal("go");
  BOOST_TEST(call.finish().body() == "done");
}

BOOST_AUTO_TEST_CASE(shutdown_cancels_and_completes_every_call) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("x")).wait_for_peer_close()},
                              {.repeat_last = true});
  const auto client = make_client();
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(std::make_unique<TestCall>(
        client, Request{.url = server.url(), .delivery = Delivery::chunks, .hooks = {.piece = [i](std::size_t) {
                                                                             return i % 2 == 0 ? Flow::pause
                                                                                               : Flow::proceed;
                                                                           }}}));
    calls.back()->start();
  }
  for (const auto& call : calls) BOOST_TEST(call->wait_for_pieces(1));
  BOOST_TEST(Runtime::shutdown().ok());
  for (const auto& call : calls) {
    // Everything has happened when shutdown returns.
    BOOST_TEST(call->so_far().completions == 1);
    BOOST_TEST(call->so_far().code() == "CANCELLED");
  }
}

BOOST_AUTO_TEST_CASE(shutdown_ends_calls_in_every_phase) {
  const FullBacklog nobody;
  const ScriptedServer deaf({Script{}.expect_head().hold()});
  const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()});
  const ScriptedServer stalled({Script{}.expect_bytes(5).mark("hello").hold()});
  const std::string stalled_url = "https://127.0.0.1:" + std::to_string(stalled.port()) + "/";
  const auto client = make_client([](Options& options) { options.connection.max_connections_per_origin = 1; });
  TestCall connecting(client, {.url = nobody.url()});
  TestCall sending(client, {.url = deaf.url(), .method = "POST", .body = std::string(64 << 20, 'b')});
  TestCall waiting(client, {.url = silent.url()});
  TestCall queued(client, {.url = silent.url()});
  TestCall in_handshake(client, {.url = stalled_url});
  for (TestCall* call : {&connecting, &sending, &waiting, &queued, &in_handshake}) call->start();
  BOOST_TEST(deaf.wait_for_requests(1));
  BOOST_TEST(silent.wait_for_requests(1));
  BOOST_TEST(stalled.wait_for_mark("hello"));
  BOOST_TEST(Runtime::shutdown().ok());
  const auto check = [](const TestCall& call, const char* phase) {
    BOOST_TEST(call.so_far().completions == 1);
    BOOST_TEST(call.so_far().code() == "CANCELLED");
    BOOST_TEST(call.so_far().phase() == phase);
  };
  check(connecting, "connect");
  check(sending, "send");
  check(waiting, "first_byte");
  check(queued, "pool");
  check(in_handshake, "tls");
}

BOOST_AUTO_TEST_CASE(call_after_a_shutdown_starts_a_new_runtime) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("one")).wait_for_peer_close(),
                               Script{}.expect_request().send(ok_response("two"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "one");
  BOOST_TEST(Runtime::shutdown().ok());
  BOOST_TEST(server.wait_for_finished(1));  // the idle connection went with the runtime
  BOOST_TEST(Runtime::shutdown().ok());
  BOOST_TEST(fetch(client, server.url()).body() == "two");
}

BOOST_AUTO_TEST_CASE(call_started_by_the_end_of_a_cancelled_one_does_not_hold_up_the_shutdown) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const auto client = make_client();
  TestCall second(client, {.url = server.url()});
  bool started = false;
  TestCall first(client, {.url = server.url(), .hooks = {.complete = [&] { started = second.try_start().ok(); }}});
  first.start();
  BOOST_TEST(server.wait_for_requests(1));
  BOOST_TEST(Runtime::shutdown().ok());
  BOOST_TEST(first.so_far().code() == "CANCELLED");
  // Either it was refused, or it lives in the next runtime.
  if (started) {
    second.cancel();
    BOOST_TEST(second.finish().code() == "CANCELLED");
  }
}

BOOST_AUTO_TEST_CASE(shutdown_inside_a_callback_would_wait_for_itself) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("body"))});
  ErrorCode code = ErrorCode::ok;
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .hooks = {.complete = [&] {
                                                                       const Status refused = Runtime::shutdown();
                                                                       if (!refused) code = refused.error().code;
                                                                     }}});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST((code == ErrorCode::would_deadlock));
}

BOOST_AUTO_TEST_CASE(blocking_call_inside_a_callback_would_wait_for_itself) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("body"))});
  const auto client = make_client();
  TestCall inner(client, {.url = server.url()});
  ErrorCode code = ErrorCode::ok;
  const Outcome outcome = fetch(client, {.url = server.url(), .hooks = {.complete = [&] {
                                                                const BlockingOutcome refused = send_and_wait(
                                                                    *inner.call(), Delivery::collect, nullptr);
                                                                if (refused.error) code = refused.error->code;
                                                              }}});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST((code == ErrorCode::would_deadlock));
}

BOOST_AUTO_TEST_CASE(blocking_call_returns_what_the_asynchronous_one_tells) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("body")).expect_request().close(),
                               Script{}.expect_request().close()});
  const auto client = make_client();
  TestCall good(client, {.url = server.url()});
  const BlockingOutcome done = send_and_wait(*good.call(), Delivery::collect, nullptr);
  BOOST_REQUIRE(done.response);
  BOOST_TEST(done.response->body == "body");
  BOOST_TEST(!done.error);
  TestCall bad(client, {.url = server.url()});
  const BlockingOutcome failed = send_and_wait(*bad.call(), Delivery::collect, nullptr);
  BOOST_TEST(!failed.response);
  BOOST_REQUIRE(failed.error);
  BOOST_TEST((failed.error->code == ErrorCode::connection_closed));
  const BlockingOutcome again = send_and_wait(*good.call(), Delivery::collect, nullptr);
  BOOST_REQUIRE(again.error);
  BOOST_TEST((again.error->code == ErrorCode::invalid_state));
}

BOOST_AUTO_TEST_CASE(calls_and_shutdowns_of_many_threads_do_not_meet) {
  Script script;
  for (int i = 0; i < 200; ++i) script.expect_request().send(ok_response("ok"));
  const ScriptedServer server({script}, {.repeat_last = true});
  const auto client = make_client();
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      for (int n = 0; n < 30; ++n) {
        TestCall call(client, {.url = server.url()});
        // Refused while a runtime is ending; otherwise it has exactly one end.
        if (call.try_start().ok() && !call.wait_for_end()) throw std::runtime_error("a call did not end");
      }
    });
  }
  for (int i = 0; i < 20; ++i) BOOST_TEST(Runtime::shutdown().ok());
  for (std::thread& caller : callers) caller.join();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
