// The clients against the local AI server, over verified TLS.
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "cpp/cpp.hpp"
#include "support/ai_server.hpp"

using namespace cpp_test;

namespace {

const std::string kQuestion =
    R"({"model": "demo", "messages": [{"role": "user", "content": "Say something about pepper."}]})";
const std::string kStreamed =
    R"({"model": "demo", "stream": true, "messages": [{"role": "user", "content": "Say something about pepper."}]})";

struct Served : NoLeak {
  ppn::test::AiServer server;

  ppn::APIClient api(const std::string& key) {
    return {server.https_url("/v1"), key, ppn::NetworkConfig().ca_file(server.ca_file())};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ai_server, Served)

BOOST_AUTO_TEST_CASE(authenticated_completion_is_read_as_json) {
  const ppn::APIClient client = api(server.api_key());
  const ppn::Json models = client.get("models").raise_for_status().json();
  BOOST_TEST(!models.string("/data/0/id").empty());
  const ppn::Response response = client.post_json("chat/completions", kQuestion).raise_for_status();
  BOOST_TEST(response.json().string("/choices/0/message/role") == "assistant");
  BOOST_TEST(response.json().get<int64_t>("/usage/total_tokens") > 0);
  BOOST_TEST(response.reused());
  BOOST_TEST(!response.timings().tls.has_value());
}

BOOST_AUTO_TEST_CASE(streamed_completion_is_pulled_and_pushed_alike) {
  const ppn::APIClient client = api(server.api_key());
  std::vector<std::string> pulled;
  for (const ppn::Event& event : client.request("POST", "chat/completions").json(kStreamed).events()) {
    pulled.emplace_back(event.data());
  }
  BOOST_REQUIRE(pulled.size() > 2U);
  BOOST_TEST(pulled.back() == "[DONE]");
  std::size_t pushed = 0;
  auto future = client.request("POST", "chat/completions")
                    .json(kStreamed)
                    .on_event([&](const ppn::Event&) { ++pushed; })
                    .send_async();
  BOOST_TEST(future.get().status() == 200);
  BOOST_TEST(pushed == pulled.size());
}

BOOST_AUTO_TEST_CASE(wrong_key_is_an_authentication_error_with_the_words_of_the_server) {
  const ppn::APIClient client = api("wrong-key");
  try {
    client.post_json("chat/completions", kQuestion).raise_for_status();
    BOOST_ERROR("nothing was thrown");
  } catch (const ppn::AuthenticationError& error) {
    BOOST_REQUIRE((error.response() != nullptr));
    BOOST_TEST(error.response()->json().contains("/error/message"));
    BOOST_TEST(std::string(error.what()).find("wrong-key") == std::string::npos);
  }
  BOOST_CHECK_THROW(client.request("POST", "chat/completions").json(kStreamed).events().next(),
                    ppn::AuthenticationError);
}

BOOST_AUTO_TEST_CASE(response_tells_what_the_handshake_agreed_on) {
  const ppn::NetworkConfig config = ppn::NetworkConfig().ca_file(server.ca_file()).max_idle_connections(0);
  const ppn::HTTPClient client(config);
  for (const bool resumed : {false, true}) {
    const ppn::Response response = client.get(server.https_url("/v1/models"));
    BOOST_TEST(response.tls_version() == "TLSv1.3");
    BOOST_TEST(response.tls_cipher().substr(0, 4) == "TLS_");
    BOOST_TEST(response.tls_resumed() == resumed);
    BOOST_TEST(response.tls_verified());
  }
  const ppn::HTTPClient trusting_anyone(ppn::NetworkConfig().verify_ssl(false));
  const ppn::Response unverified = trusting_anyone.get(server.https_url("/v1/models"));
  BOOST_TEST(!unverified.tls_verified());
  BOOST_TEST(unverified.tls_version() == "TLSv1.3");
}

BOOST_AUTO_TEST_CASE(stalled_answer_ends_with_a_timeout_and_keeps_what_arrived) {
  const ppn::HTTPClient client(ppn::NetworkConfig().read_timeout(50ms));
  const auto error = error_of([&] { client.get(server.http_url("/stall")); });
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->code() == PPN_E_READ_TIMEOUT);
  BOOST_TEST(error->received_bytes() == 10U);
  BOOST_REQUIRE((error->response() != nullptr));
  BOOST_TEST(error->response()->header("x-request-id").has_value());
}

BOOST_AUTO_TEST_CASE(truncated_stream_is_an_error) {
  const ppn::StreamingClient client;
  BOOST_CHECK_THROW(
      {
        for ([[maybe_unused]] const std::string_view chunk : client.stream(server.http_url("/truncate"))) {
        }
      },
      ppn::ProtocolError);
}

BOOST_AUTO_TEST_SUITE_END()
