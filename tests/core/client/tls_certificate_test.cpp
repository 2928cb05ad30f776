// Which certificates of a server are accepted: every row through a whole call.
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <iomanip>
#include <sstream>
#include <string>
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
  const char* code;
  Signed how = Signed::by_ca;
  bool send_chain = true;
};

std::vector<Row> rows() {
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
      {"rsa key", "api.test", {.names = {"api.test"}, .key = KeyKind::rsa}, "OK"},
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
    ServerIdentity identity = factory_.make_leaf(intermediate_, row.certificate).identity();
    if (row.send_chain) identity.certificate_pem += intermediate_.certificate_pem;
    return identity;
  }

 private:
  CertificateFactory factory_;
  const CertFiles unknown_ = factory_.make_ca({.common_name = "unknown CA"});

 public:
  const CertFiles trusted = factory_.make_ca({.common_name = "trusted CA"});

 private:
  const CertFiles intermediate_ = factory_.make_intermediate(trusted, {.common_name = "intermediate CA"});
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

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_certificate, EngineFixture)

BOOST_AUTO_TEST_CASE(certificate_decides_whether_a_request_is_sent) {
  Authorities authorities;
  for (const Row& row : rows()) {
    BOOST_TEST_CONTEXT(row.name) {
      const ScriptedServer server({Script{}.expect_request().send(ok_response("secret"))},
                                  {.tls = authorities.identity(row)});
      const auto client = make_client([&](Options& options) {
        options.tls.ca_file = authorities.trusted.certificate_file;
        options.connection.resolve = override_for(row.host, server.port());
      });
      const Outcome outcome = fetch(client, server.url_with_host(row.host));
      BOOST_TEST(outcome.code() == row.code);
      const bool accepted = std::string_view(row.code) == "OK";
      BOOST_TEST(outcome.body() == (accepted ? "secret" : ""));
      BOOST_TEST(outcome.phase() == (accepted ? "" : "tls"));
      if (accepted) continue;
      BOOST_TEST(outcome.error->retryable == false);
      BOOST_TEST((outcome.error->sent == Sent::none));
      BOOST_TEST(outcome.error->tls_error != 0U);
      BOOST_TEST(server.wait_for_finished(1));
      BOOST_TEST(server.requests().empty());
    }
  }
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
