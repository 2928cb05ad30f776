// What a listener hears of a call, in which order, and what the metrics have counted after it.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/client/answers.hpp"
#include "core/client/engine.hpp"
#include "core/client/middleware_fixture.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Lines = std::vector<std::string>;

// One line for each event: its type, the attempt, and what belongs to the type.
class Listener final : public CallListener {
 public:
  void on_call_event(const CallEvent& event) noexcept override {
    std::string line = std::string(name_of(event.type)) + ' ' + std::to_string(event.attempt);
    switch (event.type) {
      case CallEventType::connect: line += event.reused ? " reused" : " new"; break;
      case CallEventType::first_byte: line += ' ' + std::to_string(event.status); break;
      case CallEventType::retry: line += ' ' + std::string(name_of(event.source)); [[fallthrough]];
      case CallEventType::attempt_end:
      case CallEventType::end:
        line += ' ' + std::to_string(event.status) + ' ' + std::string(describe(event.code).name);
        if (event.type != CallEventType::retry) line += ' ' + std::to_string(event.bytes);
        if (!event.detail.empty()) line += ' ' + std::string(event.detail);
        break;
      default: break;
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  Lines take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  Lines lines_;
};

struct Observed : EngineFixture {
  Observed() { BOOST_REQUIRE(client->set_listener(listener).ok()); }

  void check(const Lines& expected) { BOOST_TEST(listener->take() == expected, boost::test_tools::per_element()); }
  bool counts(const std::string& line) const {
    return client->metrics_text(true).find(line + '\n') != std::string::npos;
  }

  const std::shared_ptr<Listener> listener = std::make_shared<Listener>();
  const std::shared_ptr<Client> client = make_client([](Options& options) {
    options.request.retry.max_retries = 1;
    options.request.retry.backoff_factor = 0.001;
  });
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(observation, Observed)

BOOST_AUTO_TEST_CASE(call_with_a_retry_is_told_step_by_step) {
  for (const bool sees_head : {false, true}) {
    const ScriptedServer server({answering_with(503, "", "busy"), answering_ok()});
    TestCall call(client, {.url = server.url()});
    call.start(sees_head);
    BOOST_TEST(call.finish().body() == "ok");
    check({"begin 0", "attempt 0", "connect 0 new", "sent 0", "first_byte 0 503", "attempt_end 0 503 OK 4",
           "retry 0 backoff 503 HTTP_UNAVAILABLE status_retryable", "attempt 1", "connect 1 new", "sent 1",
           "first_byte 1 200", "attempt_end 1 200 OK 2", "end 1 200 OK 2"});
  }
}

BOOST_AUTO_TEST_CASE(failure_is_told_with_its_code) {
  const ScriptedServer server({Script{}.expect_request().reset(), answering_with(500)});
  BOOST_TEST(fetch(client, server.url()).status() == 500);
  check({"begin 0", "attempt 0", "connect 0 new", "sent 0", "attempt_end 0 0 CONNECTION_RESET 0",
         "retry 0 backoff 0 CONNECTION_RESET sent_no_response", "attempt 1", "connect 1 new", "sent 1",
         "first_byte 1 500", "attempt_end 1 500 OK 0", "end 1 500 OK 0 max_retries"});
}

BOOST_AUTO_TEST_CASE(stream_is_told_from_its_first_piece_to_its_end) {
  const std::string event = "data: 1\n\n";
  const ScriptedServer server(
      {answering_with(200, "Content-Type: text/event-stream\r\n", event),
       Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close()});
  fetch(client, {.url = server.url(), .delivery = Delivery::events});
  check({"begin 0", "attempt 0", "connect 0 new", "sent 0", "first_byte 0 200", "first_event 0",
         "attempt_end 0 200 OK 9", "end 0 200 OK 9"});
  fetch(client, {.url = server.url(), .delivery = Delivery::chunks});
  check({"begin 0", "attempt 0", "connect 0 new", "sent 0", "first_byte 0 200", "first_event 0",
         "attempt_end 0 200 BODY_TRUNCATED 4", "end 0 200 BODY_TRUNCATED 4 committed"});
}

BOOST_AUTO_TEST_CASE(call_that_was_never_sent_is_told_without_an_attempt) {
  Lines nothing;
  const auto middleware = std::make_shared<FunctionMiddleware>("m", nothing, Middleware::Kind::application);
  middleware->on_before = [](MiddlewareContext& context) {
    static_cast<void>(context.respond(make_response(200, "made up")));
    return Step::done;
  };
  client->add_middleware(middleware);
  fetch(client, "http://127.0.0.1:1/");
  check({"begin 0", "end 0 200 OK 7"});
}

BOOST_AUTO_TEST_CASE(metrics_have_counted_what_has_happened) {
  const ScriptedServer server(
      {answering_with(503), answering_ok(), answering_with(500), answering_with(500), answering_with(404)});
  for (int i = 0; i < 3; ++i) fetch(client, server.url());
  BOOST_TEST(counts("ppn_client_retries_total{reason=\"status_retryable\"} 2"));
  BOOST_TEST(counts("ppn_client_retry_stops_total{reason=\"max_retries\"} 1"));
  BOOST_TEST(counts("ppn_client_retry_stops_total{reason=\"not_retryable\"} 1"));
  BOOST_TEST(counts("ppn_client_attempts_total 5"));
  const std::string labels =
      "http_client_request_duration_seconds_count{http_request_method=\"GET\",server_address=\""
      "127.0.0.1\",server_port=\"" +
      std::to_string(server.port()) + "\",url_scheme=\"http\",http_response_status_code=\"";
  BOOST_TEST(counts(labels + "200\"} 1"));
  BOOST_TEST(counts(labels + "500\",error_type=\"500\"} 1"));
  BOOST_TEST(counts(labels + "404\",error_type=\"404\"} 1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
