// When a connection carries the next request, and when it must not (RFC 9112 9.3, SEMANTICS 3.8).
#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

// A server that gives `first` to the first request; whether the second request came over the same connection is told
// by its answer.
struct TwoRequests {
  explicit TwoRequests(const std::string& first)
      : server({Script{}.expect_request().send(first).expect_request().send(ok_response("same connection")),
                Script{}.expect_request().send(ok_response("fresh connection"))}) {}
  ScriptedServer server;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(reuse, EngineFixture)

BOOST_AUTO_TEST_CASE(clean_response_leaves_a_connection_for_the_next_request) {
  const std::string clean[] = {
      ok_response("first"),
      ok_response(""),
      "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\nX-Sum: 1\r\n\r\n",
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nfirst",
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy",
  };
  for (const std::string& first : clean) {
    BOOST_TEST_CONTEXT(first) {
      const TwoRequests peer(first);
      const auto client = make_client();
      const Outcome one = fetch(client, peer.server.url());
      BOOST_TEST(one.code() == "OK");
      BOOST_TEST(!one.reused());
      const Outcome two = fetch(client, peer.server.url());
      BOOST_TEST(two.body() == "same connection");
      BOOST_TEST(two.reused());
      BOOST_TEST(peer.server.connections() == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(unclean_response_closes_the_connection) {
  const std::string unclean[] = {
      ok_response("first", "Connection: close\r\n"),
      "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
      ok_response("first") + "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled",
      ok_response("first") + "\r\n",
      ok_response("first", "Keep-Alive: timeout=60, max=0\r\n"),
      ok_response("first", "Connection: upgrade, close\r\nUpgrade: h2c\r\n"),
  };
  for (const std::string& first : unclean) {
    BOOST_TEST_CONTEXT(first) {
      const TwoRequests peer(first);
      const auto client = make_client();
      BOOST_TEST(fetch(client, peer.server.url()).body() == "first");
      const Outcome two = fetch(client, peer.server.url());
      BOOST_TEST(two.body() == "fresh connection");
      BOOST_TEST(!two.reused());
    }
  }
}

BOOST_AUTO_TEST_CASE(wish_to_close_is_understood_however_it_is_written) {
  const std::string wishes[] = {"Connection: Close\r\n",
                                "CONNECTION: CLOSE\r\n",
                                "Connection: keep-alive, close\r\n",
                                "Connection: close, x-other\r\n",
                                "Connection:close\r\n",
                                "Connection: \t close \t \r\n",
                                "Connection: ,,close,\r\n",
                                "Connection: keep-alive\r\nConnection: close\r\n",
                                "Connection: close\r\nConnection: keep-alive\r\n",
                                "Connection: close\r\nKeep-Alive: timeout=60\r\n"};
  for (const std::string& wish : wishes) {
    BOOST_TEST_CONTEXT(wish) {
      const TwoRequests peer(ok_response("first", wish));
      const auto client = make_client();
      BOOST_TEST(fetch(client, peer.server.url()).body() == "first");
      BOOST_TEST(fetch(client, peer.server.url()).body() == "fresh connection");
    }
  }
  const std::string no_wishes[] = {"Connection: closed\r\n", "Connection: x-close\r\n", "X-Connection: close\r\n",
                                   "Connection: \"close\"\r\n", "Connection:\r\n"};
  for (const std::string& no_wish : no_wishes) {
    BOOST_TEST_CONTEXT(no_wish) {
      const TwoRequests peer(ok_response("first", no_wish));
      const auto client = make_client();
      BOOST_TEST(fetch(client, peer.server.url()).body() == "first");
      BOOST_TEST(fetch(client, peer.server.url()).body() == "same connection");
    }
  }
}

BOOST_AUTO_TEST_CASE(response_without_body_ends_with_its_head) {
  struct Bodiless {
    const char* method;
    std::string response;
    const char* second = "same connection";
  };
  const Bodiless rows[] = {
      {"HEAD", "HTTP/1.1 200 OK\r\n\r\n"},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
      {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"HEAD", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "fresh connection"},
      {"HEAD", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"},
      {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"},
      {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"},
      {"GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"GET", "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {"GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"},
      // A body that must not be there is no part of the response and none of the next one.
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "fresh connection"},
      {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "fresh connection"},
      {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", "fresh connection"},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "fresh connection"},
  };
  for (const Bodiless& row : rows) {
    BOOST_TEST_CONTEXT(row.method << ' ' << row.response) {
      const TwoRequests peer(row.response);
      const auto client = make_client();
      const Outcome first = fetch(client, {.url = peer.server.url(), .method = row.method});
      BOOST_TEST(first.code() == "OK");
      BOOST_TEST(first.body().empty());
      BOOST_TEST(fetch(client, peer.server.url()).body() == row.second);
    }
  }
}

BOOST_AUTO_TEST_CASE(old_protocol_ends_its_body_with_the_connection) {
  const std::string answers[] = {"HTTP/1.0 200 OK\r\n\r\nfirst",
                                 "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nfirst",
                                 "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "5\r\nfirst\r\n0\r\n\r\n"};
  for (const std::string& answer : answers) {
    BOOST_TEST_CONTEXT(answer) {
      const ScriptedServer server({Script{}.expect_request().send(answer).close(),
                                   Script{}.expect_request().send(ok_response("fresh connection"))});
      const auto client = make_client();
      const Outcome first = fetch(client, server.url());
      BOOST_TEST(first.body() == "first");
      BOOST_TEST(first.response->minor_version == 0);
      BOOST_TEST(fetch(client, server.url()).body() == "fresh connection");
    }
  }
}

BOOST_AUTO_TEST_CASE(switch_of_protocols_nobody_asked_for_is_refused_and_closed) {
  const TwoRequests peer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n");
  const auto client = make_client();
  BOOST_TEST(fetch(client, peer.server.url()).code() == "HTTP_PROTOCOL");
  BOOST_TEST(fetch(client, peer.server.url()).body() == "fresh connection");
}

BOOST_AUTO_TEST_CASE(body_that_was_not_read_closes_the_connection) {
  const TwoRequests peer(ok_response("a body larger than the limit"));
  const auto client = make_client();
  const Outcome one = fetch(client, {.url = peer.server.url(), .options = {{"max_response_bytes", "10"}}});
  BOOST_TEST(one.code() == "BODY_TOO_LARGE");
  BOOST_TEST(fetch(client, peer.server.url()).body() == "fresh connection");
}

BOOST_AUTO_TEST_CASE(aborted_stream_closes_the_connection) {
  const TwoRequests peer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin");
  const auto client = make_client();
  const Outcome one = fetch(client, {.url = peer.server.url(),
                                     .delivery = Delivery::chunks,
                                     .hooks = {.piece = [](std::size_t) { return Flow::abort; }}});
  BOOST_TEST(one.code() == "CANCELLED");
  BOOST_TEST(fetch(client, peer.server.url()).body() == "fresh connection");
}

BOOST_AUTO_TEST_CASE(timeout_closes_the_connection) {
  const TwoRequests peer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin");
  const auto client = make_client();
  BOOST_TEST(fetch(client, {.url = peer.server.url(), .options = {{"timeout_ms", "100"}}}).code() == "TIMEOUT");
  BOOST_TEST(fetch(client, peer.server.url()).body() == "fresh connection");
}

BOOST_AUTO_TEST_CASE(cancelled_call_closes_its_connection) {
  const TwoRequests peer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin");
  const auto client = make_client();
  TestCall call(client, {.url = peer.server.url()});
  call.start();
  BOOST_TEST(call.wait_for_head());
  call.cancel();
  BOOST_TEST(call.finish().code() == "CANCELLED");
  BOOST_TEST(fetch(client, peer.server.url()).body() == "fresh connection");
}

BOOST_AUTO_TEST_CASE(response_that_fills_the_read_buffer_to_its_end_leaves_a_clean_connection) {
  // The engine reads up to 64 KiB at once; then it can not tell from the size alone that nothing follows.
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 65494\r\n\r\n";
  const std::string body(65'494, 'b');
  BOOST_REQUIRE_EQUAL((head.size() + body.size()) % 65'536, 0U);
  const TwoRequests peer(head + body);
  const auto client = make_client();
  BOOST_TEST(fetch(client, peer.server.url()).body().size() == body.size());
  BOOST_TEST(fetch(client, peer.server.url()).body() == "same connection");
}

BOOST_AUTO_TEST_CASE(next_call_may_be_started_by_the_end_of_the_last_one) {
  const TwoRequests peer(ok_response("first"));
  const auto client = make_client();
  TestCall second(client, {.url = peer.server.url()});
  TestCall first(client, {.url = peer.server.url(), .hooks = {.complete = [&] { second.start(); }}});
  BOOST_TEST(first.start().finish().body() == "first");
  BOOST_TEST(second.finish().body() == "same connection");
}

BOOST_AUTO_TEST_CASE(newest_connection_is_used_first) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("a").send(ok_response("a")).wait_for_peer_close(),
                         Script{}
                             .expect_request()
                             .wait_for_signal("b")
                             .send(ok_response("b"))
                             .expect_request()
                             .send(ok_response("b again"))});
  const auto client = make_client();
  TestCall a(client, {.url = server.url()});
  a.start();
  BOOST_TEST(server.wait_for_requests(1));
  TestCall b(client, {.url = server.url()});
  b.start();
  BOOST_TEST(server.wait_for_requests(2));
  server.signal("a");
  BOOST_TEST(a.finish().body() == "a");
  server.signal("b");
  BOOST_TEST(b.finish().body() == "b");
  BOOST_TEST(fetch(client, server.url()).body() == "b again");
}

BOOST_AUTO_TEST_CASE(origins_do_not_share_connections) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("one")), Script{}.expect_request().send(ok_response("two"))});
  const auto client = make_client([&](Options& options) {
    const std::string port = std::to_string(server.port());
    options.connection.resolve = "a.test:" + port + ":127.0.0.1,b.test:" + port + ":127.0.0.1";
  });
  BOOST_TEST(fetch(client, server.url_with_host("a.test")).body() == "one");
  BOOST_TEST(fetch(client, server.url_with_host("b.test")).body() == "two");
}

BOOST_AUTO_TEST_CASE(clients_do_not_share_connections) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("one")), Script{}.expect_request().send(ok_response("two"))});
  const auto one = make_client();
  const auto two = make_client();
  BOOST_TEST(fetch(one, server.url()).body() == "one");
  BOOST_TEST(fetch(two, server.url()).body() == "two");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
