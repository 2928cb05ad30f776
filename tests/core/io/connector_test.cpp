// What the connector makes of a filter: which addresses are dialled, and when nobody is asked for them.
#include "io/connector.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/io/fake_dns.hpp"
#include "core/io/loop_thread.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

std::string text_of(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text.append(text.empty() ? "" : ".").append(std::to_string(byte));
  return text;
}

// Objects to what it was told of, and notes what it was asked.
class NotingFilter final : public ConnectFilter {
 public:
  explicit NotingFilter(std::set<std::string> denied) : denied_(std::move(denied)) {}

  std::string objection_to_name(std::string_view host, std::uint16_t) const override {
    return note(std::string(host)) ? "bad name" : "";
  }
  std::string objection_to_address(std::string_view host, std::span<const std::uint8_t> address,
                                   std::uint16_t) const override {
    return note(std::string(host) + " " + text_of(address)) ? "bad address" : "";
  }
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  bool note(const std::string& what) const {
    const std::lock_guard lock(mutex_);
    asked_.push_back(what);
    return denied_.count(what) > 0;
  }

  const std::set<std::string> denied_;
  mutable std::mutex mutex_;
  mutable std::vector<std::string> asked_;
};

struct Finish {
  std::string remote = {};
  std::string code = "OK";
  std::string message = {};
  Phase phase = Phase::none;
  Phase times_phase = Phase::none;
};

Task<> run(EventLoop& loop, ConnectPlan plan, Resolver& resolver, std::promise<Finish>& finish) {
  Token token(loop);
  ConnectTimes times;
  const ResolveOverrides none;
  const auto transport = co_await connect_transport(std::move(plan), resolver, none, token, times);
  Finish result;
  if (transport) {
    result.remote = (*transport)->remote();
  } else {
    result.code = describe(transport.error().code).name;
    result.message = transport.error().message;
    result.phase = transport.error().phase;
  }
  result.times_phase = times.phase;
  finish.set_value(result);
}

struct ConnectorFixture {
  FakeDns dns;
  Resolver resolver{dns.lookup()};
  LoopThread thread;
  ScriptedServer server{{Script{}.hold()}, {.repeat_last = true}};

  Finish connect(const std::string& host, const ConnectFilter* filter) {
    std::promise<Finish> finish;
    auto result = finish.get_future();
    thread.loop().submit([&] {
      ConnectPlan plan{.host = host, .port = server.port(), .tls = nullptr};
      plan.dns_max_age = {.addresses = kMinute, .no_such_name = kMinute};
      plan.connect_timeout_ms = 10'000;
      plan.filter = filter;
      spawn(run(thread.loop(), std::move(plan), resolver, finish));
    });
    BOOST_REQUIRE((result.wait_until(default_deadline()) == std::future_status::ready));
    return result.get();
  }

  static constexpr Nanos kMinute = 60 * kSecond;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(connector, ConnectorFixture)

BOOST_AUTO_TEST_CASE(only_what_passes_the_filter_is_dialled) {
  dns.tell("mixed.test", {"10.0.0.1", "127.0.0.1", "::1"});
  const NotingFilter filter({"mixed.test 10.0.0.1", "mixed.test 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1"});
  BOOST_TEST(connect("mixed.test", &filter).remote == "127.0.0.1:" + std::to_string(server.port()));
  const std::vector<std::string> expected{"mixed.test", "mixed.test 10.0.0.1", "mixed.test 127.0.0.1",
                                          "mixed.test 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1"};
  BOOST_TEST(filter.asked() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(name_without_an_address_that_passes_is_denied_also_from_the_cache) {
  dns.tell("a.test", {"127.0.0.1", "127.0.0.2"});
  BOOST_TEST(connect("a.test", nullptr).code == "OK");
  BOOST_REQUIRE(server.wait_for_connections(1));
  const int before = server.connections();
  const NotingFilter filter({"a.test 127.0.0.1", "a.test 127.0.0.2"});
  const Finish finish = connect("a.test", &filter);
  BOOST_TEST(finish.code == "ADDRESS_DENIED");
  BOOST_TEST(finish.message == "the network policy denies every address of a.test (bad address)");
  BOOST_TEST((finish.phase == Phase::connect));
  BOOST_TEST((finish.times_phase == Phase::connect));
  BOOST_TEST(dns.asked().size() == 1U);
  BOOST_TEST(server.connections() == before);
}

BOOST_AUTO_TEST_CASE(denied_name_is_not_put_to_the_resolver) {
  const NotingFilter filter({"a.test"});
  const Finish finish = connect("a.test", &filter);
  BOOST_TEST(finish.code == "ADDRESS_DENIED");
  BOOST_TEST(finish.message == "the network policy denies a.test (bad name)");
  BOOST_TEST((finish.times_phase == Phase::connect));
  BOOST_TEST(dns.asked().empty());
  BOOST_TEST(filter.asked().size() == 1U);
}

BOOST_AUTO_TEST_CASE(name_that_changes_its_address_is_judged_by_the_new_one) {
  dns.tell("rebound.test", {"127.0.0.1"});
  const NotingFilter filter({"rebound.test 127.0.0.2"});
  BOOST_TEST(connect("rebound.test", &filter).code == "OK");
  dns.tell("rebound.test", {"127.0.0.2"});
  resolver.forget("rebound.test");
  BOOST_TEST(connect("rebound.test", &filter).code == "ADDRESS_DENIED");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
