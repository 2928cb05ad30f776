// Sessions are resumed by the client that made them, for the name they were verified for.
#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/engine.hpp"
#include "support/nginx_server.hpp"

namespace ppn::test {
namespace {

std::shared_ptr<Client> client_of(const NginxServer& nginx) {
  return make_client([&](Options& options) { options.tls.ca_file = nginx.ca_file(); });
}

std::string session_of(const std::shared_ptr<Client>& client, const std::string& url) {
  const Outcome outcome = fetch(client, url);
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(!outcome.reused());
  return outcome.body();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_resumption, EngineFixture)

BOOST_AUTO_TEST_CASE(second_connection_to_a_server_resumes_the_session_of_the_first) {
  NginxServer nginx;
  const auto client = client_of(nginx);
  BOOST_TEST(session_of(client, nginx.https_url("/session")) == "TLSv1.3 .");
  for (int i = 0; i < 5; ++i) BOOST_TEST(session_of(client, nginx.https_url("/session")) == "TLSv1.3 r");
}

BOOST_AUTO_TEST_CASE(session_is_not_resumed_for_another_name_or_by_another_client) {
  NginxServer nginx;
  const auto client = client_of(nginx);
  const std::string by_address = "https://127.0.0.1:" + std::to_string(nginx.https_port()) + "/session";
  BOOST_TEST(session_of(client, nginx.https_url("/session")) == "TLSv1.3 .");
  BOOST_TEST(session_of(client, by_address) == "TLSv1.3 .");
  BOOST_TEST(session_of(client_of(nginx), nginx.https_url("/session")) == "TLSv1.3 .");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
