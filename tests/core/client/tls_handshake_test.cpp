// Handshakes that do not end, or end in the wrong way: nothing of the request may leave.
#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

struct TlsFixture : EngineFixture {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ScriptedServerOptions tls{.tls = factory.make_leaf(ca, loopback_names()).identity()};
  const ScriptedServerOptions other_name{.tls = factory.make_leaf(ca, {.names = {"other.test"}}).identity()};

  std::shared_ptr<Client> client(std::int64_t connect_timeout_ms = 10'000) const {
    return make_client([&](Options& options) {
      options.tls.ca_file = ca.certificate_file;
      options.connection.connect_timeout_ms = connect_timeout_ms;
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_handshake, TlsFixture)

BOOST_AUTO_TEST_CASE(stalled_handshake_is_a_connect_timeout_of_phase_tls) {
  const ScriptedServer server({Script{}.stall_in_handshake()}, tls);
  const Outcome outcome = fetch(client(200), server.url());
  BOOST_TEST(outcome.code() == "CONNECT_TIMEOUT");
  BOOST_TEST(outcome.phase() == "tls");
  BOOST_TEST((outcome.error->sent == Sent::none));
  BOOST_TEST(outcome.error->message.find("200 ms") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(handshake_finished_too_late_carries_no_request) {
  for (const ScriptedServerOptions& options : {tls, other_name}) {
    ScriptedServer server({Script{}.wait_for_signal("late").handshake().expect_request().send(ok_response("late"))},
                          options);
    const Outcome outcome = fetch(client(200), server.url());
    BOOST_TEST(outcome.code() == "CONNECT_TIMEOUT");
    server.signal("late");
    BOOST_TEST(server.wait_for_finished(1));
    BOOST_TEST(server.requests().empty());
  }
}

BOOST_AUTO_TEST_CASE(slow_handshake_does_not_skip_the_name_check) {
  ScriptedServer server({Script{}.wait_for_signal("go").handshake().expect_request().send(ok_response("stolen"))},
                        other_name);
  TestCall call(client(), {.url = server.url()});
  call.start();
  BOOST_TEST(server.wait_for_connections(1));
  server.signal("go");
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "CERT_HOSTNAME");
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(server_of_tls_1_1_is_refused) {
  ScriptedServerOptions old = tls;
  old.only_tls_1_1 = true;
  const ScriptedServer server({Script{}.expect_request()}, old);
  const Outcome outcome = fetch(client(), server.url());
  BOOST_TEST(outcome.code() == "TLS_VERSION");
  BOOST_TEST(outcome.phase() == "tls");
}

BOOST_AUTO_TEST_CASE(peer_that_does_not_speak_tls_is_named) {
  const std::string answers[] = {"\x01\x02\x03 this is no TLS record at all\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
                                 "SSH-2.0-OpenSSH_9.2\r\n"};
  for (const std::string& answer : answers) {
    const ScriptedServer server({Script{}.without_handshake().expect_bytes(5).send(answer).wait_for_peer_close()}, tls);
    const Outcome outcome = fetch(client(), server.url());
    BOOST_TEST(outcome.code() == "TLS_HANDSHAKE");
    BOOST_TEST(outcome.phase() == "tls");
    BOOST_TEST((outcome.error->sent == Sent::none));
  }
}

BOOST_AUTO_TEST_CASE(plain_http_server_on_an_https_url_is_named) {
  const ScriptedServer server(
      {Script{}.expect_bytes(5).send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").wait_for_peer_close()});
  const Outcome outcome = fetch(client(), "https://127.0.0.1:" + std::to_string(server.port()) + "/");
  BOOST_TEST(outcome.code() == "TLS_HANDSHAKE");
}

BOOST_AUTO_TEST_CASE(close_during_the_handshake_is_named) {
  const ScriptedServer server({Script{}.without_handshake().expect_bytes(5).close()}, tls);
  const Outcome outcome = fetch(client(), server.url());
  BOOST_TEST(outcome.code() == "TLS_HANDSHAKE");
  BOOST_TEST(outcome.phase() == "tls");
}

BOOST_AUTO_TEST_CASE(reset_during_the_handshake_is_named) {
  const ScriptedServer server({Script{}.without_handshake().expect_bytes(5).reset()}, tls);
  const Outcome outcome = fetch(client(), server.url());
  BOOST_TEST(outcome.code() == "CONNECTION_RESET");
  BOOST_TEST(outcome.phase() == "tls");
  BOOST_TEST(outcome.error->os_errno != 0);
}

BOOST_AUTO_TEST_CASE(failed_handshake_gives_its_place_back) {
  const ScriptedServer server(
      {Script{}.without_handshake().expect_bytes(5).close(), Script{}.expect_request().send(ok_response("second"))},
      tls);
  const auto one_place = make_client([&](Options& options) {
    options.tls.ca_file = ca.certificate_file;
    options.connection.max_connections = 1;
  });
  BOOST_TEST(fetch(one_place, server.url()).code() == "TLS_HANDSHAKE");
  BOOST_TEST(fetch(one_place, server.url()).body() == "second");
}

// RFC 9112 9.8: only where the end of the connection is the end of the body does a missing close_notify hide an attack.
BOOST_AUTO_TEST_CASE(missing_close_notify_cuts_only_a_body_that_ends_with_the_connection) {
  struct Row {
    const char* response;
    const char* code;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "OK"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "OK"},
      {"HTTP/1.1 200 OK\r\n\r\nbody", "BODY_TRUNCATED"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody", "BODY_TRUNCATED"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", "BODY_TRUNCATED"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.response) {
      const ScriptedServer server({Script{}.expect_request().send(row.response).close_without_notify()}, tls);
      const Outcome outcome = fetch(client(), server.url());
      BOOST_TEST(outcome.code() == row.code);
      BOOST_TEST(outcome.body() == "body");
    }
  }
}

BOOST_AUTO_TEST_CASE(close_notify_ends_a_body_without_length) {
  const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 200 OK\r\n\r\nbody").close()}, tls);
  const Outcome outcome = fetch(client(), server.url());
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.body() == "body");
}

BOOST_AUTO_TEST_CASE(response_in_records_of_one_byte_arrives_whole) {
  const ScriptedServer server({Script{}.expect_request().send_byte_by_byte(ok_response("byte by byte"))}, tls);
  BOOST_TEST(fetch(client(), server.url()).body() == "byte by byte");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
