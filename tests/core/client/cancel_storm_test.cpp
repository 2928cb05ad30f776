// Very many calls, each cancelled at a moment that chance chooses: in every phase, plain and over TLS. Afterwards
// nothing is left in the pool, in the loop, or alive.
//
// PPN_TEST_CANCELS is how many (100,000; fewer under a sanitizer), PPN_TEST_SEED which.
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <future>
#include <random>
#include <string>
#include <vector>

#include "base/live_objects.hpp"
#include "client/client_loop.hpp"
#include "core/client/engine.hpp"
#include "core/client/until.hpp"
#include "support/certificates.hpp"
#include "support/sanitized.hpp"
#include "support/swarm_server.hpp"

namespace ppn::test {
namespace {

constexpr unsigned long default_cancels = sanitized ? 5'000 : 100'000;

unsigned long number_from(const char* variable, unsigned long otherwise) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? std::strtoul(text, nullptr, 10) : otherwise;
}

// How all calls ended; written by the loop thread.
struct Tally {
  std::atomic<unsigned long> heads{0};
  std::atomic<unsigned long> completed{0};
  std::atomic<unsigned long> destroyed{0};
  std::atomic<unsigned long> answered{0};
  std::atomic<unsigned long> cancelled{0};
  std::array<std::atomic<unsigned long>, 16> cancelled_in{};  // by phase
  std::atomic<unsigned long> twice{0};
  std::atomic<unsigned long> unexpected{0};
  std::atomic<int> one_unexpected_code{0};
};

class CountingHandler final : public CallHandler {
 public:
  CountingHandler(Tally& tally, bool pauses) : tally_(tally), pauses_(pauses) {}
  ~CountingHandler() override { ++tally_.destroyed; }

  Flow on_head(const std::shared_ptr<Response>&) override {
    ++tally_.heads;
    return Flow::proceed;
  }
  Flow on_chunk(std::string_view) override { return pauses_ ? Flow::pause : Flow::proceed; }
  Flow on_line(std::string_view) override { return Flow::proceed; }
  Flow on_event(const SseEvent&) override { return Flow::proceed; }
  void on_complete(std::shared_ptr<Response>, std::unique_ptr<Error> error) noexcept override {
    if (completed_) ++tally_.twice;
    completed_ = true;
    if (!error) {
      ++tally_.answered;
    } else if (error->code == ErrorCode::cancelled) {
      ++tally_.cancelled;
      ++tally_.cancelled_in[static_cast<std::size_t>(error->phase)];
    } else {
      ++tally_.unexpected;
      tally_.one_unexpected_code = static_cast<int>(error->code);
    }
    ++tally_.completed;
  }

 private:
  Tally& tally_;
  const bool pauses_;
  bool completed_ = false;
};

class Storm {
 public:
  Storm(std::shared_ptr<Client> client, const SwarmServer& server, unsigned long seed)
      : client_(std::move(client)), server_(server), random_(seed) {}

  // Returns when every call has ended.
  void cancel_calls(unsigned long cancels, unsigned long moments_apart) {
    std::vector<std::shared_ptr<Call>> running(28);
    for (unsigned long done = 0; done < cancels;) {
      std::shared_ptr<Call>& call = running[random_() % running.size()];
      if (call) {
        call->cancel();
        ++done;
        if (random_() % 8 == 0) call->cancel();  // once more is nothing
      }
      call = start();
      // Now and then the calls come as far as a response; and there are no more than the loop can end.
      if (random_() % moments_apart == 0) {
        const unsigned long heads = tally_.heads;
        until([&] { return tally_.heads != heads; }, after(std::chrono::milliseconds(20)));
      }
      if (started_ - tally_.completed > 200) until([&] { return started_ - tally_.completed < 100; });
    }
    for (const auto& call : running) {
      if (call) call->cancel();
    }
    BOOST_TEST(until([&] { return tally_.destroyed == started_; }));
  }

  const Tally& tally() const { return tally_; }
  unsigned long started() const { return started_; }

 private:
  std::shared_ptr<Call> start() {
    static constexpr const char* paths[] = {"/answer", "/answer", "/silent", "/begin"};
    // Rare, for they move many bytes: what does not fit the buffers of the kernel is large.
    const bool deaf = random_() % 256 == 0;
    const bool flood = random_() % 64 == 0;
    const char* const path = deaf ? "/deaf" : flood ? "/flood" : paths[random_() % std::size(paths)];
    auto call = Call::create(client_, deaf ? "POST" : "GET", server_.url(path));
    BOOST_REQUIRE(call.ok());
    if (deaf) BOOST_REQUIRE((*call)->set_body(std::string(std::size_t{5} << 20, 'x')).ok());
    BOOST_REQUIRE((*call)->start(Delivery::chunks, std::make_unique<CountingHandler>(tally_, random_() % 3 == 0)).ok());
    ++started_;
    return *call;
  }

  const std::shared_ptr<Client> client_;
  const SwarmServer& server_;
  std::minstd_rand random_;
  Tally tally_;
  unsigned long started_ = 0;
};

struct Held {
  std::size_t places;
  std::size_t resting;
  std::size_t watched;
  std::size_t timers;
};

// What pool and loop hold at this moment.
Held held_by(const std::shared_ptr<ClientLoop>& client_loop) {
  std::promise<Held> told;
  client_loop->loop().submit([&] {
    told.set_value({client_loop->pool().open(), client_loop->pool().resting(), client_loop->loop().watched(),
                    client_loop->loop().timers()});
  });
  return told.get_future().get();
}

void run_storm(const SwarmServer& server, const std::string& ca_file, unsigned long cancels,
               std::initializer_list<Phase> phases) {
  const unsigned long seed = number_from("PPN_TEST_SEED", 20'260'101);
  BOOST_TEST_MESSAGE("seed " << seed << ", " << cancels << " cancels");
  const auto client = make_client([&](Options& options) {
    options.tls.ca_file = ca_file;
    options.connection.max_connections_per_origin = 20;
  });
  const auto client_loop = *client->client_loop();
  {
    Storm storm(client, server, seed);
    storm.cancel_calls(cancels, ca_file.empty() ? 48 : 16);  // a handshake takes longer
    const Tally& tally = storm.tally();
    BOOST_TEST(tally.completed == storm.started(), "seed " << seed);
    BOOST_TEST(tally.twice == 0U, "seed " << seed);
    BOOST_TEST(tally.unexpected == 0U,
               "seed " << seed << ": " << describe(static_cast<ErrorCode>(tally.one_unexpected_code.load())).name);
    BOOST_TEST(tally.answered > 0U);
    BOOST_TEST(tally.cancelled > cancels / 2);
    for (const Phase phase : phases) {
      const auto count = tally.cancelled_in[static_cast<std::size_t>(phase)].load();
      BOOST_TEST_MESSAGE("cancelled in " << phase_name(phase) << ": " << count);
      BOOST_TEST(count > 0U, "none in phase " << phase_name(phase) << ", seed " << seed);
    }
  }
  // No call is left: whatever place is taken belongs to a connection at rest, and so does every watch.
  Held held{};
  BOOST_TEST(until([&] {
    held = held_by(client_loop);
    return held.places == held.resting && held.watched == held.resting;
  }));
  BOOST_TEST(held.timers <= 1U);  // the pool's own
  client->close();
  BOOST_TEST(until([&] {
    held = held_by(client_loop);
    return held.places == 0 && held.watched == 0 && held.timers == 0;
  }));
  BOOST_TEST(held.places == 0U);
  BOOST_TEST(held.watched == 0U);
  BOOST_TEST(held.timers == 0U);
  BOOST_TEST(until([&] { return server.open() == 0; }));
  BOOST_TEST(live_object_count() == 1);  // the client
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cancel_storm, EngineFixture)

BOOST_AUTO_TEST_CASE(calls_cancelled_at_random_leave_nothing_behind) {
  const SwarmServer server;
  run_storm(server, "", number_from("PPN_TEST_CANCELS", default_cancels) / 10 * 9,
            {Phase::pool, Phase::connect, Phase::send, Phase::first_byte, Phase::body, Phase::deliver});
}

BOOST_AUTO_TEST_CASE(tls_calls_cancelled_at_random_leave_nothing_behind) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const SwarmServer server(factory.make_leaf(ca, loopback_names()).identity());
  // A handshake costs a millisecond, so these are fewer; but enough to meet every phase.
  run_storm(server, ca.certificate_file, std::max(number_from("PPN_TEST_CANCELS", default_cancels) / 10, 2'000UL),
            {Phase::pool, Phase::connect, Phase::tls, Phase::first_byte, Phase::body, Phase::deliver});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
