// How streams of events end: markers and errors of the providers, and streams that lack them (SEMANTICS 3.4.5).
#include "client/stream_termination.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/answers.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "core/client/transcripts.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Request streaming(const ScriptedServer& server, const std::string& profile, Settings more = {}) {
  more.emplace_back("stream_profile", profile);
  return {.url = server.url(), .delivery = Delivery::events, .options = std::move(more)};
}

Script stream_of(const std::string& text) {
  return Script{}.expect_request().send(events_head + chunk(text) + last_chunk);
}

// What becomes of a stream whose body arrived whole.
Outcome outcome_of(const std::string& profile, const std::string& text, Settings more = {}) {
  const ScriptedServer server({stream_of(text)});
  return fetch(make_client(), streaming(server, profile, std::move(more)));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_termination, EngineFixture)

BOOST_AUTO_TEST_CASE(transcripts_end_in_order_with_their_marker) {
  struct Row {
    const char* profile;
    std::string text;
    std::size_t events;
  };
  // The sentinel is no event; a terminal event is one.
  const std::vector<Row> rows{{"openai", openai_chat + openai_done, 4},
                              {"anthropic", anthropic_messages + anthropic_stop, 7},
                              {"openai_responses", responses_begin + responses_completed, 3}};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.profile) {
      const ScriptedServer server(
          {stream_of(row.text), Script{}.expect_request().send_byte_by_byte(events_head + chunk(row.text))});
      for (int i = 0; i < 2; ++i) {
        const Outcome outcome = fetch(make_client(), streaming(server, row.profile));
        BOOST_TEST(outcome.code() == "OK");
        BOOST_TEST(outcome.events.size() == row.events);
        BOOST_TEST(outcome.response->stream->pace.count() == row.events);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(marker_ends_a_stream_whose_connection_stays_open) {
  const ScriptedServer server(
      {Script{}.expect_request().send(events_head + chunk(openai_chat + openai_done)).wait_for_peer_close()});
  // The server never ends the body: the end comes with the marker, and the connection is closed soon after it.
  const Outcome outcome = fetch(make_client(), streaming(server, "openai"));
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(connection_is_used_again_when_the_rest_comes_with_the_marker) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(events_head + chunk(openai_chat + openai_done) + last_chunk)
                                   .expect_request()
                                   .send(ok_response("again"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, streaming(server, "openai")).code() == "OK");
  BOOST_TEST(fetch(client, server.url()).reused());
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(connection_is_used_again_when_the_rest_comes_soon_after_the_end) {
  // It has a tenth of a second, which a busy machine may need for itself: one of many has to make it.
  bool reused = false;
  for (int i = 0; i < 50 && !reused; ++i) {
    ScriptedServer server({Script{}
                               .expect_request()
                               .send(events_head + chunk(openai_done))
                               .wait_for_signal("ended")
                               .send(last_chunk)
                               .mark("sent")
                               .expect_request()
                               .send(ok_response("again")),
                           Script{}.expect_request().send(ok_response("new"))});
    const auto client = make_client();
    BOOST_TEST(fetch(client, streaming(server, "openai")).code() == "OK");
    server.signal("ended");
    BOOST_TEST(server.wait_for_mark("sent"));
    reused = fetch(client, server.url()).reused();
  }
  BOOST_TEST(reused);
}

BOOST_AUTO_TEST_CASE(call_and_client_may_go_while_the_rest_is_waited_for) {
  for (int i = 0; i < 10; ++i) {
    const ScriptedServer server(
        {Script{}.expect_request().send(events_head + chunk(openai_done)).wait_for_peer_close()});
    auto client = make_client();
    Request request = streaming(server, "openai");
    if (i % 2 != 0) {
      request.method = "POST";
      request.body = std::string(100'000, 'q');
    }
    TestCall call(client, std::move(request));
    call.start();
    BOOST_TEST(call.finish().code() == "OK");
    call.cancel();  // nothing any more
    BOOST_TEST(call.so_far().completions == 1);
    BOOST_TEST(call.handler_ended());
    if (i < 5) client->close();
    client.reset();
  }
}

BOOST_AUTO_TEST_CASE(stream_without_its_marker_was_cut_though_its_framing_is_whole) {
  for (const auto& [profile, text] :
       std::vector<std::pair<std::string, std::string>>{{"openai", openai_chat},
                                                        {"anthropic", anthropic_messages},
                                                        {"openai_responses", responses_begin},
                                                        {"openai", ""}}) {
    const Outcome outcome = outcome_of(profile, text);
    BOOST_TEST(outcome.code() == "STREAM_TRUNCATED");
    BOOST_REQUIRE(outcome.error);
    BOOST_TEST((outcome.error->cut == Cut::marker));
    BOOST_TEST(outcome_of(profile, text, {{"stream_require_terminal", "false"}}).code() == "OK");
  }
}

BOOST_AUTO_TEST_CASE(cut_framing_is_told_from_a_missing_marker) {
  const std::string events = "data: 1\n\ndata: 2";
  const std::vector<std::string> cuts{
      events_head + chunk(events),      // no last chunk
      events_head + "20\r\n" + events,  // inside a chunk
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\n" + events,
  };
  for (const std::string& sent : cuts) {
    const ScriptedServer server({Script{}.expect_request().send(sent).close()});
    const Outcome outcome = fetch(make_client(), streaming(server, "openai"));
    BOOST_TEST(outcome.code() == "STREAM_TRUNCATED");
    BOOST_REQUIRE(outcome.error);
    BOOST_TEST((outcome.error->cut == Cut::framing));
    BOOST_TEST(outcome.events.size() == 1U);
    BOOST_TEST(stop_of(outcome) == "committed");
  }
  // The end of the connection is the end of such a body: only the marker can tell.
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + events).close()});
  const Outcome outcome = fetch(make_client(), streaming(server, "openai"));
  BOOST_TEST(outcome.code() == "STREAM_TRUNCATED");
  BOOST_TEST((outcome.error->cut == Cut::marker));
}

BOOST_AUTO_TEST_CASE(error_inside_a_success_has_its_type_and_its_status) {
  struct Row {
    const char* profile;
    std::string text;
    std::size_t events;
    const char* type;
    const char* code;
    const char* message;
    int status;
    bool retryable;
  };
  const std::vector<Row> rows{
      {"openai", openai_chat + openai_error, 4, "server_error", "server_error",
       "The server had an error while processing your request", 500, true},
      {"anthropic", anthropic_messages + anthropic_error, 6, "overloaded_error", "overloaded_error", "Overloaded", 529,
       true},
      {"openai_responses", responses_begin + responses_error, 2, "error", "rate_limit_exceeded", "Rate limit reached",
       429, true},
      {"openai", "data: {\"error\":{\"code\":502,\"message\":\"upstream\"}}\n\n", 0, "", "502", "upstream", 502, true},
      {"custom", "data: {\"error\":{\"type\":\"authentication_error\"}}\n\n", 0, "authentication_error",
       "authentication_error", "", 401, false},
      {"custom", "data: {\"error\":\"broken\"}\n\n", 0, "", "", "broken", 0, false},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.text) {
      const Outcome outcome = outcome_of(row.profile, row.text);
      BOOST_TEST(outcome.code() == "STREAM_ERROR_EVENT");
      BOOST_REQUIRE(outcome.error);
      BOOST_TEST(outcome.events.size() == row.events);
      BOOST_TEST(outcome.error->provider_type == row.type);
      BOOST_TEST(outcome.error->provider_code == row.code);
      BOOST_TEST(outcome.error->provider_message == row.message);
      BOOST_TEST(outcome.error->stream_status == row.status);
      BOOST_TEST(outcome.error->retryable == row.retryable);
      BOOST_TEST(outcome.error->http_status == 200);
    }
  }
}

BOOST_AUTO_TEST_CASE(markers_and_errors_are_known_however_a_provider_writes_them) {
  struct Row {
    const char* profile;
    std::string text;
    const char* code;
    std::size_t events;
    int status;
  };
  const std::string member = R"({"error":{"type":"rate_limit_error","message":"slow"}})";
  const std::vector<Row> rows{
      {"openai", "data:[DONE]\n\n", "OK", 0, 0},
      {"openai", "data:   [DONE]  \r\n\r\n", "OK", 0, 0},
      {"openai", "event: done\nid: 3\ndata: [DONE]\n\n", "OK", 0, 0},
      {"openai", ": ping\n\ndata: [DONE]\n\ndata: " + member + "\n\n", "OK", 0, 0},
      {"openai", "data: \"[DONE]\"\n\n", "STREAM_TRUNCATED", 1, 0},
      {"openai", "data: [done]\n\n", "STREAM_TRUNCATED", 1, 0},
      {"openai", "data: [DONE]\ndata:\n\n", "STREAM_TRUNCATED", 1, 0},
      {"openai", "data: [DONE]\n", "STREAM_TRUNCATED", 0, 0},  // an event that did not arrive whole
      {"openai", "event: error\ndata: " + member + "\n\n", "STREAM_ERROR_EVENT", 0, 429},
      {"openai", "event: message\ndata: " + member + "\n\n", "STREAM_ERROR_EVENT", 0, 429},
      {"openai", "event: error\ndata: not JSON\n\n", "STREAM_ERROR_EVENT", 0, 0},
      {"openai", "data: {\ndata: \"error\": {\"code\": \"invalid_api_key\"}\ndata: }\n\n", "STREAM_ERROR_EVENT", 0,
       401},
      {"openai", "data: {\"error\":{\"code\":\"429\"}}\n\n", "STREAM_ERROR_EVENT", 0, 429},
      {"anthropic", anthropic_error, "STREAM_ERROR_EVENT", 0, 529},
      {"anthropic", "event: ping\ndata: {\"type\":\"ping\"}\n\n" + anthropic_error, "STREAM_ERROR_EVENT", 1, 529},
      {"anthropic", "event: ping\ndata: {\"type\":\"ping\"}\n\n", "STREAM_TRUNCATED", 1, 0},
      {"anthropic", "event: message_stop \ndata: {}\n\n", "STREAM_TRUNCATED", 1, 0},
      {"anthropic", "event: message_stop\n\n", "STREAM_TRUNCATED", 0, 0},  // without data it is no event
      {"openai_responses", "event: response.failed\ndata: {\"response\":{\"error\":{}}}\n\n", "OK", 1, 0},
      {"openai_responses", "data: " + member + "\n\n", "STREAM_ERROR_EVENT", 0, 429},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.profile << " " << row.text) {
      const Outcome outcome = outcome_of(row.profile, row.text);
      BOOST_TEST(outcome.code() == row.code);
      BOOST_TEST(outcome.events.size() == row.events);
      if (outcome.error) BOOST_TEST(outcome.error->stream_status == row.status);
      const bool truncated = outcome.code() == "STREAM_TRUNCATED";
      BOOST_TEST(outcome_of(row.profile, row.text, {{"stream_require_terminal", "off"}}).code() ==
                 (truncated ? "OK" : row.code));
    }
  }
}

// Whoever asks the provider about it needs the name of the request, and nobody the key that the provider repeats.
BOOST_AUTO_TEST_CASE(error_inside_a_success_names_the_request_and_hides_the_key) {
  const std::string text =
      R"(data: {"error":{"type":"sk-abcdefghijklmnopqrstuvwx","message":"Incorrect key own-secret-1234 sk-abcdefghijklmnopqrstuvwx"}})";
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: req_1\r\n";
  const ScriptedServer server(
      {Script{}.expect_request().send(head + "Connection: close\r\n\r\n" + text + "\n\n").close(),
       Script{}.expect_request().send(head + "Content-Length: 99\r\n\r\n").close()});
  Request request = streaming(server, "openai");
  request.headers.emplace_back("Authorization", "Bearer own-secret-1234");
  const Outcome outcome = fetch(make_client(), std::move(request));
  BOOST_TEST(outcome.code() == "STREAM_ERROR_EVENT");
  BOOST_TEST(outcome.error->request_id == "req_1");
  for (const std::string& shown :
       {outcome.error->message, outcome.error->provider_message, outcome.error->provider_type}) {
    BOOST_TEST(shown.find("own-secret") == shown.npos, shown);
    BOOST_TEST(shown.find("sk-abc") == shown.npos, shown);
  }
  const Outcome cut = fetch(make_client(), streaming(server, "openai"));
  BOOST_TEST(cut.code() == "STREAM_TRUNCATED");
  BOOST_TEST(cut.error->request_id == "req_1");
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_an_error_is_an_event) {
  for (const char* data : {R"({"error":null,"choices":[]})", R"({"error":""})", R"({"error":{}})", R"({"error":false})",
                           R"({"choices":[{"error":"inner"}]})", R"(["error"])", R"("error")", R"({"error":)",
                           "the \"error\" is not JSON"}) {
    BOOST_TEST(!is_error_object(data), data);
    BOOST_TEST(outcome_of("custom", "data: " + std::string(data) + "\n\n").events.size() == 1U);
  }
  BOOST_TEST(outcome_of("none", openai_error).code() == "OK");
}

BOOST_AUTO_TEST_CASE(options_name_markers_of_their_own) {
  const Settings settings{{"stream_sentinel", "bye"}, {"stream_terminal_events", "done,stop"}};
  BOOST_TEST(outcome_of("custom", "data: 1\n\ndata: bye\n\ndata: 2\n\n", settings).events.size() == 1U);
  const Outcome by_type = outcome_of("none", "data: 1\n\nevent: stop\ndata: 2\n\ndata: 3\n\n", settings);
  BOOST_TEST(by_type.code() == "OK");
  BOOST_TEST(by_type.events.size() == 2U);
  BOOST_TEST(outcome_of("none", "event: oops\ndata: x\n\n", {{"stream_error_events", "oops"}}).code() ==
             "STREAM_ERROR_EVENT");
}

BOOST_AUTO_TEST_CASE(pause_at_the_terminal_event_holds_back_the_end) {
  const ScriptedServer server({stream_of(anthropic_stop + "data: late\n\n")});
  Request request = streaming(server, "anthropic");
  request.hooks.piece = [](std::size_t) { return Flow::pause; };
  TestCall call(make_client(), std::move(request));
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  BOOST_TEST(call.so_far().completions == 0);
  call.resume();
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.events.size() == 1U);
}

BOOST_AUTO_TEST_CASE(json_in_place_of_a_stream_is_read_as_an_error) {
  const std::string error = R"({"error":{"type":"overloaded_error","message":"Overloaded"}})";
  const auto answer = [&](const std::string& body) {
    return Script{}.expect_request().send(ok_response(body, "Content-Type: application/json\r\n"));
  };
  const ScriptedServer server({answer(error), answer(error), answer("{\"id\":1}")});
  const Outcome typed = fetch(make_client(), streaming(server, "anthropic"));
  BOOST_TEST(typed.code() == "STREAM_ERROR_EVENT");
  BOOST_TEST(typed.error->stream_status == 529);
  // Without a profile the type is the error, with what the body says.
  const Outcome plain = fetch(make_client(), streaming(server, "none"));
  BOOST_TEST(plain.code() == "CONTENT_TYPE");
  BOOST_TEST(plain.error->provider_message == "Overloaded");
  const Outcome lenient = fetch(make_client(), streaming(server, "none", {{"stream_lenient_content_type", "true"}}));
  BOOST_TEST(lenient.code() == "CONTENT_TYPE");
  BOOST_TEST(lenient.body() == "{\"id\":1}");
}

BOOST_AUTO_TEST_CASE(lenient_gate_takes_other_types_and_none) {
  for (const char* type : {"Content-Type: text/plain\r\n", ""}) {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("data: 1\n\n", type))});
    const Outcome outcome = fetch(make_client(), streaming(server, "none", {{"stream_lenient_content_type", "yes"}}));
    BOOST_TEST(outcome.code() == "OK");
    BOOST_TEST(outcome.events.size() == 1U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
