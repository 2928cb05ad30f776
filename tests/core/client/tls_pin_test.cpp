// Pins: only servers with one of these keys get a request.
#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

const std::string other_pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

struct PinFixture : EngineFixture {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const CertFiles leaf = factory.make_leaf(ca, loopback_names());
  const std::string pin = pin_of(leaf.certificate_pem);

  std::shared_ptr<Client> client(const std::string& pins, bool verify = true) const {
    return make_client([&](Options& options) {
      options.tls.verify_ssl = verify;
      options.tls.ca_file = ca.certificate_file;
      options.tls.pinned_public_keys = pins;
    });
  }

  // Of one call to a server with this certificate; a refused one must not have got a byte of the request.
  Outcome call(const CertFiles& certificate, const std::string& pins, bool verify = true, int version = 0) const {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))},
                                {.tls = certificate.identity(), .only_tls_version = version});
    Outcome outcome = fetch(client(pins, verify), server.url());
    if (outcome.code() != "OK") {
      BOOST_TEST(outcome.phase() == "tls");
      BOOST_TEST((outcome.error->sent == Sent::none));
      BOOST_TEST(!outcome.error->retryable);
      BOOST_TEST(server.wait_for_finished(1));
      BOOST_TEST(server.requests().empty());
    }
    return outcome;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_pin, PinFixture)

BOOST_AUTO_TEST_CASE(one_pin_that_matches_is_enough) {
  BOOST_TEST(call(leaf, pin).code() == "OK");
  BOOST_TEST(call(leaf, other_pin + "," + pin).code() == "OK");
  BOOST_TEST(call(leaf, pin + ";" + other_pin).code() == "OK");
}

BOOST_AUTO_TEST_CASE(key_without_a_pin_is_refused_before_a_byte_of_the_request) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Outcome outcome = call(leaf, other_pin, true, version);
    BOOST_TEST(outcome.code() == "PIN_MISMATCH");
    BOOST_TEST(outcome.error->message.find(pin) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(pin_is_of_the_server_and_not_of_its_authority) {
  BOOST_TEST(call(leaf, pin_of(ca.certificate_pem)).code() == "PIN_MISMATCH");
}

BOOST_AUTO_TEST_CASE(pin_does_not_replace_verification) {
  const CertFiles own = factory.make_self_signed(loopback_names());
  const CertFiles other_name = factory.make_leaf(ca, {.names = {"other.test"}});
  BOOST_TEST(call(own, pin_of(own.certificate_pem)).code() == "CERT_UNTRUSTED");
  BOOST_TEST(call(other_name, pin_of(other_name.certificate_pem)).code() == "CERT_HOSTNAME");
}

BOOST_AUTO_TEST_CASE(pin_holds_without_verification) {
  const CertFiles own = factory.make_self_signed({.names = {"other.test"}});
  BOOST_TEST(call(own, pin_of(own.certificate_pem), false).code() == "OK");
  BOOST_TEST(call(own, pin, false).code() == "PIN_MISMATCH");
}

BOOST_AUTO_TEST_CASE(resumed_session_is_held_to_the_pins) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("ok", "Connection: close\r\n"))},
                                {.tls = leaf.identity(), .only_tls_version = version, .repeat_last = true});
    const auto pinned = client(pin);
    BOOST_TEST(!fetch(pinned, server.url()).response->tls.resumed);
    BOOST_TEST(fetch(pinned, server.url()).response->tls.resumed);
    // TLS 1.2 hands out its session before the handshake ends, so the second call resumes one that was refused.
    const auto refusing = client(other_pin);
    BOOST_TEST(fetch(refusing, server.url()).code() == "PIN_MISMATCH");
    BOOST_TEST(fetch(refusing, server.url()).code() == "PIN_MISMATCH");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
