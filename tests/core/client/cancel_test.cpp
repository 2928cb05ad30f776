// Cancelling from another thread, in every phase: at once, and with exactly one end.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <thread>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/full_backlog.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

// The budget is 50 ms; a loaded machine under a sanitizer gets ten times that.
constexpr std::chrono::milliseconds patience{500};

void cancel_and_check(TestCall& call, const char* phase) {
  BOOST_TEST_CONTEXT(phase) {
    const auto begin = std::chrono::steady_clock::now();
    call.cancel();
    const Outcome outcome = call.finish();
    BOOST_TEST((outcome.completed_at - begin < patience));
    BOOST_TEST(outcome.code() == "CANCELLED");
    BOOST_TEST(outcome.phase() == phase);
    call.cancel();  // once more is nothing
    BOOST_TEST(call.handler_ended());
    BOOST_TEST(call.so_far().completions == 1);
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cancelling, EngineFixture)

BOOST_AUTO_TEST_CASE(call_that_connects_is_cancelled_at_once) {
  const FullBacklog server;
  TestCall call(make_client(), {.url = server.url()});
  call.start();
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(30))));
  cancel_and_check(call, "connect");
}

BOOST_AUTO_TEST_CASE(call_in_the_tls_handshake_is_cancelled_at_once) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ScriptedServer server({Script{}.without_handshake().expect_bytes(5).mark("hello").hold()},
                              {.tls = factory.make_leaf(ca, loopback_names()).identity()});
  TestCall call(make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; }),
                {.url = server.url()});
  call.start();
  BOOST_TEST(server.wait_for_mark("hello"));
  cancel_and_check(call, "tls");
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(call_that_waits_for_a_connection_is_cancelled_at_once) {
  ScriptedServer server({Script{}
                             .expect_request()
                             .wait_for_signal("go")
                             .send(ok_response("first"))
                             .expect_request()
                             .send(ok_response("third"))});
  const auto client = make_client([](Options& options) { options.connection.max_connections_per_origin = 1; });
  TestCall first(client, {.url = server.url()});
  first.start();
  BOOST_TEST(server.wait_for_requests(1));
  TestCall waiting(client, {.url = server.url()});
  waiting.start();
  BOOST_TEST(!waiting.wait_for_end(after(std::chrono::milliseconds(30))));
  cancel_and_check(waiting, "pool");
  server.signal("go");
  BOOST_TEST(first.finish().body() == "first");
  BOOST_TEST(fetch(client, server.url()).body() == "third");  // the cancelled call holds no place
}

BOOST_AUTO_TEST_CASE(call_that_sends_is_cancelled_at_once) {
  const ScriptedServer server({Script{}.expect_head().hold()});
  TestCall call(make_client(), {.url = server.url(), .method = "POST", .body = std::string(64 << 20, 'b')});
  call.start();
  BOOST_TEST(server.wait_for_requests(1));
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(50))));
  cancel_and_check(call, "send");
  BOOST_TEST((call.so_far().error->sent == Sent::partial));
}

BOOST_AUTO_TEST_CASE(call_that_waits_for_the_response_is_cancelled_at_once) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url()});
  call.start();
  BOOST_TEST(server.wait_for_requests(1));
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(20))));
  cancel_and_check(call, "first_byte");
  BOOST_TEST((call.so_far().error->sent == Sent::full));
  BOOST_TEST(server.wait_for_finished(1));  // the connection is closed, not kept
}

BOOST_AUTO_TEST_CASE(call_that_reads_is_cancelled_at_once) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("begin")).wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  cancel_and_check(call, "body");
}

BOOST_AUTO_TEST_CASE(call_that_reads_without_pause_is_cancelled_at_once) {
  const ScriptedServer server(
      {Script{}.expect_request().send(chunked_head).send_repeated(chunk(std::string(1 << 16, 'x')), 1'000'000)});
  TestCall call(make_client(), {.url = server.url(), .options = {{"max_response_bytes", "1099511627776"}}});
  call.start();
  BOOST_TEST(call.wait_for_head());
  cancel_and_check(call, "body");
}

BOOST_AUTO_TEST_CASE(paused_call_is_cancelled_at_once) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("begin")).wait_for_peer_close()});
  TestCall call(
      make_client(),
      {.url = server.url(), .delivery = Delivery::chunks, .hooks = {.piece = [](std::size_t) { return Flow::pause; }}});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  cancel_and_check(call, "deliver");
  BOOST_TEST(call.so_far().pieces.size() == 1U);
}

BOOST_AUTO_TEST_CASE(call_cancelled_before_its_start_does_not_start) {
  const ScriptedServer server({Script{}.expect_request()});
  TestCall call(make_client(), {.url = server.url()});
  call.cancel();
  const Status started = call.try_start();
  BOOST_REQUIRE(!started.ok());
  BOOST_TEST((started.error().code == ErrorCode::invalid_state));
  BOOST_TEST(call.handler_ended());
  BOOST_TEST(call.so_far().completions == 0);
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(cancel_after_the_end_does_nothing) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("one")).expect_request().send(ok_response("two"))});
  const auto client = make_client();
  TestCall call(client, {.url = server.url()});
  call.start();
  BOOST_TEST(call.finish().body() == "one");
  call.cancel();
  BOOST_TEST(fetch(client, server.url()).body() == "two");
  BOOST_TEST(call.so_far().code() == "OK");
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(cancel_right_after_the_start_ends_the_call_once) {
  ScriptedServer server({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const auto client = make_client();
  for (int i = 0; i < 50; ++i) {
    TestCall call(client, {.url = server.url()});
    call.start();
    call.cancel();
    BOOST_TEST(call.finish().code() == "CANCELLED");
  }
}

BOOST_AUTO_TEST_CASE(cancel_that_races_with_the_end_leaves_exactly_one_end) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok")).expect_request()},
                              {.repeat_last = true});
  const auto client = make_client();
  for (int i = 0; i < 50; ++i) {
    TestCall call(client, {.url = server.url()});
    call.start();
    std::thread other([&] { call.cancel(); });
    const Outcome outcome = call.finish();
    other.join();
    BOOST_TEST((outcome.code() == "OK" || outcome.code() == "CANCELLED"));
    BOOST_TEST(call.handler_ended());
    BOOST_TEST(call.so_far().completions == 1);
  }
}

BOOST_AUTO_TEST_CASE(cancel_inside_a_callback_ends_the_call_without_another_piece) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("one")).wait_for_peer_close()});
  TestCall* running = nullptr;
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::chunks, .hooks = {.piece = [&](std::size_t) {
                                                                                     running->cancel();
                                                                                     return Flow::proceed;
                                                                                   }}});
  running = &call;
  call.start();
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(outcome.pieces.size() == 1U);
}

// The connection of the first call is at hand, so that the second one could be sent in the turn in which it begins.
BOOST_AUTO_TEST_CASE(call_that_is_cancelled_before_its_turn_sends_nothing) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok")).wait_for_peer_close()});
  const auto client = make_client();
  std::unique_ptr<TestCall> second;
  TestCall first(client, {.url = server.url(), .hooks = {.complete = [&] {
                                                 second->start();
                                                 second->cancel();
                                               }}});
  second = std::make_unique<TestCall>(client, Request{.url = server.url()});
  first.start();
  BOOST_TEST(first.finish().body() == "ok");
  const Outcome outcome = second->finish();
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST((outcome.error->sent == Sent::none));
  BOOST_TEST(outcome.error->attempts == 0);
  BOOST_TEST(server.requests().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
