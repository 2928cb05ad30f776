// Redirects that are followed (SEMANTICS 3.0 J, RFC 9110 15.4): what goes out, where to, and what is told of it. What must
// not go out is in redirect_security_test.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/answers.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "core/client/redirects.hpp"
#include "core/client/test_reader.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {

BOOST_FIXTURE_TEST_SUITE(redirect, EngineFixture)

BOOST_AUTO_TEST_CASE(hops_of_one_origin_go_over_one_connection) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(moved(301, "/b/c?x=1"))
                                   .expect_request()
                                   .send(moved(302, "../d#part", ""))
                                   .expect_request()
                                   .send(ok_response("here"))});
  const Outcome outcome =
      fetch(make_client(), {.url = server.url("/a"), .headers = {{"X-Own", "kept"}, {"Authorization", "Bearer own"}}});
  BOOST_TEST(outcome.body() == "here");
  BOOST_TEST(outcome.heads == 1);
  BOOST_TEST(outcome.response->redirects == 2);
  BOOST_TEST(outcome.response->url.text() == server.url("/d"));
  BOOST_TEST(outcome.response->attempts == 1);
  BOOST_TEST(outcome.response->body_bytes == 4U);
  BOOST_TEST(outcome.reused());
  BOOST_TEST(paths_of(server.requests()) == (std::vector<std::string>{"/a", "/b/c?x=1", "/d"}),
             boost::test_tools::per_element());
  for (const std::string& request : server.requests()) {
    BOOST_TEST(has(request, "\r\nX-Own: kept\r\n"));
    BOOST_TEST(has(request, "\r\nAuthorization: Bearer own\r\n"));  // its own origin
    BOOST_TEST(!has(request, "Referer"));
  }
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(response_without_a_redirect_names_its_url_once_complete) {
  const ScriptedServer server({answering_ok()});
  const Outcome outcome = fetch(make_client(), server.url("/x?key=value"));
  BOOST_TEST(outcome.response->redirects == 0);
  BOOST_TEST(outcome.response->url.text() == server.url("/x?key=value"));
}

BOOST_AUTO_TEST_CASE(method_and_body_follow_the_status) {
  struct Row {
    int status;
    const char* method;
    const char* second;
    bool body;
  };
  for (const Row& row : std::vector<Row>{{301, "POST", "GET", false},
                                         {302, "POST", "GET", false},
                                         {303, "PUT", "GET", false},
                                         {301, "PUT", "PUT", true},
                                         {307, "POST", "POST", true},
                                         {308, "PATCH", "PATCH", true}}) {
    for (const std::size_t size : {std::size_t{4}, std::size_t{100'000}}) {
      BOOST_TEST_CONTEXT(row.status << " " << row.method << " " << size) {
        const std::string body(size, 'b');
        const ScriptedServer server(
            {Script{}.expect_request().send(moved(row.status, "/next")).expect_request().send(ok_response("ok"))});
        const Outcome outcome = fetch(
            make_client(),
            {.url = server.url(), .method = row.method, .headers = {{"Content-Type", "text/plain"}}, .body = body});
        BOOST_TEST_REQUIRE(outcome.body() == "ok");
        const std::string second = server.requests().at(1);
        BOOST_TEST(first_line(second) == std::string(row.second) + " /next");
        BOOST_TEST(has(second, "\r\nContent-Type: text/plain\r\n") == row.body);
        BOOST_TEST(has(second, "\r\nContent-Length: " + std::to_string(size) + "\r\n") == row.body);
        BOOST_TEST(has(second, "Content-Length") == row.body);
        BOOST_TEST(second.ends_with("\r\n\r\n" + body) == row.body);
        BOOST_TEST(second.ends_with("\r\n\r\n") == !row.body);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(head_stays_head) {
  const std::string head = "HTTP/1.1 303 See\r\nLocation: /b\r\nContent-Length: 9\r\n\r\n";
  const ScriptedServer server(
      {Script{}.expect_request().send(head).expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .method = "HEAD"});
  BOOST_TEST(outcome.status() == 200);
  BOOST_TEST(first_line(server.requests().at(1)) == "HEAD /b");
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(bodies_that_can_be_rewound_are_sent_again) {
  const std::string text(150'000, 't');
  const TempDir dir;
  const std::string path = dir.write("body", text);
  for (const char* kind : {"file", "callback", "chunked callback"}) {
    BOOST_TEST_CONTEXT(kind) {
      TextSource source(text, 7'000);
      const ScriptedServer server(
          {Script{}.expect_request().send(moved(307, "/next")).expect_request().send(ok_response("ok"))});
      const Outcome outcome = fetch(
          make_client(), {.url = server.url(), .method = "POST", .set_body = [&](Call& call) {
                            if (kind == std::string("file")) return call.set_body_file(path);
                            const Length length = kind == std::string("callback") ? Length(text.size()) : Length();
                            return call.set_body_reader(length, source.reader());
                          }});
      BOOST_TEST_REQUIRE(outcome.body() == "ok");
      const auto requests = server.requests();
      BOOST_TEST(requests.at(0).substr(requests.at(0).find(" HTTP/")) ==
                 requests.at(1).substr(requests.at(1).find(" HTTP/")));
      BOOST_TEST(requests.at(1).size() > text.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(body_that_can_be_read_once_ends_the_call_with_the_redirect_beside_it) {
  TextSource source("once", 4);
  const ScriptedServer server({Script{}.expect_request().send(moved(308, "/next")).wait_for_peer_close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .method = "PUT", .set_body = [&](Call& call) {
                                                  return call.set_body_reader(4, source.reader(false));
                                                }});
  BOOST_TEST_REQUIRE(outcome.code() == "BODY_NOT_REPLAYABLE");
  BOOST_TEST(outcome.error->http_status == 308);
  BOOST_TEST(outcome.status() == 308);
  BOOST_TEST(outcome.response->headers.find("location").value_or("") == "/next");
  BOOST_TEST((outcome.error->stop_reason == StopReason::body_not_replayable));
  BOOST_TEST(outcome.error->attempts == 1);
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(body_that_can_be_read_once_does_not_matter_to_a_get) {
  TextSource source("once", 4);
  const ScriptedServer server(
      {Script{}.expect_request().send(moved(303, "/next")).expect_request().send(ok_response("ok"))});
  BOOST_TEST(
      fetch(make_client(), {.url = server.url(),
                            .method = "POST",
                            .set_body = [&](Call& call) { return call.set_body_reader({}, source.reader(false)); }})
          .body() == "ok");
  BOOST_TEST(!has(server.requests().at(1), "Transfer-Encoding"));
}

BOOST_AUTO_TEST_CASE(redirect_that_leads_nowhere_is_the_response) {
  for (const char* fields : {"", "Location:\r\n", "Location: \r\n"}) {
    const ScriptedServer server({answering_with(302, fields, "read me")});
    const Outcome outcome = fetch(make_client(), server.url());
    BOOST_TEST(outcome.status() == 302);
    BOOST_TEST(outcome.body() == "read me");
    BOOST_TEST(outcome.response->redirects == 0);
  }
  for (const int status : {300, 304, 305, 306}) {
    const ScriptedServer server({answering_with(status, "Location: /other\r\n")});
    BOOST_TEST(fetch(make_client(), server.url()).status() == status);
  }
}

BOOST_AUTO_TEST_CASE(limit_is_exact_and_an_error_is_not_tried_again) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(moved(302, "/again"))
                                   .expect_request()
                                   .send(moved(302, "/again"))
                                   .expect_request()
                                   .send(moved(302, "/again"))
                                   .wait_for_peer_close()});
  const auto client = make_client([](Options& options) {
    options.request.retry.max_retries = 3;
    options.request.retry.backoff_factor = 0;
  });
  const Outcome outcome = fetch(client, {.url = server.url(), .options = {{"max_redirects", "2"}}});
  BOOST_TEST_REQUIRE(outcome.code() == "TOO_MANY_REDIRECTS");
  BOOST_TEST(outcome.error->http_status == 302);
  BOOST_TEST(outcome.error->attempts == 1);
  BOOST_TEST(!outcome.error->retryable);
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(loop_ends_after_ten_by_default) {
  std::vector<Script> scripts(1, Script{});
  for (int i = 0; i < 11; ++i) scripts[0].expect_request().send(moved(302, i % 2 == 0 ? "/b" : "/a"));
  const ScriptedServer server(scripts);
  const Outcome outcome = fetch(make_client(), server.url("/a"));
  BOOST_TEST(outcome.code() == "TOO_MANY_REDIRECTS");
  BOOST_TEST(server.requests().size() == 11U);
}

BOOST_AUTO_TEST_CASE(no_redirect_is_followed_where_none_may_be) {
  for (const auto& [name, value] : {std::pair{"max_redirects", "0"}, std::pair{"redirect_safe_methods_only", "true"}}) {
    const ScriptedServer server({Script{}.expect_request().send(moved(307, "/next", "see there")).close()});
    const Outcome outcome =
        fetch(make_client(), {.url = server.url(), .method = "POST", .body = "b", .options = {{name, value}}});
    BOOST_TEST(outcome.code() == "OK");
    BOOST_TEST(outcome.status() == 307);
    BOOST_TEST(outcome.body() == "see there");
    BOOST_TEST(server.requests().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(location_that_is_no_place_ends_the_call) {
  struct Row {
    const char* fields;
    const char* code;
  };
  const std::string overlong = "Location: /" + std::string(70'000, 'x') + "\r\n";
  for (const Row& row : std::vector<Row>{{"Location: http://\r\n", "HTTP_PROTOCOL"},
                                         {"Location: //user:secret@b.example/\r\n", "HTTP_PROTOCOL"},
                                         {"Location: /a\r\nLocation: /b\r\n", "HTTP_PROTOCOL"},
                                         {overlong.c_str(), "HTTP_PROTOCOL"},
                                         {"Location: ftp://b.example/\r\n", "REDIRECT_BLOCKED"},
                                         {"Location: wss://b.example/\r\n", "REDIRECT_BLOCKED"},
                                         {"Location: file:///etc/passwd\r\n", "REDIRECT_BLOCKED"},
                                         {"Location: /a\r\nLocation: /a\r\n", "OK"}}) {
    BOOST_TEST_CONTEXT(std::string(row.fields).substr(0, 40)) {
      const ScriptedServer server({answering_with(302, row.fields), answering_ok()});
      const auto client = make_client([](Options& options) { options.connection.max_header_line_bytes = 128 << 10; });
      const Outcome outcome = fetch(client, server.url());
      BOOST_TEST_REQUIRE(outcome.code() == row.code);
      if (!outcome.error) continue;
      BOOST_TEST(outcome.error->http_status == 302);
      BOOST_TEST(outcome.phase() == "body");
      BOOST_TEST(!has(outcome.error->message, "b.example"));
      BOOST_TEST(server.connections() == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(stream_of_events_follows_and_begins_at_the_last_response) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(moved(307, "/events", "data: not this\n\n"))
                                   .expect_request()
                                   .send(events_head + chunk("data: one\n\n") + last_chunk)});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_TEST_REQUIRE(outcome.code() == "OK");
  BOOST_TEST_REQUIRE(outcome.events.size() == 1U);
  BOOST_TEST(outcome.events[0].data == "one");
  BOOST_TEST(outcome.heads == 1);
  BOOST_TEST(outcome.response->redirects == 1);
  BOOST_TEST(has(server.requests().at(1), "\r\nAccept: text/event-stream\r\n"));
}

BOOST_AUTO_TEST_CASE(large_or_slow_body_of_a_redirect_costs_its_connection_and_nothing_else) {
  for (const bool large : {true, false}) {
    Script first = Script{}.expect_request();
    first.send("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 100000000\r\n\r\n");
    if (large) first.send_repeated(std::string(64 << 10, 'x'), 1'000);
    const ScriptedServer server({first.wait_for_peer_close(), answering_ok()});
    const Outcome outcome = fetch(make_client(), server.url());
    BOOST_TEST(outcome.body() == "ok");
    BOOST_TEST(server.connections() == 2);
    BOOST_TEST(server.wait_for_finished(2));
  }
}

BOOST_AUTO_TEST_CASE(retry_begins_where_the_call_did) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(moved(302, "/next"))
                                   .expect_request()
                                   .send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
                                   .expect_request()
                                   .send(moved(302, "/other"))
                                   .expect_request()
                                   .send(ok_response("ok"))});
  const auto client = make_client([](Options& options) {
    options.request.retry.max_retries = 1;
    options.request.retry.backoff_factor = 0;
  });
  TestCall call(client, {.url = server.url("/first")});
  const Outcome outcome = call.start(false).finish();
  BOOST_TEST(outcome.body() == "ok");
  BOOST_TEST(outcome.response->attempts == 2);
  BOOST_TEST(outcome.response->redirects == 1);
  BOOST_TEST(paths_of(server.requests()) == (std::vector<std::string>{"/first", "/next", "/first", "/other"}),
             boost::test_tools::per_element());
}

// The POST was answered; that the GET behind it never came to be makes it no safer to repeat.
BOOST_AUTO_TEST_CASE(post_whose_redirect_can_not_be_connected_to_is_not_sent_again) {
  const ScriptedServer server({answering_with(303, "Location: http://gone.invalid:1/\r\n")});
  const auto client = make_client([](Options& options) {
    options.request.retry.max_retries = 3;
    options.request.retry.backoff_factor = 0;
    options.connection.resolve = "gone.invalid:1:127.0.0.1";
  });
  TestCall call(client, {.url = server.url(), .method = "POST", .body = "b"});
  const Outcome outcome = call.start(false).finish();
  BOOST_TEST_REQUIRE(outcome.code() == "CONNECT_FAILED");
  BOOST_TEST((outcome.error->sent == Sent::full));
  BOOST_TEST((outcome.error->stop_reason == StopReason::unsafe_method));
  BOOST_TEST(outcome.error->attempts == 1);
}

BOOST_AUTO_TEST_CASE(call_that_is_cancelled_on_its_way_goes_no_further) {
  const ScriptedServer server(
      {Script{}.expect_request().send(moved(302, "/slow")).expect_request().mark("slow").wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url()});
  call.start();
  BOOST_TEST(server.wait_for_mark("slow"));
  call.cancel();
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(outcome.completions == 1);
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(deadline_holds_over_all_hops) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(moved(302, "/b"))
                                   .expect_request()
                                   .send(moved(302, "/c"))
                                   .expect_request()
                                   .wait_for_peer_close()});
  const Outcome outcome = fetch(make_client(), {.url = server.url("/a"), .options = {{"timeout_ms", "200"}}});
  BOOST_TEST(outcome.code() == "TIMEOUT");
  BOOST_TEST(outcome.phase() == "first_byte");
  BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(response_whose_redirect_has_no_body_yet_does_not_hide_a_cancel) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 5\r\n\r\n")
                                   .mark("head")
                                   .wait_for_peer_close(),
                               answering_ok()});
  TestCall call(make_client(), {.url = server.url(), .options = {{"timeout_ms", "50"}}});
  const Outcome outcome = call.start().finish();
  BOOST_TEST(outcome.code() == "TIMEOUT");  // within the 100 ms that the body has
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(misdirected_request_goes_out_once_more_on_another_connection) {
  const std::string misdirected = "HTTP/1.1 421 Misdirected\r\nContent-Length: 0\r\n\r\n";
  for (const char* method : {"GET", "POST"}) {
    const ScriptedServer server({Script{}.expect_request().send(misdirected).wait_for_peer_close(),
                                 Script{}.expect_request().send(ok_response("right"))});
    const Outcome outcome = fetch(make_client(), {.url = server.url(), .method = method, .body = "b"});
    BOOST_TEST(outcome.body() == "right");
    BOOST_TEST(outcome.response->attempts == 1);
    BOOST_TEST(!outcome.reused());
    BOOST_TEST(server.requests().at(0) == server.requests().at(1));
  }
  const ScriptedServer stubborn(
      {Script{}.expect_request().send(misdirected), Script{}.expect_request().send(misdirected)});
  const auto client = make_client([](Options& options) { options.request.retry.max_retries = 3; });
  BOOST_TEST(fetch(client, stubborn.url()).status() == 421);
  BOOST_TEST(stubborn.connections() == 2);

  TextSource source("once", 4);
  const ScriptedServer server({Script{}.expect_request().send(misdirected)});
  BOOST_TEST(
      fetch(make_client(), {.url = server.url(),
                            .method = "PUT",
                            .set_body = [&](Call& call) { return call.set_body_reader(4, source.reader(false)); }})
          .status() == 421);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(hedged_call_follows_too) {
  const ScriptedServer server(
      {Script{}.expect_request().send(moved(302, "/next")).expect_request().send(ok_response("ok"))});
  TestCall call(make_client(), {.url = server.url(), .options = {{"hedge", "true"}, {"hedge_delay_ms", "60000"}}});
  const Outcome outcome = call.start(false).finish();
  BOOST_TEST(outcome.body() == "ok");
  BOOST_TEST(outcome.response->redirects == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
