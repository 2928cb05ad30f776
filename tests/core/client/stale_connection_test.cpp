// The race of a request with the close of the connection it reuses (SEMANTICS 3.1.4).
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

Script serve_once_then(void (*end)(Script&)) {
  Script script;
  script.expect_request().send(ok_response("first")).expect_request();
  end(script);
  return script;
}

void close_in_order(Script& script) {
  script.close();
}
void reset(Script& script) {
  script.reset();
}

struct Second {
  const char* method;
  const char* code;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stale_connection, EngineFixture)

BOOST_AUTO_TEST_CASE(request_that_met_a_closing_connection_is_sent_again_when_that_is_safe) {
  const std::vector<Second> rows{
      {"GET", "OK"},
      {"HEAD", "OK"},
      {"PUT", "OK"},
      {"DELETE", "OK"},
      {"POST", "CONNECTION_CLOSED"},
      {"PATCH", "CONNECTION_CLOSED"},
      {"POST", "OK", {{"Idempotency-Key", "k-1"}}},
      {"PATCH", "OK", {{"X-Idempotency-Key", "k-1"}}},
  };
  for (const Second& row : rows) {
    BOOST_TEST_CONTEXT(row.method) {
      const ScriptedServer server(
          {serve_once_then(close_in_order),
           Script{}.expect_request().send("HTTP/1.1 200 OK\r\nX-Replayed: yes\r\nContent-Length: 0\r\n\r\n")});
      const auto client = make_client();
      BOOST_TEST(fetch(client, server.url()).body() == "first");
      const Outcome second = fetch(client, {.url = server.url(), .method = row.method, .headers = row.headers});
      BOOST_TEST(second.code() == row.code);
      if (second.error) {
        BOOST_TEST((second.error->sent == Sent::full));
        BOOST_TEST(second.phase() == "first_byte");
        BOOST_TEST(server.connections() == 1);
      } else {
        BOOST_TEST(second.response->headers.contains("X-Replayed"));
        BOOST_TEST(!second.reused());
        BOOST_TEST(server.requests().at(1) == server.requests().at(2));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(reset_before_the_first_response_byte_is_such_a_close_too) {
  const ScriptedServer server({serve_once_then(reset), Script{}.expect_request().send(ok_response("again"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(fetch(client, server.url()).body() == "again");
}

BOOST_AUTO_TEST_CASE(body_is_sent_again_as_well) {
  const ScriptedServer server({serve_once_then(close_in_order), Script{}.expect_request().send(ok_response("again"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  const std::string body(100'000, 'x');
  BOOST_TEST(fetch(client, {.url = server.url(), .method = "PUT", .body = body}).body() == "again");
  BOOST_TEST(server.requests().at(2).ends_with("\r\n\r\n" + body));
}

BOOST_AUTO_TEST_CASE(request_is_sent_again_only_once) {
  const ScriptedServer server(
      {serve_once_then(close_in_order), Script{}.expect_request().close(), Script{}.expect_request()});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(fetch(client, server.url()).code() == "CONNECTION_CLOSED");
  BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(second_attempt_never_uses_another_old_connection) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("a").send(ok_response("a")).expect_request().close(),
                         Script{}.expect_request().wait_for_signal("b").send(ok_response("b")).expect_request().close(),
                         Script{}.expect_request().send(ok_response("fresh"))});
  const auto client = make_client();
  TestCall a(client, {.url = server.url()});
  TestCall b(client, {.url = server.url()});
  a.start();
  b.start();
  BOOST_TEST(server.wait_for_requests(2));
  server.signal("a");
  server.signal("b");
  BOOST_TEST(a.finish().code() == "OK");
  BOOST_TEST(b.finish().code() == "OK");
  BOOST_TEST(fetch(client, server.url()).body() == "fresh");
}

BOOST_AUTO_TEST_CASE(close_of_a_fresh_connection_is_no_reason_to_send_again) {
  const ScriptedServer server({Script{}.expect_request().close(), Script{}.expect_request()});
  const Outcome outcome = fetch(make_client(), server.url());
  BOOST_TEST(outcome.code() == "CONNECTION_CLOSED");
  BOOST_TEST((outcome.error->sent == Sent::full));
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(response_that_has_begun_is_never_asked_for_again) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("first")).expect_request().send("HTTP/1.1 2").close(),
       Script{}.expect_request()});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(fetch(client, server.url()).code() == "HTTP_PROTOCOL");
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(sending_again_needs_no_second_place_in_the_pool) {
  const ScriptedServer server({serve_once_then(close_in_order), Script{}.expect_request().send(ok_response("again"))});
  const auto client = make_client([](Options& options) {
    options.connection.max_connections_per_origin = 1;
    options.connection.pool_timeout_ms = 2'000;
  });
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(fetch(client, server.url()).body() == "again");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
