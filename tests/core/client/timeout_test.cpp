// Which timer ends a call that stands still, by the phase in which it stands (SEMANTICS 3.3).
#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/full_backlog.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

void check(const Outcome& outcome, const char* code, const char* phase, const char* limit) {
  BOOST_TEST(outcome.code() == code);
  BOOST_TEST(outcome.phase() == phase);
  BOOST_REQUIRE(outcome.error);
  // The text names the limit that was met.
  BOOST_TEST(outcome.error->message.find(std::string("within ") + limit + " ms") != std::string::npos,
             outcome.error->message);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(timeouts, EngineFixture)

BOOST_AUTO_TEST_CASE(server_that_does_not_accept_is_a_connect_timeout) {
  const FullBacklog server;
  const auto client = make_client([](Options& options) { options.connection.connect_timeout_ms = 120; });
  const Outcome outcome = fetch(client, server.url());
  check(outcome, "CONNECT_TIMEOUT", "connect", "120");
  BOOST_TEST(outcome.error->retryable);
  BOOST_TEST((outcome.error->sent == Sent::none));
}

BOOST_AUTO_TEST_CASE(server_that_never_reads_is_a_write_timeout) {
  const ScriptedServer server({Script{}.hold()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(),
                                                .method = "POST",
                                                .body = std::string(64 << 20, 'b'),
                                                .options = {{"write_timeout_ms", "120"}}});
  check(outcome, "WRITE_TIMEOUT", "send", "120");
  BOOST_TEST((outcome.error->sent == Sent::partial));
}

BOOST_AUTO_TEST_CASE(bytes_from_a_server_that_never_reads_do_not_stretch_the_write_timeout) {
  Script script;
  script.expect_head().send("HTTP/1.1 103 Early Hints\r\nX-Drip: ");
  for (int i = 0; i < 100; ++i) script.wait_for_signal(std::to_string(i)).send("x");
  ScriptedServer server({script});
  TestCall call(make_client(), {.url = server.url(),
                                .method = "POST",
                                .body = std::string(64 << 20, 'b'),
                                .options = {{"write_timeout_ms", "300"}}});
  call.start();
  // The server says a byte every 50 ms until the call ends.
  int said = 0;
  while (said < 100 && !call.wait_for_end(after(std::chrono::milliseconds(50)))) server.signal(std::to_string(said++));
  BOOST_TEST(said < 60);
  check(call.finish(), "WRITE_TIMEOUT", "send", "300");
}

BOOST_AUTO_TEST_CASE(server_that_does_not_answer_is_a_first_byte_timeout) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const auto client = make_client();
  check(fetch(client, {.url = server.url(), .options = {{"first_byte_timeout_ms", "110"}}}), "FIRST_BYTE_TIMEOUT",
        "first_byte", "110");
  check(fetch(client, {.url = server.url(),
                       .delivery = Delivery::events,
                       .options = {{"stream_first_byte_timeout_ms", "120"}, {"first_byte_timeout_ms", "1"}}}),
        "FIRST_BYTE_TIMEOUT", "first_byte", "120");
}

BOOST_AUTO_TEST_CASE(head_that_never_ends_is_a_first_byte_timeout_too) {
  const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 200 OK\r\nX-A").wait_for_peer_close()});
  check(fetch(make_client(), {.url = server.url(), .options = {{"first_byte_timeout_ms", "110"}}}),
        "FIRST_BYTE_TIMEOUT", "first_byte", "110");
}

BOOST_AUTO_TEST_CASE(silence_within_a_collected_body_is_a_read_timeout) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("some")).wait_for_peer_close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .options = {{"read_timeout_ms", "110"}}});
  check(outcome, "READ_TIMEOUT", "body", "110");
  BOOST_TEST(outcome.body() == "some");
  BOOST_TEST(outcome.error->received_bytes == 4U);
  BOOST_TEST((outcome.error->sent == Sent::full));
}

BOOST_AUTO_TEST_CASE(silence_within_a_stream_is_a_stream_idle_timeout) {
  const ScriptedServer server(
      {Script{}.expect_request().send(events_head + chunk("data: 1\n\n")).wait_for_peer_close()});
  const Outcome outcome =
      fetch(make_client(), {.url = server.url(),
                            .delivery = Delivery::events,
                            .options = {{"stream_idle_timeout_ms", "110"}, {"read_timeout_ms", "1"}}});
  check(outcome, "STREAM_IDLE_TIMEOUT", "body", "110");
  BOOST_TEST(outcome.events.size() == 1U);
}

BOOST_AUTO_TEST_CASE(server_that_falls_silent_anywhere_is_ended_by_the_timer_of_that_place) {
  const std::string length_head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  const std::string before_a_head[] = {"H", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nX-A: b\r\n",
                                       "HTTP/1.1 200 OK\r\nX-A: b\r\n\r", "HTTP/1.1 103 Early Hints\r\n\r\n"};
  const std::string after_a_head[] = {length_head,
                                      length_head + "123456789",
                                      "HTTP/1.1 200 OK\r\n\r\nuntil the end",
                                      chunked_head,
                                      chunked_head + "a",
                                      chunked_head + "a;ext=",
                                      chunked_head + "a\r\n123",
                                      chunked_head + "3\r\n123",
                                      chunked_head + "3\r\n123\r",
                                      chunked_head + chunk("123"),
                                      chunked_head + "0\r\n",
                                      chunked_head + "0\r\nX-Sum: 1\r\n",
                                      chunked_head + "0\r\nX-Sum: 1\r\n\r"};
  const auto client = make_client();
  std::vector<std::unique_ptr<ScriptedServer>> servers;
  struct Waiting {
    std::string sent;
    std::unique_ptr<TestCall> call;
    const char* code;
    const char* phase;
    const char* limit;
  };
  std::vector<Waiting> all;
  // All wait at the same time.
  const auto begin = [&](const std::string& sent, bool head) {
    for (const bool stream : {false, true}) {
      servers.push_back(std::make_unique<ScriptedServer>(
          std::vector<Script>{Script{}.expect_request().send(sent).wait_for_peer_close()}));
      Request request{.url = servers.back()->url(),
                      .delivery = stream ? Delivery::chunks : Delivery::collect,
                      .options = {{"read_timeout_ms", "310"},
                                  {"stream_idle_timeout_ms", "320"},
                                  {"first_byte_timeout_ms", "330"},
                                  {"stream_first_byte_timeout_ms", "340"}}};
      all.push_back({sent, std::make_unique<TestCall>(client, std::move(request)),
                     !head    ? "FIRST_BYTE_TIMEOUT"
                     : stream ? "STREAM_IDLE_TIMEOUT"
                              : "READ_TIMEOUT",
                     head ? "body" : "first_byte", head ? (stream ? "320" : "310") : (stream ? "340" : "330")});
      all.back().call->start();
    }
  };
  for (const std::string& sent : before_a_head) begin(sent, false);
  for (const std::string& sent : after_a_head) begin(sent, true);
  for (const Waiting& waiting : all) {
    BOOST_TEST_CONTEXT(waiting.sent) {
      check(waiting.call->finish(), waiting.code, waiting.phase, waiting.limit);
    }
  }
}

BOOST_AUTO_TEST_CASE(bytes_of_any_kind_end_the_silence) {
  // Twenty bytes, each far sooner than the limit, together far later.
  Script script;
  script.expect_request().send(events_head + "14\r\n");
  for (int i = 0; i < 19; ++i) script.wait_for_signal("byte " + std::to_string(i)).send(":");
  script.wait_for_signal("byte 19").send("\n\r\n" + last_chunk);
  ScriptedServer server({script});
  TestCall call(make_client(),
                {.url = server.url(), .delivery = Delivery::events, .options = {{"stream_idle_timeout_ms", "1500"}}});
  const auto begin = std::chrono::steady_clock::now();
  call.start();
  BOOST_TEST(call.wait_for_head());
  for (int i = 0; i < 20; ++i) {
    // A wait that is meant to pass: the pace of the server.
    BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(100))));
    server.signal("byte " + std::to_string(i));
  }
  BOOST_TEST(call.finish().code() == "OK");
  BOOST_TEST((std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(1'500)));
}

BOOST_AUTO_TEST_CASE(total_deadline_ends_each_phase) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ScriptedServerOptions tls{.tls = factory.make_leaf(ca, loopback_names()).identity()};
  const auto client = make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
  const Settings limit{{"timeout_ms", "130"}};

  const FullBacklog nobody;
  check(fetch(client, {.url = nobody.url(), .options = limit}), "TIMEOUT", "connect", "130");
  const ScriptedServer stalled({Script{}.stall_in_handshake()}, tls);
  check(fetch(client, {.url = stalled.url(), .options = limit}), "TIMEOUT", "tls", "130");
  const ScriptedServer deaf({Script{}.hold()});
  check(fetch(client, {.url = deaf.url(), .method = "POST", .body = std::string(64 << 20, 'b'), .options = limit}),
        "TIMEOUT", "send", "130");
  const ScriptedServer silent({Script{}.expect_request().wait_for_peer_close()});
  check(fetch(client, {.url = silent.url(), .options = limit}), "TIMEOUT", "first_byte", "130");
  const ScriptedServer half({Script{}.expect_request().send(chunked_head + chunk("a")).wait_for_peer_close()});
  check(fetch(client, {.url = half.url(), .options = limit}), "TIMEOUT", "body", "130");
}

BOOST_AUTO_TEST_CASE(steady_drip_does_not_outlive_the_total_deadline) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head).send_repeated(chunk("x"), 100'000'000)});
  const Outcome outcome =
      fetch(make_client(), {.url = server.url(), .options = {{"timeout_ms", "200"}, {"read_timeout_ms", "100"}}});
  BOOST_TEST(outcome.code() == "TIMEOUT");
  BOOST_TEST(outcome.phase() == "body");
}

BOOST_AUTO_TEST_CASE(shortest_limit_of_all_decides) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
  const auto client = make_client();
  const Outcome total =
      fetch(client, {.url = server.url(), .options = {{"timeout_ms", "100"}, {"first_byte_timeout_ms", "5000"}}});
  BOOST_TEST(total.code() == "TIMEOUT");
  const Outcome own =
      fetch(client, {.url = server.url(), .options = {{"timeout_ms", "5000"}, {"first_byte_timeout_ms", "100"}}});
  BOOST_TEST(own.code() == "FIRST_BYTE_TIMEOUT");
}

BOOST_AUTO_TEST_CASE(limit_of_zero_is_none) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(ok_response("late"))});
  TestCall call(
      make_client(),
      {.url = server.url(),
       .options = {
           {"timeout_ms", "0"}, {"first_byte_timeout_ms", "0"}, {"read_timeout_ms", "0"}, {"write_timeout_ms", "0"}}});
  call.start();
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(50))));
  server.signal("go");
  BOOST_TEST(call.finish().body() == "late");
}

BOOST_AUTO_TEST_CASE(total_deadline_of_calls_does_not_bind_streams) {
  ScriptedServer server({Script{}.expect_request().send(events_head).wait_for_signal("go").send(last_chunk)});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::events, .options = {{"timeout_ms", "50"}}});
  call.start();
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(100))));
  server.signal("go");
  BOOST_TEST(call.finish().code() == "OK");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
