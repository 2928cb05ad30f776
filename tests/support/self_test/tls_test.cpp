// Certificates and the TLS side of the scripted server, seen by OpenSSL itself as the client.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>

#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/socket.hpp"

namespace ppn::test {
namespace {

struct Deleter {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

enum class End { none, close_notify, without_notify, other };

// A verifying client, as small as it can be.
class TlsClient {
 public:
  TlsClient(const ScriptedServer& server, const std::string& ca_file, const std::string& name)
      : context_(SSL_CTX_new(TLS_client_method())), socket_(connect_to_loopback(server.port(), default_deadline())) {
    BOOST_REQUIRE_EQUAL(SSL_CTX_load_verify_file(context_.get(), ca_file.c_str()), 1);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_default_verify_paths(context_.get());
    name_ = name;
  }

  void use(const CertFiles& own) {
    SSL_CTX_use_certificate_file(context_.get(), own.certificate_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), own.private_key_file.c_str(), SSL_FILETYPE_PEM);
  }

  // X509_V_OK after a handshake that went well, otherwise what was wrong with the certificate, or -1.
  long handshake() {
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_.get());
    X509_VERIFY_PARAM* rules = SSL_get0_param(ssl_.get());
    const bool numeric = X509_VERIFY_PARAM_set1_ip_asc(rules, name_.c_str()) == 1;
    if (!numeric) X509_VERIFY_PARAM_set1_host(rules, name_.c_str(), name_.size());
    ERR_clear_error();
    const bool done = repeat([this] { return SSL_connect(ssl_.get()); }) == 1;
    const long verdict = SSL_get_verify_result(ssl_.get());
    return done || verdict != X509_V_OK ? verdict : -1;
  }

  End read_to_end(std::string& bytes) {
    std::array<char, 4096> buffer;
    while (true) {
      ERR_clear_error();
      const int count = repeat([&] { return SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size())); });
      if (count > 0) {
        bytes.append(buffer.data(), static_cast<std::size_t>(count));
        continue;
      }
      if (SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN) return End::close_notify;
      return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? End::without_notify : End::other;
    }
  }

  void write(const std::string& text) {
    BOOST_REQUIRE_EQUAL(repeat([&] { return SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }),
                        static_cast<int>(text.size()));
  }

 private:
  template <class Call>
  int repeat(Call call) {
    while (true) {
      const int result = call();
      const int error = SSL_get_error(ssl_.get(), result);
      if (result > 0 || (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)) return result;
      const bool reading = error == SSL_ERROR_WANT_READ;
      if (!wait_until_ready(socket_.get(), reading ? POLLIN : POLLOUT, default_deadline())) return result;
    }
  }

  std::unique_ptr<SSL_CTX, Deleter> context_;
  UniqueFd socket_;
  std::string name_;
  std::unique_ptr<SSL, Deleter> ssl_;
};

struct Authority {
  CertificateFactory factory;
  CertFiles ca = factory.make_ca();

  ScriptedServerOptions with(const CertificateOptions& leaf) {
    return {.tls = factory.make_leaf(ca, leaf).identity(), .repeat_last = true};
  }
  long verdict(const ScriptedServerOptions& options, const std::string& name, const std::string& ca_file) {
    ScriptedServer server({Script{}}, options);
    return TlsClient(server, ca_file, name).handshake();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls, Authority)

BOOST_AUTO_TEST_CASE(leaf_of_a_trusted_ca_is_accepted_by_name_and_address) {
  const auto options = with(loopback_names());
  BOOST_TEST(verdict(options, "localhost", ca.certificate_file) == X509_V_OK);
  BOOST_TEST(verdict(options, "127.0.0.1", ca.certificate_file) == X509_V_OK);
  BOOST_TEST(verdict(options, "::1", ca.certificate_file) == X509_V_OK);
}

BOOST_AUTO_TEST_CASE(rsa_leaf_is_accepted) {
  CertificateOptions leaf = loopback_names();
  leaf.key = KeyKind::rsa;
  BOOST_TEST(verdict(with(leaf), "localhost", ca.certificate_file) == X509_V_OK);
}

BOOST_AUTO_TEST_CASE(other_name_is_refused) {
  const auto options = with({.common_name = "localhost", .names = {"other.example"}});
  BOOST_TEST(verdict(options, "localhost", ca.certificate_file) == X509_V_ERR_HOSTNAME_MISMATCH);
  BOOST_TEST(verdict(options, "127.0.0.1", ca.certificate_file) == X509_V_ERR_IP_ADDRESS_MISMATCH);
  BOOST_TEST(verdict(options, "other.example", ca.certificate_file) == X509_V_OK);
}

BOOST_AUTO_TEST_CASE(leaf_of_another_ca_is_refused) {
  const CertFiles other = factory.make_ca({.common_name = "another"});
  BOOST_TEST(verdict(with(loopback_names()), "localhost", other.certificate_file) ==
             X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

BOOST_AUTO_TEST_CASE(self_signed_certificate_is_refused) {
  const CertFiles alone = factory.make_self_signed(loopback_names());
  BOOST_TEST(verdict({.tls = alone.identity()}, "localhost", ca.certificate_file) ==
             X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

BOOST_AUTO_TEST_CASE(dates_are_those_of_the_options) {
  CertificateOptions leaf = loopback_names();
  leaf.not_before = std::chrono::hours{-2};
  leaf.not_after = std::chrono::hours{-1};
  BOOST_TEST(verdict(with(leaf), "localhost", ca.certificate_file) == X509_V_ERR_CERT_HAS_EXPIRED);
  leaf.not_before = std::chrono::hours{1};
  leaf.not_after = std::chrono::hours{2};
  BOOST_TEST(verdict(with(leaf), "localhost", ca.certificate_file) == X509_V_ERR_CERT_NOT_YET_VALID);
}

BOOST_AUTO_TEST_CASE(intermediate_is_accepted_only_when_it_is_sent) {
  const CertFiles middle = factory.make_intermediate(ca, {.common_name = "middle"});
  const CertFiles leaf = factory.make_leaf(middle, loopback_names());
  ServerIdentity identity = leaf.identity();
  BOOST_TEST(verdict({.tls = identity}, "localhost", ca.certificate_file) ==
             X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  identity.certificate_pem += middle.certificate_pem;
  BOOST_TEST(verdict({.tls = identity}, "localhost", ca.certificate_file) == X509_V_OK);
}

BOOST_AUTO_TEST_CASE(request_and_answer_pass_through_tls) {
  ScriptedServer server({Script{}.expect_request().send_byte_by_byte("secret").close()}, with(loopback_names()));
  BOOST_TEST(server.url_with_host("localhost") == "https://localhost:" + std::to_string(server.port()) + "/");
  TlsClient client(server, ca.certificate_file, "localhost");
  BOOST_REQUIRE_EQUAL(client.handshake(), X509_V_OK);
  client.write("GET / HTTP/1.1\r\n\r\n");
  std::string bytes;
  BOOST_TEST((client.read_to_end(bytes) == End::close_notify));
  BOOST_TEST(bytes == "secret");
  BOOST_TEST(server.requests().size() == 1U);
  BOOST_TEST(server.problems().empty());
}

BOOST_AUTO_TEST_CASE(missing_close_notify_is_seen_by_the_client) {
  ScriptedServer server({Script{}.send("half").close_without_notify()}, with(loopback_names()));
  TlsClient client(server, ca.certificate_file, "localhost");
  BOOST_REQUIRE_EQUAL(client.handshake(), X509_V_OK);
  std::string bytes;
  BOOST_TEST((client.read_to_end(bytes) == End::without_notify));
  BOOST_TEST(bytes == "half");
}

BOOST_AUTO_TEST_CASE(stalled_handshake_says_nothing) {
  ScriptedServer server({Script{}.stall_in_handshake()}, with(loopback_names()));
  const UniqueFd client = connect_to_loopback(server.port(), default_deadline());
  send_all(client.get(), "\x16\x03\x01\x02\x01", default_deadline());
  BOOST_TEST(!wait_until_ready(client.get(), POLLIN, after(std::chrono::milliseconds(20))));
  BOOST_TEST(server.finished_connections() == 0);
}

BOOST_AUTO_TEST_CASE(handshake_can_wait_for_a_signal) {
  ScriptedServer server({Script{}.mark("accepted").wait_for_signal("go").handshake().send("late")},
                        with(loopback_names()));
  TlsClient client(server, ca.certificate_file, "localhost");
  BOOST_TEST(server.wait_for_mark("accepted"));
  server.signal("go");
  BOOST_REQUIRE_EQUAL(client.handshake(), X509_V_OK);
  std::string bytes;
  client.read_to_end(bytes);
  BOOST_TEST(bytes == "late");
}

BOOST_AUTO_TEST_CASE(server_of_old_tls_is_refused_by_a_current_client) {
  auto options = with(loopback_names());
  options.only_tls_1_1 = true;
  ScriptedServer server({Script{}}, options);
  BOOST_TEST(TlsClient(server, ca.certificate_file, "localhost").handshake() == -1);
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.problems().size() == 1U);
}

BOOST_AUTO_TEST_CASE(client_certificate_can_be_demanded) {
  auto options = with(loopback_names());
  options.client_ca_pem = ca.certificate_pem;
  ScriptedServer server({Script{}.send("hello")}, options);
  TlsClient anonymous(server, ca.certificate_file, "localhost");
  std::string bytes;
  // With TLS 1.3 the client learns of the refusal only after its own handshake is over.
  BOOST_TEST(anonymous.handshake() == X509_V_OK);
  BOOST_TEST((anonymous.read_to_end(bytes) == End::other));
  BOOST_TEST(bytes == "");
  TlsClient known(server, ca.certificate_file, "localhost");
  known.use(factory.make_leaf(ca, {.common_name = "client"}));
  BOOST_TEST(known.handshake() == X509_V_OK);
  BOOST_TEST((known.read_to_end(bytes) == End::close_notify));
  BOOST_TEST(bytes == "hello");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
