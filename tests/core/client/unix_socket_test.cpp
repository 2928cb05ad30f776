// A client whose server listens on a Unix socket: only the way there is another one.
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>

#include "core/client/engine.hpp"
#include "core/client/unix_relay.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

struct UnixFixture : EngineFixture {
  TempDir folder;
  std::string path = folder.file("server");

  std::shared_ptr<Client> client_of_path(const std::string& ca_pem = {}) const {
    return make_client([&](Options& options) {
      options.connection.unix_socket = path;
      options.tls.ca_pem = ca_pem;
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(unix_socket, UnixFixture)

BOOST_AUTO_TEST_CASE(every_host_is_reached_by_the_path_and_named_in_its_request) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("one")), Script{}.expect_request().send(ok_response("two"))});
  const UnixRelay relay(path, server.port());
  const auto client = client_of_path();
  const Outcome one = fetch(client, "http://no-such-host.invalid/a");
  BOOST_TEST(one.body() == "one");
  BOOST_TEST(one.response->remote == path);
  BOOST_TEST(fetch(client, "http://127.0.0.1:1/b").body() == "two");
  BOOST_TEST(server.requests().at(0).starts_with("GET /a HTTP/1.1\r\nHost: no-such-host.invalid\r\n"));
  BOOST_TEST(server.requests().at(1).starts_with("GET /b HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"));
}

BOOST_AUTO_TEST_CASE(connection_is_used_again) {
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("one")).expect_request().send(ok_response("two"))});
  const UnixRelay relay(path, server.port());
  const auto client = client_of_path();
  BOOST_TEST(!fetch(client, "http://a.test/").reused());
  const Outcome second = fetch(client, "http://a.test/");
  BOOST_TEST(second.body() == "two");
  BOOST_TEST(second.reused());
}

BOOST_AUTO_TEST_CASE(certificate_is_that_of_the_host) {
  CertificateFactory certificates;
  const CertFiles ca = certificates.make_ca();
  const ScriptedServer server({Script{}.expect_request().send(ok_response("secret")), Script{}},
                              {.tls = certificates.make_leaf(ca, {.names = {"api.test"}}).identity()});
  const UnixRelay relay(path, server.port());
  const auto client = client_of_path(ca.certificate_pem);
  BOOST_TEST(fetch(client, "https://api.test/").body() == "secret");
  BOOST_TEST(fetch(client, "https://other.test/").code() == "CERT_HOSTNAME");
}

BOOST_AUTO_TEST_CASE(path_where_nobody_listens_is_named) {
  const Outcome outcome = fetch(client_of_path(), "http://a.test/");
  BOOST_TEST(outcome.code() == "CONNECT_FAILED");
  BOOST_TEST(outcome.phase() == "connect");
  BOOST_TEST(outcome.error->message == "connecting to " + path + ": No such file or directory");
  BOOST_TEST(outcome.error->os_errno == ENOENT);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
