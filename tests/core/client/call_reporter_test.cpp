// What a listener hears of a call, and what the metrics learn of it.
#include "client/call_reporter.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "client/call_secrets.hpp"

namespace ppn::test {
namespace {

struct Heard {
  CallEventType type;
  std::uint64_t call_id;
  int attempt;
  std::string method;
  std::string url;
  int status;
  ErrorCode code;
  Nanos delay;
  DelaySource source;
  std::string detail;
  std::string remote;
  bool reused;
  std::uint64_t bytes;
};

class Recording final : public CallListener {
 public:
  void on_call_event(const CallEvent& event) noexcept override {
    last_at_in_order &= event.at >= last_at;
    last_at = event.at;
    all.push_back({event.type, event.call_id, event.attempt, std::string(event.method), std::string(event.url),
                   event.status, event.code, event.delay, event.source, std::string(event.detail),
                   std::string(event.remote), event.reused, event.bytes});
  }

  std::vector<Heard> all;
  Nanos last_at = 0;
  bool last_at_in_order = true;
};

std::shared_ptr<Client> make_client(Options options = {}) {
  return *Client::create(std::move(options));
}

HeaderList headers_with(std::string_view name, std::string_view value) {
  HeaderList headers;
  headers.add("Accept", "a-long-harmless-value");
  headers.add(name, value);
  return headers;
}

std::vector<std::string> secrets_of(const HeaderList& headers, std::string_view url = "https://h/") {
  const CallSecrets secrets(headers, *parse_url(url));
  const auto views = secrets.views();
  return {views.begin(), views.end()};
}

using Texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(call_reporter)

BOOST_AUTO_TEST_CASE(listener_hears_each_step_of_a_call) {
  const auto client = make_client();
  const auto listener = std::make_shared<Recording>();
  BOOST_REQUIRE(client->set_listener(listener).ok());
  const Url url = *parse_url("https://example.com/v1/s3cret-in-path?api_key=abc");
  const HeaderList headers = headers_with("Authorization", "Bearer s3cret-in-path");
  CallReporter reporter;
  reporter.begin(*client, "POST", url, headers, monotonic_now());
  reporter.attempt(0);
  reporter.rate_limit_wait(5 * kMillisecond, "model s3cret-in-path");
  reporter.connect("127.0.0.1:443", true);
  reporter.sent(100);
  reporter.first_byte(503, monotonic_now());
  reporter.attempt_end(503, ErrorCode::http_unavailable, 7);
  reporter.retry(OutcomeClass::status_retryable, kSecond, DelaySource::retry_after, 503, ErrorCode::http_unavailable);
  reporter.attempt(1);
  reporter.breaker_changed(BreakerChange::opened);
  reporter.breaker_refused("open");
  reporter.hedge(2 * kSecond);
  reporter.piece(monotonic_now());
  reporter.piece(monotonic_now());
  Timings timings;
  timings.set(Span::total, kSecond);
  reporter.end({.status = 200, .code = ErrorCode::cancelled, .stop = StopReason::budget, .received_bytes = 9}, timings);

  const auto& all = listener->all;
  const std::vector<std::string> names{"begin",      "attempt",     "rate_limit_wait", "connect", "sent",
                                       "first_byte", "attempt_end", "retry",           "attempt", "breaker",
                                       "breaker",    "hedge",       "first_event",     "end"};
  BOOST_REQUIRE_EQUAL(all.size(), names.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    BOOST_TEST(name_of(all[i].type) == names[i]);
    BOOST_TEST(all[i].call_id == 1U);
    BOOST_TEST(all[i].method == "POST");
    BOOST_TEST(all[i].url == "https://example.com/v1/***?api_key=REDACTED");
    BOOST_TEST(all[i].attempt == (i < 8 ? 0 : 1));
  }
  BOOST_TEST(listener->last_at_in_order);
  BOOST_TEST(all[2].delay == 5 * kMillisecond);
  BOOST_TEST(all[2].detail == "model ***");
  BOOST_TEST(all[3].remote == "127.0.0.1:443");
  BOOST_TEST(all[3].reused);
  BOOST_TEST(all[4].bytes == 100U);
  BOOST_TEST(all[5].status == 503);
  BOOST_TEST((all[6].code == ErrorCode::http_unavailable && all[6].bytes == 7));
  BOOST_TEST((all[7].delay == kSecond && all[7].source == DelaySource::retry_after));
  BOOST_TEST(all[7].detail == "status_retryable");
  BOOST_TEST(all[9].detail == "opened");
  BOOST_TEST((all[10].detail == "open" && all[10].code == ErrorCode::circuit_open));
  BOOST_TEST(all[11].delay == 2 * kSecond);
  BOOST_TEST((all[13].status == 200 && all[13].code == ErrorCode::cancelled && all[13].bytes == 9));
  BOOST_TEST(all[13].detail == "budget");
}

BOOST_AUTO_TEST_CASE(call_without_a_listener_is_counted_all_the_same) {
  const auto client = make_client();
  const Url url = *parse_url("http://example.com/");
  CallReporter reporter;
  const Nanos began = monotonic_now();
  reporter.begin(*client, "GET", url, {}, began);
  BOOST_TEST(!reporter.watched());
  reporter.attempt(0);
  reporter.rate_limit_wait(kMillisecond, "");
  reporter.rate_limit_wait(kMillisecond, "");
  reporter.first_byte(200, began + 2 * kMillisecond);
  reporter.first_byte(200, began + 9 * kMillisecond);
  reporter.piece(began + 4 * kMillisecond);
  reporter.piece(began + 8 * kMillisecond);
  reporter.retry(OutcomeClass::not_sent, 0, DelaySource::backoff, 0, ErrorCode::connect_failed);
  BOOST_TEST(client->metrics().to_prometheus({}).find("http_client_active_requests 1\n") != std::string::npos);
  Timings timings;
  timings.set(Span::total, kSecond);
  timings.set(Span::connect, kMillisecond);
  timings.set(Span::tls, kMillisecond);
  reporter.end({.status = 200, .code = ErrorCode::rate_limited, .attempts = 2, .stream = true}, timings);
  const std::string text = client->metrics().to_prometheus({});
  for (const char* line :
       {"http_client_active_requests 0\n", "ppn_client_time_to_first_byte_seconds_sum 0.002\n",
        "ppn_client_time_to_first_event_seconds_sum 0.004\n", "ppn_client_rate_limit_wait_seconds_sum 0.002\n",
        "ppn_client_rate_limit_wait_seconds_count 1\n", "ppn_client_connect_duration_seconds_sum 0.002\n",
        "ppn_client_attempts_total 2\n", "ppn_client_retries_total{reason=\"not_sent\"} 1\n",
        "ppn_client_rate_limit_refusals_total 1\n", "ppn_client_streams_total 1\n"}) {
    BOOST_TEST(text.find(line) != text.npos, line);
  }
}

BOOST_AUTO_TEST_CASE(listener_that_is_replaced_hears_of_its_call_to_the_end) {
  const auto client = make_client();
  const auto first = std::make_shared<Recording>();
  const auto second = std::make_shared<Recording>();
  const Url url = *parse_url("http://example.com/");
  BOOST_REQUIRE(client->set_listener(first).ok());
  CallReporter one;
  one.begin(*client, "GET", url, {}, monotonic_now());
  BOOST_REQUIRE(client->set_listener(second).ok());
  CallReporter two;
  two.begin(*client, "MYMETHOD", url, {}, monotonic_now());
  BOOST_REQUIRE(client->set_listener(nullptr).ok());
  BOOST_TEST(!client->watched());
  CallReporter three;
  three.begin(*client, "GET", url, {}, monotonic_now());
  for (CallReporter* reporter : {&one, &two, &three}) reporter->end({}, Timings());
  BOOST_REQUIRE_EQUAL(first->all.size(), 2U);
  BOOST_REQUIRE_EQUAL(second->all.size(), 2U);
  BOOST_TEST(second->all[0].call_id == 2U);
  BOOST_TEST(second->all[0].method == "_OTHER");
  BOOST_TEST(first.use_count() == 1);
  BOOST_TEST(second.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(credentials_of_a_request_are_found_in_its_head) {
  BOOST_TEST(secrets_of(headers_with("Authorization", "Bearer sk-12345678")) == Texts{"sk-12345678"},
             boost::test_tools::per_element());
  BOOST_TEST(secrets_of(headers_with("x-api-key", "0123456789")) == Texts{"0123456789"},
             boost::test_tools::per_element());
  BOOST_TEST(secrets_of(headers_with("Authorization", "Basic dXNlcjpwYXNzd29yZDE=")) ==
                 (Texts{"dXNlcjpwYXNzd29yZDE=", "password1"}),
             boost::test_tools::per_element());
  BOOST_TEST(secrets_of(headers_with("Cookie", "a=first-value; b=2; c=\"third-value\"")) ==
                 (Texts{"first-value", "\"third-value\""}),
             boost::test_tools::per_element());
  BOOST_TEST(secrets_of(headers_with("Authorization", "Bearer short")).empty());
  BOOST_TEST(secrets_of(headers_with("X-Harmless", "0123456789")).empty());
  BOOST_TEST(secrets_of({}, "https://h/?a=0123456789&key=with%20a%2Fslash") == Texts{"with a/slash"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(secrets_of_the_options_are_registered_as_long_as_a_client_lives) {
  BOOST_REQUIRE_EQUAL(registered_secrets(), 0U);
  Options options;
  options.base_url = "https://api.example/v1";
  options.api_key = Secret(std::string_view("the-api-key"));
  options.rate_limit.redis_url = Secret(std::string_view("redis://user:pass%2Fword@127.0.0.1:6379/0"));
  {
    const auto one = make_client(options);
    const auto two = make_client(options);
    BOOST_TEST(registered_secrets() == 2U);
    BOOST_TEST(scrub("the-api-key, pass/word, pass%2fword") == "***, ***, ***");
  }
  BOOST_TEST(registered_secrets() == 0U);
}

BOOST_AUTO_TEST_CASE(texts_of_an_error_lose_the_secrets_of_its_call) {
  Error error(ErrorCode::http_unauthorized, Phase::deliver, "bad key my-secret-key");
  error.provider_message = "Incorrect API key provided: my-secret-key (sk-abcdefgh)";
  error.provider_code = "my-secret-key";
  error.request_id = "id-my-secret-key";
  error.url = "https://h/my%2Dsecret-key";
  scrub_error(error, CallSecrets(headers_with("api-key", "my-secret-key"), *parse_url("https://h/")));
  BOOST_TEST(error.message == "bad key ***");
  BOOST_TEST(error.provider_message == "Incorrect API key provided: *** (sk-***)");
  BOOST_TEST(error.provider_code == "***");
  BOOST_TEST(error.request_id == "id-***");
  BOOST_TEST(error.url == "https://h/***");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
