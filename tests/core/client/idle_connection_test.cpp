// Connections between two requests: how long they rest and how they leave.
#include <boost/test/unit_test.hpp>
#include <string>

#include "base/live_objects.hpp"
#include "core/client/engine.hpp"
#include "core/client/until.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {

BOOST_FIXTURE_TEST_SUITE(idle_connection, EngineFixture)

BOOST_AUTO_TEST_CASE(idle_connection_that_the_server_closes_is_dropped_at_once) {
  ScriptedServer server({Script{}.expect_request().send(ok_response("first")).wait_for_signal("close").close(),
                         Script{}.expect_request().send(ok_response("second"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(until([] { return live_object_count() == 2; }));  // the client and its connection
  server.signal("close");
  BOOST_TEST(until([] { return live_object_count() == 1; }));
  const Outcome second = fetch(client, server.url());
  BOOST_TEST(second.body() == "second");
  BOOST_TEST(!second.reused());
}

BOOST_AUTO_TEST_CASE(request_that_may_not_be_sent_twice_survives_closes_between_calls) {
  const auto client = make_client();
  const ScriptedServer server({Script{}.expect_request().send(ok_response("thanks")).close()}, {.repeat_last = true});
  for (int i = 1; i <= 20; ++i) {
    const Outcome outcome = fetch(client, {.url = server.url(), .method = "POST", .body = "x"});
    BOOST_TEST(outcome.body() == "thanks");
    BOOST_TEST(!outcome.reused());
    BOOST_TEST(server.wait_for_finished(i));
    BOOST_TEST(until([] { return live_object_count() == 1; }));
  }
  BOOST_TEST(server.requests().size() == 20U);
}

BOOST_AUTO_TEST_CASE(idle_tls_connection_that_the_server_closes_is_dropped_at_once) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const auto client = make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
  for (const bool notify : {true, false}) {
    Script first;
    first.expect_request().send(ok_response("first")).wait_for_signal("close");
    notify ? first.close() : first.close_without_notify();
    ScriptedServer server({first, Script{}.expect_request().send(ok_response("second"))},
                          {.tls = factory.make_leaf(ca, loopback_names()).identity()});
    BOOST_TEST(fetch(client, server.url()).body() == "first");
    BOOST_TEST(until([] { return live_object_count() == 2; }));
    server.signal("close");
    BOOST_TEST(until([] { return live_object_count() == 1; }));
    BOOST_TEST(fetch(client, server.url()).body() == "second");
    BOOST_TEST(until([] { return live_object_count() == 1; }));
  }
}

BOOST_AUTO_TEST_CASE(idle_connection_that_the_server_resets_is_dropped_at_once) {
  ScriptedServer server({Script{}.expect_request().send(ok_response("first")).wait_for_signal("reset").reset()});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  server.signal("reset");
  BOOST_TEST(until([] { return live_object_count() == 1; }));
}

BOOST_AUTO_TEST_CASE(bytes_nobody_asked_for_close_an_idle_connection) {
  ScriptedServer server({Script{}
                             .expect_request()
                             .send(ok_response("first"))
                             .wait_for_signal("speak")
                             .send(ok_response("unasked"))
                             .wait_for_peer_close(),
                         Script{}.expect_request().send(ok_response("second"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  server.signal("speak");
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(fetch(client, server.url()).body() == "second");
}

BOOST_AUTO_TEST_CASE(idle_time_of_the_client_closes_a_connection) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("first")).wait_for_peer_close()});
  const auto client = make_client([](Options& options) { options.connection.idle_timeout_ms = 1; });
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(idle_time_announced_by_the_server_closes_a_connection_a_second_earlier) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("first", "Keep-Alive: timeout=1\r\n")).wait_for_peer_close()});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(server.wait_for_finished(1, after(std::chrono::seconds(10))));
}

BOOST_AUTO_TEST_CASE(idle_time_of_zero_means_no_limit) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("first")).expect_request().send(ok_response("second"))});
  const auto client = make_client([](Options& options) { options.connection.idle_timeout_ms = 0; });
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(fetch(client, server.url()).body() == "second");
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(number_of_requests_announced_by_the_server_is_kept) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(ok_response("1", "Keep-Alive: timeout=60, max=1\r\n"))
                                   .expect_request()
                                   .send(ok_response("2"))
                                   .wait_for_peer_close(),
                               Script{}.expect_request().send(ok_response("3"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "1");
  BOOST_TEST(fetch(client, server.url()).body() == "2");
  BOOST_TEST(fetch(client, server.url()).body() == "3");
}

BOOST_AUTO_TEST_CASE(old_connection_takes_no_new_request) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("first")).wait_for_peer_close(),
                               Script{}.expect_request().send(ok_response("second"))});
  const auto client = make_client([](Options& options) { options.connection.max_lifetime_ms = 1; });
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  const auto too_old = after(std::chrono::milliseconds(3));
  BOOST_TEST(until([&] { return std::chrono::steady_clock::now() > too_old; }));
  BOOST_TEST(fetch(client, server.url()).body() == "second");
}

BOOST_AUTO_TEST_CASE(closing_the_client_closes_idle_connections) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("first")).wait_for_peer_close()});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  client->close();
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(last_reference_to_a_client_closes_idle_connections) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("first")).wait_for_peer_close()});
  BOOST_TEST(fetch(make_client(), server.url()).body() == "first");
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
