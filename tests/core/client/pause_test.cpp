// Pause and resume: a slow reader stops the socket, and nothing is lost or spins meanwhile.
#include <boost/test/unit_test.hpp>
#include <future>
#include <string>

#include "client/client_loop.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

Hooks pausing_after(std::size_t count) {
  return {.piece = [count](std::size_t pieces) { return pieces == count ? Flow::pause : Flow::proceed; }};
}

Hooks pausing_always() {
  return {.piece = [](std::size_t) { return Flow::pause; }};
}

// How often the loop woke so far; asking wakes it once more.
std::uint64_t turns_of(const std::shared_ptr<Client>& client) {
  std::promise<std::uint64_t> told;
  EventLoop& loop = (*client->client_loop())->loop();
  loop.submit([&] { told.set_value(loop.turns()); });
  return told.get_future().get();
}

// Resumes again and again: one resume per piece.
Outcome resume_to_the_end(TestCall& call) {
  for (std::size_t seen = 1; !call.wait_for_end(after(std::chrono::milliseconds(0))); ++seen) {
    if (!call.wait_for_pieces(seen)) break;
    call.resume();
  }
  return call.finish();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pausing, EngineFixture)

BOOST_AUTO_TEST_CASE(paused_call_delivers_nothing_until_it_is_resumed) {
  ScriptedServer server({Script{}
                             .expect_request()
                             .send(chunked_head + chunk("one"))
                             .wait_for_signal("more")
                             .send(chunk("two") + chunk("three") + last_chunk)
                             .mark("sent")
                             .wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::chunks, .hooks = pausing_after(1)});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  server.signal("more");
  BOOST_TEST(server.wait_for_mark("sent"));
  BOOST_TEST(!call.wait_for_pieces(2, after(std::chrono::milliseconds(50))));
  call.resume();
  BOOST_TEST(call.finish().joined() == "onetwothree");
}

BOOST_AUTO_TEST_CASE(rest_of_what_was_read_is_delivered_after_the_resume) {
  // Everything comes in one read; the handler pauses at every line and every event.
  const std::string lines = chunk("a\nb\n") + chunk("c\n") + chunk("d\ne") + chunk("f\ng\nh\n") + last_chunk;
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + lines).wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::lines, .hooks = pausing_always()});
  call.start();
  const Outcome outcome = resume_to_the_end(call);
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.joined() == "abcdefgh");
  BOOST_TEST(outcome.pieces.size() == 7U);
}

BOOST_AUTO_TEST_CASE(small_pieces_of_one_read_survive_a_pause_each) {
  std::string body;
  std::string framed = chunked_head;
  for (int i = 0; i < 40; ++i) {
    const std::string part(static_cast<std::size_t>(50 + i), static_cast<char>('a' + i % 26));
    body += part;
    framed += chunk(part);
  }
  const ScriptedServer server({Script{}.expect_request().send(framed + last_chunk).wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url(),
                                .delivery = Delivery::chunks,
                                .options = {{"chunk_bytes", "20"}},
                                .hooks = pausing_always()});
  call.start();
  BOOST_TEST(resume_to_the_end(call).joined() == body);
}

BOOST_AUTO_TEST_CASE(resume_inside_the_pausing_callback_goes_on_at_once) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("a\nb\nc\n"))});
  TestCall* running = nullptr;
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::lines, .hooks = {.piece = [&](std::size_t) {
                                                                                    running->resume();
                                                                                    return Flow::pause;
                                                                                  }}});
  running = &call;
  call.start();
  BOOST_TEST(call.finish().pieces.size() == 3U);
}

BOOST_AUTO_TEST_CASE(resume_of_a_call_that_is_not_paused_does_not_undo_a_later_pause) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("a\nb\nc\n")).wait_for_peer_close()});
  TestCall* running = nullptr;
  TestCall call(make_client(),
                {.url = server.url(), .delivery = Delivery::lines, .hooks = {.piece = [&](std::size_t count) {
                                                                     if (count == 1) running->resume();
                                                                     return count == 2 ? Flow::pause : Flow::proceed;
                                                                   }}});
  running = &call;
  call.start();
  BOOST_TEST(call.wait_for_pieces(2));
  BOOST_TEST(!call.wait_for_pieces(3, after(std::chrono::milliseconds(50))));
  call.resume();
  BOOST_TEST(call.finish().pieces.size() == 3U);
}

BOOST_AUTO_TEST_CASE(pause_at_the_head_holds_the_body_back) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("body"))});
  TestCall call(make_client(),
                {.url = server.url(), .delivery = Delivery::chunks, .hooks = {.head = [] { return Flow::pause; }}});
  call.start();
  BOOST_TEST(call.wait_for_head());
  BOOST_TEST(!call.wait_for_pieces(1, after(std::chrono::milliseconds(50))));
  call.resume();
  BOOST_TEST(call.finish().joined() == "body");
}

BOOST_AUTO_TEST_CASE(pause_at_the_last_piece_of_a_body_does_not_lose_its_end) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("a\nlast")).wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::lines, .hooks = pausing_always()});
  call.start();
  const Outcome outcome = resume_to_the_end(call);
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.pieces.size() == 2U);
}

BOOST_AUTO_TEST_CASE(paused_call_stops_the_socket) {
  // 256 MiB are more than any two socket buffers of the loopback interface take.
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(chunked_head)
                                   .send_repeated(chunk(std::string(1 << 16, 'x')), 4'096)
                                   .mark("all sent")
                                   .wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::chunks, .hooks = pausing_after(1)});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  BOOST_TEST(!server.wait_for_mark("all sent", after(std::chrono::milliseconds(300))));
  BOOST_TEST(call.so_far().pieces.size() == 1U);
  call.cancel();
  BOOST_TEST(call.finish().code() == "CANCELLED");
}

BOOST_AUTO_TEST_CASE(paused_time_is_no_idle_time) {
  const ScriptedServer server(
      {Script{}.expect_request().send(chunked_head + chunk("one") + chunk("two") + last_chunk).wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url(),
                                .delivery = Delivery::chunks,
                                .options = {{"stream_idle_timeout_ms", "30"}},
                                .hooks = pausing_after(1)});
  call.start();
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(150))));
  call.resume();
  BOOST_TEST(call.finish().joined() == "onetwo");
}

BOOST_AUTO_TEST_CASE(total_deadline_ends_a_pause) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("one")).wait_for_peer_close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(),
                                                .delivery = Delivery::chunks,
                                                .options = {{"stream_timeout_ms", "100"}},
                                                .hooks = pausing_after(1)});
  BOOST_TEST(outcome.code() == "TIMEOUT");
  BOOST_TEST(outcome.phase() == "deliver");
}

BOOST_AUTO_TEST_CASE(paused_call_whose_peer_closes_does_not_spin_and_loses_nothing) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();
  for (const bool secure : {false, true}) {
    const ScriptedServer server(
        {Script{}.expect_request().send(chunked_head + chunk("one")).send(chunk("two") + last_chunk).close()},
        {.tls = secure ? identity : ServerIdentity{}});
    const auto client = make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
    TestCall call(client, {.url = server.url(), .delivery = Delivery::chunks, .hooks = pausing_after(1)});
    call.start();
    BOOST_TEST(call.wait_for_pieces(1));
    BOOST_TEST(server.wait_for_finished(1));
    const std::uint64_t before = turns_of(client);
    BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(300))));
    BOOST_TEST(turns_of(client) - before < 5U);  // a loop that spins makes a hundred thousand
    call.resume();
    const Outcome outcome = call.finish();
    BOOST_TEST(outcome.code() == "OK");
    BOOST_TEST(outcome.joined() == "onetwo");
  }
}

BOOST_AUTO_TEST_CASE(paused_call_whose_peer_resets_does_not_spin_and_ends_after_the_resume) {
  ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("one")).wait_for_signal("seen").reset()});
  const auto client = make_client();
  TestCall call(client, {.url = server.url(), .delivery = Delivery::chunks, .hooks = pausing_after(1)});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  server.signal("seen");
  BOOST_TEST(server.wait_for_finished(1));
  const std::uint64_t before = turns_of(client);
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(100))));
  BOOST_TEST(turns_of(client) - before < 5U);
  call.resume();
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "CONNECTION_RESET");
  BOOST_TEST(outcome.joined() == "one");
}

BOOST_AUTO_TEST_CASE(all_that_arrived_before_the_peer_closed_is_delivered_after_the_resume) {
  // More than one read takes, and less than the kernel holds for a socket that nobody reads.
  const std::string part(1'000, 'p');
  std::string sent = chunked_head;
  for (int i = 0; i < 150; ++i) sent += chunk(part);
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();
  for (const bool whole : {true, false}) {
    for (const bool secure : {false, true}) {
      const ScriptedServer server({Script{}.expect_request().send(whole ? sent + last_chunk : sent).close()},
                                  {.tls = secure ? identity : ServerIdentity{}});
      TestCall call(make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; }),
                    {.url = server.url(),
                     .delivery = Delivery::chunks,
                     .options = {{"stream_idle_timeout_ms", "50"}},
                     .hooks = {.head = [] { return Flow::pause; }}});
      call.start();
      BOOST_TEST(call.wait_for_head());
      BOOST_TEST(server.wait_for_finished(1));
      BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(150))));
      call.resume();
      const Outcome outcome = call.finish();
      BOOST_TEST(outcome.code() == (whole ? "OK" : "BODY_TRUNCATED"));
      BOOST_TEST(outcome.joined().size() == 150 * part.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(resume_after_the_end_does_nothing) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("body"))});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  call.resume();  // and before the start neither
  call.start();
  BOOST_TEST(call.finish().joined() == "body");
  call.resume();
  BOOST_TEST(call.so_far().completions == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
