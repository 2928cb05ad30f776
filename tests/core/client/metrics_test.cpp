// What a client counts, and how it is written down.
#include "client/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/secret_registry.hpp"
#include "codec/json.hpp"

namespace ppn::test {
namespace {

Url url_of(std::string_view text) {
  return *parse_url(text);
}

// The line of Prometheus that begins with `start`, without it; "(none)" when there is none.
std::string line_of(const Metrics& metrics, const std::string& start) {
  const std::string text = "\n" + metrics.to_prometheus({});
  const std::size_t at = text.find("\n" + start + " ");
  if (at == std::string::npos) return "(none)";
  const std::size_t begin = at + start.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::size_t occurrences(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

const std::string kGet =
    R"({http_request_method="GET",server_address="example.com",server_port="443",url_scheme="https",)"
    R"(http_response_status_code="200")";

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(duration_falls_into_the_bucket_whose_bound_it_does_not_exceed) {
  Metrics metrics;
  const Url url = url_of("https://example.com/");
  const auto call = [&](Nanos duration) {
    metrics.call_begins();
    metrics.record({.method = "GET", .url = &url, .status = 200, .duration = duration});
  };
  call(0);
  call(5 * kMillisecond);
  call(5 * kMillisecond + 1);
  call(10 * kSecond);
  call(10 * kSecond + 1);
  const std::string name = "http_client_request_duration_seconds";
  const std::vector<std::pair<std::string, std::string>> expected{
      {"0.005", "2"}, {"0.01", "3"}, {"0.025", "3"}, {"0.05", "3"}, {"0.075", "3"},
      {"0.1", "3"},   {"0.25", "3"}, {"0.5", "3"},   {"0.75", "3"}, {"1", "3"},
      {"2.5", "3"},   {"5", "3"},    {"7.5", "3"},   {"10", "4"},   {"+Inf", "5"}};
  for (const auto& [bound, count] : expected) {
    BOOST_TEST(line_of(metrics, name + "_bucket" + kGet + ",le=\"" + bound + "\"}") == count, bound);
  }
  BOOST_TEST(line_of(metrics, name + "_count" + kGet + "}") == "5");
  BOOST_TEST(line_of(metrics, name + "_sum" + kGet + "}") == "20.010000002");
  const auto json = JsonDocument::parse(metrics.to_json({}));
  BOOST_REQUIRE(json.ok());
  BOOST_TEST(json->find("/metrics/0/bounds")->to_text() ==
             "[0.005,0.01,0.025,0.05,0.075,0.1,0.25,0.5,0.75,1,2.5,5,7.5,10]");
  BOOST_TEST(json->find("/metrics/0/points/0/bucket_counts")->to_text() == "[2,1,0,0,0,0,0,0,0,0,0,0,0,1,1]");
}

BOOST_AUTO_TEST_CASE(each_set_of_attributes_is_counted_for_itself) {
  Metrics metrics;
  const Url https = url_of("https://example.com/");
  const Url http = url_of("http://example.com:8080/");
  metrics.record({.method = "GET", .url = &https, .status = 200});
  metrics.record({.method = "GET", .url = &https, .status = 200});
  metrics.record({.method = "POST", .url = &https, .status = 503});
  metrics.record({.method = "SECRET-METHOD", .url = &http, .code = ErrorCode::connect_timeout});
  metrics.record({.method = "get", .url = &http, .status = 200, .code = ErrorCode::body_truncated});
  const std::string name = "http_client_request_duration_seconds_count";
  BOOST_TEST(line_of(metrics, name + kGet + "}") == "2");
  BOOST_TEST(line_of(metrics, name + R"({http_request_method="POST",server_address="example.com",server_port="443",)"
                                     R"(url_scheme="https",http_response_status_code="503",error_type="503"})") == "1");
  BOOST_TEST(line_of(metrics, name + R"({http_request_method="_OTHER",server_address="example.com",server_port="8080",)"
                                     R"(url_scheme="http",error_type="CONNECT_TIMEOUT"})") == "1");
  BOOST_TEST(
      line_of(metrics, name + R"({http_request_method="_OTHER",server_address="example.com",server_port="8080",)"
                              R"(url_scheme="http",http_response_status_code="200",error_type="BODY_TRUNCATED"})") ==
      "1");
  BOOST_TEST(occurrences(metrics.to_prometheus({}), name) == 4U);
  BOOST_TEST(metrics.to_json({}).find("SECRET-METHOD") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(sets_of_attributes_beyond_the_limit_are_counted_as_one) {
  Metrics metrics;
  for (int i = 0; i < 300; ++i) {
    const Url url = url_of("https://host" + std::to_string(i) + ".example/");
    for (int n = 0; n < 2; ++n) metrics.record({.method = "GET", .url = &url, .status = 200});
  }
  const std::string name = "http_client_request_duration_seconds_count";
  const std::string text = metrics.to_prometheus({});
  BOOST_TEST(occurrences(text, name) == Metrics::kMaxSeries + 1);
  BOOST_TEST(line_of(metrics, name + R"({otel_metric_overflow="true"})") == "88");
  BOOST_TEST(line_of(metrics, name + R"({http_request_method="GET",server_address="host255.example",server_port="443",)"
                                     R"(url_scheme="https",http_response_status_code="200"})") == "2");
  BOOST_TEST(text.find("host256.example") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(labels_are_escaped_and_hold_no_secret) {
  const SecretRegistration registered("secret-host.example");
  Metrics metrics;
  Url strange;
  strange.scheme = Scheme::https;
  strange.host = "a\"b\\c\nd";
  Url secret = strange;
  secret.host = "secret-host.example";
  metrics.record({.method = "GET", .url = &strange, .status = 200});
  metrics.record({.method = "GET", .url = &secret, .status = 200});
  metrics.record({.method = "GET", .url = &secret, .status = 200});
  const std::string text = metrics.to_prometheus({});
  BOOST_TEST(text.find(R"(server_address="a\"b\\c\nd",)") != std::string::npos);
  BOOST_TEST(text.find("secret-host") == std::string::npos);
  BOOST_TEST(line_of(metrics, R"(http_client_request_duration_seconds_count{http_request_method="GET",)"
                              R"(server_address="***",server_port="0",url_scheme="https",)"
                              R"(http_response_status_code="200"})") == "2");
  const auto json = JsonDocument::parse(metrics.to_json({}));
  BOOST_REQUIRE(json.ok());
  BOOST_TEST(metrics.to_json({}).find("secret-host") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(times_that_were_not_taken_do_not_count) {
  Metrics metrics;
  const Url url = url_of("https://example.com/");
  metrics.record({.method = "GET", .url = &url, .status = 200, .duration = kSecond});
  metrics.record({.method = "GET",
                  .url = &url,
                  .status = 200,
                  .duration = kSecond,
                  .time_to_first_byte = kSecond / 4,
                  .time_to_first_event = kSecond / 2,
                  .time_in_queue = 0,
                  .dns = kMillisecond,
                  .connect = 2 * kMillisecond,
                  .limiter_wait = 3 * kMillisecond,
                  .attempts = 3,
                  .sent_bytes = 10,
                  .received_bytes = 20,
                  .stream = true});
  for (const auto& [name, sum] :
       std::vector<std::pair<std::string, std::string>>{{"ppn_client_time_to_first_byte_seconds", "0.25"},
                                                        {"ppn_client_time_to_first_event_seconds", "0.5"},
                                                        {"http_client_request_time_in_queue_seconds", "0"},
                                                        {"dns_lookup_duration_seconds", "0.001"},
                                                        {"ppn_client_connect_duration_seconds", "0.002"},
                                                        {"ppn_client_rate_limit_wait_seconds", "0.003"}}) {
    BOOST_TEST(line_of(metrics, name + "_count") == "1", name);
    BOOST_TEST(line_of(metrics, name + "_sum") == sum, name);
  }
  BOOST_TEST(line_of(metrics, "ppn_client_attempts_total") == "4");
  BOOST_TEST(line_of(metrics, "ppn_client_streams_total") == "1");
  BOOST_TEST(line_of(metrics, "ppn_client_sent_bytes_total") == "10");
  BOOST_TEST(line_of(metrics, "ppn_client_received_bytes_total") == "20");
}

BOOST_AUTO_TEST_CASE(decisions_are_counted_by_their_reason) {
  Metrics metrics;
  metrics.count_retry(OutcomeClass::status_retryable);
  metrics.count_retry(OutcomeClass::status_retryable);
  metrics.count_retry(OutcomeClass::fatal);
  metrics.count_stop(StopReason::budget);
  metrics.count_stop(StopReason::cancelled);
  metrics.count_breaker(BreakerChange::half_opened);
  metrics.count_hedge();
  metrics.count_limiter_refusal();
  BOOST_TEST(line_of(metrics, R"(ppn_client_retries_total{reason="status_retryable"})") == "2");
  BOOST_TEST(line_of(metrics, R"(ppn_client_retries_total{reason="not_sent"})") == "0");
  BOOST_TEST(line_of(metrics, R"(ppn_client_retries_total{reason="fatal"})") == "1");
  BOOST_TEST(line_of(metrics, R"(ppn_client_retry_stops_total{reason="budget"})") == "1");
  BOOST_TEST(line_of(metrics, R"(ppn_client_retry_stops_total{reason="cancelled"})") == "1");
  BOOST_TEST(line_of(metrics, R"(ppn_client_retry_stops_total{reason="none"})") == "(none)");
  BOOST_TEST(line_of(metrics, R"(ppn_client_breaker_transitions_total{state="half_opened"})") == "1");
  BOOST_TEST(line_of(metrics, "ppn_client_hedges_total") == "1");
  BOOST_TEST(line_of(metrics, "ppn_client_rate_limit_refusals_total") == "1");
}

BOOST_AUTO_TEST_CASE(gauges_tell_of_this_moment) {
  Metrics metrics;
  const Url url = url_of("https://example.com/");
  metrics.call_begins();
  metrics.call_begins();
  metrics.record({.method = "GET", .url = &url, .status = 200});
  const std::string text = metrics.to_prometheus({.active = 3, .idle = 4});
  BOOST_TEST(text.find("# TYPE http_client_active_requests gauge\nhttp_client_active_requests 1\n") != text.npos);
  BOOST_TEST(text.find("http_client_open_connections{http_connection_state=\"active\"} 3\n") != text.npos);
  BOOST_TEST(text.find("http_client_open_connections{http_connection_state=\"idle\"} 4\n") != text.npos);
}

BOOST_AUTO_TEST_CASE(every_line_of_prometheus_is_well_formed) {
  Metrics metrics;
  const Url url = url_of("https://example.com/");
  metrics.record({.method = "GET", .url = &url, .status = 200, .duration = 1});
  std::string text = metrics.to_prometheus({});
  BOOST_TEST(text.ends_with('\n'));
  std::string family;
  while (!text.empty()) {
    const std::string line = text.substr(0, text.find('\n'));
    text.erase(0, line.size() + 1);
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      BOOST_TEST(line.size() > 8 + family.size());
    } else if (line.starts_with("# TYPE ")) {
      BOOST_TEST(line.starts_with("# TYPE " + family + " "), line);
    } else {
      BOOST_TEST(line.starts_with(family), line);
      const std::string value = line.substr(line.rfind(' ') + 1);
      BOOST_TEST(value.find_first_not_of("0123456789.e-") == value.npos, line);
    }
  }
  BOOST_TEST(JsonDocument::parse(metrics.to_json({})).ok());
}

BOOST_AUTO_TEST_CASE(threads_that_record_at_the_same_time_lose_nothing) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics, t] {
      for (int i = 0; i < 1'000; ++i) {
        const Url url = *parse_url("http://h" + std::to_string((i + t) % 400) + "/");
        metrics.record({.method = "GET", .url = &url, .status = 200});
      }
    });
  }
  std::string seen = metrics.to_json({});
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(JsonDocument::parse(seen).ok());
  const auto json = JsonDocument::parse(metrics.to_json({}));
  BOOST_REQUIRE(json.ok());
  std::int64_t sum = 0;
  const std::size_t points = json->find("/metrics/0/points")->size();
  BOOST_TEST(points == Metrics::kMaxSeries + 1);
  for (std::size_t i = 0; i < points; ++i) {
    sum += *json->find("/metrics/0/points/" + std::to_string(i) + "/count")->as_int64();
  }
  BOOST_TEST(sum == 4'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
