// Options about trust and identity: what is refused before the first request, and what is said aloud.
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

struct Lines {
  std::mutex mutex;
  std::vector<std::string> all;

  std::size_t count(std::string_view part) {
    const std::lock_guard lock(mutex);
    std::size_t found = 0;
    for (const std::string& line : all) found += line.find(part) != std::string::npos ? 1U : 0U;
    return found;
  }
};

class KeepingSink final : public LogSink {
 public:
  explicit KeepingSink(Lines& lines) : lines_(lines) {}
  void write(LogLevel level, std::string_view line) noexcept override {
    const std::lock_guard lock(lines_.mutex);
    if (level == LogLevel::warning) lines_.all.emplace_back(line);
  }

 private:
  Lines& lines_;
};

// The sink of the process, for one case.
struct KeptLog {
  KeptLog() { BOOST_REQUIRE(set_log_sink(LogLevel::warning, std::make_unique<KeepingSink>(lines)).ok()); }
  ~KeptLog() { BOOST_TEST(set_log_sink(LogLevel::off, nullptr).ok()); }
  Lines lines;
};

using Setting = std::pair<std::string TlsOptions::*, std::string>;

std::string code_of_create(const std::vector<Setting>& settings) {
  Options options;
  for (const auto& [member, value] : settings) options.tls.*member = value;
  const auto client = Client::create(options);
  if (client) return "OK";
  BOOST_TEST((client.error().phase == Phase::config));
  BOOST_TEST(!client.error().message.empty());
  return std::string(describe(client.error().code).name);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_trust_options, EngineFixture)

BOOST_AUTO_TEST_CASE(trust_that_can_not_be_read_is_refused_when_the_client_is_made) {
  const TempDir dir;
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const std::string text = dir.write("text.pem", "no certificate at all\n");
  const std::string missing = dir.file("missing");
  const std::string half = ca.certificate_pem.substr(0, ca.certificate_pem.size() / 2);

  BOOST_TEST(code_of_create({{&TlsOptions::ca_file, ca.certificate_file}}) == "OK");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_file, missing}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_file, text}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_file, dir.path().string()}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_dir, dir.path().string()}}) == "OK");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_dir, missing}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_dir, text}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_pem, ca.certificate_pem}}) == "OK");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_pem, "no certificate at all"}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_pem, half}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::ca_pem, ca.certificate_pem + half}}) == "CONFIG_ERROR");
}

BOOST_AUTO_TEST_CASE(identity_that_can_not_be_read_is_refused_when_the_client_is_made) {
  const TempDir dir;
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const CertFiles own = factory.make_leaf(ca, {});
  const CertFiles other = factory.make_leaf(ca, {});
  const std::string both = dir.write("both.pem", own.certificate_pem + own.private_key_pem);

  BOOST_TEST(code_of_create({{&TlsOptions::client_cert_file, own.certificate_file},
                             {&TlsOptions::client_key_file, own.private_key_file}}) == "OK");
  BOOST_TEST(code_of_create({{&TlsOptions::client_cert_file, both}}) == "OK");
  BOOST_TEST(code_of_create({{&TlsOptions::client_cert_file, own.certificate_file}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::client_cert_file, dir.file("missing")}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::client_key_file, own.private_key_file}}) == "CONFIG_ERROR");
  BOOST_TEST(code_of_create({{&TlsOptions::client_cert_file, own.certificate_file},
                             {&TlsOptions::client_key_file, other.private_key_file}}) == "CONFIG_ERROR");
}

BOOST_AUTO_TEST_CASE(without_verification_any_certificate_is_taken_and_one_warning_is_written) {
  KeptLog log;
  CertificateFactory factory;
  const CertFiles wrong = factory.make_self_signed(
      {.names = {"other.test"}, .not_before = std::chrono::hours(-48), .not_after = std::chrono::hours(-24)});
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("one")).expect_request().send(ok_response("two"))},
      {.tls = wrong.identity()});
  const auto client = make_client([](Options& options) { options.tls.verify_ssl = false; });
  BOOST_TEST(fetch(client, server.url()).body() == "one");
  BOOST_TEST(fetch(client, server.url()).body() == "two");
  BOOST_TEST(log.lines.count("verify_ssl") == 1U);
}

BOOST_AUTO_TEST_CASE(client_certificate_is_shown_to_a_server_that_demands_one) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const CertFiles client_ca = factory.make_ca({.common_name = "client CA"});
  const CertFiles own = factory.make_leaf(client_ca, {.common_name = "a client"});
  const CertFiles foreign = factory.make_leaf(ca, {.common_name = "a client of another CA"});
  const ScriptedServerOptions demanding{.tls = factory.make_leaf(ca, loopback_names()).identity(),
                                        .client_ca_pem = client_ca.certificate_pem};
  struct Row {
    const CertFiles* identity;
    const char* code;
  };
  for (const Row& row : {Row{nullptr, "CLIENT_CERT"}, Row{&foreign, "CLIENT_CERT"}, Row{&own, "OK"}}) {
    const ScriptedServer server({Script{}.expect_request().send(ok_response("hello"))}, demanding);
    const auto client = make_client([&](Options& options) {
      options.tls.ca_file = ca.certificate_file;
      if (row.identity == nullptr) return;
      options.tls.client_cert_file = row.identity->certificate_file;
      options.tls.client_key_file = row.identity->private_key_file;
    });
    BOOST_TEST(fetch(client, server.url()).code() == row.code);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
