// Certificates that their issuer has taken back, by lists in a file.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

struct RevocationFixture : EngineFixture {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca({.common_name = "root"});
  const CertFiles intermediate = factory.make_intermediate(ca, {.common_name = "intermediate"});
  const CertFiles leaf = factory.make_leaf(intermediate, loopback_names());
  const CertFiles direct = factory.make_leaf(ca, loopback_names());
  const TempDir dir;

  Outcome call(const ServerIdentity& identity, const std::string& lists, bool verify = true) const {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))}, {.tls = identity});
    const auto client = make_client([&](Options& options) {
      options.tls.verify_ssl = verify;
      options.tls.ca_file = ca.certificate_file;
      options.tls.crl_file = dir.write("lists.pem", lists);
    });
    Outcome outcome = fetch(client, server.url());
    if (outcome.code() != "OK") {
      BOOST_TEST(outcome.phase() == "tls");
      BOOST_TEST(server.wait_for_finished(1));
      BOOST_TEST(server.requests().empty());
    }
    return outcome;
  }

  ServerIdentity chain() const { return {leaf.certificate_pem + intermediate.certificate_pem, leaf.private_key_pem}; }
};

bool says(const Outcome& outcome, std::string_view words) {
  return outcome.error && outcome.error->message.find(words) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_revocation, RevocationFixture)

BOOST_AUTO_TEST_CASE(certificate_that_no_list_names_is_accepted) {
  const std::string clean = factory.make_crl(ca, {}) + factory.make_crl(intermediate, {});
  BOOST_TEST(call(chain(), clean).code() == "OK");
  BOOST_TEST(call(direct.identity(), factory.make_crl(ca, {leaf.certificate_pem})).code() == "OK");
}

BOOST_AUTO_TEST_CASE(revoked_server_is_refused) {
  BOOST_TEST(call(direct.identity(), factory.make_crl(ca, {direct.certificate_pem})).code() == "CERT_REVOKED");
  const std::string lists = factory.make_crl(intermediate, {leaf.certificate_pem}) + factory.make_crl(ca, {});
  BOOST_TEST(call(chain(), lists).code() == "CERT_REVOKED");
}

BOOST_AUTO_TEST_CASE(server_below_a_revoked_authority_is_refused) {
  const std::string lists = factory.make_crl(ca, {intermediate.certificate_pem}) + factory.make_crl(intermediate, {});
  BOOST_TEST(call(chain(), lists).code() == "CERT_REVOKED");
}

BOOST_AUTO_TEST_CASE(issuer_without_a_list_is_named_and_not_passed_over) {
  for (const std::string& lists : {factory.make_crl(ca, {}), factory.make_crl(intermediate, {})}) {
    const Outcome outcome = call(chain(), lists);
    BOOST_TEST(outcome.code() == "CERT_UNTRUSTED");
    BOOST_TEST(says(outcome, "crl_file holds no list of its issuer"));
  }
}

BOOST_AUTO_TEST_CASE(list_out_of_date_is_refused_and_named) {
  const Outcome outcome = call(direct.identity(), factory.make_crl(ca, {}, std::chrono::hours(-1)));
  BOOST_TEST(outcome.code() == "CERT_UNTRUSTED");
  BOOST_TEST(says(outcome, "CRL has expired"));
}

BOOST_AUTO_TEST_CASE(list_that_another_key_signed_is_refused) {
  const CertFiles impostor = factory.make_ca({.common_name = "root"});
  const Outcome outcome = call(direct.identity(), factory.make_crl(impostor, {}));
  BOOST_TEST(outcome.code() == "CERT_UNTRUSTED");
  BOOST_TEST(says(outcome, "CRL"));
}

BOOST_AUTO_TEST_CASE(revocation_counts_for_nothing_without_verification) {
  BOOST_TEST(call(direct.identity(), factory.make_crl(ca, {direct.certificate_pem}), false).code() == "OK");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
