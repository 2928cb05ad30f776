// What a handler is told of a body: chunks, lines, events.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

std::string text_of(const RecordedEvent& event) {
  return event.type + "|" + event.data + "|" + event.id;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(delivery, EngineFixture)

BOOST_AUTO_TEST_CASE(chunks_are_delivered_in_order_and_the_body_is_not_collected) {
  const ScriptedServer server(
      {Script{}.expect_request().send(chunked_head + chunk("one ") + chunk("two ") + chunk("three") + last_chunk)});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.heads == 1);
  BOOST_TEST(outcome.joined() == "one two three");
  BOOST_TEST(outcome.body().empty());
  BOOST_TEST(outcome.response->body_bytes == 13U);
}

BOOST_AUTO_TEST_CASE(chunk_is_never_larger_than_asked_for) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("0123456789"))});
  const Outcome outcome =
      fetch(make_client(), {.url = server.url(), .delivery = Delivery::chunks, .options = {{"chunk_bytes", "4"}}});
  BOOST_TEST(outcome.joined() == "0123456789");
  BOOST_TEST(outcome.pieces.size() >= 3U);
  for (const std::string& piece : outcome.pieces) BOOST_TEST(piece.size() <= 4U);
}

BOOST_AUTO_TEST_CASE(chunk_is_delivered_before_the_next_one_is_sent) {
  ScriptedServer server({Script{}
                             .expect_request()
                             .send(chunked_head + chunk("early"))
                             .wait_for_signal("seen")
                             .send(chunk("late") + last_chunk)});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  server.signal("seen");
  BOOST_TEST(call.finish().joined() == "earlylate");
}

BOOST_AUTO_TEST_CASE(pieces_that_arrived_together_are_one_chunk) {
  std::string response = chunked_head;
  for (int i = 0; i < 500; ++i) response += chunk("piece");
  const ScriptedServer server({Script{}.expect_request().send(response + last_chunk)});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  BOOST_TEST(outcome.joined().size() == 2'500U);
  BOOST_TEST(outcome.pieces.size() < 100U);
}

BOOST_AUTO_TEST_CASE(pieces_that_arrived_before_a_failure_are_delivered_before_it) {
  const ScriptedServer server(
      {Script{}.expect_request().send(chunked_head + chunk("one") + chunk("two") + "5\r\nthr").close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  BOOST_TEST(outcome.code() == "BODY_TRUNCATED");
  BOOST_TEST(outcome.joined() == "onetwothr");
}

BOOST_AUTO_TEST_CASE(pause_at_the_last_piece_holds_back_the_end) {
  const ScriptedServer server(
      {Script{}.expect_request().send(chunked_head + chunk("one") + chunk("two") + last_chunk)});
  TestCall call(
      make_client(),
      {.url = server.url(), .delivery = Delivery::chunks, .hooks = {.piece = [](std::size_t) { return Flow::pause; }}});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  while (call.so_far().joined() != "onetwo") call.resume();
  BOOST_TEST(call.so_far().completions == 0);
  call.resume();
  BOOST_TEST(call.finish().code() == "OK");
}

BOOST_AUTO_TEST_CASE(lines_are_delivered_whole_however_they_arrive) {
  const std::string body = "{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}";
  const std::vector<std::string> expected{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"};
  const ScriptedServer server({Script{}.expect_request().send(ok_response(body)),
                               Script{}.expect_request().send_byte_by_byte(ok_response(body)).close()});
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::lines});
    BOOST_TEST(outcome.code() == "OK");
    BOOST_TEST(outcome.pieces == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(line_beyond_its_limit_is_named) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("short\n" + std::string(100, 'x')))});
  const Outcome outcome =
      fetch(make_client(), {.url = server.url(), .delivery = Delivery::lines, .options = {{"max_line_bytes", "10"}}});
  BOOST_TEST(outcome.code() == "STREAM_EVENT_TOO_LARGE");
  BOOST_TEST(outcome.pieces.size() == 1U);
}

BOOST_AUTO_TEST_CASE(last_line_without_its_end_is_not_delivered_when_the_body_is_cut) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nwhole\npart").close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::lines});
  BOOST_TEST(outcome.code() == "STREAM_TRUNCATED");
  BOOST_TEST(outcome.pieces == std::vector<std::string>{"whole"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(begin_of_a_cut_line_is_in_the_error) {
  const std::string body = "{\"a\":1}\n{\"usage\":";
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk(body)).close(),
                               Script{}.expect_request().send(chunked_head + chunk("whole\n")).close(),
                               Script{}.expect_request().send(chunked_head + chunk(body)).close()});
  const auto ask = [&](Delivery delivery) {
    return fetch(make_client(), {.url = server.url(), .delivery = delivery}).error;
  };
  const auto cut = ask(Delivery::lines);
  BOOST_REQUIRE(cut);
  BOOST_TEST(cut->partial == "{\"usage\":");
  BOOST_TEST((cut->cut == Cut::framing));
  const auto whole = ask(Delivery::lines);
  BOOST_REQUIRE(whole);
  BOOST_TEST(whole->partial.empty());
  const auto chunks = ask(Delivery::chunks);
  BOOST_REQUIRE(chunks);
  BOOST_TEST((chunks->cut == Cut::framing));
  BOOST_TEST(chunks->partial.empty());
}

BOOST_AUTO_TEST_CASE(line_that_is_no_json_is_named_by_its_number_when_asked_for) {
  for (const char* last : {"{\"b\":", "{\"b\":\n"}) {
    const std::string body = "{\"a\":1}\n\n[2]\n" + std::string(last);
    const ScriptedServer server(
        {Script{}.expect_request().send(ok_response(body)), Script{}.expect_request().send(ok_response(body))});
    const Outcome checked =
        fetch(make_client(),
              {.url = server.url(), .delivery = Delivery::lines, .options = {{"stream_validate_json", "true"}}});
    BOOST_TEST(checked.code() == "JSON_PARSE");
    BOOST_TEST(checked.pieces.size() == 2U);
    BOOST_REQUIRE(checked.error);
    BOOST_TEST(checked.error->message.find("line 3 of the stream: ") == 0U, checked.error->message);
    BOOST_TEST(fetch(make_client(), {.url = server.url(), .delivery = Delivery::lines}).pieces.size() == 3U);
  }
}

BOOST_AUTO_TEST_CASE(any_method_with_a_body_is_answered_by_a_stream) {
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "QUERY"}) {
    for (const std::size_t size : {std::size_t{7}, std::size_t{100'000}}) {
      const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("a\nb\n") + last_chunk)});
      const std::string body(size, 'q');
      const Outcome outcome =
          fetch(make_client(), {.url = server.url(), .method = method, .delivery = Delivery::lines, .body = body});
      BOOST_TEST(outcome.code() == "OK");
      BOOST_TEST(outcome.joined() == "ab");
      const std::string request = server.requests().at(0);
      BOOST_TEST(request.starts_with(method + " / "));
      BOOST_TEST(request.ends_with("\r\n\r\n" + body));
    }
  }
}

BOOST_AUTO_TEST_CASE(events_are_delivered_with_type_and_id) {
  const std::string stream = ": hello\n\nretry: 1500\nid: 7\ndata: one\n\nevent: done\ndata: two\ndata: lines\n\n";
  const ScriptedServer server({Script{}.expect_request().send(events_head + chunk(stream) + last_chunk),
                               Script{}.expect_request().send_byte_by_byte(events_head + chunk(stream) + last_chunk)});
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
    BOOST_TEST(outcome.code() == "OK");
    BOOST_REQUIRE_EQUAL(outcome.events.size(), 2U);
    BOOST_TEST(text_of(outcome.events[0]) == "message|one|7");
    BOOST_TEST(outcome.events[0].retry_ms.value_or(0) == 1500U);
    BOOST_TEST(text_of(outcome.events[1]) == "done|two\nlines|7");
    BOOST_TEST(outcome.response->stream->last_event_id == "7");
    BOOST_TEST(outcome.response->stream->retry_ms.value_or(0) == 1500U);
  }
}

BOOST_AUTO_TEST_CASE(request_for_events_says_so) {
  const ScriptedServer server({Script{}.expect_request().send(events_head + last_chunk)});
  BOOST_TEST(fetch(make_client(), {.url = server.url(), .delivery = Delivery::events}).code() == "OK");
  const std::string request = server.requests().at(0);
  for (const char* field :
       {"Accept: text/event-stream\r\n", "Cache-Control: no-store\r\n", "Accept-Encoding: identity\r\n"}) {
    BOOST_TEST(request.find(field) != std::string::npos);
  }
  BOOST_TEST(request.find("Last-Event-ID") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(events_of_a_stream_that_is_cut_are_delivered_before_the_error) {
  const ScriptedServer server({Script{}.expect_request().send(events_head + chunk("data: 1\n\ndata: 2")).close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_TEST(outcome.code() == "STREAM_TRUNCATED");
  BOOST_TEST(outcome.events.size() == 1U);
}

BOOST_AUTO_TEST_CASE(piece_that_is_aborted_is_the_last_one) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("a\nb\nc\n")).wait_for_peer_close()});
  const Outcome outcome =
      fetch(make_client(), {.url = server.url(), .delivery = Delivery::lines, .hooks = {.piece = [](std::size_t count) {
                                                                                return count == 2 ? Flow::abort
                                                                                                  : Flow::proceed;
                                                                              }}});
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(outcome.phase() == "deliver");
  BOOST_TEST(outcome.pieces.size() == 2U);
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(abort_at_the_head_delivers_nothing) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("body")).wait_for_peer_close()});
  const Outcome outcome =
      fetch(make_client(),
            {.url = server.url(), .delivery = Delivery::chunks, .hooks = {.head = [] { return Flow::abort; }}});
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(outcome.pieces.empty());
}

BOOST_AUTO_TEST_CASE(handler_is_destroyed_after_its_end) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("body"))});
  TestCall call(make_client(), {.url = server.url()});
  call.start();
  BOOST_TEST(call.finish().code() == "OK");
  BOOST_TEST(call.handler_ended());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(event_stream_gate, EngineFixture)

BOOST_AUTO_TEST_CASE(no_content_ends_a_stream_in_order) {
  const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 204 No Content\r\n\r\n")});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.status() == 204);
  BOOST_TEST(outcome.events.empty());
}

BOOST_AUTO_TEST_CASE(other_status_is_an_error_that_keeps_the_body) {
  const std::string body = R"({"error":{"message":"overloaded"}})";
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
                                      "Retry-After: 2\r\nContent-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n" + body)});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_TEST(outcome.code() == "HTTP_SERVER_ERROR");
  BOOST_TEST(outcome.error->http_status == 500);
  BOOST_TEST(outcome.error->retry_after_ms == 2'000);
  BOOST_TEST(outcome.body() == body);
  BOOST_TEST(outcome.events.empty());
}

BOOST_AUTO_TEST_CASE(success_other_than_200_is_no_stream) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 202 Accepted\r\nContent-Type: text/event-stream\r\n"
                                      "Content-Length: 9\r\n\r\ndata: 1\n\n")});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_TEST(outcome.code() == "HTTP_OTHER_STATUS");
  BOOST_TEST(outcome.events.empty());
}

BOOST_AUTO_TEST_CASE(other_media_type_is_an_error_that_keeps_the_body) {
  for (const char* type : {"Content-Type: application/json\r\n", "Content-Type: text/event-streams\r\n", ""}) {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("{\"a\":1}", type))});
    const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
    BOOST_TEST(outcome.code() == "CONTENT_TYPE");
    BOOST_TEST(outcome.body() == "{\"a\":1}");
  }
}

BOOST_AUTO_TEST_CASE(parameters_and_case_of_the_media_type_do_not_matter) {
  const ScriptedServer server({Script{}.expect_request().send(
      ok_response("data: 1\n\n", "content-type: Text/Event-Stream ; charset=utf-8\r\n"))});
  BOOST_TEST(fetch(make_client(), {.url = server.url(), .delivery = Delivery::events}).events.size() == 1U);
}

BOOST_AUTO_TEST_CASE(body_of_a_refused_stream_is_kept_up_to_64_kib) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1000000\r\n\r\n")
                                   .send_repeated(std::string(1'000, 'e'), 1'000)
                                   .wait_for_peer_close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_TEST(outcome.code() == "HTTP_UNAVAILABLE");
  BOOST_TEST(outcome.body().size() == 65'536U);
}

BOOST_AUTO_TEST_CASE(refused_stream_says_what_the_body_says) {
  const std::string body = R"({"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}})";
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 429 Slow\r\nContent-Type: application/json\r\nX-Request-Id: req_7\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body)});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_REQUIRE(outcome.error != nullptr);
  BOOST_TEST(outcome.error->provider_code == "rate_limit_exceeded");
  BOOST_TEST(outcome.error->provider_message == "Rate limit reached");
  BOOST_TEST(outcome.error->request_id == "req_7");
  BOOST_TEST(outcome.error->message == "the server answered with status 429: Rate limit reached (rate_limit_exceeded)");
  BOOST_TEST(outcome.body() == body);
}

BOOST_AUTO_TEST_CASE(cut_body_of_a_refused_stream_still_tells_the_status) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\nbusy").close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_TEST(outcome.error->http_status == 503);
  BOOST_TEST(outcome.body() == "busy");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
