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

BOOST_AUTO_TEST_CASE(every_file_that_is_none_is_refused_by_the_name_of_its_option_and_not_by_its_content) {
  const TempDir dir;
  CertificateFactory factory;
  const CertFiles own = factory.make_leaf(factory.make_ca(), {});
  const std::string crl = CertificateFactory::make_crl(factory.make_ca(), {});
  const auto half = [](const std::string& pem) { return pem.substr(0, pem.size() / 2); };
  struct Row {
    const char* option;
    std::string TlsOptions::*member;
    std::string good;
  };
  for (const Row& row :
       {Row{"ca_file", &TlsOptions::ca_file, own.certificate_pem}, Row{"crl_file", &TlsOptions::crl_file, crl},
        Row{"client_cert_file", &TlsOptions::client_cert_file, own.certificate_pem},
        Row{"client_key_file", &TlsOptions::client_key_file, own.private_key_pem}}) {
    for (const std::string& path : {dir.file("missing"), dir.path().string(), dir.write("empty", ""),
                                    dir.write("text", "secret content\n"), dir.write("half", half(row.good)),
                                    dir.write("other", "-----BEGIN SECRET-----\nc2VjcmV0\n-----END SECRET-----\n")}) {
      for (const bool verify : {true, false}) {
        BOOST_TEST_CONTEXT(row.option << " " << path << (verify ? "" : " without verification")) {
          Options options;
          options.tls.verify_ssl = verify;
          options.tls.client_cert_file = own.certificate_file;
          options.tls.client_key_file = own.private_key_file;
          options.tls.*row.member = path;
          const auto client = Client::create(options);
          BOOST_REQUIRE(!client);
          BOOST_TEST((client.error().code == ErrorCode::config_error));
          BOOST_TEST((client.error().phase == Phase::config));
          BOOST_TEST(client.error().message.starts_with(row.option), client.error().message);
          BOOST_TEST(client.error().message.find("c2VjcmV0") == std::string::npos);
          BOOST_TEST(client.error().message.find("secret content") == std::string::npos);
        }
      }
    }
  }
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
