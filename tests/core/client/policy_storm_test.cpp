// Calls with every policy at once against a server that misbehaves, cancelled from another thread at moments that chance
// chooses: each completes once, and nothing of it is left in the limiter, in the pool, or alive.
//
// PPN_TEST_SEED says which chance.
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "client/rate_limiter.hpp"
#include "core/client/answers.hpp"
#include "core/client/engine.hpp"
#include "core/client/middleware_fixture.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

constexpr int kCalls = 200;
constexpr int kScripts = 4 * kCalls;

Script misbehaving(std::mt19937_64& chance) {
  switch (chance() % 9) {
    case 0: return Script{}.reset();
    case 1: return Script{}.expect_request().reset();
    case 2: return answering_with(503);
    case 3: return answering_with(429, "Retry-After-Ms: 2\r\n");
    case 4: return answering_with(500, "", "broken");
    case 5: return Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close();
    case 6: return Script{}.expect_request().wait_for_peer_close();
    case 7: return Script{}.expect_request().send_byte_by_byte(last_response(200, "", "ok")).close();
    default: return answering_ok(R"({"usage":{"total_tokens":1}})");
  }
}

// Some steps are done at once, some are finished by another thread, some change the outcome.
class Busy final : public Middleware {
 public:
  explicit Busy(Kind kind) : kind_(kind), helper_([this] { help(); }) {}
  ~Busy() override {
    ended_ = true;
    helper_.join();
  }

  std::string_view name() const noexcept override { return "busy"; }
  Kind kind() const noexcept override { return kind_; }
  Step before(MiddlewareContext& context) noexcept override { return step(context, 0); }
  Step after(MiddlewareContext& context) noexcept override { return step(context, 1); }
  Step on_error(MiddlewareContext& context) noexcept override { return step(context, 2); }

 private:
  Step step(MiddlewareContext& context, int place) {
    const unsigned turn = turns_++;
    if (place == 1 && turn % 7 == 0) static_cast<void>(context.retry_once(0));
    if (place == 2 && turn % 11 == 0) static_cast<void>(context.respond(make_response(200, "recovered")));
    if (place == 0 && turn % 23 == 0) static_cast<void>(context.respond(make_response(503, "refused")));
    if (turn % 3 != 0) return Step::done;
    const std::lock_guard lock(mutex_);
    waiting_.push_back(context.shared_from_this());
    return Step::pending;
  }
  void help() {
    while (!ended_) {
      std::vector<std::shared_ptr<MiddlewareContext>> some;
      {
        const std::lock_guard lock(mutex_);
        some.swap(waiting_);
      }
      for (const auto& context : some) static_cast<void>(context->finish());
      std::this_thread::yield();
    }
  }

  const Kind kind_;
  std::atomic<unsigned> turns_{0};
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::vector<std::shared_ptr<MiddlewareContext>> waiting_;
  std::thread helper_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(policy_storm, EngineFixture)

BOOST_AUTO_TEST_CASE(every_call_with_every_policy_completes_once_wherever_it_is_cancelled) {
  const char* const given = std::getenv("PPN_TEST_SEED");
  const unsigned long seed = given != nullptr ? std::strtoul(given, nullptr, 10) : 20'261'125;
  BOOST_TEST_MESSAGE("PPN_TEST_SEED=" << seed);
  std::mt19937_64 chance(seed);
  std::vector<Script> scripts;
  for (int i = 0; i < kScripts; ++i) scripts.push_back(misbehaving(chance));
  const ScriptedServer server(std::move(scripts), {.repeat_last = true});
  const auto client = make_client([](Options& options) {
    options.request.timeout_ms = 5'000;
    options.request.attempt_timeout_ms = 200;
    options.request.retry.max_retries = 3;
    options.request.retry.backoff_factor = 0.001;
    options.request.hedge = {.enabled = true, .delay_ms = 3, .unsafe = true};
    options.rate_limit.requests = *Rate::parse("2000/s:50");
    options.rate_limit.tokens = *Rate::parse("100000/s");
    options.rate_limit.max_in_flight = 40;
    options.breaker = {.enabled = true, .min_calls = 50, .failure_ratio = 0.9, .open_ms = 2, .max_open_ms = 10};
    options.request.rate_limit_tokens = 5;
  });
  client->add_middleware(std::make_shared<Busy>(Middleware::Kind::application));
  client->add_middleware(std::make_shared<Busy>(Middleware::Kind::attempt));

  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < kCalls; ++i) {
    Request request{.url = server.url(), .method = i % 3 == 0 ? "POST" : "GET"};
    if (i % 3 == 0) request.body = std::string(i % 2 == 0 ? 10 : 30'000, 'b');
    if (i % 5 == 0) request.delivery = i % 2 == 0 ? Delivery::chunks : Delivery::lines;
    calls.push_back(std::make_unique<TestCall>(client, std::move(request)));
  }
  std::atomic<std::size_t> started{0};
  // Whenever the server has seen some more requests, one call that runs is told to end.
  const auto cancels = std::async(std::launch::async, [&, order = std::mt19937_64(seed + 1)]() mutable {
    for (std::size_t i = 1; i <= kCalls / 2; ++i) {
      if (!server.wait_for_requests(2 * i, std::chrono::steady_clock::now() + std::chrono::milliseconds(200))) break;
      calls[order() % std::max<std::size_t>(started, 1)]->cancel();
    }
  });
  for (int i = 0; i < kCalls; ++i) {
    calls[static_cast<std::size_t>(i)]->start(i % 2 == 0);
    ++started;
  }
  cancels.wait();
  int succeeded = 0;
  int cancelled = 0;
  for (const auto& call : calls) {
    const Outcome outcome = call->finish();  // which looks for exactly one completion
    BOOST_REQUIRE(call->handler_ended());
    succeeded += outcome.code() == "OK" ? 1 : 0;
    cancelled += outcome.code() == "CANCELLED" ? 1 : 0;
  }
  BOOST_TEST(succeeded > 0);
  BOOST_TEST(cancelled > 0);
  BOOST_TEST_MESSAGE(succeeded << " succeeded, " << cancelled << " were cancelled, " << server.requests().size()
                               << " requests");
  const auto counts = client->rate_limiter()->counts(monotonic_now());
  BOOST_TEST(counts.waiting == 0);
  BOOST_TEST(counts.in_flight == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
