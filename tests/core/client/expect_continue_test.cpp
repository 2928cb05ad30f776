// Expect: 100-continue (RFC 9110 10.1.1): the body waits for the server to ask for it, and for no server forever.
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
namespace {

const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
const std::string kExpect = "\r\nExpect: 100-continue\r\n\r\n";

// Each way in which a body can come, all of them 100,000 bytes, and 4 bytes that travel with the head.
struct Kind {
  const char* name;
  std::size_t size;
  bool chunked = false;
};
const std::vector<Kind> kKinds{
    {"small", 4}, {"memory", 100'000}, {"file", 100'000}, {"callback", 100'000}, {"chunked callback", 100'000, true}};

struct Upload {
  explicit Upload(const Kind& kind) : kind_(kind), text(kind.size, 'b'), source(text, 30'000) {}

  // How many bytes follow the head.
  std::size_t wire_bytes() const {
    if (!kind_.chunked) return text.size();
    std::string framed;
    for (std::size_t at = 0; at < text.size(); at += 30'000) framed += chunk(text.substr(at, 30'000));
    return framed.size() + last_chunk.size();
  }
  Request request(const std::string& url, const char* wait_ms = "60000") {
    return {.url = url,
            .method = "PUT",
            .set_body = [this](Call& call) -> Status {
              const std::string name = kind_.name;
              if (name == "small" || name == "memory") return call.set_body(text);
              if (name == "file") return call.set_body_file(dir.write("body", text));
              return call.set_body_reader(kind_.chunked ? Length() : Length(text.size()), source.reader());
            },
            .options = {{"expect_continue", "true"},
                        {"expect_continue_min_bytes", "0"},
                        {"expect_continue_timeout_ms", wait_ms},
                        {"timeout_ms", "10000"}}};
  }

 private:
  const Kind kind_;

 public:
  const std::string text;
  TextSource source;
  TempDir dir;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(expect_continue, EngineFixture)

// A wait of a minute inside a call of ten seconds: only the 100 can have let the body pass.
BOOST_AUTO_TEST_CASE(body_waits_until_it_is_asked_for) {
  for (const Kind& kind : kKinds) {
    BOOST_TEST_CONTEXT(kind.name) {
      Upload upload(kind);
      const ScriptedServer server({Script{}
                                       .expect_head()
                                       .send(kContinue)
                                       .expect_bytes(upload.wire_bytes())
                                       .send(ok_response("taken"))
                                       .expect_request()
                                       .send(ok_response("next"))});
      const auto client = make_client();
      const Outcome outcome = fetch(client, upload.request(server.url()));
      BOOST_TEST_REQUIRE(outcome.body() == "taken");
      BOOST_TEST(server.requests().at(0).ends_with(kExpect));
      BOOST_TEST(fetch(client, server.url()).body() == "next");
      BOOST_TEST(server.connections() == 1);
      BOOST_TEST(server.problems().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(body_is_sent_anyway_when_nobody_asks) {
  for (const Kind& kind : kKinds) {
    BOOST_TEST_CONTEXT(kind.name) {
      Upload upload(kind);
      const ScriptedServer server(
          {Script{}.expect_head().expect_bytes(upload.wire_bytes()).send(kContinue + ok_response("taken"))});
      BOOST_TEST(fetch(make_client(), upload.request(server.url(), "1")).body() == "taken");
      BOOST_TEST(server.problems().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(final_answer_keeps_the_body_back_and_ends_the_connection) {
  for (const Kind& kind : kKinds) {
    for (const int status : {200, 401, 413}) {
      BOOST_TEST_CONTEXT(kind.name << " " << status) {
        Upload upload(kind);
        const std::string answer = "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 2\r\n\r\nno";
        const ScriptedServer server({Script{}.expect_head().send(answer).expect_bytes(1)});
        const Outcome outcome = fetch(make_client(), upload.request(server.url()));
        BOOST_TEST(outcome.status() == status);
        BOOST_TEST(outcome.body() == "no");
        BOOST_TEST(upload.source.reads == 0);
        BOOST_TEST(server.wait_for_finished(1));
        BOOST_TEST(server.problems().size() == 1U);  // not one byte of the body came
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(other_interim_responses_do_not_ask_for_the_body) {
  Upload upload(kKinds[0]);
  const ScriptedServer server({Script{}
                                   .expect_head()
                                   .send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
                                   .send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
                                   .expect_bytes(1)});
  BOOST_TEST(fetch(make_client(), upload.request(server.url())).status() == 403);
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.problems().size() == 1U);
}

BOOST_AUTO_TEST_CASE(failed_expectation_is_sent_again_without_it) {
  const std::string failed = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
  for (const Kind& kind : kKinds) {
    BOOST_TEST_CONTEXT(kind.name) {
      Upload upload(kind);
      const ScriptedServer server({Script{}.expect_head().send(failed).wait_for_peer_close(),
                                   Script{}.expect_request().send(ok_response("taken"))});
      const Outcome outcome = fetch(make_client(), upload.request(server.url()));
      BOOST_TEST_REQUIRE(outcome.body() == "taken");
      BOOST_TEST(outcome.response->attempts == 1);
      BOOST_TEST(!has(server.requests().at(1), "Expect"));
      BOOST_TEST(server.requests().at(1).size() > upload.text.size());
    }
  }
  // Once: a server that goes on like that has the last word.
  Upload upload(kKinds[0]);
  const ScriptedServer server(
      {Script{}.expect_head().send(failed).wait_for_peer_close(), Script{}.expect_request().send(failed)});
  BOOST_TEST(fetch(make_client(), upload.request(server.url())).status() == 417);
  BOOST_TEST(server.connections() == 2);
}

// What was not asked for was not read, so it can go elsewhere though it can be read only once.
BOOST_AUTO_TEST_CASE(body_that_can_be_read_once_goes_on_where_nobody_has_asked_for_it) {
  const std::string close = "Connection: close\r\nContent-Length: 0\r\n\r\n";
  for (const std::string& answer : {"HTTP/1.1 307 Moved\r\nLocation: /there\r\n" + close, "HTTP/1.1 417 No\r\n" + close,
                                    "HTTP/1.1 421 No\r\n" + close, "HTTP/1.1 503 Busy\r\n" + close}) {
    TextSource source("once", 4);
    const ScriptedServer server({Script{}.expect_head().send(answer).close(),
                                 Script{}.expect_head().send(kContinue).expect_bytes(4).send(ok_response("taken"))});
    Request request{.url = server.url(),
                    .method = "PUT",
                    .set_body = [&](Call& call) { return call.set_body_reader(4, source.reader(false)); },
                    .options = {{"expect_continue", "true"},
                                {"expect_continue_min_bytes", "0"},
                                {"expect_continue_timeout_ms", "10000"},
                                {"max_retries", "1"},
                                {"backoff_factor", "0"}}};
    TestCall call(make_client(), std::move(request));
    const Outcome outcome = call.start(false).finish();
    BOOST_TEST(outcome.body() == "taken", answer << outcome.code());
    BOOST_TEST(source.reads == 1);
    BOOST_TEST(server.connections() == 2);
  }
}

// The connection that lay beside it may be one that the server is about to close, and a second chance there is not.
BOOST_AUTO_TEST_CASE(failed_expectation_is_not_answered_on_a_connection_at_rest) {
  const std::string failed = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
  ScriptedServer server(
      {Script{}.expect_request().mark("a").wait_for_signal("a").send(ok_response("a")).expect_request().close(),
       Script{}
           .expect_request()
           .wait_for_signal("b")
           .send(ok_response("b"))
           .expect_head()
           .send(failed)
           .wait_for_peer_close(),
       Script{}.expect_request().send(ok_response("taken"))});
  const auto client = make_client();
  TestCall one(client, {.url = server.url()});
  one.start();
  BOOST_TEST(server.wait_for_mark("a"));
  TestCall two(client, {.url = server.url()});
  two.start();
  BOOST_TEST(server.wait_for_requests(2));
  server.signal("a");
  BOOST_TEST(one.finish().body() == "a");
  server.signal("b");
  BOOST_TEST(two.finish().body() == "b");  // the newest at rest
  Upload put(kKinds[0]);
  BOOST_TEST(fetch(client, put.request(server.url())).body() == "taken");
}

BOOST_AUTO_TEST_CASE(small_bodies_and_requests_without_one_do_not_ask) {
  const auto client = make_client([](Options& options) { options.request.expect_continue = true; });
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, (std::size_t{1} << 20) - 1, std::size_t{1} << 20}) {
    const bool asks = size == std::size_t{1} << 20;
    Script script = asks ? Script{}.expect_head().send(kContinue).expect_bytes(size) : Script{}.expect_request();
    const ScriptedServer server({script.send(last_response(200, "", "ok"))});
    BOOST_TEST(fetch(client, {.url = server.url(), .method = "PUT", .body = std::string(size, 'b')}).body() == "ok");
    BOOST_TEST(has(server.requests().at(0), kExpect) == asks, size);
  }
  const ScriptedServer server({answering_ok()});
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
  BOOST_TEST(!has(server.requests().at(0), "Expect"));
}

BOOST_AUTO_TEST_CASE(call_that_waits_to_be_asked_can_be_cancelled) {
  Upload upload(kKinds[1]);
  const ScriptedServer server({Script{}.expect_head().mark("head").expect_bytes(1)});
  TestCall call(make_client(), upload.request(server.url()));
  call.start();
  BOOST_TEST(server.wait_for_mark("head"));
  call.cancel();
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST((outcome.error->sent == Sent::partial));
}

BOOST_AUTO_TEST_CASE(connection_that_ends_while_the_body_waits_is_named) {
  Upload upload(kKinds[0]);
  const ScriptedServer server({Script{}.expect_head().close()});
  const Outcome outcome = fetch(make_client(), upload.request(server.url()));
  BOOST_TEST(outcome.code() == "CONNECTION_CLOSED");
  BOOST_TEST((outcome.error->sent == Sent::partial));
}

BOOST_AUTO_TEST_CASE(redirect_instead_of_100_sends_the_body_to_the_other_place_only) {
  Upload upload(kKinds[2]);
  const ScriptedServer other(
      {Script{}.expect_head().send(kContinue).expect_bytes(upload.text.size()).send(ok_response("taken"))});
  const ScriptedServer first({Script{}.expect_head().send(moved(307, other.url())).expect_bytes(1)});
  BOOST_TEST(fetch(make_client(), upload.request(first.url())).body() == "taken");
  BOOST_TEST(first.wait_for_finished(1));
  BOOST_TEST(first.problems().size() == 1U);
  BOOST_TEST(has(other.requests().at(0), kExpect));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
