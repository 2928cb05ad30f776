// Streams that break: tried again while nobody has seen them, resumed where that is asked for, and never otherwise
// (SEMANTICS 3.1.1, 3.4.6; WHATWG HTML 9.2.3).
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "client/pull_stream.hpp"
#include "core/client/answers.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "core/client/transcripts.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;
using Data = std::vector<std::string>;

Data data_of(const Outcome& outcome) {
  Data all;
  for (const RecordedEvent& event : outcome.events) all.push_back(event.data);
  return all;
}

std::string field_of(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "absent";
  const std::size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

// A stream that ends in order, and one that is cut.
Script whole(const std::string& text) {
  return Script{}.expect_request().send(events_head + chunk(text) + last_chunk).close();
}
Script cut(const std::string& text) {
  return Script{}.expect_request().send(events_head + chunk(text)).close();
}
Script stopping() {
  return Script{}.expect_request().send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").close();
}

Request resuming(const ScriptedServer& server, Settings more = {}) {
  more.emplace_back("stream_auto_reconnect", "true");
  more.emplace_back("stream_reconnect_ms", "1");
  more.emplace_back("max_backoff_ms", "1");
  return {.url = server.url(), .delivery = Delivery::events, .options = std::move(more)};
}

Request retrying(const ScriptedServer& server, Delivery delivery, Settings more = {}) {
  more.insert(more.begin(), {{"max_retries", "2"}, {"backoff_factor", "0"}});
  return {.url = server.url(), .delivery = delivery, .options = std::move(more)};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_resume, EngineFixture)

BOOST_AUTO_TEST_CASE(stream_goes_on_after_a_clean_end_and_after_a_cut) {
  const ScriptedServer server(
      {whole("id: 1\ndata: one\n\n"), cut("id: 2\ndata: two\n\ndata: lost"), cut("data: three\n\n"), stopping()});
  const Outcome outcome = fetch(make_client(), resuming(server));
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.status() == 204);
  BOOST_TEST(outcome.heads == 1);
  BOOST_TEST(outcome.completions == 1);
  BOOST_TEST(data_of(outcome) == (Data{"one", "two", "three"}), boost::test_tools::per_element());
  BOOST_TEST(outcome.response->attempts == 4);
  BOOST_TEST(outcome.response->stream->last_event_id == "2");
  BOOST_TEST(outcome.response->stream->pace.count() == 3U);
  const auto requests = server.requests();
  BOOST_REQUIRE(requests.size() == 4U);
  BOOST_TEST(field_of(requests[0], "Last-Event-ID") == "absent");
  BOOST_TEST(field_of(requests[1], "Last-Event-ID") == "1");
  BOOST_TEST(field_of(requests[2], "Last-Event-ID") == "2");
  BOOST_TEST(field_of(requests[3], "Last-Event-ID") == "2");
  for (const std::string& request : requests) {
    BOOST_TEST(field_of(request, "Accept") == "text/event-stream");
    BOOST_TEST(field_of(request, "Cache-Control") == "no-store");
    BOOST_TEST(field_of(request, "Accept-Encoding") == "identity");
  }
  BOOST_REQUIRE(outcome.response->earlier_attempts.size() == 3U);
  for (const AttemptRecord& record : outcome.response->earlier_attempts) {
    BOOST_TEST((record.delay_source == DelaySource::reconnect));
    BOOST_TEST((record.outcome == OutcomeClass::committed));
  }
}

BOOST_AUTO_TEST_CASE(id_that_is_empty_or_no_header_value_is_not_sent) {
  const ScriptedServer server({whole("id: 1\ndata: a\n\n"), whole("id\ndata: b\n\n"), whole("id: 7 \ndata: c\n\n"),
                               whole("id: caf\xC3\xA9\ndata: d\n\n"), stopping()});
  const Outcome outcome = fetch(make_client(), resuming(server));
  BOOST_TEST(outcome.code() == "OK");
  const auto requests = server.requests();
  BOOST_REQUIRE(requests.size() == 5U);
  BOOST_TEST(field_of(requests[1], "Last-Event-ID") == "1");
  BOOST_TEST(field_of(requests[2], "Last-Event-ID") == "absent");  // reset by an empty id
  BOOST_TEST(field_of(requests[3], "Last-Event-ID") == "absent");  // a space at its end
  BOOST_TEST(field_of(requests[4], "Last-Event-ID") == "caf\xC3\xA9");
}

BOOST_AUTO_TEST_CASE(id_of_the_user_stays_until_the_stream_names_one) {
  const ScriptedServer server({whole("data: a\n\n"), whole("id: 9\ndata: b\n\n"), stopping()});
  Request request = resuming(server);
  request.headers.emplace_back("Last-Event-ID", "4");
  BOOST_TEST(fetch(make_client(), std::move(request)).code() == "OK");
  const auto requests = server.requests();
  BOOST_REQUIRE(requests.size() == 3U);
  BOOST_TEST(field_of(requests[0], "Last-Event-ID") == "4");
  BOOST_TEST(field_of(requests[1], "Last-Event-ID") == "4");
  BOOST_TEST(field_of(requests[2], "Last-Event-ID") == "9");
}

// An id comes with or without data, and so does its end.
BOOST_AUTO_TEST_CASE(id_without_an_event_counts_and_is_taken_back_without_one) {
  const ScriptedServer server({whole("data: a\n\nid: 5\n\n"), whole("id\n\n"), whole("data: b\n\n"), stopping()});
  const Outcome outcome = fetch(make_client(), resuming(server));
  BOOST_TEST(outcome.code() == "OK");
  const auto requests = server.requests();
  BOOST_REQUIRE(requests.size() == 4U);
  BOOST_TEST(field_of(requests[1], "Last-Event-ID") == "5");
  BOOST_TEST(field_of(requests[2], "Last-Event-ID") == "absent");
  BOOST_TEST(field_of(requests[3], "Last-Event-ID") == "absent");
}

// The id of an event that did not arrive whole, a NUL, the order of the bytes of a second connection: none of it stays.
BOOST_AUTO_TEST_CASE(next_connection_begins_with_a_clean_decoder) {
  const std::string bom = "\xEF\xBB\xBF";
  const ScriptedServer server({cut(bom + "id: 1\ndata: a\n\nid: 2\nevent: x\nretry: 5\ndata: lost\n"),
                               cut(bom + "data: b\r\n\r"), cut(std::string("\ndata: c\nid: z\0z\n\n", 19)),
                               stopping()});
  const Outcome outcome = fetch(make_client(), resuming(server));
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(data_of(outcome) == (Data{"a", "b", "c"}), boost::test_tools::per_element());
  for (const RecordedEvent& event : outcome.events) BOOST_TEST(event.type == "message");
  const auto requests = server.requests();
  BOOST_REQUIRE(requests.size() == 4U);
  for (std::size_t i = 1; i < 4; ++i) BOOST_TEST(field_of(requests[i], "Last-Event-ID") == "1");
}

// The limit is one of the stream, not of each of its connections.
BOOST_AUTO_TEST_CASE(ceiling_holds_over_all_connections) {
  const ScriptedServer server({whole("retry: 60\ndata: a\n\n")}, {.repeat_last = true});
  const Outcome outcome = fetch(make_client(), resuming(server, {{"stream_ceiling_ms", "200"}}));
  // What ended last ended in order, unless a busy machine keeps its head for too long.
  BOOST_TEST((outcome.code() == "OK" || outcome.code() == "STREAM_CEILING"));
  BOOST_TEST(!outcome.events.empty());
  BOOST_TEST(outcome.events.size() <= 4U);
}

BOOST_AUTO_TEST_CASE(time_that_the_server_names_is_waited_for) {
  const ScriptedServer server({whole("retry: 120\ndata: a\n\n"), stopping()});
  const Outcome outcome = fetch(make_client(), resuming(server));
  BOOST_TEST(outcome.code() == "OK");
  BOOST_REQUIRE(outcome.response->earlier_attempts.size() == 1U);
  const AttemptRecord& first = outcome.response->earlier_attempts[0];
  BOOST_TEST(first.delay >= 120 * kMillisecond);
  BOOST_TEST(first.delay <= 132 * kMillisecond);
  BOOST_TEST(outcome.response->timings.get(Span::total) >= 120 * kMillisecond);
}

BOOST_AUTO_TEST_CASE(answer_that_is_no_stream_ends_it) {
  const std::string json = "Content-Type: application/json\r\n";
  struct Row {
    Script script;
    const char* code;
  };
  const std::vector<Row> rows{{answering_with(500, "", "no"), "HTTP_SERVER_ERROR"},
                              {answering_with(200, json, "{}"), "CONTENT_TYPE"},
                              {answering_with(202, "Content-Type: text/event-stream\r\n"), "HTTP_OTHER_STATUS"},
                              {answering_with(404), "HTTP_NOT_FOUND"}};
  for (const Row& row : rows) {
    const ScriptedServer server({cut("data: a\n\n"), row.script, whole("data: never\n\n")});
    const Outcome outcome = fetch(make_client(), resuming(server));
    BOOST_TEST(outcome.code() == row.code);
    BOOST_TEST(data_of(outcome) == (Data{"a"}), boost::test_tools::per_element());
    BOOST_TEST(server.requests().size() == 2U);
  }
}

BOOST_AUTO_TEST_CASE(marker_and_error_event_end_it_for_good) {
  const ScriptedServer done({cut(openai_chat), whole(openai_done), whole("data: never\n\n")});
  const Outcome outcome = fetch(make_client(), resuming(done, {{"stream_profile", "openai"}}));
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.events.size() == 4U);
  BOOST_TEST(done.requests().size() == 2U);
  const ScriptedServer failed({whole("data: a\n\n" + openai_error), whole("data: never\n\n")});
  BOOST_TEST(fetch(make_client(), resuming(failed, {{"stream_profile", "openai"}})).code() == "STREAM_ERROR_EVENT");
  BOOST_TEST(failed.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(cancel_ends_the_wait_for_the_next_connection) {
  const ScriptedServer server({whole("retry: 60000\ndata: a\n\n")});
  TestCall call(make_client(), resuming(server));
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(30))));
  call.cancel();
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(outcome.completions == 1);
}

BOOST_AUTO_TEST_CASE(stream_does_not_wait_beyond_the_deadline_of_its_call) {
  for (const bool clean : {false, true}) {
    const std::string text = "retry: 60000\ndata: a\n\n";
    const ScriptedServer server({clean ? whole(text) : cut(text), whole("data: never\n\n")});
    const Outcome outcome = fetch(make_client(), resuming(server, {{"stream_timeout_ms", "30000"}}));
    BOOST_TEST(outcome.code() == (clean ? "OK" : "STREAM_TRUNCATED"));
    BOOST_TEST(data_of(outcome) == (Data{"a"}), boost::test_tools::per_element());
    BOOST_TEST(outcome.completions == 1);
    BOOST_TEST(server.requests().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(connections_that_bring_nothing_are_counted_and_an_event_begins_anew) {
  const ScriptedServer server({whole("data: a\n\n"), cut(": nothing\n"), cut(": nothing\n"), whole("data: b\n\n"),
                               cut(": nothing\n"), cut(": nothing\n"), cut(": nothing\n"), whole("data: never\n\n")});
  const Outcome outcome = fetch(make_client(), resuming(server, {{"stream_max_reconnects", "2"}}));
  BOOST_TEST(outcome.code() == "STREAM_TRUNCATED");
  BOOST_TEST(data_of(outcome) == (Data{"a", "b"}), boost::test_tools::per_element());
  BOOST_TEST(server.requests().size() == 7U);
}

BOOST_AUTO_TEST_CASE(server_that_is_gone_is_asked_until_the_limit) {
  auto server = std::make_unique<ScriptedServer>(std::vector<Script>{cut("data: a\n\n")});
  TestCall call(make_client(), resuming(*server, {{"stream_max_reconnects", "3"}}));
  call.start();
  const Outcome outcome = call.finish();
  BOOST_REQUIRE(outcome.error);
  BOOST_TEST(outcome.error->attempts == 5);
  BOOST_TEST(data_of(outcome) == (Data{"a"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(other_methods_are_resumed_only_when_that_is_allowed) {
  for (const bool allowed : {false, true}) {
    const ScriptedServer server({cut("id: 1\ndata: a\n\n"), stopping()});
    Request request = resuming(server);
    if (allowed) request.options.emplace_back("stream_resume_allowed", "true");
    request.method = "POST";
    request.body = "{\"stream\":true}";
    const Outcome outcome = fetch(make_client(), std::move(request));
    BOOST_TEST(outcome.code() == (allowed ? "OK" : "STREAM_TRUNCATED"));
    const auto requests = server.requests();
    BOOST_REQUIRE(requests.size() == (allowed ? 2U : 1U));
    if (!allowed) continue;
    BOOST_TEST(requests[1].ends_with("\r\n\r\n{\"stream\":true}"));
    BOOST_TEST(field_of(requests[1], "Last-Event-ID") == "1");
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_twice_after_the_first_piece) {
  for (const Delivery delivery : {Delivery::chunks, Delivery::lines, Delivery::events}) {
    const ScriptedServer server({cut("data: a\n\n"), whole("data: b\n\n")});
    const Outcome outcome = fetch(make_client(), retrying(server, delivery));
    BOOST_TEST(outcome.code() == (delivery == Delivery::chunks ? "BODY_TRUNCATED" : "STREAM_TRUNCATED"));
    BOOST_TEST(stop_of(outcome) == "committed");
    BOOST_TEST(server.requests().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(stream_that_breaks_before_its_first_piece_is_tried_again_unless_its_head_was_seen) {
  for (const bool sees_head : {false, true}) {
    const ScriptedServer server({cut(": not yet\n"), whole("data: a\n\n")});
    TestCall call(make_client(), retrying(server, Delivery::events));
    const Outcome outcome = call.start(sees_head).finish();
    BOOST_TEST(outcome.code() == (sees_head ? "STREAM_TRUNCATED" : "OK"));
    BOOST_TEST(stop_of(outcome) == (sees_head ? "committed" : "none"));
    BOOST_TEST(server.requests().size() == (sees_head ? 1U : 2U));
    BOOST_TEST(outcome.completions == 1);
    if (sees_head) continue;
    BOOST_TEST(data_of(outcome) == (Data{"a"}), boost::test_tools::per_element());
    BOOST_TEST(outcome.response->attempts == 2);
    BOOST_REQUIRE(outcome.response->earlier_attempts.size() == 1U);
    BOOST_TEST((outcome.response->earlier_attempts[0].outcome == OutcomeClass::body_failed));
  }
}

BOOST_AUTO_TEST_CASE(stream_that_nobody_has_seen_says_that_no_retry_was_left) {
  const ScriptedServer server({cut(": not yet\n")}, {.repeat_last = true});
  TestCall call(make_client(), retrying(server, Delivery::events));
  const Outcome outcome = call.start(false).finish();
  BOOST_TEST(outcome.code() == "STREAM_TRUNCATED");
  BOOST_TEST(server.requests().size() == 3U);
  BOOST_TEST(stop_of(outcome) == "max_retries");
}

// Only the first attempt of a call earns other calls a retry, not its retries and not its reconnections.
BOOST_AUTO_TEST_CASE(attempts_of_one_stream_pay_into_the_budget_once) {
  const auto client = make_client([](Options& options) {
    options.retry_budget.ratio = 1;
    options.retry_budget.min_retries_per_second = 0;
  });
  const ScriptedServer server({cut(": not yet\n")}, {.repeat_last = true});
  TestCall call(client, retrying(server, Delivery::events, {{"max_retries", "5"}}));
  const Outcome outcome = call.start(false).finish();
  BOOST_TEST(outcome.code() == "STREAM_TRUNCATED");
  BOOST_TEST(server.requests().size() == 2U);
  BOOST_TEST(stop_of(outcome) == "budget");
}

BOOST_AUTO_TEST_CASE(post_that_breaks_before_its_first_piece_is_tried_again_only_with_a_key) {
  for (const bool keyed : {false, true}) {
    const ScriptedServer server({cut(": not yet\n"), whole("data: a\n\n")});
    Request request = retrying(server, Delivery::events);
    request.method = "POST";
    request.body = "prompt";
    if (keyed) request.headers.emplace_back("Idempotency-Key", "k");
    TestCall call(make_client(), std::move(request));
    const Outcome outcome = call.start(false).finish();
    BOOST_TEST(outcome.code() == (keyed ? "OK" : "STREAM_TRUNCATED"));
    BOOST_TEST(stop_of(outcome) == (keyed ? "none" : "unsafe_method"));
    BOOST_TEST(server.requests().size() == (keyed ? 2U : 1U));
  }
}

BOOST_AUTO_TEST_CASE(error_event_before_any_other_counts_as_the_status_that_it_stands_for) {
  // Overloaded is a refusal, so a POST without a key may be sent again; a wrong request may not.
  const std::string invalid =
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"no\"}}\n\n";
  for (const bool overloaded : {false, true}) {
    const ScriptedServer server({whole(overloaded ? anthropic_error : invalid), whole(anthropic_stop)});
    Request request = retrying(server, Delivery::events, {{"stream_profile", "anthropic"}});
    request.method = "POST";
    request.body = "prompt";
    TestCall call(make_client(), std::move(request));
    const Outcome outcome = call.start(false).finish();
    BOOST_TEST(outcome.code() == (overloaded ? "OK" : "STREAM_ERROR_EVENT"));
    BOOST_TEST(stop_of(outcome) == (overloaded ? "none" : "not_retryable"));
    BOOST_TEST(server.requests().size() == (overloaded ? 2U : 1U));
  }
}

BOOST_AUTO_TEST_CASE(pull_stream_is_tried_again_as_long_as_nobody_took_its_head) {
  for (const bool takes_head : {false, true}) {
    ScriptedServer server(
        {Script{}.expect_request().send(events_head).wait_for_signal("cut").close(), whole("data: a\n\n")});
    const TestCall described(make_client(), retrying(server, Delivery::events));
    const auto stream = PullStream::open(described.call(), Delivery::events);
    BOOST_REQUIRE(stream.ok());
    std::shared_ptr<Response> head;
    std::unique_ptr<Error> error;
    if (takes_head) BOOST_TEST(((*stream)->wait_for_head(-1, head, error) == PullStream::Outcome::piece));
    server.signal("cut");
    const auto got = (*stream)->next(-1);
    BOOST_TEST((got == (takes_head ? PullStream::Outcome::failed : PullStream::Outcome::piece)));
    BOOST_TEST(server.requests().size() == (takes_head ? 1U : 2U));
    if (!takes_head) BOOST_TEST(((*stream)->next(-1) == PullStream::Outcome::end));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
