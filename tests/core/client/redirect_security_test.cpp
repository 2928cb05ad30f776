// What a redirect can not make of a call (SEMANTICS 3.10): every assertion about a secret is one about the bytes that the
// other server got.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/secret_registry.hpp"
#include "client/auth_middleware.hpp"
#include "client/presets.hpp"
#include "core/client/answers.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "core/client/middleware_calls.hpp"
#include "core/client/redirects.hpp"
#include "core/client/unix_relay.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

const std::string kSecret = "s3cr3t-of-the-first-origin";

const std::vector<std::pair<std::string, std::string>> kCredentials{
    {"Authorization", "Bearer " + kSecret},
    {"Proxy-Authorization", "Basic " + kSecret},
    {"Cookie", "a=" + kSecret},
    {"cookie2", "plain"},
    {"api-key", kSecret},
    {"X-Api-Key", kSecret},
    {"x-goog-api-key", kSecret},
    {"X-Amz-Security-Token", kSecret},
    {"X-Vendor-Session", kSecret},
    {"X-Signature", kSecret},
    {"Accept-Language", "de"},
};

struct Origins : EngineFixture {
  CertificateFactory factory;
  CertFiles ca = factory.make_ca();
  ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();

  std::shared_ptr<Client> trusting(const std::function<void(Options&)>& adjust = {}) const {
    return make_client([&](Options& options) {
      options.tls.ca_file = ca.certificate_file;
      if (adjust) adjust(options);
    });
  }
};

void check_clean(const std::vector<std::string>& requests) {
  BOOST_TEST(!requests.empty());
  for (const std::string& request : requests) {
    BOOST_TEST(!has(request, kSecret), request);
    BOOST_TEST(!has(request, "uthorization"), request);
    BOOST_TEST(!has(request, "Referer"), request);
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(redirect_security, Origins)

BOOST_AUTO_TEST_CASE(credentials_stay_with_the_origin_whatever_part_of_it_changes) {
  for (const char* change : {"port", "host", "scheme"}) {
    BOOST_TEST_CONTEXT(change) {
      const bool secure = change == std::string("scheme");
      const ScriptedServer other({answering_ok("there")}, {.tls = secure ? identity : ServerIdentity{}});
      const std::string there =
          change == std::string("host") ? other.url_with_host("localhost", "/x") : other.url("/x");
      const ScriptedServer first({Script{}.expect_request().send(moved(307, there))});
      const Outcome outcome =
          fetch(trusting(), {.url = first.url(), .method = "POST", .headers = kCredentials, .body = "b"});
      BOOST_TEST_REQUIRE(outcome.body() == "there");
      BOOST_TEST(outcome.response->url.text() == there);
      BOOST_TEST(has(first.requests().at(0), kSecret));
      check_clean(other.requests());
      BOOST_TEST(has(other.requests().at(0), "\r\nAccept-Language: de\r\n"));
      BOOST_TEST(other.requests().at(0).ends_with("\r\n\r\nb"));
    }
  }
}

// One server plays both origins: over a Unix socket it has any name.
BOOST_AUTO_TEST_CASE(credentials_do_not_come_back_with_a_later_hop) {
  const ScriptedServer server(
      {answering_with(302, "Location: http://b.example/\r\n"),
       answering_with(302, "Location: http://a.example/back\r\n"),
       Script{}.expect_request().send(moved(307, "/home")).expect_request().send(ok_response("home"))});
  const TempDir dir;
  const std::string path = dir.file("socket");
  const UnixRelay relay(path, server.port());
  const auto client = make_client([&](Options& options) { options.connection.unix_socket = path; });
  const Outcome outcome = fetch(client, {.url = "http://a.example/", .headers = kCredentials});
  BOOST_TEST_REQUIRE(outcome.body() == "home");
  BOOST_TEST(outcome.response->redirects == 3);
  const std::vector<std::string> requests = server.requests();
  BOOST_TEST(paths_of(requests) == (std::vector<std::string>{"/", "/", "/back", "/home"}),
             boost::test_tools::per_element());
  BOOST_TEST(has(requests.at(0), kSecret));
  check_clean({requests.begin() + 1, requests.end()});
}

BOOST_AUTO_TEST_CASE(key_of_the_client_does_not_come_back_with_a_later_hop) {
  const ScriptedServer server({answering_with(302, "Location: //b.example/\r\n"),
                               answering_with(302, "Location: //localhost/back\r\n"), answering_ok("home")});
  const TempDir dir;
  const std::string path = dir.file("socket");
  const UnixRelay relay(path, server.port());
  const auto client = make_client([&](Options& options) {
    options.connection.unix_socket = path;
    options.base_url = "http://localhost";
    options.api_key = Secret(kSecret);
  });
  BOOST_TEST(fetch(client, "x").body() == "home");
  const std::vector<std::string> requests = server.requests();
  BOOST_TEST_REQUIRE(requests.size() == 3U);
  BOOST_TEST(has(requests[0], kSecret));
  check_clean({requests.begin() + 1, requests.end()});
}

// A key that the library adds by itself goes to the origin of base_url, but not when another origin has asked for that.
BOOST_AUTO_TEST_CASE(key_of_the_client_stays_and_does_not_come_back) {
  for (const char* header : {"Authorization", "X-Plain"}) {
    const ScriptedServer other({Script{}.expect_request().send(ok_response("there"))});
    const ScriptedServer base(
        {Script{}.expect_request().send(moved(302, "/same")).expect_request().send(moved(302, other.url()))});
    const auto client = make_client([&](Options& options) {
      options.base_url = base.url();
      options.api_key = Secret(kSecret);
      options.api_key_header = header;
      options.api_key_scheme = "";
    });
    BOOST_TEST(fetch(client, "start").body() == "there");
    for (const std::string& request : base.requests()) BOOST_TEST(has(request, kSecret));
    BOOST_TEST(base.requests().size() == 2U);
    check_clean(other.requests());
    BOOST_TEST(!has(other.requests().at(0), "X-Plain"));
  }
}

BOOST_AUTO_TEST_CASE(key_goes_to_no_base_that_another_origin_has_led_to) {
  const ScriptedServer base({answering_ok("base")});
  const ScriptedServer other({Script{}.expect_request().send(moved(302, base.url("/delete-all")))});
  const auto client = make_client([&](Options& options) {
    options.base_url = base.url();
    options.api_key = Secret(kSecret);
  });
  BOOST_TEST(fetch(client, other.url()).body() == "base");
  check_clean(base.requests());
  check_clean(other.requests());
}

BOOST_AUTO_TEST_CASE(header_with_a_secret_that_was_registered_stays_whatever_its_name) {
  const SecretRegistration registered(kSecret);
  const ScriptedServer other({answering_ok("there")});
  const ScriptedServer first({Script{}.expect_request().send(moved(302, other.url()))});
  BOOST_TEST(fetch(make_client(), {.url = first.url(), .headers = {{"X-Mine", "v1 " + kSecret}, {"X-Other", "kept"}}})
                 .body() == "there");
  BOOST_TEST(has(first.requests().at(0), "\r\nX-Mine: v1 " + kSecret));
  check_clean(other.requests());
  BOOST_TEST(has(other.requests().at(0), "\r\nX-Other: kept\r\n"));
}

BOOST_AUTO_TEST_CASE(downgrade_is_refused_unless_it_is_allowed) {
  for (const bool allowed : {false, true}) {
    const ScriptedServer plain({answering_ok("plain")});
    const ScriptedServer secure({Script{}.expect_request().send(moved(302, plain.url()))}, {.tls = identity});
    const Outcome outcome = fetch(trusting(), {.url = secure.url(),
                                               .headers = kCredentials,
                                               .options = {{"redirect_allow_downgrade", allowed ? "true" : "false"}}});
    BOOST_TEST_REQUIRE(outcome.code() == (allowed ? "OK" : "REDIRECT_BLOCKED"));
    BOOST_TEST(plain.connections() == (allowed ? 1 : 0));
    if (allowed) {
      check_clean(plain.requests());
    } else {
      BOOST_TEST(outcome.error->http_status == 302);
      BOOST_TEST(!outcome.error->retryable);
      BOOST_TEST(outcome.error->url.starts_with("https://"));
    }
  }
}

BOOST_AUTO_TEST_CASE(address_of_a_hop_is_judged_as_that_of_the_call) {
  const ScriptedServer other({answering_ok("never")});
  const ScriptedServer first({Script{}.expect_request().send(moved(302, other.url_with_host("inside.example")))});
  const auto client = make_client([&](Options& options) {
    options.connection.network_policy = NetworkPolicy::public_only;
    options.connection.allow_addresses = "127.0.0.1:" + std::to_string(first.port());
    options.connection.resolve = "inside.example:" + std::to_string(other.port()) + ":127.0.0.1";
  });
  const Outcome outcome = fetch(client, first.url());
  BOOST_TEST_REQUIRE(outcome.code() == "ADDRESS_DENIED");
  BOOST_TEST(outcome.phase() == "connect");
  BOOST_TEST(other.connections() == 0);
  BOOST_TEST(first.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(certificate_of_a_hop_is_verified) {
  const ScriptedServer other({answering_ok("never")}, {.tls = identity});
  const ScriptedServer first({Script{}.expect_request().send(moved(302, other.url()))});
  BOOST_TEST(fetch(make_client(), first.url()).code() == "CERT_UNTRUSTED");
  BOOST_TEST(other.requests().empty());
}

BOOST_AUTO_TEST_CASE(stream_leaves_its_credentials_behind_too) {
  const ScriptedServer other({Script{}.expect_request().send(events_head + chunk("data: 1\n\n") + last_chunk)});
  const ScriptedServer first({Script{}.expect_request().send(moved(302, other.url()))});
  const Outcome outcome =
      fetch(make_client(), {.url = first.url(), .delivery = Delivery::events, .headers = kCredentials});
  BOOST_TEST(outcome.events.size() == 1U);
  check_clean(other.requests());
}

BOOST_AUTO_TEST_CASE(api_client_follows_five_redirects_of_get_and_none_of_post) {
  const Result<Options> options =
      api_client_options("https://api.example", kSecret, [](const char*) -> const char* { return nullptr; });
  BOOST_TEST_REQUIRE(options.ok());
  BOOST_TEST(options->request.redirect.max_redirects == 5);
  BOOST_TEST(options->request.redirect.safe_methods_only);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(redirect_security_of_middleware, MiddlewareCalls)

BOOST_AUTO_TEST_CASE(credential_that_middleware_adds_to_a_hop_stays) {
  const ScriptedServer other({answering_ok("there")});
  const ScriptedServer first({Script{}.expect_request().send(moved(302, other.url()))});
  add("careless", Middleware::Kind::attempt)->on_before = [](MiddlewareContext& context) {
    static_cast<void>(context.set_header("Authorization", "Bearer " + kSecret));
    return Middleware::Step::done;
  };
  BOOST_TEST(fetch(client, first.url()).body() == "there");
  BOOST_TEST(has(first.requests().at(0), kSecret));
  check_clean(other.requests());
}

BOOST_AUTO_TEST_CASE(token_in_a_header_of_any_name_stays) {
  for (const bool refreshed : {true, false}) {
    const ScriptedServer other({answering_ok("there")});
    const ScriptedServer first({Script{}.expect_request().send(moved(302, other.url()))});
    client = make_client();
    const CredentialSlot slot = *CredentialSlot::create(first.url(), "X-Plain", "");
    client->add_middleware(refreshed ? std::shared_ptr<Middleware>(*TokenRefresh::create(slot, kSecret))
                                     : *make_auth_middleware(slot, kSecret));
    BOOST_TEST(fetch(client, first.url()).body() == "there");
    BOOST_TEST(has(first.requests().at(0), kSecret));
    check_clean(other.requests());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
