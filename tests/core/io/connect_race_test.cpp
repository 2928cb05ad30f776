// Which of several addresses a connection is made to, and how long that takes.
#include "io/connect_race.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <string>
#include <vector>

#include "core/io/loop_thread.hpp"
#include "support/full_backlog.hpp"
#include "support/no_descriptors.hpp"
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
  int os_errno = 0;
  std::ptrdiff_t descriptors = 0;  // opened and not closed
  milliseconds took{};
};

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

Task<> run_race(EventLoop& loop, Addresses addresses, milliseconds limit, std::function<void(Token&)> begin,
                std::promise<Finish>& finish) {
  Token token(loop);
  if (begin) begin(token);
  const std::ptrdiff_t descriptors = open_descriptors();
  const auto started = Clock::now();
  auto winner = co_await race_connect(std::move(addresses), token, deadline_after(loop.now(), limit.count()));
  Finish result;
  result.took = std::chrono::duration_cast<milliseconds>(Clock::now() - started);
  if (winner) {
    result.remote = (*winner)->remote();
  } else {
    result.code = describe(winner.error().code).name;
    result.message = winner.error().message;
    result.os_errno = winner.error().os_errno;
  }
  result.descriptors = open_descriptors() - descriptors;
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
  const UniqueFd listener = listen_on_loopback();  // the kernel connects; nobody here accepts
  const Finish finish = race({loopback(dead.port()), loopback(port_of(listener.get()))});
  BOOST_TEST(finish.remote == "127.0.0.1:" + std::to_string(port_of(listener.get())));
  BOOST_TEST(finish.took.count() >= 240);
  BOOST_TEST(finish.took.count() < 5'000);
  BOOST_TEST(finish.descriptors == 1);  // the winner's: the attempt that stayed silent is closed
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

BOOST_AUTO_TEST_CASE(error_names_four_addresses_and_counts_the_others) {
  std::vector<std::uint16_t> ports;
  Addresses addresses;
  for (int i = 0; i < 7; ++i) {
    ports.push_back(refusing_port());
    addresses.push_back(loopback(ports.back()));
  }
  addresses.push_back(addresses.front());  // listed twice, tried once
  const Finish finish = race(addresses);
  BOOST_TEST(finish.code == "CONNECT_FAILED");
  BOOST_TEST(finish.os_errno == ECONNREFUSED);
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const bool named = finish.message.find(":" + std::to_string(ports[i]) + ": ") != std::string::npos;
    BOOST_TEST(named == (i < 4));
  }
  BOOST_TEST(finish.message.ends_with("; and 3 more"));
  BOOST_TEST(finish.descriptors == 0);
}

BOOST_AUTO_TEST_CASE(family_without_a_network_gives_way) {
  // Without a route the kernel refuses at once; with one, nobody answers from the addresses of documentation.
  ScriptedServer server({Script{}.wait_for_peer_close()});
  const Finish finish = race({Poco::Net::SocketAddress("2001:db8::1", server.port()), loopback(server.port())});
  BOOST_TEST(finish.remote == "127.0.0.1:" + std::to_string(server.port()));
  BOOST_TEST(finish.took.count() < 5'000);
}

BOOST_AUTO_TEST_CASE(process_without_descriptors_gets_a_named_error_and_goes_on_when_it_has_some) {
  if (!NoDescriptorsLeft::kPossible) return;
  ScriptedServer server({Script{}.wait_for_peer_close()});
  LoopThread thread;
  const auto run = [&] {
    std::promise<Finish> finish;
    auto result = finish.get_future();
    thread.loop().submit([&] {
      spawn([](EventLoop& loop, std::uint16_t port, std::promise<Finish>& out) -> Task<> {
        Token token(loop);
        Finish told;
        auto winner = co_await race_connect(Addresses(2, loopback(port)), token, kNever);
        if (!winner)
          told = {.code = std::string(describe(winner.error().code).name),
                  .message = winner.error().message,
                  .os_errno = winner.error().os_errno};
        token.stop();
        out.set_value(told);
      }(thread.loop(), server.port(), finish));
    });
    return result.get();
  };
  {
    const NoDescriptorsLeft none;
    for (int i = 0; i < 100; ++i) {
      const Finish finish = run();
      BOOST_TEST(finish.code == "CONNECT_FAILED");
      BOOST_TEST(finish.os_errno == EMFILE);
      BOOST_TEST(finish.message.ends_with(": Too many open files"));
    }
  }
  BOOST_TEST(run().code == "OK");
}

BOOST_AUTO_TEST_CASE(addresses_that_all_stay_silent_end_with_the_deadline) {
  const FullBacklog dead;
  const FullBacklog dead_too;
  const Finish finish = race({loopback(dead.port()), loopback(dead_too.port())}, milliseconds(400));
  BOOST_TEST(finish.code == "CONNECT_TIMEOUT");
  BOOST_TEST(finish.took.count() >= 400);
}

BOOST_AUTO_TEST_CASE(deadline_that_has_passed_ends_the_race_with_its_first_turn) {
  const FullBacklog dead;
  const Finish finish = race({loopback(dead.port())}, milliseconds(1));
  BOOST_TEST(finish.code == "CONNECT_TIMEOUT");
  BOOST_TEST(finish.descriptors == 0);
}

BOOST_AUTO_TEST_CASE(cancelled_race_ends_at_once) {
  const FullBacklog dead;
  const Finish finish = race({loopback(dead.port())}, default_patience,
                             [](Token& token) { token.loop().submit([&token] { token.cancel(); }); });
  BOOST_TEST(finish.code == "CANCELLED");
  BOOST_TEST(finish.took.count() < 5'000);
  BOOST_TEST(finish.descriptors == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
