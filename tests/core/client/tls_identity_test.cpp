// Who we are: client certificates, their keys, and the passwords of these.
#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>

#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

struct IdentityFixture : EngineFixture {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const CertFiles client_ca = factory.make_ca({.common_name = "client CA"});
  const CertFiles own = factory.make_leaf(client_ca, {.common_name = "a client"});
  const ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();
  const TempDir dir;

  ScriptedServerOptions demanding(int version = 0) const {
    return {.tls = identity, .only_tls_version = version, .client_ca_pem = client_ca.certificate_pem};
  }

  std::string code_of_call(const ScriptedServerOptions& server_options,
                           const std::function<void(TlsOptions&)>& adjust) const {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("hello"))}, server_options);
    const auto client = make_client([&](Options& options) {
      options.tls.ca_file = ca.certificate_file;
      adjust(options.tls);
    });
    return fetch(client, server.url()).code();
  }

  // "OK", or why the client can not be made.
  static std::string problem_of(const TlsOptions& tls) {
    Options options;
    options.tls = tls;
    const auto client = Client::create(options);
    if (client) return "OK";
    BOOST_TEST((client.error().code == ErrorCode::config_error));
    return client.error().message;
  }
};

std::string other_password() {
  return "wrong and secret";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_identity, IdentityFixture)

BOOST_AUTO_TEST_CASE(client_certificate_is_shown_to_a_server_that_demands_one) {
  const CertFiles foreign = factory.make_leaf(ca, {.common_name = "a client of another CA"});
  const CertFiles late =
      factory.make_leaf(client_ca, {.not_before = std::chrono::hours(-48), .not_after = std::chrono::hours(-24)});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto code_with = [&](const CertFiles* certificate) {
      return code_of_call(demanding(version), [&](TlsOptions& tls) {
        if (certificate == nullptr) return;
        tls.client_cert_file = certificate->certificate_file;
        tls.client_key_file = certificate->private_key_file;
      });
    };
    BOOST_TEST(code_with(&own) == "OK");
    BOOST_TEST(code_with(&foreign) == "CLIENT_CERT");
    BOOST_TEST(code_with(&late) == "CLIENT_CERT");
    // TLS 1.2 has no word for a certificate that is missing: the server says that the handshake failed.
    BOOST_TEST(code_with(nullptr) == (version == TLS1_2_VERSION ? "TLS_HANDSHAKE" : "CLIENT_CERT"));
  }
}

BOOST_AUTO_TEST_CASE(server_that_demands_no_certificate_gets_none) {
  BOOST_TEST(code_of_call({.tls = identity}, [&](TlsOptions& tls) {
               tls.client_cert_pem = own.certificate_pem + own.private_key_pem;
             }) == "OK");
}

BOOST_AUTO_TEST_CASE(chain_of_the_client_is_sent_with_its_certificate) {
  const CertFiles intermediate = factory.make_intermediate(client_ca, {.common_name = "client intermediate"});
  const CertFiles below = factory.make_leaf(intermediate, {.common_name = "a client below"});
  for (const bool with_chain : {true, false}) {
    BOOST_TEST(code_of_call(demanding(), [&](TlsOptions& tls) {
                 tls.client_cert_pem = below.certificate_pem + (with_chain ? intermediate.certificate_pem : "");
                 tls.client_key_pem = Secret(below.private_key_pem);
               }) == (with_chain ? "OK" : "CLIENT_CERT"));
  }
}

BOOST_AUTO_TEST_CASE(certificate_and_key_may_be_files_or_texts_or_one_of_each) {
  const std::string both = own.certificate_pem + own.private_key_pem;
  const std::string key_first = own.private_key_pem + own.certificate_pem;
  const std::function<void(TlsOptions&)> ways[] = {
      [&](TlsOptions& tls) { tls.client_cert_pem = both; }, [&](TlsOptions& tls) { tls.client_cert_pem = key_first; },
      [&](TlsOptions& tls) { tls.client_cert_file = dir.write("both.pem", both); },
      [&](TlsOptions& tls) {
        tls.client_cert_pem = own.certificate_pem;
        tls.client_key_file = own.private_key_file;
      },
      [&](TlsOptions& tls) {
        tls.client_cert_file = own.certificate_file;
        tls.client_key_pem = Secret(own.private_key_pem);
      }};
  for (const auto& way : ways) BOOST_TEST(code_of_call(demanding(), way) == "OK");
}

BOOST_AUTO_TEST_CASE(encrypted_key_is_opened_by_its_password_and_by_nothing_else) {
  const std::string password = "correct horse";
  for (const KeyFormat format : {KeyFormat::pkcs8, KeyFormat::traditional}) {
    const std::string encrypted = encrypt_key(own.private_key_pem, password, format);
    const auto with = [&](const std::string& given, bool as_file) {
      TlsOptions tls;
      tls.client_cert_pem = own.certificate_pem;
      if (as_file) tls.client_key_file = dir.write("encrypted.key", encrypted);
      if (!as_file) tls.client_key_pem = Secret(encrypted);
      tls.client_key_password = Secret(given);
      return tls;
    };
    for (const bool as_file : {true, false}) {
      BOOST_TEST(code_of_call(demanding(), [&](TlsOptions& tls) {
                   const std::string trusted = tls.ca_file;
                   tls = with(password, as_file);
                   tls.ca_file = trusted;
                 }) == "OK");
      const std::string option = as_file ? "client_key_file" : "client_key_pem";
      const std::string closed = problem_of(with(other_password(), as_file));
      BOOST_TEST(closed.find(option) != std::string::npos);
      BOOST_TEST(closed.find("client_key_password does not open") != std::string::npos, closed);
      BOOST_TEST(closed.find(other_password()) == std::string::npos);
      const std::string unasked = problem_of(with("", as_file));
      BOOST_TEST(unasked.find("client_key_password is not set") != std::string::npos, unasked);
    }
  }
}

BOOST_AUTO_TEST_CASE(password_of_a_key_that_is_not_encrypted_does_no_harm) {
  BOOST_TEST(problem_of({.client_cert_pem = own.certificate_pem,
                         .client_key_pem = Secret(own.private_key_pem),
                         .client_key_password = Secret("unused")}) == "OK");
}

BOOST_AUTO_TEST_CASE(identity_that_does_not_fit_together_is_refused_when_the_client_is_made) {
  const CertFiles other = factory.make_leaf(client_ca, {});
  const auto says = [](const TlsOptions& tls, std::string_view words) {
    const std::string problem = problem_of(tls);
    BOOST_TEST(problem.find(words) != std::string::npos, problem);
  };
  says({.client_cert_file = own.certificate_file, .client_key_file = other.private_key_file},
       "client_key_file: the private key does not fit the certificate of client_cert_file");
  says({.client_cert_pem = own.certificate_pem, .client_key_pem = Secret(other.private_key_pem)},
       "client_key_pem: the private key does not fit the certificate of client_cert_pem");
  says({.client_cert_file = own.certificate_file}, "client_cert_file holds no private key");
  says({.client_cert_pem = own.certificate_pem}, "client_cert_pem holds no private key");
  says({.client_key_file = own.private_key_file}, "client_key_file is set without");
  says({.client_key_pem = Secret(own.private_key_pem)}, "client_key_pem is set without");
  says({.client_key_password = Secret("p")}, "client_key_password is set without");
  says({.client_cert_file = own.certificate_file, .client_cert_pem = own.certificate_pem},
       "client_cert_pem and client_cert_file exclude each other");
  says({.client_cert_file = own.certificate_file,
        .client_key_file = own.private_key_file,
        .client_key_pem = Secret(own.private_key_pem)},
       "client_key_pem and client_key_file exclude each other");
}

BOOST_AUTO_TEST_CASE(client_keeps_no_text_of_its_key) {
  const auto client = make_client([&](Options& options) {
    options.tls.client_cert_pem = own.certificate_pem;
    options.tls.client_key_pem = Secret(encrypt_key(own.private_key_pem, "password", KeyFormat::pkcs8));
    options.tls.client_key_password = Secret("password");
  });
  BOOST_TEST(client->options().tls.client_key_pem.empty());
  BOOST_TEST(client->options().tls.client_key_password.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
