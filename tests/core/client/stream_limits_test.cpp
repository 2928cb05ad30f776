// Each timer of a stream fires, names itself, and stands still while the reader holds the stream up (SEMANTICS 3.3).
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

void check(const Outcome& outcome, const char* code, const char* option, const char* limit) {
  BOOST_TEST(outcome.code() == code);
  BOOST_TEST(outcome.phase() == "body");
  BOOST_REQUIRE(outcome.error);
  const std::string& text = outcome.error->message;
  BOOST_TEST(text.find(std::string("within ") + limit + " ms (") != text.npos, text);
  BOOST_TEST(text.find(option) != text.npos, text);
  BOOST_TEST(text.find("which ran for ") != text.npos, text);
  BOOST_TEST(text.find(" bytes of the body received)") != text.npos, text);
}

Request streaming(const ScriptedServer& server, Settings settings, Delivery delivery = Delivery::events) {
  return {.url = server.url(), .delivery = delivery, .options = std::move(settings)};
}

// A stream that sends comments, or events, for ever.
Script endless(const std::string& first, const std::string& piece) {
  return Script{}.expect_request().send(events_head + first).send_repeated(piece, 1'000'000'000);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_limits, EngineFixture)

BOOST_AUTO_TEST_CASE(silence_after_the_head_is_a_stream_idle_timeout) {
  const ScriptedServer server({Script{}.expect_request().send(events_head + chunk(": hi\n")).wait_for_peer_close()});
  check(fetch(make_client(), streaming(server, {{"stream_idle_timeout_ms", "60"}})), "STREAM_IDLE_TIMEOUT",
        "stream_idle_timeout_ms", "60");
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(comments_do_not_stand_for_the_first_event) {
  const ScriptedServer server({endless("", chunk(": keep-alive\n\n"))});
  const Outcome outcome = fetch(
      make_client(), streaming(server, {{"stream_first_event_timeout_ms", "70"}, {"stream_idle_timeout_ms", "20000"}}));
  check(outcome, "STREAM_IDLE_TIMEOUT", "stream_first_event_timeout_ms", "70");
  BOOST_TEST(outcome.error->received_bytes > 0U);
}

BOOST_AUTO_TEST_CASE(comments_do_not_stand_for_the_next_event) {
  const ScriptedServer server({endless(chunk("data: 1\n\n"), chunk(": keep-alive\n\n"))});
  const Outcome outcome = fetch(
      make_client(), streaming(server, {{"stream_event_idle_timeout_ms", "80"}, {"stream_idle_timeout_ms", "20000"}}));
  check(outcome, "STREAM_IDLE_TIMEOUT", "stream_event_idle_timeout_ms", "80");
  BOOST_TEST(outcome.events.size() == 1U);
}

BOOST_AUTO_TEST_CASE(busy_stream_meets_its_ceiling) {
  const ScriptedServer server({endless("", chunk("data: 1\n\n"))});
  const Outcome outcome = fetch(make_client(), streaming(server, {{"stream_ceiling_ms", "90"}}));
  check(outcome, "STREAM_CEILING", "stream_ceiling_ms", "90");
  BOOST_TEST(!outcome.events.empty());
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(body_below_the_least_rate_is_too_slow) {
  // 20 bytes in a window of a second that should bring a thousand.
  const std::string sent = chunked_head + chunk("01234567890123456789");
  const ScriptedServer server({Script{}.expect_request().send(sent).wait_for_peer_close(),
                               Script{}.expect_request().send(sent).wait_for_peer_close()});
  for (const Delivery delivery : {Delivery::chunks, Delivery::collect}) {
    const Outcome outcome =
        fetch(make_client(), streaming(server, {{"min_rate_bytes", "1000"}, {"min_rate_window_ms", "1000"}}, delivery));
    check(outcome, "TOO_SLOW", "min_rate_bytes", "1000");
    BOOST_TEST(outcome.error->message.find("20 bytes, ") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(paused_stream_meets_no_timer_but_the_deadline_of_its_call) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(events_head + chunk("data: 1\n\n") + chunk("data: 2\n\n") + last_chunk)
                                   .wait_for_peer_close()});
  Request request = streaming(server, {{"stream_idle_timeout_ms", "40"},
                                       {"stream_first_event_timeout_ms", "40"},
                                       {"stream_event_idle_timeout_ms", "40"},
                                       {"stream_ceiling_ms", "40"},
                                       {"min_rate_bytes", "1000000"},
                                       {"min_rate_window_ms", "1000"}});
  request.hooks.piece = [](std::size_t count) { return count == 1 ? Flow::pause : Flow::proceed; };
  TestCall call(make_client(), std::move(request));
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(150))));
  call.resume();
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.events.size() == 2U);
  // Neither does that time count as one between two events.
  BOOST_TEST(outcome.response->stream->pace.longest() < 100 * kMillisecond);
}

BOOST_AUTO_TEST_CASE(pace_tells_of_the_first_event_and_of_the_time_between) {
  ScriptedServer server({Script{}
                             .expect_request()
                             .send(events_head + chunk("data: 1\n\n"))
                             .wait_for_signal("seen")
                             .send(chunk("data: 2\n\ndata: 3\n\n") + last_chunk)});
  TestCall call(make_client(), streaming(server, {}));
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  server.signal("seen");
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "OK");
  const StreamGaps& pace = outcome.response->stream->pace;
  BOOST_TEST(pace.count() == 3U);
  BOOST_TEST(outcome.response->stream->first_piece > 0);
  BOOST_TEST(outcome.response->stream->first_piece <= outcome.response->timings.get(Span::total));
  BOOST_TEST(pace.shortest() == 0);
  BOOST_TEST(pace.longest() > 0);
  BOOST_TEST(pace.mean() == pace.longest() / 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
