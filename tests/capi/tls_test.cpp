// HTTPS through the C ABI: verified unless switched off, refused by name.
#include <string>

#include "capi/capi.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

struct Https : NoLeak {
  CertificateFactory factory;
  CertFiles ca = factory.make_ca();

  // A server with a certificate of this CA.
  ScriptedServerOptions with(const CertificateOptions& options) {
    return {.tls = factory.make_leaf(ca, options).identity(), .repeat_last = true};
  }
  Client trusting() { return make_client(R"({"ca_file": ")" + ca.certificate_file + "\"}"); }
};

struct Outcome {
  int32_t code = -1;
  Response response;
  ErrorHandle error;
};

Outcome get(const Client& client, const std::string& url) {
  const Request request = make_request(client, "GET", url);
  Outcome outcome;
  outcome.code = ppn_request_send(request.get(), outcome.response.out(), outcome.error.out());
  return outcome;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(https, Https)

BOOST_AUTO_TEST_CASE(verified_call_returns_its_response) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("secret"))}, with(loopback_names()));
  const Client client = trusting();
  for (const std::string& url : {server.url(), server.url_with_host("localhost")}) {
    const Outcome outcome = get(client, url);
    BOOST_TEST(outcome.code == PPN_OK, ppn_error_message(outcome.error.get()));
    BOOST_TEST(body_of(outcome.response.get()) == "secret");
    BOOST_TEST(ppn_response_timing_ms(outcome.response.get(), PPN_TIMING_TLS) > 0.0);
  }
}

BOOST_AUTO_TEST_CASE(certificate_of_an_unknown_ca_is_refused) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with(loopback_names()));
  const Outcome outcome = get(make_client(), server.url());
  BOOST_TEST(outcome.code == PPN_E_CERT_UNTRUSTED);
  BOOST_TEST(std::string(ppn_error_phase(outcome.error.get())) == "tls");
  BOOST_TEST(ppn_error_tls_error(outcome.error.get()) != 0U);
  BOOST_TEST(ppn_error_sent(outcome.error.get()) == PPN_SENT_NONE);
  BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(certificate_for_another_name_is_refused) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with({.names = {"other.test"}}));
  BOOST_TEST(get(trusting(), server.url_with_host("localhost")).code == PPN_E_CERT_HOSTNAME);
  BOOST_TEST(get(trusting(), server.url()).code == PPN_E_CERT_HOSTNAME);
  BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(expired_certificate_is_refused) {
  CertificateOptions expired = loopback_names();
  expired.not_before = std::chrono::hours{-2};
  expired.not_after = std::chrono::hours{-1};
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with(expired));
  BOOST_TEST(get(trusting(), server.url()).code == PPN_E_CERT_EXPIRED);
  BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(verification_can_be_switched_off) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with({.names = {"other.test"}}));
  BOOST_TEST(get(make_client(R"({"verify_ssl": false})"), server.url()).code == PPN_OK);
}

BOOST_AUTO_TEST_CASE(stream_over_tls_ends_with_the_notice_of_its_end) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(open_head("text/event-stream"))
                                   .send_byte_by_byte("data: one\n\ndata: two\n\n")
                                   .close()},
                              with(loopback_names()));
  const Client client = trusting();
  const Request request = make_request(client, "GET", server.url());
  Stream stream;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_EVENTS, stream.out(), nullptr), PPN_OK);
  const ppn_event* piece = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "one");
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "two");
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_END);
}

BOOST_AUTO_TEST_CASE(handshake_that_stalls_ends_with_the_connect_timeout) {
  const ScriptedServer server({Script{}.stall_in_handshake()}, with(loopback_names()));
  const Outcome outcome = get(make_client(R"({"connect_timeout_ms": 300})"), server.url());
  BOOST_TEST(outcome.code == PPN_E_CONNECT_TIMEOUT);
  BOOST_TEST(std::string(ppn_error_phase(outcome.error.get())) == "tls");
}

BOOST_AUTO_TEST_SUITE_END()
