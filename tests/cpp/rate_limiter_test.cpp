#include <boost/test/unit_test.hpp>
#include <utility>

#include "cpp/cpp.hpp"

using namespace cpp_test;

BOOST_FIXTURE_TEST_SUITE(rate_limiter, NoLeak)

BOOST_AUTO_TEST_CASE(permits_pass_up_to_the_burst_and_end_with_their_object) {
  const ppn::RateLimiter limiter(0.001, 2);
  {
    const auto permit = limiter.wait("scope");
    BOOST_TEST(limiter.count(ppn::RateCount::in_flight) == 1);
  }
  BOOST_TEST(limiter.count(ppn::RateCount::in_flight) == 0);
  auto second = limiter.try_acquire("scope");
  BOOST_REQUIRE(second.has_value());
  BOOST_TEST(!limiter.try_acquire("scope").has_value());
  BOOST_TEST(limiter.try_acquire("another").has_value());
  second->release();
  BOOST_TEST(limiter.count(ppn::RateCount::in_flight) == 0);
  const auto error = error_of([&] { limiter.wait("scope"); });
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->code() == PPN_E_RATE_LIMITED);
  BOOST_TEST(error->retry_after().has_value());
  BOOST_TEST(code_of([&] { limiter.wait_for(1s, "scope"); }) == PPN_E_RATE_LIMITED);
  BOOST_TEST(code_of([&] { limiter.try_acquire("scope", 3); }) == PPN_E_RATE_LIMIT_COST);
}

BOOST_AUTO_TEST_CASE(whoever_waits_passes) {
  const ppn::RateLimiter limiter(60'000, 1);
  for (int i = 0; i < 3; ++i) limiter.wait();
  BOOST_TEST(limiter.count(ppn::RateCount::granted) == 3);
}

BOOST_AUTO_TEST_CASE(numbers_out_of_range_are_usage_errors) {
  BOOST_TEST(code_of([] { ppn::RateLimiter(-0.0, -1); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([] { ppn::RateLimiter(1e12); }) == PPN_E_INVALID_ARGUMENT);
  const ppn::RateLimiter limiter(60);
  auto permit = limiter.wait();
  BOOST_TEST(code_of([&] { permit.settle(-1); }) == PPN_E_INVALID_ARGUMENT);
  permit.settle(5);
}

BOOST_AUTO_TEST_CASE(limiter_takes_the_options_of_a_config_and_serves_clients) {
  const ppn::RateLimiter limiter{ppn::NetworkConfig()};
  const ppn::HTTPClient client;
  limiter.share_with(client);
  client.preconnect(dead_url());
  BOOST_TEST(code_of([&] { limiter.share_with(client); }) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(response_stops_its_scope) {
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n")});
  const ppn::HTTPClient client;
  const ppn::Response response = client.get(server.url());
  const ppn::RateLimiter limiter(6'000, 10);
  limiter.observe("a", response);
  BOOST_TEST(!limiter.try_acquire("a").has_value());
  BOOST_TEST(limiter.try_acquire("b").has_value());
  BOOST_TEST(limiter.count(ppn::RateCount::frozen) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
