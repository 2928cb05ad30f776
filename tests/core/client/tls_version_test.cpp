// Versions of TLS, and what a response tells about its connection.
#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

struct VersionFixture : EngineFixture {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();

  std::shared_ptr<Client> client(const std::string& lowest = "1.2", bool verify = true) const {
    return make_client([&](Options& options) {
      options.tls.verify_ssl = verify;
      options.tls.ca_file = ca.certificate_file;
      options.tls.tls_min_version = lowest;
    });
  }

  // A server of one version, which closes after each response.
  ScriptedServerOptions only(int version) const {
    return {.tls = identity, .only_tls_version = version, .repeat_last = true};
  }
};

const Script one_response = Script{}.expect_request().send(ok_response("ok", "Connection: close\r\n"));

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_version, VersionFixture)

BOOST_AUTO_TEST_CASE(lowest_version_is_1_2_unless_it_is_raised) {
  const ScriptedServer older({one_response}, only(TLS1_2_VERSION));
  const ScriptedServer newer({one_response}, only(TLS1_3_VERSION));
  BOOST_TEST(fetch(client(), older.url()).code() == "OK");
  BOOST_TEST(fetch(client(), newer.url()).code() == "OK");
  BOOST_TEST(fetch(client("1.3"), newer.url()).code() == "OK");
  const Outcome refused = fetch(client("1.3"), older.url());
  BOOST_TEST(refused.code() == "TLS_VERSION");
  BOOST_TEST(refused.phase() == "tls");
  BOOST_TEST((refused.error->sent == Sent::none));
}

BOOST_AUTO_TEST_CASE(response_tells_version_and_cipher_of_its_connection) {
  const ScriptedServer older({one_response}, only(TLS1_2_VERSION));
  const ScriptedServer newer({one_response}, only(TLS1_3_VERSION));
  const TlsFacts old_facts = fetch(client(), older.url()).response->tls;
  BOOST_TEST(old_facts.version == std::string("TLSv1.2"));
  BOOST_TEST(std::string(old_facts.cipher).starts_with("ECDHE-ECDSA-"));
  const TlsFacts new_facts = fetch(client(), newer.url()).response->tls;
  BOOST_TEST(new_facts.version == std::string("TLSv1.3"));
  BOOST_TEST(std::string(new_facts.cipher).starts_with("TLS_"));
  const ScriptedServer plain({one_response});
  const TlsFacts no_facts = fetch(client(), plain.url()).response->tls;
  BOOST_TEST(no_facts.version == std::string());
  BOOST_TEST(no_facts.cipher == std::string());
  BOOST_TEST(!no_facts.verified);
}

BOOST_AUTO_TEST_CASE(response_tells_whether_the_server_was_verified) {
  const ScriptedServer server({one_response}, only(0));
  BOOST_TEST(fetch(client(), server.url()).response->tls.verified);
  BOOST_TEST(!fetch(client("1.2", false), server.url()).response->tls.verified);
}

BOOST_AUTO_TEST_CASE(session_is_resumed_in_both_versions_and_by_no_other_client) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const ScriptedServer server({one_response}, only(version));
    const auto first = client();
    BOOST_TEST(!fetch(first, server.url()).response->tls.resumed);
    for (int i = 0; i < 5; ++i) {
      const TlsFacts facts = fetch(first, server.url()).response->tls;
      BOOST_TEST(facts.resumed);
      BOOST_TEST(facts.verified);
    }
    // Another client may trust others: it verifies for itself.
    BOOST_TEST(!fetch(client(), server.url()).response->tls.resumed);
    BOOST_TEST(!fetch(client("1.2", false), server.url()).response->tls.resumed);
    BOOST_TEST(fetch(make_client(), server.url()).code() == "CERT_UNTRUSTED");
  }
}

BOOST_AUTO_TEST_CASE(session_of_a_refused_server_is_never_resumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const ScriptedServer server({one_response}, only(version));
    const auto untrusting = make_client();
    for (int i = 0; i < 3; ++i) BOOST_TEST(fetch(untrusting, server.url()).code() == "CERT_UNTRUSTED");
    BOOST_TEST(server.requests().empty());
  }
}

BOOST_AUTO_TEST_CASE(server_name_replaces_the_host_of_the_url) {
  const ScriptedServer server(
      {one_response}, {.tls = factory.make_leaf(ca, {.names = {"inner.test"}}).identity(), .repeat_last = true});
  const auto named = [&](const std::string& name) {
    return make_client([&](Options& options) {
      options.tls.ca_file = ca.certificate_file;
      options.tls.tls_server_name = name;
    });
  };
  BOOST_TEST(fetch(named("inner.test"), server.url()).code() == "OK");
  BOOST_TEST(fetch(named("inner.test"), server.url_with_host("localhost")).code() == "OK");
  BOOST_TEST(fetch(named("other.test"), server.url()).code() == "CERT_HOSTNAME");
  BOOST_TEST(fetch(named(""), server.url()).code() == "CERT_HOSTNAME");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
