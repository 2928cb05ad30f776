// Which of several addresses a connection is made to, and how long that takes.
#include "io/connect_race.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "core/io/loop_thread.hpp"
#include "support/full_backlog.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

Poco::Net::SocketAddress loopback(std::uint16_t port) {
  return {"127.0.0.1", port};
}

// A port where nobody listens.
std::uint16_t refusing_port() {
  return port_of(listen_on_loopback().get());
}

struct Finish {
  std::string remote = {};
  std::string code = "OK";
  std::string message = {};
  milliseconds took{};
};

Task<> run_race(EventLoop& loop, Addresses addresses, milliseconds limit, std::function<void(Token&)> begin,
                std::promise<Finish>& finish) {
  Token token(loop);
  if (begin) begin(token);
  const auto started = Clock::now();
  auto winner = co_await race_connect(std::move(addresses), token, deadline_after(loop.now(), limit.count()));
  Finish result;
  result.took = std::chrono::duration_cast<milliseconds>(Clock::now() - started);
  if (winner) {
    result.remote = (*winner)->remote();
  } else {
    result.code = describe(winner.error().code).name;
    result.message = winner.error().message;
  }
  token.stop();
  finish.set_value(result);
}

Finish race(Addresses addresses, milliseconds limit = default_patience, std::function<void(Token&)> begin = {}) {
  std::promise<Finish> finish;
  auto result = finish.get_future();
  LoopThread thread;
  thread.loop().submit([&] { spawn(run_race(thread.loop(), std::move(addresses), limit, std::move(begin), finish)); });
  BOOST_REQUIRE((result.wait_until(default_deadline()) == std::future_status::ready));
  return result.get();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(connect_race)

BOOST_AUTO_TEST_CASE(dead_address_costs_one_attempt_delay) {
  const FullBacklog dead;
  ScriptedServer server({Script{}.wait_for_peer_close()});
  const Finish finish = race({loopback(dead.port()), loopback(server.port())});
  BOOST_TEST(finish.remote == "127.0.0.1:" + std::to_string(server.port()));
  BOOST_TEST(finish.took.count() >= 240);
  BOOST_TEST(finish.took.count() < 5'000);
}

BOOST_AUTO_TEST_CASE(refused_address_gives_way_at_once) {
  ScriptedServer server({Script{}.wait_for_peer_close()});
  const Finish finish = race({loopback(refusing_port()), loopback(server.port())});
  BOOST_TEST(finish.remote == "127.0.0.1:" + std::to_string(server.port()));
  BOOST_TEST(finish.took.count() < 240);
}

BOOST_AUTO_TEST_CASE(error_names_every_address_that_refused) {
  const std::uint16_t one = refusing_port();
  const std::uint16_t two = refusing_port();
  const Finish finish = race({loopback(one), loopback(two)});
  BOOST_TEST(finish.code == "CONNECT_FAILED");
  BOOST_TEST(finish.message.find(":" + std::to_string(one) + ": Connection refused") != std::string::npos);
  BOOST_TEST(finish.message.find(":" + std::to_string(two) + ": Connection refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(addresses_that_all_stay_silent_end_with_the_deadline) {
  const FullBacklog dead;
  const FullBacklog dead_too;
  const Finish finish = race({loopback(dead.port()), loopback(dead_too.port())}, milliseconds(400));
  BOOST_TEST(finish.code == "CONNECT_TIMEOUT");
  BOOST_TEST(finish.took.count() >= 400);
}

BOOST_AUTO_TEST_CASE(cancelled_race_ends_at_once) {
  const FullBacklog dead;
  const Finish finish = race({loopback(dead.port())}, default_patience,
                             [](Token& token) { token.loop().submit([&token] { token.cancel(); }); });
  BOOST_TEST(finish.code == "CANCELLED");
  BOOST_TEST(finish.took.count() < 5'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
