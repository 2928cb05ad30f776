// fleet_host URL RECORD INTERVAL_NS BURST: one process of a fleet that shares one limit through Redis. It asks as fast
// as it can, and says "ready", "noticed" and "down" when it comes to that, and at the end "granted N refused N".
#include <atomic>
#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "fleet_record.hpp"
#include "io/redis_gate.hpp"

namespace {

using ppn::FleetGate;
using ppn::RedisGate;
using Kind = FleetGate::Answer::Kind;

constexpr int kAtATime = 8;
constexpr std::int64_t kTimeoutMs = 1'000;
constexpr std::int64_t kProbeIntervalMs = 5;

void say(const char* what) {
  std::printf("%s\n", what);
  std::fflush(stdout);
}

// Asks again and again, always from the callback of the question before. The members are the gate's thread's alone.
struct Asker {
  RedisGate& gate;
  ppn::test::MappedRecord& record;
  const ppn::Nanos interval;
  const std::int64_t burst;
  int under_way = kAtATime;
  long granted = 0;
  long refused = 0;
  bool said_noticed = false;
  bool said_down = false;
  std::promise<void> finished{};

  void ask() {
    gate.ask_dated("fleet", 1, interval, burst, [this](FleetGate::Answer answer, std::int64_t decided_at_us) {
      if (answer.kind == Kind::granted) write_down(decided_at_us);
      if (answer.kind == Kind::wait) ++refused;
      if (answer.kind == Kind::unavailable && !std::exchange(said_down, true)) say("down");
      if (record->grants.load() < record->target.load()) return ask();
      if (--under_way == 0) finished.set_value();
    });
  }

  void write_down(std::int64_t decided_at_us) {
    ++granted;
    const std::uint32_t place = record->grants.fetch_add(1);
    if (place >= ppn::test::FleetRecord::capacity) std::abort();
    record->decided_at_us[place].store(decided_at_us);
    if (place >= record->notice.load() && !std::exchange(said_noticed, true)) say("noticed");
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  ppn::test::MappedRecord record(argv[2]);
  const auto gate = RedisGate::create(argv[1], kTimeoutMs, kProbeIntervalMs);
  if (!gate) return 3;

  std::promise<void> connected;
  (*gate)->ask("warm up", 1, 1, 1'000'000, [&](FleetGate::Answer) { connected.set_value(); });
  connected.get_future().wait();
  say("ready");
  while (record->target.load() == 0) std::this_thread::yield();

  Asker asker{**gate, record, std::stoll(argv[3]), std::stoll(argv[4])};
  for (int i = 0; i < kAtATime; ++i) asker.ask();
  asker.finished.get_future().wait();
  std::printf("granted %ld refused %ld\n", asker.granted, asker.refused);
  return 0;
}
