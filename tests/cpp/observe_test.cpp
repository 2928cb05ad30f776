// Events of calls, metrics, and secrets of the program.
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;

BOOST_FIXTURE_TEST_SUITE(observing, NoLeak)

BOOST_AUTO_TEST_CASE(lambda_hears_of_calls_and_ends_with_its_client) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  auto alive = std::make_shared<int>(0);
  std::mutex mutex;
  std::vector<std::string> urls;
  std::vector<ppn::CallEventType> types;
  {
    const ppn::HTTPClient client;
    client.on_call_event([&, alive](const ppn::CallEvent& event) {
      const std::lock_guard lock(mutex);
      urls.emplace_back(event.url());
      types.push_back(event.type());
    });
    BOOST_TEST(alive.use_count() == 2);
    BOOST_TEST(client.get(server.url("/?key=12345678")).status() == 200);
    client.on_call_event([alive](ppn::CallEvent) { throw std::runtime_error("nobody hears this"); });
    BOOST_TEST(alive.use_count() == 2);
    BOOST_TEST(client.get(server.url()).status() == 200);
    client.clear_call_events();
    BOOST_TEST(alive.use_count() == 1);
    BOOST_TEST(client.get(server.url()).status() == 200);
  }
  const std::lock_guard lock(mutex);
  for (const std::string& url : urls) BOOST_TEST(url == server.url("/?key=REDACTED"));
  if (!types.empty()) {
    BOOST_TEST((types.front() == ppn::CallEventType::begin));
    BOOST_TEST((types.back() == ppn::CallEventType::end));
  }
}

BOOST_AUTO_TEST_CASE(event_without_a_call_says_nothing) {
  const ppn::CallEvent event;
  BOOST_TEST(event.url().empty());
  BOOST_TEST(event.detail().empty());
  BOOST_TEST(event.time().count() == 0.0);
  BOOST_TEST(!event.delay());
  BOOST_TEST(std::string(event.delay_source()) == "none");
}

BOOST_AUTO_TEST_CASE(metrics_are_texts) {
  const ppn::HTTPClient client;
  const ppn::Json json = ppn::Json::parse(client.metrics_json());
  BOOST_TEST(json.get<std::string>("/metrics/0/name") == "http.client.request.duration");
  BOOST_TEST(client.metrics_prometheus().find("\nhttp_client_active_requests 0\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(secrets_of_the_program_are_hidden_until_they_are_forgotten) {
  ppn::register_secret("my secret");
  BOOST_TEST(ppn::redact_text("my secret, my%20secret, bXkgc2VjcmV0") == "***, ***, ***");
  ppn::forget_secret("my secret");
  BOOST_TEST(ppn::redact_text("my secret") == "my secret");
  BOOST_TEST(code_of([] { ppn::register_secret("short"); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([] { ppn::forget_secret("my secret"); }) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_SUITE_END()
