// Many threads, few connections, and calls that end in every possible way at once: each has exactly one end, and
// nothing is left behind.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

enum class Way { read, cancel_at_once, cancel_at_a_piece, abort, pause, tiny_timeout, collect };
constexpr int ways = 7;

// A connection of the server: plain answers, some of them its last.
Script answers(int count) {
  Script script;
  for (int i = 0; i < count; ++i) {
    script.expect_request().send(chunked_head + chunk("one") + chunk("two")).send(chunk("three") + last_chunk);
  }
  return script;
}

bool expected(const Outcome& outcome, Way way) {
  const std::string code = outcome.code();
  if (outcome.completions != 1) return false;
  if (code == "OK") return outcome.status() == 200;
  switch (way) {
    case Way::cancel_at_once:
    case Way::cancel_at_a_piece:
    case Way::abort: return code == "CANCELLED";
    case Way::tiny_timeout: return code == "TIMEOUT";
    default: return false;
  }
}

// False when the call did not end as it may.
bool make_one_call(const std::shared_ptr<Client>& client, const std::string& url, Way way) {
  TestCall* self = nullptr;
  Request request{.url = url, .delivery = way == Way::collect ? Delivery::collect : Delivery::chunks};
  if (way == Way::tiny_timeout) request.options = {{"stream_timeout_ms", "1"}};
  if (way == Way::abort) request.hooks.piece = [](std::size_t) { return Flow::abort; };
  if (way == Way::pause) request.hooks.piece = [](std::size_t) { return Flow::pause; };
  if (way == Way::cancel_at_a_piece) {
    request.hooks.piece = [&self](std::size_t) {
      self->cancel();
      return Flow::proceed;
    };
  }
  TestCall call(client, std::move(request));
  self = &call;
  call.start();
  if (way == Way::cancel_at_once) call.cancel();
  if (way == Way::pause) {
    while (!call.wait_for_end(after(std::chrono::milliseconds(1)))) call.resume();
  }
  return call.wait_for_end() && call.handler_ended() && expected(call.so_far(), way);
}

void storm(const std::shared_ptr<Client>& client, const std::string& url) {
  constexpr unsigned threads = 4;
  constexpr int each = 70;
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (unsigned seed = 1; seed <= threads; ++seed) {
    callers.emplace_back([&, seed] {
      std::minstd_rand random(seed);
      for (int i = 0; i < each; ++i) {
        const Way way = static_cast<Way>(random() % ways);
        if (!make_one_call(client, url, way)) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  BOOST_TEST(wrong == 0);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(storm_of_calls, EngineFixture)

BOOST_AUTO_TEST_CASE(calls_of_many_threads_end_once_each) {
  const ScriptedServer server({answers(1'000)}, {.repeat_last = true});
  storm(make_client([](Options& options) { options.connection.max_connections_per_origin = 3; }), server.url());
}

BOOST_AUTO_TEST_CASE(calls_of_many_threads_end_once_each_while_the_server_closes_connections) {
  const ScriptedServer server({answers(3)}, {.repeat_last = true});
  storm(make_client([](Options& options) { options.connection.max_connections_per_origin = 3; }), server.url());
}

BOOST_AUTO_TEST_CASE(calls_of_many_threads_end_once_each_over_tls) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ScriptedServer server({answers(1'000)},
                              {.tls = factory.make_leaf(ca, loopback_names()).identity(), .repeat_last = true});
  storm(make_client([&](Options& options) {
          options.tls.ca_file = ca.certificate_file;
          options.connection.max_connections_per_origin = 3;
        }),
        server.url());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
