// HTTPS through the C ABI: verified unless switched off, refused by name.
#include <openssl/err.h>

#include <functional>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

struct Https : NoLeak {
  CertificateFactory factory;
  CertFiles ca = factory.make_ca();

  // A server with a certificate of this CA.
  ScriptedServerOptions with(const CertificateOptions& options) {
    return {.tls = factory.make_leaf(ca, options).identity(), .repeat_last = true};
  }
  Client trusting() { return make_client(R"({"ca_file": ")" + ca.certificate_file + "\"}"); }
};

struct Outcome {
  int32_t code = -1;
  Response response;
  ErrorHandle error;
};

Outcome get(const Client& client, const std::string& url) {
  const Request request = make_request(client, "GET", url);
  Outcome outcome;
  outcome.code = ppn_request_send(request.get(), outcome.response.out(), outcome.error.out());
  return outcome;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(https, Https)

BOOST_AUTO_TEST_CASE(verified_call_returns_its_response) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("secret"))}, with(loopback_names()));
  const Client client = trusting();
  for (const std::string& url : {server.url(), server.url_with_host("localhost")}) {
    const Outcome outcome = get(client, url);
    BOOST_TEST(outcome.code == PPN_OK, ppn_error_message(outcome.error.get()));
    BOOST_TEST(body_of(outcome.response.get()) == "secret");
    BOOST_TEST(ppn_response_timing_ms(outcome.response.get(), PPN_TIMING_TLS) > 0.0);
  }
}

BOOST_AUTO_TEST_CASE(certificate_of_an_unknown_ca_is_refused) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with(loopback_names()));
  const Outcome outcome = get(make_client(), server.url());
  BOOST_TEST(outcome.code == PPN_E_CERT_UNTRUSTED);
  BOOST_TEST(std::string(ppn_error_phase(outcome.error.get())) == "tls");
  BOOST_TEST(ppn_error_tls_error(outcome.error.get()) != 0U);
  BOOST_TEST(ppn_error_sent(outcome.error.get()) == PPN_SENT_NONE);
  BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(certificate_for_another_name_is_refused) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with({.names = {"other.test"}}));
  BOOST_TEST(get(trusting(), server.url_with_host("localhost")).code == PPN_E_CERT_HOSTNAME);
  BOOST_TEST(get(trusting(), server.url()).code == PPN_E_CERT_HOSTNAME);
  BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(expired_certificate_is_refused) {
  CertificateOptions expired = loopback_names();
  expired.not_before = std::chrono::hours{-2};
  expired.not_after = std::chrono::hours{-1};
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with(expired));
  BOOST_TEST(get(trusting(), server.url()).code == PPN_E_CERT_EXPIRED);
  BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(verification_can_be_switched_off) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with({.names = {"other.test"}}));
  BOOST_TEST(get(make_client(R"({"verify_ssl": false})"), server.url()).code == PPN_OK);
}

BOOST_AUTO_TEST_CASE(response_tells_what_the_handshake_agreed_on) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x", "Connection: close\r\n"))},
                              with(loopback_names()));
  const Client client = trusting();
  for (const int32_t resumed : {0, 1}) {
    const Outcome outcome = get(client, server.url());
    BOOST_TEST(outcome.code == PPN_OK);
    BOOST_TEST(std::string(ppn_response_tls_version(outcome.response.get())) == "TLSv1.3");
    BOOST_TEST(std::string(ppn_response_tls_cipher(outcome.response.get())).starts_with("TLS_"));
    BOOST_TEST(ppn_response_tls_resumed(outcome.response.get()) == resumed);
    BOOST_TEST(ppn_response_tls_verified(outcome.response.get()) == 1);
  }
  const Outcome unverified = get(make_client(R"({"verify_ssl": false})"), server.url());
  BOOST_TEST(ppn_response_tls_verified(unverified.response.get()) == 0);
  BOOST_TEST(std::string(ppn_response_tls_version(unverified.response.get())) == "TLSv1.3");
  const ScriptedServer plain({Script{}.expect_request().send(http_ok("x"))});
  const Outcome bare = get(client, plain.url());
  BOOST_TEST(std::string(ppn_response_tls_version(bare.response.get())).empty());
  BOOST_TEST(std::string(ppn_response_tls_cipher(bare.response.get())).empty());
  BOOST_TEST(ppn_response_tls_resumed(bare.response.get()) == 0);
  BOOST_TEST(ppn_response_tls_verified(bare.response.get()) == 0);
}

BOOST_AUTO_TEST_CASE(pins_and_key_password_are_options_of_the_table) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with(loopback_names()));
  const std::string ca_file = R"({"ca_file": ")" + ca.certificate_file + "\"";
  const Client pinned = make_client(ca_file + R"(, "pinned_public_keys": ")" + pin_of(ca.certificate_pem) + "\"}");
  BOOST_TEST(get(pinned, server.url()).code == PPN_E_PIN_MISMATCH);
  BOOST_TEST(server.requests().empty());

  Config config;
  BOOST_REQUIRE_EQUAL(ppn_config_new(config.out(), nullptr), PPN_OK);
  for (const char* name : {"client_key_pem", "client_key_password"}) {
    BOOST_TEST(ppn_config_set(config.get(), name, PPN_AUTO_LENGTH, "hush", 4, nullptr) == PPN_OK);
  }
  ErrorHandle error;
  Client client;
  BOOST_TEST(ppn_client_new(config.get(), client.out(), error.out()) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(std::string(ppn_error_message(error.get())).find("hush") == std::string::npos);
}

// A program that uses OpenSSL itself keeps its errors, whatever we do on its thread.
BOOST_AUTO_TEST_CASE(error_queue_of_the_program_is_left_as_it_is) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, with(loopback_names()));
  const auto errors_after = [](const std::function<void()>& work, std::size_t count) {
    ERR_clear_error();
    for (std::size_t i = 0; i < count; ++i) ERR_raise(ERR_LIB_USER, static_cast<int>(100 + i));
    work();
    std::vector<int> reasons;
    while (const unsigned long error = ERR_get_error()) reasons.push_back(ERR_GET_REASON(error));
    return reasons;
  };
  const std::function<void()> works[] = {
      [&] { trusting(); }, [&] { BOOST_TEST(get(trusting(), server.url()).code == PPN_OK); },
      [&] { get(make_client(R"({"max_retries": 0})"), "https://127.0.0.1:1/"); },  // reads the trust of the system
      [&] {
        for (const char* option : {"ca_file", "ca_pem", "client_cert_pem", "crl_file"}) {
          Config config;
          ppn_config_new(config.out(), nullptr);
          ppn_config_set(config.get(), option, PPN_AUTO_LENGTH, "/dev/null", PPN_AUTO_LENGTH, nullptr);
          Client client;
          ErrorHandle error;
          BOOST_TEST(ppn_client_new(config.get(), client.out(), error.out()) == PPN_E_CONFIG_ERROR);
          BOOST_TEST(std::string(ppn_error_message(error.get())).starts_with(option));
        }
      },
      [&] {
        Config config;
        ppn_config_new(config.out(), nullptr);
        const std::string broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        ppn_config_set(config.get(), "ca_pem", PPN_AUTO_LENGTH, broken.data(), broken.size(), nullptr);
        Client client;
        BOOST_TEST(ppn_client_new(config.get(), client.out(), nullptr) == PPN_E_CONFIG_ERROR);
      }};
  for (const auto& work : works) {
    BOOST_TEST(errors_after(work, 0) == std::vector<int>{}, boost::test_tools::per_element());
    const std::vector<int> own{100, 101, 102};
    BOOST_TEST(errors_after(work, 3) == own, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(stream_over_tls_ends_with_the_notice_of_its_end) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(open_head("text/event-stream"))
                                   .send_byte_by_byte("data: one\n\ndata: two\n\n")
                                   .close()},
                              with(loopback_names()));
  const Client client = trusting();
  const Request request = make_request(client, "GET", server.url());
  Stream stream;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_EVENTS, stream.out(), nullptr), PPN_OK);
  const ppn_event* piece = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "one");
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "two");
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_END);
}

BOOST_AUTO_TEST_CASE(handshake_that_stalls_ends_with_the_connect_timeout) {
  const ScriptedServer server({Script{}.stall_in_handshake()}, with(loopback_names()));
  const Outcome outcome = get(make_client(R"({"connect_timeout_ms": 300, "max_retries": 0})"), server.url());
  BOOST_TEST(outcome.code == PPN_E_CONNECT_TIMEOUT);
  BOOST_TEST(std::string(ppn_error_phase(outcome.error.get())) == "tls");
}

BOOST_AUTO_TEST_SUITE_END()
