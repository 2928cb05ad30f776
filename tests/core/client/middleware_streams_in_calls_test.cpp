// Middleware around streams: filters on the way of each piece, and who is told of the end (SEMANTICS 3.6).
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "core/client/middleware_calls.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Kind = Middleware::Kind;

std::string with_length(std::string_view body, std::string_view type = "text/plain") {
  return last_response(200, "Content-Type: " + std::string(type) + "\r\n", body);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(middleware_streams_in_calls, MiddlewareCalls)

BOOST_AUTO_TEST_CASE(filters_see_each_piece_of_a_stream_and_its_end) {
  const std::string events = "data: keep\n\ndata: drop\n\ndata: split\n\n";
  const auto make = [this] {
    const auto middleware = add("f");
    middleware->chunk_filter = [](MiddlewareContext& context, std::string_view bytes) {
      if (bytes == "drop") return;
      static_cast<void>(context.emit(bytes));
      if (bytes == "split") static_cast<void>(context.emit("more"));
    };
    middleware->event_filter = [](MiddlewareContext& context, const SseEvent& event) {
      if (event.data == "drop") return;
      static_cast<void>(context.emit(event));
      if (event.data == "split") static_cast<void>(context.emit(SseEvent{"message", "more", "", std::nullopt}));
    };
  };
  make();
  for (const bool byte_by_byte : {false, true}) {
    const auto script = [&](const std::string& bytes) {
      Script steps;
      steps.expect_request();
      return byte_by_byte ? steps.send_byte_by_byte(bytes).close() : steps.send(bytes).close();
    };
    const ScriptedServer server(
        {script(with_length("keep\ndrop\nsplit\n")), script(with_length(events, "text/event-stream"))});
    // A handler that pauses after each piece, and is resumed from outside.
    TestCall lines(client, {.url = server.url(), .delivery = Delivery::lines, .hooks = {.piece = [](std::size_t) {
                                                                                return Flow::pause;
                                                                              }}});
    lines.start();
    for (std::size_t i = 1; i <= 3; ++i) {
      BOOST_REQUIRE(lines.wait_for_pieces(i));
      lines.resume();
    }
    BOOST_TEST(lines.finish().pieces == (MiddlewareLog{"keep", "split", "more"}), boost::test_tools::per_element());
    TestCall sse(client, {.url = server.url(), .delivery = Delivery::events, .hooks = {.piece = [](std::size_t) {
                                                                               return Flow::pause;
                                                                             }}});
    sse.start();
    for (std::size_t i = 1; i <= 3; ++i) {
      BOOST_REQUIRE(sse.wait_for_pieces(i));
      sse.resume();
    }
    const Outcome outcome = sse.finish();
    BOOST_REQUIRE(outcome.events.size() == 3u);
    BOOST_TEST(outcome.events[2].data == "more");
  }
  check_log(log, {"before f", "after f", "end f", "before f", "after f", "end f", "before f", "after f", "end f",
                  "before f", "after f", "end f"});
}

BOOST_AUTO_TEST_CASE(end_of_a_stream_is_told_with_its_error) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close(),
       Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").wait_for_peer_close()});
  add("a");
  add("t", Kind::attempt);
  BOOST_TEST(fetch(client, {.url = server.url(), .delivery = Delivery::chunks}).code() == "BODY_TRUNCATED");
  check_log(log, {"before a", "before t", "after t", "after a", "end t BODY_TRUNCATED", "end a BODY_TRUNCATED"});
  log.clear();
  TestCall call(client, {.url = server.url(), .delivery = Delivery::chunks});
  BOOST_REQUIRE(call.start().wait_for_head());
  call.cancel();
  BOOST_TEST(call.finish().code() == "CANCELLED");
  check_log(log, {"before a", "before t", "after t", "after a", "end t CANCELLED", "end a CANCELLED"});
}

BOOST_AUTO_TEST_CASE(answer_of_a_middleware_ends_at_its_marker_too) {
  add("a")->on_before = [](MiddlewareContext& context) {
    auto response = make_response(200, "data: 1\n\ndata: [DONE]\n\ndata: 2\n\n");
    response->headers.add("Content-Type", "text/event-stream");
    static_cast<void>(context.respond(std::move(response)));
    return Step::done;
  };
  const Outcome outcome = fetch(
      client, {.url = "http://127.0.0.1:1/", .delivery = Delivery::events, .options = {{"stream_profile", "openai"}}});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.events.size() == 1u);
  BOOST_TEST(outcome.response->stream->pace.count() == 1u);
}

BOOST_AUTO_TEST_CASE(filters_stay_with_a_stream_that_goes_on) {
  const auto events = [](const char* text) {
    return Script{}.expect_request().send(with_length(text, "text/event-stream")).close();
  };
  const ScriptedServer server(
      {events("id: 1\ndata: one\n\n"), events("data: two\n\n"), Script{}.expect_request().send(last_response(204))});
  add("a")->event_filter = [](MiddlewareContext& context, const SseEvent& event) {
    SseEvent changed = event;
    const std::string data = "<" + std::string(event.data) + ">";
    changed.data = data;
    static_cast<void>(context.emit(changed));
  };
  add("t", Kind::attempt);
  const Outcome outcome = fetch(client, {.url = server.url(),
                                         .delivery = Delivery::events,
                                         .options = {{"stream_auto_reconnect", "true"}, {"stream_reconnect_ms", "1"}}});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.heads == 1);
  BOOST_REQUIRE(outcome.events.size() == 2u);
  BOOST_TEST(outcome.events[0].data == "<one>");
  BOOST_TEST(outcome.events[1].data == "<two>");
  BOOST_TEST(server.requests().at(1).find("\r\nLast-Event-ID: 1\r\n") != std::string::npos);
  check_log(log, {"before a", "before t", "after t", "after a", "end t", "before t", "after t", "end t", "before t",
                  "after t", "end t", "end a"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
