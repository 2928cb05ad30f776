// A server that falls silent in the middle of its flights: nothing of the request may leave, whatever has arrived.
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/client/cutting_proxy.hpp"
#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

struct SilenceFixture : EngineFixture {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();

  std::shared_ptr<Client> client(std::int64_t connect_timeout_ms) const {
    return make_client([&](Options& options) {
      options.tls.ca_file = ca.certificate_file;
      options.connection.connect_timeout_ms = connect_timeout_ms;
    });
  }

  // How many bytes the server sends until the client may send its request.
  std::size_t size_of_flights(int version) const {
    const ScriptedServer server({Script{}.expect_request().close_without_notify()},
                                {.tls = identity, .only_tls_version = version});
    CuttingProxy proxy(server.port());
    fetch(client(10'000), url_of(proxy));
    proxy.client_bytes();
    return proxy.handed_on();
  }

  static std::string url_of(const CuttingProxy& proxy) {
    return "https://127.0.0.1:" + std::to_string(proxy.port()) + "/";
  }
};

// Records of TLS 1.2 that carry the request; those of TLS 1.3 may carry the rest of the handshake.
bool holds_data_record(std::string_view bytes) {
  constexpr char application_data = 23;
  while (bytes.size() >= 5) {
    if (bytes[0] == application_data) return true;
    const auto size =
        static_cast<std::size_t>(static_cast<unsigned char>(bytes[3])) << 8U | static_cast<unsigned char>(bytes[4]);
    bytes.remove_prefix(std::min(bytes.size(), 5 + size));
  }
  return false;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_silence, SilenceFixture)

BOOST_AUTO_TEST_CASE(silence_at_any_point_of_the_handshake_is_a_connect_timeout_without_a_byte_of_the_request) {
  struct Attempt {
    std::unique_ptr<ScriptedServer> server;
    std::unique_ptr<CuttingProxy> proxy;
    std::unique_ptr<TestCall> call;
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const std::size_t all = size_of_flights(version);
    // A signature may be some bytes longer the next time. The tickets of TLS 1.3 come behind the handshake and are no part of it.
    const std::size_t tickets = version == TLS1_3_VERSION ? 600 : 0;
    std::vector<Attempt> attempts;
    const auto impatient = client(250);
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{60}, std::size_t{127},
                                    all / 4, all / 3, all / 2, all - tickets - 60, all - tickets - 8}) {
      Attempt attempt;
      attempt.server =
          std::make_unique<ScriptedServer>(std::vector{Script{}.expect_request().send(ok_response("leaked"))},
                                           ScriptedServerOptions{.tls = identity, .only_tls_version = version});
      attempt.proxy = std::make_unique<CuttingProxy>(attempt.server->port(), bytes);
      attempt.call = std::make_unique<TestCall>(impatient, Request{.url = url_of(*attempt.proxy)});
      attempt.call->start();
      attempts.push_back(std::move(attempt));
    }
    for (Attempt& attempt : attempts) {
      const Outcome outcome = attempt.call->finish();
      BOOST_TEST_CONTEXT(attempt.proxy->handed_on() << " of " << all << " bytes") {
        BOOST_TEST(outcome.code() == "CONNECT_TIMEOUT");
        BOOST_TEST(outcome.phase() == "tls");
        BOOST_TEST((outcome.error->sent == Sent::none));
        BOOST_TEST(!holds_data_record(attempt.proxy->client_bytes()));
        BOOST_TEST(attempt.server->requests().empty());
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
