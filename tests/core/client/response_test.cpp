// Responses of every shape over a real socket.
#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

Outcome fetch_from(const std::string& response, Request request = {.url = ""}) {
  const ScriptedServer server({Script{}.expect_request().send(response).wait_for_peer_close()});
  request.url = server.url();
  return fetch(make_client(), std::move(request));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(response, EngineFixture)

BOOST_AUTO_TEST_CASE(interim_responses_before_the_final_one_are_passed_over) {
  for (const std::string& before : {hints, go_on, hints + go_on + hints, repeated(go_on, 16)}) {
    const Outcome outcome = fetch_from(before + ok_response("final"));
    BOOST_TEST(outcome.status() == 200);
    BOOST_TEST(outcome.body() == "final");
    BOOST_TEST(outcome.heads == 1);
    BOOST_TEST(!outcome.response->headers.contains("Link"));
  }
}

BOOST_AUTO_TEST_CASE(interim_response_that_arrives_alone_does_not_end_the_wait) {
  ScriptedServer server({Script{}.expect_request().send(hints).wait_for_signal("now").send(ok_response("final"))});
  TestCall call(make_client(), {.url = server.url()});
  call.start();
  BOOST_TEST(!call.wait_for_head(after(std::chrono::milliseconds(30))));
  server.signal("now");
  BOOST_TEST(call.finish().body() == "final");
}

BOOST_AUTO_TEST_CASE(too_many_interim_responses_are_named) {
  const Outcome outcome = fetch_from(repeated(hints, 17) + ok_response("final"));
  BOOST_TEST(outcome.code() == "HTTP_PROTOCOL");
  BOOST_TEST(outcome.phase() == "first_byte");
  BOOST_TEST(outcome.status() == 0);
}

BOOST_AUTO_TEST_CASE(answer_to_head_has_no_body_whatever_its_length_says) {
  const Outcome outcome = fetch_from("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n",
                                     {.url = "", .method = "HEAD", .options = {{"max_response_bytes", "10"}}});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.body().empty());
  BOOST_TEST(outcome.response->headers.find("content-length").value_or("") == "1000000000000");
}

BOOST_AUTO_TEST_CASE(not_modified_has_no_body_whatever_its_length_says) {
  const Outcome outcome = fetch_from("HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: \"1\"\r\n\r\n",
                                     {.url = "", .options = {{"max_response_bytes", "10"}}});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.status() == 304);
}

BOOST_AUTO_TEST_CASE(no_content_has_no_body) {
  const Outcome outcome = fetch_from("HTTP/1.1 204 No Content\r\n\r\n");
  BOOST_TEST(outcome.status() == 204);
  BOOST_TEST(outcome.response->body_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(trailers_are_kept_apart_from_headers) {
  const Outcome outcome = fetch_from(chunked_head + chunk("body") + "0\r\nX-Checksum: abc\r\nX-Two: 2\r\n\r\n");
  BOOST_TEST(outcome.body() == "body");
  BOOST_TEST(outcome.response->trailers->size() == 2U);
  BOOST_TEST(outcome.response->trailers->find("x-checksum").value_or("") == "abc");
  BOOST_TEST(!outcome.response->headers.contains("X-Checksum"));
}

BOOST_AUTO_TEST_CASE(error_status_is_a_response_like_any_other) {
  const Outcome outcome = fetch_from("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops");
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.status() == 500);
  BOOST_TEST(outcome.body() == "oops");
}

BOOST_AUTO_TEST_CASE(body_may_be_as_large_as_the_limit_and_no_byte_larger) {
  const Request limited{.url = "", .options = {{"max_response_bytes", "4"}}};
  BOOST_TEST(fetch_from(ok_response("1234"), limited).body() == "1234");
  BOOST_TEST(fetch_from(chunked_head + chunk("1234") + last_chunk, limited).body() == "1234");

  const Outcome announced = fetch_from(ok_response("12345"), limited);
  BOOST_TEST(announced.code() == "BODY_TOO_LARGE");
  BOOST_TEST(announced.body().empty());
  BOOST_TEST(announced.error->http_status == 200);
  BOOST_TEST(announced.error->message.find("4") != std::string::npos);

  const Outcome unannounced = fetch_from(chunked_head + chunk("1234") + chunk("5") + last_chunk, limited);
  BOOST_TEST(unannounced.code() == "BODY_TOO_LARGE");
  BOOST_TEST(unannounced.body() == "1234");
}

BOOST_AUTO_TEST_CASE(limit_of_collected_bodies_does_not_bind_streams) {
  const Outcome outcome = fetch_from(
      ok_response("12345"), {.url = "", .delivery = Delivery::chunks, .options = {{"max_response_bytes", "4"}}});
  BOOST_TEST(outcome.joined() == "12345");
}

BOOST_AUTO_TEST_CASE(head_beyond_its_limits_is_named) {
  const auto fetch_limited = [](const std::string& fields, const std::function<void(ConnectionOptions&)>& limit) {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("body", fields)).wait_for_peer_close()});
    return fetch(make_client([&](Options& options) { limit(options.connection); }), server.url());
  };
  const std::string field = "X-Field: 0123456789\r\n";
  const std::string many = repeated(field, 20);

  const Outcome bytes = fetch_limited(many, [](ConnectionOptions& options) { options.max_header_bytes = 200; });
  BOOST_TEST(bytes.code() == "HEADERS_TOO_LARGE");
  const Outcome line = fetch_limited("X-Long: " + std::string(200, 'x') + "\r\n",
                                     [](ConnectionOptions& options) { options.max_header_line_bytes = 150; });
  BOOST_TEST(line.code() == "HEADERS_TOO_LARGE");
  const Outcome fields = fetch_limited(many, [](ConnectionOptions& options) { options.max_header_fields = 10; });
  BOOST_TEST(fields.code() == "HEADERS_TOO_LARGE");
  for (const Outcome* outcome : {&bytes, &line, &fields}) BOOST_TEST(outcome->phase() == "first_byte");

  BOOST_TEST(fetch_limited(many, [](ConnectionOptions&) {}).code() == "OK");
}

BOOST_AUTO_TEST_CASE(endless_head_is_cut_off) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 200 OK\r\nX-Endless: ")
                                   .send_repeated(std::string(1'000, 'x'), 1'000'000)});
  const Outcome outcome = fetch(make_client(), server.url());
  BOOST_TEST(outcome.code() == "HEADERS_TOO_LARGE");
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(early_answer_to_a_large_request_is_delivered) {
  const std::string answer =
      "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large";
  for (const bool close_at_once : {true, false}) {
    Script script;
    script.expect_head().send(answer);
    if (close_at_once) {
      script.half_close().wait_for_peer_close();
    } else {
      script.hold();
    }
    const ScriptedServer server({script});
    const Outcome outcome =
        fetch(make_client(), {.url = server.url(), .method = "POST", .body = std::string(16 << 20, 'b')});
    BOOST_TEST(outcome.code() == "OK");
    BOOST_TEST(outcome.status() == 413);
    BOOST_TEST(outcome.body() == "too large");
  }
}

BOOST_AUTO_TEST_CASE(connection_of_an_early_answer_is_not_used_again) {
  const ScriptedServer server(
      {Script{}.expect_head().send(ok_response("early")).hold(), Script{}.expect_request().send(ok_response("fresh"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, {.url = server.url(), .method = "POST", .body = std::string(16 << 20, 'b')}).body() ==
             "early");
  BOOST_TEST(fetch(client, server.url()).body() == "fresh");
}

BOOST_AUTO_TEST_CASE(large_request_arrives_whole) {
  const std::string body(8 << 20, 'b');
  const ScriptedServer server({Script{}.expect_request().send(ok_response("thanks"))});
  BOOST_TEST(fetch(make_client(), {.url = server.url(), .method = "POST", .body = body}).body() == "thanks");
  BOOST_TEST(server.requests().at(0).ends_with("\r\n\r\n" + body));
}

BOOST_AUTO_TEST_CASE(response_tells_how_long_each_part_took) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("one")).expect_request().send(ok_response("two"))});
  const auto client = make_client();
  const Outcome first = fetch(client, server.url());
  const Outcome second = fetch(client, server.url());
  for (const Span span :
       {Span::pool, Span::dns, Span::connect, Span::send, Span::first_byte, Span::body, Span::total}) {
    BOOST_TEST(first.response->timings.get(span) >= 0);
  }
  BOOST_TEST(first.response->timings.get(Span::tls) == -1);
  BOOST_TEST(second.response->timings.get(Span::connect) == -1);
  BOOST_TEST(first.response->remote == "127.0.0.1:" + std::to_string(server.port()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
