// Which certificates of a server are accepted: every row through a whole call.
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <iomanip>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

using std::chrono::hours;

enum class Signed { by_ca, by_itself, by_unknown_ca, by_intermediate };

struct Row {
  const char* name;
  const char* host;  // the URL's; anything but an address is resolved to the server by the override table
  CertificateOptions certificate;
  const char* code;  // "OK", or the code of the refusal and words of its message: "CERT_UNTRUSTED: too weak"
  Signed how = Signed::by_ca;
  bool send_chain = true;
  CertificateOptions intermediate = {.common_name = "intermediate CA"};
};

std::vector<Row> rows_of_names() {
  return {
      {"right name", "api.test", {.names = {"api.test"}}, "OK"},
      {"one of several names", "b.test", {.names = {"a.test", "b.test"}}, "OK"},
      {"name in other letters", "API.Test", {.names = {"api.test"}}, "OK"},
      {"wrong name", "api.test", {.names = {"other.test"}}, "CERT_HOSTNAME"},
      {"parent name", "api.test", {.names = {"test"}}, "CERT_HOSTNAME"},
      {"localhost is a name like any other", "localhost", {.names = {"other.test"}}, "CERT_HOSTNAME"},
      {"right address", "127.0.0.1", {.ips = {"127.0.0.1"}}, "OK"},
      {"wrong address", "127.0.0.1", {.ips = {"127.0.0.2"}}, "CERT_HOSTNAME"},
      {"address among the names", "127.0.0.1", {.names = {"127.0.0.1"}}, "CERT_HOSTNAME"},
      {"name only in the subject", "api.test", {.common_name = "api.test"}, "CERT_HOSTNAME"},
      {"name in the subject, another one beside",
       "api.test",
       {.common_name = "api.test", .names = {"x.test"}},
       "CERT_HOSTNAME"},
      {"wildcard", "a.api.test", {.names = {"*.api.test"}}, "OK"},
      {"wildcard stands for one label", "a.b.api.test", {.names = {"*.api.test"}}, "CERT_HOSTNAME"},
      {"wildcard does not stand for nothing", "api.test", {.names = {"*.api.test"}}, "CERT_HOSTNAME"},
      {"partial wildcard", "foo.api.test", {.names = {"f*.api.test"}}, "CERT_HOSTNAME"},
      {"wildcard alone", "api.test", {.names = {"*"}}, "CERT_HOSTNAME"},
      {"wildcard of a whole top level", "api.test", {.names = {"*.test"}}, "CERT_HOSTNAME"},
      {"wildcard in the middle", "a.b.api.test", {.names = {"a.*.api.test"}}, "CERT_HOSTNAME"},
      {"two wildcards", "a.b.api.test", {.names = {"*.*.api.test"}}, "CERT_HOSTNAME"},
      {"wildcard for an address", "127.0.0.1", {.names = {"*.0.0.1"}}, "CERT_HOSTNAME"},
      {"name for an address", "127.0.0.1", {.names = {"localhost"}}, "CERT_HOSTNAME"},
      {"address for a name", "api.test", {.ips = {"127.0.0.1"}}, "CERT_HOSTNAME"},
      {"address of IPv6 for one of IPv4", "127.0.0.1", {.ips = {"::ffff:127.0.0.1"}}, "CERT_HOSTNAME"},
      {"loopback address is no exception", "127.0.0.1", {.names = {"api.test"}}, "CERT_HOSTNAME"},
      {"name of IDNA as it is sent", "xn--bcher-kva.test", {.names = {"xn--bcher-kva.test"}}, "OK"},
      {"wildcard for a name of IDNA", "xn--bcher-kva.api.test", {.names = {"*.api.test"}}, "OK"},
      {"partial wildcard for a name of IDNA", "xn--bcher-kva.api.test", {.names = {"xn--*.api.test"}}, "CERT_HOSTNAME"},
      {"names of mail and no other",
       "api.test",
       {.extensions = {{"subjectAltName", "email:api.test@api.test"}}},
       "CERT_HOSTNAME"},
  };
}

CertificateOptions api() {
  return {.names = {"api.test"}};
}

CertificateOptions api_with(std::vector<std::pair<std::string, std::string>> extensions) {
  return {.names = {"api.test"}, .extensions = std::move(extensions)};
}

CertificateOptions ca_with(std::vector<std::pair<std::string, std::string>> extensions) {
  return {.common_name = "intermediate CA", .extensions = std::move(extensions)};
}

std::vector<Row> rows_of_chains() {
  const auto below = Signed::by_intermediate;
  return {
      {"unknown authority", "api.test", {.names = {"api.test"}}, "CERT_UNTRUSTED", Signed::by_unknown_ca},
      {"self-signed", "api.test", {.names = {"api.test"}}, "CERT_UNTRUSTED", Signed::by_itself},
      {"expired",
       "api.test",
       {.names = {"api.test"}, .not_before = hours(-48), .not_after = hours(-24)},
       "CERT_EXPIRED"},
      {"not yet valid",
       "api.test",
       {.names = {"api.test"}, .not_before = hours(24), .not_after = hours(48)},
       "CERT_EXPIRED"},
      {"intermediate sent", "api.test", {.names = {"api.test"}}, "OK", Signed::by_intermediate},
      {"intermediate missing", "api.test", {.names = {"api.test"}}, "CERT_UNTRUSTED", Signed::by_intermediate, false},
      {"intermediate expired",
       "api.test",
       api(),
       "CERT_EXPIRED",
       below,
       true,
       {.common_name = "intermediate CA", .not_before = hours(-48), .not_after = hours(-24)}},
      {"rsa key", "api.test", {.names = {"api.test"}, .key = KeyKind::rsa}, "OK"},
      {"rsa key of 1024 bits",
       "api.test",
       {.names = {"api.test"}, .key = KeyKind::rsa_1024},
       "CERT_UNTRUSTED: EE certificate key too weak"},
      {"rsa key of 512 bits",
       "api.test",
       {.names = {"api.test"}, .key = KeyKind::rsa_512},
       "CERT_UNTRUSTED: EE certificate key too weak"},
      {"signed with SHA-1",
       "api.test",
       {.names = {"api.test"}, .digest = "SHA1"},
       "CERT_UNTRUSTED: digest algorithm too weak"},
      {"signed with MD5",
       "api.test",
       {.names = {"api.test"}, .digest = "MD5"},
       "CERT_UNTRUSTED: digest algorithm too weak",
       below,
       true,
       {.common_name = "intermediate CA", .key = KeyKind::rsa}},
      {"intermediate with a weak key",
       "api.test",
       api(),
       "CERT_UNTRUSTED: CA certificate key too weak",
       below,
       true,
       {.common_name = "intermediate CA", .key = KeyKind::rsa_1024}},
      {"intermediate signed with SHA-1",
       "api.test",
       api(),
       "CERT_UNTRUSTED: digest algorithm too weak",
       below,
       true,
       {.common_name = "intermediate CA", .digest = "SHA1"}},
      {"for clients only", "api.test", api_with({{"extendedKeyUsage", "clientAuth"}}),
       "CERT_UNTRUSTED: unsuitable certificate purpose"},
      {"for any use", "api.test", api_with({{"extendedKeyUsage", ""}}), "OK"},
      {"unknown critical extension", "api.test", api_with({{"policyConstraints", "critical,requireExplicitPolicy:9"}}),
       "OK"},
      {"issuer is no authority", "api.test", api(), "CERT_UNTRUSTED: invalid CA certificate", below, true,
       ca_with({{"basicConstraints", "CA:FALSE"}})},
      {"issuer does not say it is an authority", "api.test", api(), "CERT_UNTRUSTED: invalid CA certificate", below,
       true, ca_with({{"basicConstraints", ""}, {"keyUsage", "digitalSignature"}})},
      {"issuer may not sign certificates", "api.test", api(), "CERT_UNTRUSTED: invalid CA certificate", below, true,
       ca_with({{"keyUsage", "cRLSign"}})},
      {"authority for these names", "api.test", api(), "OK", below, true,
       ca_with({{"nameConstraints", "critical,permitted;DNS:api.test"}})},
      {"authority for other names", "api.test", api(), "CERT_UNTRUSTED: permitted subtree violation", below, true,
       ca_with({{"nameConstraints", "critical,permitted;DNS:other.test"}})},
      {"authority for all names but these", "api.test", api(), "CERT_UNTRUSTED: excluded subtree violation", below,
       true, ca_with({{"nameConstraints", "critical,excluded;DNS:test"}})},
  };
}

class Authorities {
 public:
  ServerIdentity identity(const Row& row) {
    switch (row.how) {
      case Signed::by_ca: return factory_.make_leaf(trusted, row.certificate).identity();
      case Signed::by_itself: return factory_.make_self_signed(row.certificate).identity();
      case Signed::by_unknown_ca: return factory_.make_leaf(unknown_, row.certificate).identity();
      case Signed::by_intermediate: break;
    }
    const CertFiles intermediate = factory_.make_intermediate(trusted, row.intermediate);
    ServerIdentity identity = factory_.make_leaf(intermediate, row.certificate).identity();
    if (row.send_chain) identity.certificate_pem += intermediate.certificate_pem;
    return identity;
  }

 private:
  CertificateFactory factory_;
  const CertFiles unknown_ = factory_.make_ca({.common_name = "unknown CA"});

 public:
  const CertFiles trusted = factory_.make_ca({.common_name = "trusted CA"});
};

// The name OpenSSL looks for in a directory of certificates.
std::string hash_of_subject(const std::string& certificate_pem) {
  BIO* const bio = BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size()));
  X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BOOST_REQUIRE(certificate != nullptr);
  std::ostringstream text;
  text << std::hex << std::setw(8) << std::setfill('0') << X509_subject_name_hash(certificate);
  X509_free(certificate);
  BIO_free(bio);
  return text.str();
}

std::string override_for(const std::string& host, std::uint16_t port) {
  return host == "127.0.0.1" ? "" : host + ":" + std::to_string(port) + ":127.0.0.1";
}

void play(const std::vector<Row>& rows) {
  Authorities authorities;
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      // RSA keys of 512 bits are too small for the signatures of TLS 1.3.
      const int version = row.certificate.key == KeyKind::rsa_512 ? TLS1_2_VERSION : 0;
      const ScriptedServer server({Script{}.expect_request().send(ok_response("secret"))},
                                  {.tls = authorities.identity(row), .only_tls_version = version});
      const auto client = make_client([&](Options& options) {
        options.tls.ca_file = authorities.trusted.certificate_file;
        options.connection.resolve = override_for(row.host, server.port());
      });
      const Outcome outcome = fetch(client, server.url_with_host(row.host));
      const std::string_view expected = row.code;
      BOOST_TEST(outcome.code() == expected.substr(0, expected.find(':')));
      const bool accepted = expected == "OK";
      BOOST_TEST(outcome.body() == (accepted ? "secret" : ""));
      BOOST_TEST(outcome.phase() == (accepted ? "" : "tls"));
      if (accepted || !outcome.error) continue;
      const std::string_view words = expected.substr(std::min(expected.size(), expected.find(':') + 2));
      if (expected.find(':') != expected.npos) BOOST_TEST(outcome.error->message.ends_with(words));
      BOOST_TEST(outcome.error->retryable == false);
      BOOST_TEST((outcome.error->sent == Sent::none));
      BOOST_TEST(outcome.error->tls_error != 0U);
      BOOST_TEST(server.wait_for_finished(1));
      BOOST_TEST(server.requests().empty());
    }
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_certificate, EngineFixture)

BOOST_AUTO_TEST_CASE(name_decides_whether_a_request_is_sent) {
  play(rows_of_names());
}

BOOST_AUTO_TEST_CASE(chain_decides_whether_a_request_is_sent) {
  play(rows_of_chains());
}

BOOST_AUTO_TEST_CASE(path_longer_than_an_authority_allows_is_refused) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca({.extensions = {{"basicConstraints", "critical,CA:TRUE,pathlen:1"}}});
  const CertFiles first = factory.make_intermediate(ca, {.common_name = "first"});
  const CertFiles second = factory.make_intermediate(first, {.common_name = "second"});
  const auto code_of = [&](ServerIdentity identity, const std::string& chain) {
    identity.certificate_pem += chain;
    const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))}, {.tls = identity});
    const auto client = make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
    return fetch(client, server.url()).code();
  };
  BOOST_TEST(code_of(factory.make_leaf(first, loopback_names()).identity(), first.certificate_pem) == "OK");
  BOOST_TEST(code_of(factory.make_leaf(second, loopback_names()).identity(),
                     second.certificate_pem + first.certificate_pem) == "CERT_UNTRUSTED");
}

BOOST_AUTO_TEST_CASE(address_of_ipv6_is_verified) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  for (const auto& [ip, code] : {std::pair("::1", "OK"), std::pair("::2", "CERT_HOSTNAME")}) {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("six"))},
                                {.tls = factory.make_leaf(ca, {.ips = {ip}}).identity(), .family = Loopback::ipv6});
    const auto client = make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
    BOOST_TEST(fetch(client, server.url()).code() == code);
  }
}

BOOST_AUTO_TEST_CASE(bundle_as_text_is_trusted_as_a_file_is) {
  CertificateFactory factory;
  const CertFiles other = factory.make_ca({.common_name = "another CA"});
  const CertFiles ca = factory.make_ca();
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))},
                              {.tls = factory.make_leaf(ca, loopback_names()).identity()});
  const auto client =
      make_client([&](Options& options) { options.tls.ca_pem = other.certificate_pem + ca.certificate_pem; });
  BOOST_TEST(fetch(client, server.url()).code() == "OK");
}

BOOST_AUTO_TEST_CASE(authority_is_found_in_a_directory_by_the_hash_of_its_name) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();
  const TempDir dir;
  const auto code = [&] {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))}, {.tls = identity});
    const auto client = make_client([&](Options& options) { options.tls.ca_dir = dir.path().string(); });
    return fetch(client, server.url()).code();
  };
  dir.write("authority.pem", ca.certificate_pem);
  BOOST_TEST(code() == "CERT_UNTRUSTED");
  dir.write(hash_of_subject(ca.certificate_pem) + ".0", ca.certificate_pem);
  BOOST_TEST(code() == "OK");
}

BOOST_AUTO_TEST_CASE(private_authority_replaces_those_of_the_system) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))},
                              {.tls = factory.make_leaf(ca, loopback_names()).identity()});
  // The trust store of the system does not know a CA made a moment ago.
  BOOST_TEST(fetch(make_client(), server.url()).code() == "CERT_UNTRUSTED");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
